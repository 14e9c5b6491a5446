// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/io/npy.hpp>

#include <narrowfp/format/catalog.hpp>
#include <narrowfp/io/internal/npy_header.hpp>
#include <narrowfp/io/internal/npy_text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <type_traits>
#include <utility>

namespace narrowfp {
namespace {

static_assert(std::endian::native == std::endian::little, "npy.cpp copies little-endian bytes as they are");

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t prefix_size = 12;         // magic, version, header length of versions 2 and 3
constexpr std::size_t longest_header = 65'535;  // what version 1 can hold; a plain array needs about 100 bytes

struct type_entry {
    npy_dtype type;
    std::size_t size;
    std::string_view name;  // byte order, kind, size
};

constexpr std::array<type_entry, 14> types = {{
    {npy_dtype::f2, 2, "<f2"},
    {npy_dtype::f4, 4, "<f4"},
    {npy_dtype::f8, 8, "<f8"},
    {npy_dtype::i1, 1, "|i1"},
    {npy_dtype::i2, 2, "<i2"},
    {npy_dtype::i4, 4, "<i4"},
    {npy_dtype::i8, 8, "<i8"},
    {npy_dtype::u1, 1, "|u1"},
    {npy_dtype::u2, 2, "<u2"},
    {npy_dtype::u4, 4, "<u4"},
    {npy_dtype::u8, 8, "<u8"},
    {npy_dtype::b1, 1, "|b1"},
    {npy_dtype::raw1, 1, "|V1"},
    {npy_dtype::raw2, 2, "|V2"},
}};

const type_entry& entry_of(npy_dtype type) {
    return *std::find_if(types.begin(), types.end(), [&](const type_entry& e) { return e.type == type; });
}

using internal::fail_npy;
using internal::npy_shown;

std::string_view characters(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct element_type {
    npy_dtype type = npy_dtype::u1;
    bool big_endian = false;
    std::optional<any_format> codes = {};
};

// The format of that name in ml_dtypes, which means the IEEE-like ones by float8_e4m3 and float8_e3m4.
std::optional<any_format> format_of_ml_dtypes(std::string_view name) {
    if (name == "float8_e4m3") {
        return e4m3ieee;
    }
    if (name == "float8_e3m4") {
        return e3m4ieee;
    }
    const bool known =
        name == "bfloat16" || name.starts_with("float8_") || name.starts_with("float6_") || name.starts_with("float4_");
    return known ? find_format(name) : std::nullopt;
}

element_type parse_type(const std::string& descr, const std::string& name) {
    if (const auto format = format_of_ml_dtypes(descr)) {
        return {code_bits_of(*format) <= 8 ? npy_dtype::raw1 : npy_dtype::raw2, false, format};
    }
    const char order = descr.empty() ? '\0' : descr[0];
    if (order == '<' || order == '|' || order == '>') {
        const std::string_view kind = std::string_view(descr).substr(1);
        if (kind == "f1") {
            return {npy_dtype::raw1};
        }
        for (const type_entry& e : types) {
            const bool ordered = e.size == 1 || e.type == npy_dtype::raw2 || order != '|';
            if (ordered && kind == e.name.substr(1)) {
                return {e.type, order == '>' && e.size > 1 && e.type != npy_dtype::raw2};
            }
        }
    }
    const bool complex_numbers = descr.size() > 2 && descr[1] == 'c';
    fail_npy(name, "dtype " + npy_shown(descr) +
                       " is not supported: expected floats, integers or booleans, or raw V1, V2; convert " +
                       (complex_numbers ? "x.real and x.imag" : "x.astype('float64')") + " and save that");
}

// Puts the bytes of each element in the other order.
void swap_bytes(std::vector<std::byte>& data, std::size_t item) {
    for (std::size_t at = 0; at + item <= data.size(); at += item) {
        std::reverse(data.begin() + static_cast<std::ptrdiff_t>(at),
                     data.begin() + static_cast<std::ptrdiff_t>(at + item));
    }
}

// From Fortran order, in which the first index is the fastest, to C order.
std::vector<std::byte> in_c_order(const std::vector<std::byte>& data, const std::vector<std::size_t>& shape,
                                  std::size_t item) {
    std::vector<std::byte> out(data.size());
    std::vector<std::size_t> index(shape.size());
    for (std::size_t to = 0; to < data.size(); to += item) {
        std::size_t from = 0;
        for (std::size_t d = shape.size(); d-- > 0;) {
            from = from * shape[d] + index[d];
        }
        std::memcpy(out.data() + to, data.data() + from * item, item);
        for (std::size_t d = shape.size(); d-- > 0;) {
            if (++index[d] < shape[d]) {
                break;
            }
            index[d] = 0;
        }
    }
    return out;
}

// ---- the file ------------------------------------------------------------------------------------------------------

struct layout {
    std::size_t header_begin = 0;
    std::size_t data_begin = 0;
};

struct description {
    element_type element;
    std::vector<std::size_t> shape;
    std::size_t data_size = 0;
    bool fortran_order = false;
};

// From the first bytes of a file of `file_size` bytes.
layout parse_prefix(std::span<const std::byte> first, std::uint64_t file_size, const std::string& name) {
    const std::string_view text = characters(first);
    if (!text.starts_with(magic)) {
        fail_npy(name, "not a .npy file: it does not begin with \\x93NUMPY");
    }
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(first[i]); };
    if (first.size() < 10) {
        fail_npy(name, "truncated .npy header: the file has " + std::to_string(file_size) + " bytes");
    }
    const std::size_t version = byte(6);
    if (version < 1 || version > 3 || byte(7) != 0) {
        fail_npy(name, ".npy format version " + std::to_string(version) + "." + std::to_string(byte(7)) +
                           " is not supported, expected 1.0, 2.0 or 3.0");
    }
    layout result;
    std::size_t length = byte(8) | byte(9) << 8;
    result.header_begin = 10;
    if (version >= 2) {
        if (first.size() < prefix_size) {
            fail_npy(name, "truncated .npy header: the file has " + std::to_string(file_size) + " bytes");
        }
        length |= byte(10) << 16 | byte(11) << 24;
        result.header_begin = prefix_size;
    }
    if (length > longest_header) {
        fail_npy(name, "the .npy header is said to have " + std::to_string(length) + " bytes, expected at most " +
                           std::to_string(longest_header));
    }
    result.data_begin = result.header_begin + length;
    if (result.data_begin > file_size) {
        fail_npy(name, "truncated .npy header: it is said to end at byte " + std::to_string(result.data_begin) +
                           ", the file has " + std::to_string(file_size));
    }
    return result;
}

// Bytes of an array, or nothing if the number does not fit.
std::optional<std::size_t> byte_count(const std::vector<std::size_t>& shape, std::size_t item) {
    if (std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end()) {
        return 0;
    }
    std::size_t count = item;
    for (const std::size_t dimension : shape) {
        if (dimension > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / count) {
            return std::nullopt;
        }
        count *= dimension;
    }
    return count;
}

description parse_header(std::string_view header, std::uint64_t data_size, const std::string& name) {
    internal::npy_header text = internal::npy_header_parser(header, name).parse();
    description result;
    result.element = parse_type(text.descr, name);
    result.fortran_order = text.fortran_order && text.shape.size() > 1;
    const std::string what = "shape " + internal::npy_shape_text(text.shape) + " of " + text.descr;
    const std::optional<std::size_t> bytes = byte_count(text.shape, item_size(result.element.type));
    if (!bytes) {
        fail_npy(name, what + " is larger than any memory");
    }
    if (*bytes != data_size) {
        fail_npy(name, what + " needs " + std::to_string(*bytes) + " bytes of data, the file has " +
                           std::to_string(data_size));
    }
    result.shape = std::move(text.shape);
    result.data_size = *bytes;
    return result;
}

std::vector<std::byte> read_bytes(std::ifstream& file, std::size_t count, const std::string& name) {
    std::vector<std::byte> bytes(count);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
    if (static_cast<std::size_t>(file.gcount()) != count) {
        fail_npy(name, "reading stopped after " + std::to_string(file.gcount()) + " of " + std::to_string(count) +
                           " bytes: the file changed or cannot be read");
    }
    return bytes;
}

npy_array array_of(description d, std::vector<std::byte> data) {
    const std::size_t item = item_size(d.element.type);
    if (d.element.big_endian) {
        swap_bytes(data, item);
    }
    if (d.fortran_order) {
        data = in_c_order(data, d.shape, item);
    }
    return {d.element.type, std::move(d.shape), std::move(data), d.element.codes};
}

struct inspected {
    description what;
    std::uint64_t offset = 0;
};

inspected inspect(const std::filesystem::path& path) {
    const std::string name = path.string();
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        fail_npy(name, "cannot be read: " + (error ? error.message() : std::string("no such file")));
    }
    if (!std::filesystem::is_regular_file(status)) {
        fail_npy(name, "is not a regular file");
    }
    const std::uint64_t size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file) {
        fail_npy(name,
                 "cannot be read: " + (error ? error : std::error_code(errno, std::generic_category())).message());
    }
    const auto first = static_cast<std::size_t>(std::min<std::uint64_t>(size, prefix_size));
    const layout where = parse_prefix(read_bytes(file, first, name), size, name);
    file.seekg(static_cast<std::streamoff>(where.header_begin));
    const std::vector<std::byte> header = read_bytes(file, where.data_begin - where.header_begin, name);
    return {parse_header(characters(header), size - where.data_begin, name), where.data_begin};
}

