// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/io/safetensors.hpp>

#include <narrowfp/format/catalog.hpp>
#include <narrowfp/io/internal/strict_json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

namespace narrowfp {
namespace {

using internal::fail_file;
using internal::shown;

static_assert(std::endian::native == std::endian::little, "safetensors.cpp reads little-endian bytes as they are");

constexpr std::size_t length_size = 8;  // the header's length, at the beginning of the file
constexpr std::size_t most_dimensions = 64;

struct type_entry {
    safetensors_dtype type;
    int bits;
    std::string_view name;
    std::string_view format;  // token; empty if it is none of this library's
};

constexpr std::array<type_entry, 22> types = {{
    {safetensors_dtype::boolean, 8, "BOOL", ""},
    {safetensors_dtype::f4, 4, "F4", "e2m1fn"},
    {safetensors_dtype::f6_e2m3, 6, "F6_E2M3", "e2m3fn"},
    {safetensors_dtype::f6_e3m2, 6, "F6_E3M2", "e3m2fn"},
    {safetensors_dtype::u8, 8, "U8", ""},
    {safetensors_dtype::i8, 8, "I8", ""},
    {safetensors_dtype::f8_e4m3, 8, "F8_E4M3", "e4m3fn"},
    {safetensors_dtype::f8_e5m2, 8, "F8_E5M2", "e5m2"},
    {safetensors_dtype::f8_e4m3fnuz, 8, "F8_E4M3FNUZ", "e4m3fnuz"},
    {safetensors_dtype::f8_e5m2fnuz, 8, "F8_E5M2FNUZ", "e5m2fnuz"},
    {safetensors_dtype::f8_e8m0, 8, "F8_E8M0", "e8m0fnu"},
    {safetensors_dtype::u16, 16, "U16", ""},
    {safetensors_dtype::i16, 16, "I16", ""},
    {safetensors_dtype::f16_ieee, 16, "F16", "f16"},
    {safetensors_dtype::f16_brain, 16, "BF16", "bf16"},
    {safetensors_dtype::u32, 32, "U32", ""},
    {safetensors_dtype::i32, 32, "I32", ""},
    {safetensors_dtype::f32_ieee, 32, "F32", "f32"},
    {safetensors_dtype::u64, 64, "U64", ""},
    {safetensors_dtype::i64, 64, "I64", ""},
    {safetensors_dtype::f64_ieee, 64, "F64", ""},
    {safetensors_dtype::c64, 64, "C64", ""},
}};

const type_entry& entry_of(safetensors_dtype type) {
    return *std::find_if(types.begin(), types.end(), [&](const type_entry& e) { return e.type == type; });
}

std::string shape_text(const std::vector<std::size_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + "]";
}

}  // namespace

namespace internal {

std::optional<std::uint64_t> byte_count(const std::vector<std::size_t>& shape, int bits) {
    if (std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end()) {
        return 0;
    }
    // In bits, and of a size that fits pointers and file offsets with room to spare.
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    auto total = static_cast<std::uint64_t>(bits);
    for (const std::size_t dimension : shape) {
        if (dimension > most / total) {
            return std::nullopt;
        }
        total *= dimension;
    }
    return total % 8 == 0 ? std::optional(total / 8) : std::nullopt;
}

}  // namespace internal

namespace {

// ---- the header -----------------------------------------------------------------------------------------------------

// {"__metadata__": {TEXT: TEXT, ...}, NAME: {"dtype": TEXT, "shape": [N, ...], "data_offsets": [BEGIN, END]}, ...}
class header_events : public internal::json_events {
public:
    explicit header_events(const std::string& name) : json_events(name, "safetensors header") {}

    bool start_object(std::size_t) override {
        switch (at_) {
            case place::before: at_ = place::top; return true;
            case place::entry_value: at_ = place::tensor; return true;
            case place::metadata_begin: at_ = place::metadata; return true;
            default: unexpected("an object");
        }
    }

