// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/io/npy.hpp>

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
constexpr std::size_t most_dimensions = 64;     // NumPy's own limit

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

[[noreturn]] void fail(const std::string& name, const std::string& what) {
    throw std::runtime_error("'" + name + "': " + what);
}

// Text from a file, fit for a message.
std::string shown(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 40)) {
        result += c >= ' ' && c <= '~' ? c : '?';
    }
    return "'" + result + (text.size() > 40 ? "...'" : "'");
}

std::string_view characters(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// ---- the header's text: a Python dictionary with the keys descr, fortran_order and shape -------------------------

struct header_text {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::size_t> shape;
};

class header_parser {
public:
    header_parser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    header_text parse() {
        expect('{');
        std::optional<std::string> descr;
        std::optional<bool> order;
        std::optional<std::vector<std::size_t>> shape;
        while (!accept('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr") {
                once(key, descr.has_value());
                descr = description();
            } else if (key == "fortran_order") {
                once(key, order.has_value());
                order = boolean();
            } else if (key == "shape") {
                once(key, shape.has_value());
                shape = tuple();
            } else {
                bad("unknown key " + shown(key));
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_blanks();
        if (at_ != text_.size()) {
            bad("something follows the dictionary");
        }
        require("descr", descr.has_value());
        require("fortran_order", order.has_value());
        require("shape", shape.has_value());
        return {std::move(*descr), *order, std::move(*shape)};
    }

private:
    [[noreturn]] void bad(const std::string& what) const {
        fail(name_, "bad .npy header at character " + std::to_string(at_) + ": " + what);
    }

    void once(const std::string& key, bool seen) const {
        if (seen) {
            bad("key '" + key + "' is given twice");
        }
    }

    void require(const char* key, bool seen) const {
        if (!seen) {
            fail(name_, std::string("bad .npy header: key '") + key + "' is missing");
        }
    }

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) {
            ++at_;
        }
    }

    char peek() {
        skip_blanks();
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    bool accept(char c) {
        if (peek() != c || at_ == text_.size()) {
            return false;
        }
        ++at_;
        return true;
    }

    void expect(char c) {
        if (!accept(c)) {
            bad(std::string("expected '") + c + "'");
        }
    }

    std::string string() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') {
            bad("expected a text in quotes");
        }
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) {
            bad("a text without closing quote");
        }
        const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
        if (content.find_first_of("\\\n") != std::string_view::npos) {
            bad("a backslash or a line end in a text");
        }
        at_ = end + 1;
        return std::string(content);
    }

    std::string description() {
        if (peek() == '[') {
            fail(name_, "structured arrays are not supported: save one field alone");
        }
        return string();
    }

    bool boolean() {
        skip_blanks();
        for (const auto& [word, value] : {std::pair<std::string_view, bool>("True", true), {"False", false}}) {
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return value;
            }
        }
        bad("expected True or False");
    }

    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> result;
        expect('(');
        bool comma = true;
        while (!accept(')')) {
            if (!comma) {
                bad("expected ',' or ')' in the shape");
            }
            if (result.size() == most_dimensions) {
                bad("more than " + std::to_string(most_dimensions) + " dimensions");
            }
            result.push_back(integer());
            comma = accept(',');
        }
        if (result.size() == 1 && !comma) {
            bad("the shape is a number, expected a tuple");
        }
        return result;
    }

    std::size_t integer() {
        constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();
        const char first = peek();
        if (first < '0' || first > '9') {
            bad("expected a number of 0 or more in the shape");
        }
        std::size_t value = 0;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            const auto digit = static_cast<std::size_t>(text_[at_] - '0');
            if (value > (largest - digit) / 10) {
                bad("a dimension of the shape is too large");
            }
            value = value * 10 + digit;
        }
        if (at_ < text_.size() && text_[at_] == 'L') {  // Python 2 wrote long integers so
            ++at_;
        }
        return value;
    }

    std::string_view text_;
    const std::string& name_;
    std::size_t at_ = 0;
};

npy_dtype parse_type(const std::string& descr, const std::string& name) {
    const char order = descr.empty() ? '\0' : descr[0];
    if (order == '>') {
        fail(name, "dtype " + shown(descr) + " is big-endian, which is not supported: write little-endian data");
    }
    if (order == '<' || order == '|') {
        const std::string_view kind = std::string_view(descr).substr(1);
        if (kind == "f1") {
            return npy_dtype::raw1;
        }
        for (const type_entry& e : types) {
            const bool ordered = e.size == 1 || e.type == npy_dtype::raw2 || order == '<';
            if (ordered && kind == e.name.substr(1)) {
                return e.type;
            }
        }
    }
    fail(name, "dtype " + shown(descr) + " is not supported: expected floats, integers or booleans, or raw V1, V2");
}