// ---- writing -------------------------------------------------------------------------------------------------------

template <class T>
void write_values(const std::filesystem::path& path, matrix_view<const T> values, npy_dtype type) {
    std::string header = "{'descr': '" + std::string(to_string(type)) + "', 'fortran_order': False, 'shape': (" +
                         std::to_string(values.rows()) + ", " + std::to_string(values.cols()) + "), }";
    constexpr std::size_t data_alignment = 64;  // as NumPy aligns it, so that a file can be mapped
    const std::size_t used = 10 + header.size() + 1;
    header.append((data_alignment - used % data_alignment) % data_alignment, ' ');
    header += '\n';

    std::string content(magic);
    content += '\x01';
    content += '\x00';
    content += static_cast<char>(header.size() & 0xFFU);
    content += static_cast<char>(header.size() >> 8);
    content += header;
    std::size_t at = content.size();
    content.resize(at + values.size() * sizeof(T));
    for (std::size_t i = 0; i < values.rows(); ++i) {
        for (std::size_t j = 0; j < values.cols(); ++j, at += sizeof(T)) {
            std::memcpy(content.data() + at, &values(i, j), sizeof(T));
        }
    }
    report::write_file(path, content);
}

}  // namespace

std::size_t item_size(npy_dtype type) { return entry_of(type).size; }

