// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/gguf.hpp"

#include <narrowfp/io/safetensors.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace narrowfp::bench {
namespace {

constexpr std::uint64_t most_dimensions = 4;
constexpr std::uint64_t longest_name = 65536;
constexpr std::uint64_t least_tensor_bytes = 8 + 4 + 4 + 8;  // of an entry without a name and dimensions
constexpr std::uint64_t least_pair_bytes = 8 + 4 + 1;
constexpr int deepest_array = 8;

// Elements and bytes of a block; no bytes: a type that is not read.
struct type_entry {
    std::uint32_t type;
    std::string_view name;
    std::uint32_t elements;
    std::uint32_t bytes;
};
constexpr std::array<type_entry, 40> types{{
    {0, "F32", 1, 4},         {1, "F16", 1, 2},       {2, "Q4_0", 1, 0},        {3, "Q4_1", 1, 0},
    {6, "Q5_0", 1, 0},        {7, "Q5_1", 1, 0},      {8, "Q8_0", 1, 0},        {9, "Q8_1", 1, 0},
    {10, "Q2_K", 1, 0},       {11, "Q3_K", 1, 0},     {12, "Q4_K", 1, 0},       {13, "Q5_K", 1, 0},
    {14, "Q6_K", 1, 0},       {15, "Q8_K", 1, 0},     {16, "IQ2_XXS", 1, 0},    {17, "IQ2_XS", 1, 0},
    {18, "IQ3_XXS", 1, 0},    {19, "IQ1_S", 1, 0},    {20, "IQ4_NL", 1, 0},     {21, "IQ3_S", 1, 0},
    {22, "IQ2_S", 1, 0},      {23, "IQ4_XS", 1, 0},   {24, "I8", 1, 0},         {25, "I16", 1, 0},
    {26, "I32", 1, 0},        {27, "I64", 1, 0},      {28, "F64", 1, 0},        {29, "IQ1_M", 1, 0},
    {30, "BF16", 1, 2},       {31, "Q4_0_4_4", 1, 0}, {32, "Q4_0_4_8", 1, 0},   {33, "Q4_0_8_8", 1, 0},
    {34, "TQ1_0", 1, 0},      {35, "TQ2_0", 1, 0},    {36, "IQ4_NL_4_4", 1, 0}, {37, "IQ4_NL_4_8", 1, 0},
    {38, "IQ4_NL_8_8", 1, 0}, {39, "MXFP4", 32, 17},  {40, "NVFP4", 64, 36},    {41, "Q1_0", 1, 0},
}};

const type_entry* entry_of_type(std::uint32_t type) {
    const auto found = std::find_if(types.begin(), types.end(), [&](const type_entry& e) { return e.type == type; });
    return found == types.end() ? nullptr : &*found;
}

class header_reader {
public:
    header_reader(const byte_source& source, std::uint64_t size, const std::string& name)
        : source_(source), size_(size), name_(name) {}

    [[noreturn]] void refuse(const std::string& what) const { throw std::runtime_error("'" + name_ + "': " + what); }

    std::uint64_t left() const { return size_ - at_; }
    std::uint64_t at() const { return at_; }

    void skip(std::uint64_t bytes, const std::string& field) {
        if (bytes > left()) {
            refuse(field + " needs " + std::to_string(bytes) + " bytes at byte " + std::to_string(at_) +
                   ", the file has " + std::to_string(left()) + " left");
        }
        at_ += bytes;
    }

    void read(std::span<std::byte> out, const std::string& field) {
        const std::uint64_t first = at_;
        skip(out.size(), field);
        if (first < buffer_first_ || first + out.size() > buffer_first_ + buffer_.size()) {
            buffer_.resize(static_cast<std::size_t>(
                std::min<std::uint64_t>(std::max<std::uint64_t>(65536, out.size()), size_ - first)));
            buffer_first_ = first;
            source_(first, buffer_);
        }
        std::memcpy(out.data(), buffer_.data() + (first - buffer_first_), out.size());
    }

    template <class T>
    T number(const std::string& field) {
        T value{};
        read(std::as_writable_bytes(std::span(&value, 1)), field);
        return value;
    }