    bool key(std::string& text) override {
        switch (at_) {
            case place::top: begin_entry(text); return true;
            case place::metadata:
                metadata_key_ = text;
                at_ = place::metadata_value;
                return true;
            case place::tensor: begin_part(text); return true;
            default: unexpected("the key " + shown(text));
        }
    }

    bool string(std::string& text) override {
        if (at_ == place::metadata_value) {
            if (!result.metadata.emplace(metadata_key_, text).second) {
                bad("__metadata__ gives " + shown(metadata_key_) + " twice");
            }
            at_ = place::metadata;
            return true;
        }
        if (at_ != place::dtype) {
            unexpected("the text " + shown(text));
        }
        const auto* found =
            std::find_if(types.begin(), types.end(), [&](const type_entry& e) { return e.name == text; });
        if (found == types.end()) {
            std::string known;
            for (const type_entry& e : types) {
                known += (known.empty() ? "" : ", ") + std::string(e.name);
            }
            bad("tensor " + shown(current_.name) + " has the unknown dtype " + shown(text) + ", expected one of " +
                known);
        }
        current_.dtype = found->type;
        at_ = place::tensor;
        return true;
    }

    bool start_array(std::size_t) override {
        switch (at_) {
            case place::shape_begin: at_ = place::shape; return true;
            case place::offsets_begin: at_ = place::offsets; return true;
            default: unexpected("an array");
        }
    }

    bool number_unsigned(std::uint64_t value) override {
        if (at_ == place::shape && current_.shape.size() < most_dimensions) {
            current_.shape.push_back(value);
            return true;
        }
        if (at_ == place::offsets && offset_count_ < 2) {
            (offset_count_ == 0 ? begin_ : end_) = value;
            ++offset_count_;
            return true;
        }
        unexpected("the number " + std::to_string(value));
    }

    bool end_array() override {
        if (at_ == place::offsets && offset_count_ != 2) {
            unexpected("the end of the list");
        }
        at_ = place::tensor;
        return true;
    }

    bool end_object() override {
        if (at_ == place::tensor) {
            end_tensor();
        }
        at_ = place::top;  // from the tensor, from __metadata__, or at the end
        return true;
    }

    safetensors_header result;

protected:
    std::string expectation() const override {
        const std::string tensor = "tensor " + shown(current_.name) + ": ";
        switch (at_) {
            case place::before: return "expected an object";
            case place::top: return "expected the name of a tensor";
            case place::metadata_begin:
            case place::metadata:
            case place::metadata_value: return "__metadata__: expected texts with names";
            case place::entry_value: return tensor + "expected an object";
            case place::tensor: return tensor + "expected dtype, shape and data_offsets";
            case place::dtype: return tensor + "dtype: expected a text";
            case place::shape_begin:
            case place::shape: return tensor + "shape: expected a list of at most 64 whole numbers of 0 or more";
            case place::offsets_begin:
            case place::offsets: break;
        }
        return tensor + "data_offsets: expected a list of two whole numbers of 0 or more";
    }

private:
    enum class place {
        before,
        top,
        metadata_begin,
        metadata,
        metadata_value,
        entry_value,
        tensor,
        dtype,
        shape_begin,
        shape,
        offsets_begin,
        offsets,
    };

    void begin_entry(const std::string& text) {
        if (text == "__metadata__") {
            if (std::exchange(has_metadata_, true)) {
                bad("__metadata__ is given twice");
            }
            at_ = place::metadata_begin;
            return;
        }
        current_ = {};
        current_.name = text;
        has_dtype_ = has_shape_ = has_offsets_ = false;
        at_ = place::entry_value;
    }

    void begin_part(const std::string& text) {
        const auto once = [&](bool& seen, place next) {
            if (std::exchange(seen, true)) {
                bad("tensor " + shown(current_.name) + " has " + shown(text) + " twice");
            }
            at_ = next;
        };
        if (text == "dtype") {
            once(has_dtype_, place::dtype);
        } else if (text == "shape") {
            once(has_shape_, place::shape_begin);
        } else if (text == "data_offsets") {
            once(has_offsets_, place::offsets_begin);
            offset_count_ = 0;
        } else {
            unexpected("the key " + shown(text));
        }
    }

