// SPDX-License-Identifier: Apache-2.0
// GGUF files, versions 2 and 3, little-endian: where each tensor is and of which type. Nothing in a header is believed: counts
// and lengths are held against the bytes that are left before memory is taken. Metadata is passed over, but for
// general.alignment. Source: the description of the format in the repository ggml-org/ggml.
#pragma once

#include "checkpoint/stored_tensor.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct gguf_tensor {
    std::string name;
    std::uint32_t type = 0;
    std::vector<std::size_t> shape;  // the last dimension is the fastest: the file's order reversed
    std::uint64_t offset = 0;        // of its first byte in the file
    std::uint64_t bytes = 0;         // of a type of another size than those that are read: 0
};

// Fills `out` with the bytes from `first` on; asked only for bytes inside the file.
using byte_source = std::function<void(std::uint64_t first, std::span<std::byte> out)>;

// The tensors of a file of `size` bytes. `name` stands in messages. Throws std::runtime_error with the file, the field and what
// was expected for a header that does not hold together and for data that pass the end.
std::vector<gguf_tensor> parse_gguf(const byte_source& source, std::uint64_t size, const std::string& name);

// "MXFP4", "Q4_0"; of a number without a name "type 99".
std::string gguf_type_name(std::uint32_t type);

// The tensors of a file. Throws as parse_gguf, and if the file cannot be read.
std::vector<stored_tensor> read_gguf(const std::filesystem::path& path);

}  // namespace narrowfp::bench