    std::string text(const std::string& field) {
        const auto length = number<std::uint64_t>("the length of " + field);
        if (length > longest_name) {
            refuse(field + " has " + std::to_string(length) + " bytes, expected at most " +
                   std::to_string(longest_name));
        }
        if (length > left()) {
            skip(length, field);
        }
        std::string value(static_cast<std::size_t>(length), '\0');
        if (length != 0) {
            read(std::as_writable_bytes(std::span(value.data(), value.size())), field);
        }
        return value;
    }

private:
    const byte_source& source_;
    std::uint64_t size_;
    const std::string& name_;
    std::uint64_t at_ = 0;
    std::uint64_t buffer_first_ = 0;
    std::vector<std::byte> buffer_;
};

// -- metadata ---------------------------------------------------------------------------------------------------------

constexpr std::uint32_t type_uint32 = 4;
constexpr std::uint32_t type_string = 8;
constexpr std::uint32_t type_array = 9;
constexpr std::array<std::uint64_t, 13> value_bytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

void skip_value(header_reader& in, std::uint32_t type, const std::string& field, int depth) {
    if (type >= value_bytes.size()) {
        in.refuse(field + " is of value type " + std::to_string(type) + ", expected 0 to 12");
    }
    if (type == type_string) {
        in.skip(in.number<std::uint64_t>(field), field);
        return;
    }
    if (type != type_array) {
        in.skip(value_bytes[type], field);
        return;
    }
    if (depth == deepest_array) {
        in.refuse(field + " holds arrays more than " + std::to_string(deepest_array) + " deep");
    }
    const auto of = in.number<std::uint32_t>(field);
    const auto count = in.number<std::uint64_t>(field);
    if (of >= value_bytes.size()) {
        in.refuse(field + " is an array of value type " + std::to_string(of) + ", expected 0 to 12");
    }
    const std::uint64_t least = of == type_string ? 8 : of == type_array ? 12 : value_bytes[of];
    if (count > in.left() / least) {
        in.refuse(field + " has " + std::to_string(count) + " items, the file has " + std::to_string(in.left()) +
                  " bytes left");
    }
    if (of != type_string && of != type_array) {
        in.skip(count * value_bytes[of], field);
        return;
    }
    for (std::uint64_t n = 0; n < count; ++n) {
        skip_value(in, of, field, depth + 1);
    }
}

// The alignment of the data.
std::uint64_t read_metadata(header_reader& in, std::uint64_t pairs) {
    std::uint64_t alignment = 32;
    for (std::uint64_t n = 0; n < pairs; ++n) {
        const std::string key = in.text("metadata key " + std::to_string(n));
        const std::string field = "metadata '" + report::printable(key) + "'";
        const auto type = in.number<std::uint32_t>(field);
        if (key != "general.alignment") {
            skip_value(in, type, field, 0);
            continue;
        }
        if (type != type_uint32) {
            in.refuse(field + " is of value type " + std::to_string(type) + ", expected 4 (uint32)");
        }
        alignment = in.number<std::uint32_t>(field);
        if (alignment == 0 || alignment % 8 != 0) {
            in.refuse(field + " is " + std::to_string(alignment) + ", expected a multiple of 8 above 0");
        }
    }
    return alignment;
}

// -- tensors ----------------------------------------------------------------------------------------------------------

// Bytes of the data, by type and shape.
std::uint64_t data_bytes(const header_reader& in, const gguf_tensor& t, const std::string& field) {
    std::uint64_t elements = 1;
    for (const std::size_t n : t.shape) {
        if (n != 0 && elements > std::numeric_limits<std::uint64_t>::max() / 64 / n) {
            in.refuse(field + " has dimensions whose product overflows");
        }
        elements *= n;
    }
    const type_entry* type = entry_of_type(t.type);
    if (type == nullptr || type->bytes == 0) {
        return 0;
    }
    const std::uint64_t row = t.shape.empty() ? 1 : t.shape.back();
    if (row % type->elements != 0) {
        in.refuse(field + " of " + std::string(type->name) + " has rows of " + std::to_string(row) +
                  " elements, expected a multiple of " + std::to_string(type->elements));
    }
    return elements / type->elements * type->bytes;
}

gguf_tensor read_entry(header_reader& in, std::uint64_t n) {
    gguf_tensor t;
    t.name = in.text("the name of tensor " + std::to_string(n));
    const std::string field = "tensor '" + report::printable(t.name) + "'";
    const auto dimensions = in.number<std::uint32_t>(field);
    if (dimensions > most_dimensions) {
        in.refuse(field + " has " + std::to_string(dimensions) + " dimensions, expected at most " +
                  std::to_string(most_dimensions));
    }
    for (std::uint32_t d = 0; d < dimensions; ++d) {
        t.shape.insert(t.shape.begin(), in.number<std::uint64_t>(field));
    }
    t.type = in.number<std::uint32_t>(field);
    t.offset = in.number<std::uint64_t>(field);
    t.bytes = data_bytes(in, t, field);
    return t;
}

}  // namespace