    void end_tensor() {
        const std::string tensor = "tensor " + shown(current_.name);
        if (!has_dtype_ || !has_shape_ || !has_offsets_) {
            bad(tensor + " has no " + (!has_dtype_ ? "dtype" : !has_shape_ ? "shape" : "data_offsets"));
        }
        if (begin_ > end_) {
            bad(tensor + " begins at byte " + std::to_string(begin_) + " of the data and ends before, at " +
                std::to_string(end_));
        }
        current_.offset = begin_;
        current_.bytes = end_ - begin_;
        result.tensors.push_back(std::move(current_));
        current_ = {};
    }

    place at_ = place::before;
    safetensors_tensor current_;
    std::string metadata_key_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
    int offset_count_ = 0;
    bool has_metadata_ = false;
    bool has_dtype_ = false;
    bool has_shape_ = false;
    bool has_offsets_ = false;
};

// Throws if two tensors have one name.
void require_unique_names(const std::vector<safetensors_tensor>& tensors, const std::string& name) {
    std::vector<std::string_view> names;
    names.reserve(tensors.size());
    for (const safetensors_tensor& t : tensors) {
        names.emplace_back(t.name);
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) {
        fail_file(name, "bad safetensors header: tensor " + shown(*twice) + " is given twice");
    }
}

// Sorts by place; the data must be covered from the first byte to the last, each byte once.
void require_places(std::vector<safetensors_tensor>& tensors, std::uint64_t data_size, const std::string& name) {
    // An empty tensor comes before the one that begins at the same byte.
    std::sort(tensors.begin(), tensors.end(), [](const safetensors_tensor& a, const safetensors_tensor& b) {
        return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
    });
    std::uint64_t end = 0;
    for (const safetensors_tensor& t : tensors) {
        const std::string tensor = "tensor " + shown(t.name);
        if (t.offset != end) {
            fail_file(name, tensor + " begins at byte " + std::to_string(t.offset) + " of the data, expected " +
                                std::to_string(end) + ": the data " + (t.offset < end ? "overlap" : "have a gap"));
        }
        if (t.bytes > data_size - end) {
            fail_file(name, tensor + " ends at byte " + std::to_string(t.offset + t.bytes) +
                                " of the data, the file has " + std::to_string(data_size));
        }
        end += t.bytes;
        const std::string what = tensor + ": shape " + shape_text(t.shape) + " of " + std::string(to_string(t.dtype));
        const std::optional<std::uint64_t> needed = internal::byte_count(t.shape, bits_of(t.dtype));
        if (!needed) {
            fail_file(name, what + " is larger than any memory, or its last byte is not full");
        }
        if (*needed != t.bytes) {
            fail_file(name, what + " needs " + std::to_string(*needed) + " bytes, the header gives it " +
                                std::to_string(t.bytes));
        }
    }
    if (end != data_size) {
        fail_file(name, "the tensors end at byte " + std::to_string(end) + " of the data, the file has " +
                            std::to_string(data_size));
    }
}

// The length of the header of a file that begins so.
std::uint64_t header_length(std::span<const std::byte> start, std::uint64_t file_size, const std::string& name) {
    if (file_size < length_size || start.size() < length_size) {
        fail_file(name, "not a .safetensors file: it has " + std::to_string(file_size) +
                            " bytes, expected 8 for the length of the header, and the header");
    }
    std::uint64_t length = 0;
    std::memcpy(&length, start.data(), length_size);
    if (length > longest_safetensors_header) {
        fail_file(name, "not a .safetensors file, or damaged: the header is said to have " + std::to_string(length) +
                            " bytes, expected at most " + std::to_string(longest_safetensors_header));
    }
    if (length > file_size - length_size) {
        fail_file(name, "truncated safetensors header: it is said to have " + std::to_string(length) +
                            " bytes, the file has " + std::to_string(file_size - length_size) + " behind the length");
    }
    return length;
}

std::uint64_t regular_file_size(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        fail_file(path.string(), "cannot be read: " + (error ? error.message() : std::string("no such file")));
    }
    if (!std::filesystem::is_regular_file(status)) {
        fail_file(path.string(), "is not a regular file");
    }
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error) {
        fail_file(path.string(), "cannot be read: " + error.message());
    }
    return size;
}

