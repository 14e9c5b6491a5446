// SPDX-License-Identifier: Apache-2.0
// A model written in a narrow format: the weights of its linear layers as codes with their scales beside them, everything
// else as it was, in one .safetensors file or a folder of shards. A quantised source is dequantised exactly and quantised once. Names are those of common checkpoints: NAME holds the codes;
// NAME_scale_inv the scales of square blocks (DeepSeek-V3); NAME_scale all others (compressed-tensors, ModelOpt);
// NAME_scale_2 the factor of the tensor above them (ModelOpt, NVFP4). A weight is decode(code) * scale, all of them.
// One tensor is in memory at a time. Files are read back and verified before success is reported.
#pragma once

#include "checkpoint/checkpoint.hpp"
#include "checkpoint/weight_matrices.hpp"

#include <narrowfp/quant/recipe.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

// As matrices_of_shape; none for tensors that are no real numbers.
std::optional<weight_matrices> matrices_of(const stored_tensor& tensor);

struct quantized_file {
    std::uint64_t tensors = 0;  // that were quantised
    std::uint64_t copied = 0;
    std::uint64_t source_bytes = 0;  // of the quantised ones
    std::uint64_t copied_bytes = 0;
    std::uint64_t code_bytes = 0;
    std::uint64_t scale_bytes = 0;
    event_counts events;
    std::uint64_t left_out = 0;  // elements that are not finite, before or after
    double error2 = 0;           // sums of squares over all others
    double reference2 = 0;
    std::size_t shards = 0;
    std::vector<std::string> cut_groups;  // tensors whose k is no multiple of the recipe's groups of 16 or 32

    // Every element is represented without error.
    bool exact() const { return error2 == 0 && left_out == 0; }
    double relative_frobenius() const;
};

struct quantize_request {
    recipe how;
    any_format element;
    bool k_last = true;            // of plain tensors; layouts know it of theirs
    std::filesystem::path out;     // a .safetensors file, or a folder
    std::uint64_t shard_size = 0;  // bytes of a shard at most, if it has more than one tensor; 0: the source's shards
    int threads = 0;
};

// Writes the model, the tensors with chosen[i] as operand B of the recipe in that element format. A name that ends in
// .safetensors is one file; any other is a folder with shards, index, configuration and the source's other files. `advance`
// is told how many elements are done; what it throws ends the work. Throws std::invalid_argument if the files have no name
// for the element format, if packed rows of a tensor do not end at a byte, a name is taken, or a tensor that is quantised in
// the source was not chosen; std::runtime_error if a file cannot be read or written, or if what was read back differs.
quantized_file quantize_file(const checkpoint& model, const std::vector<bool>& chosen, const quantize_request& request,
                             const std::function<void(std::uint64_t, const std::string&)>& advance = {});

}  // namespace narrowfp::bench