std::string gguf_type_name(std::uint32_t type) {
    const type_entry* entry = entry_of_type(type);
    return entry == nullptr ? "type " + std::to_string(type) : std::string(entry->name);
}

std::vector<gguf_tensor> parse_gguf(const byte_source& source, std::uint64_t size, const std::string& name) {
    header_reader in(source, size, name);
    if (in.number<std::uint32_t>("the magic number") != 0x46554747U) {
        in.refuse("begins with other bytes than \"GGUF\"");
    }
    const auto version = in.number<std::uint32_t>("the version");
    if (version != 2 && version != 3) {
        in.refuse("is GGUF of version " + std::to_string(version) + ", expected 2 or 3 (little-endian)");
    }
    const auto count = in.number<std::uint64_t>("the tensor count");
    const auto pairs = in.number<std::uint64_t>("the metadata count");
    if (count > in.left() / least_tensor_bytes || pairs > in.left() / least_pair_bytes) {
        in.refuse("the header says " + std::to_string(count) + " tensors and " + std::to_string(pairs) +
                  " metadata values, the file has " + std::to_string(in.left()) + " bytes left");
    }
    const std::uint64_t alignment = read_metadata(in, pairs);
    std::vector<gguf_tensor> tensors;
    std::set<std::string> names;
    for (std::uint64_t n = 0; n < count; ++n) {
        tensors.push_back(read_entry(in, n));
        if (!names.insert(tensors.back().name).second) {
            in.refuse("tensor '" + report::printable(tensors.back().name) + "' is there twice");
        }
    }
    const std::uint64_t data = (in.at() + alignment - 1) / alignment * alignment;
    for (gguf_tensor& t : tensors) {
        const std::string field = "tensor '" + report::printable(t.name) + "'";
        if (t.offset % alignment != 0) {
            in.refuse(field + " has the offset " + std::to_string(t.offset) + ", expected a multiple of " +
                      std::to_string(alignment));
        }
        const std::uint64_t room = data > size ? 0 : size - data;
        if (t.offset > room || t.bytes > room - t.offset) {
            in.refuse(field + " has " + std::to_string(t.bytes) + " bytes at offset " + std::to_string(t.offset) +
                      " of the data, which have " + std::to_string(room));
        }
        t.offset += data;
    }
    return tensors;
}

std::vector<stored_tensor> read_gguf(const std::filesystem::path& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) {
        throw std::runtime_error("'" + path.string() + "': cannot be read: " + error.message());
    }
    const byte_source source = [&](std::uint64_t first, std::span<std::byte> out) { read_file_part(path, first, out); };
    std::vector<stored_tensor> tensors;
    for (gguf_tensor& t : parse_gguf(source, size, path.string())) {
        stored_tensor s{.name = std::move(t.name),
                        .file = path,
                        .offset = t.offset,
                        .bytes = t.bytes,
                        .shape = std::move(t.shape),
                        .dtype = gguf_type_name(t.type)};
        if (s.dtype == "F32") {
            s.kind = element_kind::real32;
        } else if (s.dtype == "F16" || s.dtype == "BF16") {
            s.kind = element_kind::codes;
            s.format = s.dtype == "F16" ? any_format{f16} : any_format{bf16};
        }
        tensors.push_back(std::move(s));
    }
    return tensors;
}

}  // namespace narrowfp::bench
