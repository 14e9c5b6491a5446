// SPDX-License-Identifier: Apache-2.0
// A .safetensors file that is read back before success is reported.
#pragma once

#include "checkpoint/stored_tensor.hpp"

#include <narrowfp/io/safetensors.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace narrowfp::bench {

// Writes in the declared order and remembers the CRC-32 of each part of a few megabytes.
class checked_writer {
public:
    // Throws as safetensors_writer.
    checked_writer(const std::filesystem::path& path, const std::vector<safetensors_tensor>& declared,
                   const std::map<std::string, std::string>& metadata);

    // Before the first byte of each tensor.
    void next_tensor();
    void write(std::span<const std::byte> bytes);

    // Takes the name, then reads every tensor again on these threads (0: all). Throws std::runtime_error if one differs.
    void finish(int threads);

private:
    struct written_part {
        std::size_t tensor = 0;
        std::uint64_t offset = 0;
        std::size_t size = 0;
        std::uint32_t crc = 0;
    };

    std::filesystem::path path_;
    safetensors_writer out_;
    std::vector<written_part> parts_;
    std::size_t tensors_ = 0;   // begun
    std::uint64_t offset_ = 0;  // in the last of them
};

// The bytes of a plain tensor as the next tensor.
void copy_tensor(const stored_tensor& tensor, checked_writer& out);

// The type that copies have; of .npy files too. Throws std::invalid_argument if there is none.
safetensors_dtype dtype_of_copy(const stored_tensor& tensor);

// The type that holds codes of the element format. Throws std::invalid_argument if there is none.
safetensors_dtype dtype_of_codes(const any_format& element);

}  // namespace narrowfp::bench