safetensors_header read_header(const std::filesystem::path& path) {
    const std::uint64_t size = regular_file_size(path);
    std::vector<std::byte> start(static_cast<std::size_t>(std::min<std::uint64_t>(size, length_size)));
    read_file_part(path, 0, start);
    const std::uint64_t length = header_length(start, size, path.string());
    start.resize(static_cast<std::size_t>(length_size + length));
    read_file_part(path, 0, start);
    return parse_safetensors(start, size, path.string());
}

}  // namespace

int bits_of(safetensors_dtype type) { return entry_of(type).bits; }

std::string_view to_string(safetensors_dtype type) { return entry_of(type).name; }

std::optional<any_format> format_of(safetensors_dtype type) { return find_format(entry_of(type).format); }

std::optional<safetensors_dtype> safetensors_dtype_of(const any_format& format) {
    for (const type_entry& e : types) {
        if (e.format == name_of(format)) {
            return e.type;
        }
    }
    return std::nullopt;
}

std::uint64_t safetensors_tensor::elements() const {
    std::uint64_t count = 1;
    for (const std::size_t dimension : shape) {
        count *= dimension;
    }
    return count;
}

safetensors_header parse_safetensors(std::span<const std::byte> start, std::uint64_t file_size,
                                     const std::string& name) {
    const std::uint64_t length = header_length(start, file_size, name);
    if (start.size() - length_size < length) {
        fail_file(name, "only " + std::to_string(start.size()) + " bytes were given, the header ends at " +
                            std::to_string(length_size + length));
    }
    header_events events(name);
    events.read({reinterpret_cast<const char*>(start.data()) + length_size, static_cast<std::size_t>(length)});
    safetensors_header header = std::move(events.result);
    require_unique_names(header.tensors, name);
    require_places(header.tensors, file_size - length_size - length, name);
    for (safetensors_tensor& t : header.tensors) {
        t.offset += length_size + length;
    }
    return header;
}

void read_file_part(const std::filesystem::path& path, std::uint64_t first, std::span<std::byte> out) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        fail_file(path.string(), "cannot be read: " + std::generic_category().message(errno));
    }
    file.seekg(static_cast<std::streamoff>(first));
    file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    if (static_cast<std::size_t>(file.gcount()) != out.size()) {
        fail_file(path.string(), "reading stopped after " + std::to_string(file.gcount()) + " of " +
                                     std::to_string(out.size()) + " bytes from byte " + std::to_string(first) +
                                     ": the file changed or cannot be read");
    }
}

safetensors_file::safetensors_file(std::filesystem::path path) : path_(std::move(path)), header_(read_header(path_)) {}

const safetensors_tensor* safetensors_file::find(std::string_view name) const {
    const auto found = std::find_if(header_.tensors.begin(), header_.tensors.end(),
                                    [&](const safetensors_tensor& t) { return t.name == name; });
    return found == header_.tensors.end() ? nullptr : &*found;
}

void safetensors_file::read_into(const safetensors_tensor& tensor, std::span<std::byte> out,
                                 std::uint64_t first) const {
    if (first > tensor.bytes || out.size() > tensor.bytes - first) {
        throw std::invalid_argument("'" + path_.string() + "': tensor " + shown(tensor.name) + " has " +
                                    std::to_string(tensor.bytes) + " bytes, asked for " + std::to_string(out.size()) +
                                    " from byte " + std::to_string(first));
    }
    read_file_part(path_, tensor.offset + first, out);
}

std::vector<std::byte> safetensors_file::read(const safetensors_tensor& tensor) const {
    std::vector<std::byte> bytes(tensor.bytes);
    read_into(tensor, bytes);
    return bytes;
}

}  // namespace narrowfp