std::string_view to_string(npy_dtype type) { return entry_of(type).name; }

npy_array npy_parse(std::span<const std::byte> content, const std::string& name) {
    const layout where = parse_prefix(content.first(std::min(content.size(), prefix_size)), content.size(), name);
    const std::string_view header =
        characters(content.subspan(where.header_begin, where.data_begin - where.header_begin));
    description d = parse_header(header, content.size() - where.data_begin, name);
    const std::span<const std::byte> data = content.subspan(where.data_begin, d.data_size);
    return array_of(std::move(d), {data.begin(), data.end()});
}

npy_layout npy_inspect(const std::filesystem::path& path) {
    inspected found = inspect(path);
    const element_type& element = found.what.element;
    return {element.type,  std::move(found.what.shape), found.offset,      found.what.data_size,
            element.codes, found.what.fortran_order,    element.big_endian};
}

npy_array npy_read(const std::filesystem::path& path) {
    inspected found = inspect(path);
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(found.offset));
    std::vector<std::byte> data = read_bytes(file, found.what.data_size, path.string());
    return array_of(std::move(found.what), std::move(data));
}

void npy_write(const std::filesystem::path& path, matrix_view<const float> values) {
    write_values(path, values, npy_dtype::f4);
}

void npy_write(const std::filesystem::path& path, matrix_view<const double> values) {
    write_values(path, values, npy_dtype::f8);
}

void npy_write(const std::filesystem::path& path, matrix_view<const std::uint8_t> values) {
    write_values(path, values, npy_dtype::u1);
}

void npy_write(const std::filesystem::path& path, matrix_view<const std::uint16_t> values) {
    write_values(path, values, npy_dtype::u2);
}

}  // namespace narrowfp
