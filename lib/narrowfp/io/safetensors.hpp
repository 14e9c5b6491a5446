// SPDX-License-Identifier: Apache-2.0
// .safetensors files: an 8-byte length, a JSON header with name, type, shape and place of each tensor, then the data.
// Nothing in a header is believed: it is checked as a whole, against the file's size, before memory is taken for data.
// Tensors are listed first and read one at a time or in parts, so files may be larger than memory; the writer takes them
// in one pass. F8_E4M3 means e4m3fn. Sharded models are model_files.hpp. It does not map files, and it knows types by
// their width only; format_of says which of them are formats of this library. Little-endian hosts only.
// Source: the format's description in the repository huggingface/safetensors.
#pragma once

#include <narrowfp/format/types.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp {

enum class safetensors_dtype : std::uint8_t {
    boolean,
    f4,
    f6_e2m3,
    f6_e3m2,
    u8,
    i8,
    f8_e4m3,
    f8_e5m2,
    f8_e4m3fnuz,
    f8_e5m2fnuz,
    f8_e8m0,
    u16,
    i16,
    f16_ieee,
    f16_brain,
    u32,
    i32,
    f32_ieee,
    u64,
    i64,
    f64_ieee,
    c64,
};

// Bits per element: 4 and 6 are packed.
int bits_of(safetensors_dtype type);

// As files name it: "F8_E4M3".
std::string_view to_string(safetensors_dtype type);

// The format of elements of this type, if it is one of this library's: e4m3fn for F8_E4M3, f32 for F32, none for F64,
// integers and truth values.
std::optional<any_format> format_of(safetensors_dtype type);

// The type that holds codes of the format: F8_E4M3 for e4m3fn. None for formats that the files have no name for.
std::optional<safetensors_dtype> safetensors_dtype_of(const any_format& format);

struct safetensors_tensor {
    std::string name;
    safetensors_dtype dtype = safetensors_dtype::f32_ieee;
    std::vector<std::size_t> shape;  // empty for a single number
    std::uint64_t offset = 0;        // of its first byte in the file
    std::uint64_t bytes = 0;

    std::uint64_t elements() const;  // product of shape; the reader has checked that it fits
};

struct safetensors_header {
    std::vector<safetensors_tensor> tensors;      // in the order of their data
    std::map<std::string, std::string> metadata;  // __metadata__
};

inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;  // bytes; the format's own limit

// The header of a file of `file_size` bytes whose first bytes are `start`: at least the length and the whole header.
// `name` stands in messages. Throws std::runtime_error with the file, the tensor, what was found and what was expected
// for: a header longer than the file or than 100 MB, text that is not this JSON, keys or names given twice, unknown
// types, a shape whose size overflows or disagrees with its bytes, data that overlap, leave a gap or pass the end.
safetensors_header parse_safetensors(std::span<const std::byte> start, std::uint64_t file_size,
                                     const std::string& name);

// A file whose header was read and found sound. Reading opens the file anew each time, so it may be done from several
// threads.
class safetensors_file {
public:
    // Throws as parse_safetensors, and if the file cannot be read or is not a regular file.
    explicit safetensors_file(std::filesystem::path path);

    const std::filesystem::path& path() const { return path_; }
    const std::vector<safetensors_tensor>& tensors() const { return header_.tensors; }
    const std::map<std::string, std::string>& metadata() const { return header_.metadata; }

    // nullptr if there is none of that name.
    const safetensors_tensor* find(std::string_view name) const;

    // Bytes [first, first + out.size()) of the tensor. Throws std::invalid_argument if it has fewer, std::runtime_error
    // if they cannot be read (the file has changed).
    void read_into(const safetensors_tensor& tensor, std::span<std::byte> out, std::uint64_t first = 0) const;

    // All bytes of the tensor.
    std::vector<std::byte> read(const safetensors_tensor& tensor) const;

private:
    std::filesystem::path path_;
    safetensors_header header_;
};

// Bytes [first, first + out.size()) of a file, for data whose place is known. Throws std::runtime_error.
void read_file_part(const std::filesystem::path& path, std::uint64_t first, std::span<std::byte> out);

// Writes a file in one pass, whole or not at all: it takes the name only in finish(). What was declared is written in
// that order; a tensor's bytes may come in any number of parts.
//     safetensors_writer out(path, {{"w", safetensors_dtype::f32_ieee, {2, 3}}});
//     out.write(bytes);
//     out.finish();
class safetensors_writer {
public:
    // Of `tensors`, name, dtype and shape count; offsets and bytes are computed. Throws std::invalid_argument for names
    // given twice, the name "__metadata__", text that is not UTF-8, a shape whose size overflows or whose last byte is
    // not full, a header over 100 MB; std::runtime_error if the file cannot be written.
    safetensors_writer(std::filesystem::path path, std::vector<safetensors_tensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});
    ~safetensors_writer();  // without finish() nothing remains
    safetensors_writer(const safetensors_writer&) = delete;
    safetensors_writer& operator=(const safetensors_writer&) = delete;

    // The declared tensors with their places.
    const std::vector<safetensors_tensor>& tensors() const { return tensors_; }

    // The next bytes. Throws std::invalid_argument for more than was declared, std::runtime_error if writing fails.
    void write(std::span<const std::byte> bytes);

    // Throws std::invalid_argument if bytes are missing, std::runtime_error if the file cannot take its name.
    void finish();

private:
    void put(const void* data, std::size_t size);

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    std::vector<safetensors_tensor> tensors_;
    std::uint64_t expected_ = 0;  // bytes of data
    std::uint64_t written_ = 0;
    int file_ = -1;
};

}  // namespace narrowfp