// ---- the file ------------------------------------------------------------------------------------------------------

struct layout {
    std::size_t header_begin = 0;
    std::size_t data_begin = 0;
};

struct description {
    npy_dtype dtype = npy_dtype::u1;
    std::vector<std::size_t> shape;
    std::size_t data_size = 0;
};

// From the first bytes of a file of `file_size` bytes.
layout parse_prefix(std::span<const std::byte> first, std::uint64_t file_size, const std::string& name) {
    const std::string_view text = characters(first);
    if (!text.starts_with(magic)) {
        fail(name, "not a .npy file: it does not begin with \\x93NUMPY");
    }
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(first[i]); };
    if (first.size() < 10) {
        fail(name, "truncated .npy header: the file has " + std::to_string(file_size) + " bytes");
    }
    const std::size_t version = byte(6);
    if (version < 1 || version > 3 || byte(7) != 0) {
        fail(name, ".npy format version " + std::to_string(version) + "." + std::to_string(byte(7)) +
                       " is not supported, expected 1.0, 2.0 or 3.0");
    }
    layout result;
    std::size_t length = byte(8) | byte(9) << 8;
    result.header_begin = 10;
    if (version >= 2) {
        if (first.size() < prefix_size) {
            fail(name, "truncated .npy header: the file has " + std::to_string(file_size) + " bytes");
        }
        length |= byte(10) << 16 | byte(11) << 24;
        result.header_begin = prefix_size;
    }
    if (length > longest_header) {
        fail(name, "the .npy header is said to have " + std::to_string(length) + " bytes, expected at most " +
                       std::to_string(longest_header));
    }
    result.data_begin = result.header_begin + length;
    if (result.data_begin > file_size) {
        fail(name, "truncated .npy header: it is said to end at byte " + std::to_string(result.data_begin) +
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
    header_text text = header_parser(header, name).parse();
    description result;
    result.dtype = parse_type(text.descr, name);
    if (text.fortran_order) {
        fail(name, "Fortran order is not supported: write with order='C' (numpy.ascontiguousarray)");
    }
    const std::string what = "shape " + internal::npy_shape_text(text.shape) + " of " + text.descr;
    const std::optional<std::size_t> bytes = byte_count(text.shape, item_size(result.dtype));
    if (!bytes) {
        fail(name, what + " is larger than any memory");
    }
    if (*bytes != data_size) {
        fail(name,
             what + " needs " + std::to_string(*bytes) + " bytes of data, the file has " + std::to_string(data_size));
    }
    result.shape = std::move(text.shape);
    result.data_size = *bytes;
    return result;
}

std::vector<std::byte> read_bytes(std::ifstream& file, std::size_t count, const std::string& name) {
    std::vector<std::byte> bytes(count);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
    if (static_cast<std::size_t>(file.gcount()) != count) {
        fail(name, "reading stopped after " + std::to_string(file.gcount()) + " of " + std::to_string(count) +
                       " bytes: the file changed or cannot be read");
    }
    return bytes;
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
    return {d.dtype, std::move(d.shape), {data.begin(), data.end()}};
}

npy_layout npy_inspect(const std::filesystem::path& path) {
    const std::string name = path.string();
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        fail(name, "cannot be read: " + (error ? error.message() : std::string("no such file")));
    }
    if (!std::filesystem::is_regular_file(status)) {
        fail(name, "is not a regular file");
    }
    const std::uint64_t size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file) {
        fail(name, "cannot be read: " + (error ? error : std::error_code(errno, std::generic_category())).message());
    }
    const auto first = static_cast<std::size_t>(std::min<std::uint64_t>(size, prefix_size));
    const layout where = parse_prefix(read_bytes(file, first, name), size, name);
    file.seekg(static_cast<std::streamoff>(where.header_begin));
    const std::vector<std::byte> header = read_bytes(file, where.data_begin - where.header_begin, name);
    description d = parse_header(characters(header), size - where.data_begin, name);
    return {d.dtype, std::move(d.shape), where.data_begin, d.data_size};
}

npy_array npy_read(const std::filesystem::path& path) {
    npy_layout where = npy_inspect(path);
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(where.offset));
    return {where.dtype, std::move(where.shape), read_bytes(file, where.bytes, path.string())};
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
