// SPDX-License-Identifier: Apache-2.0
// A model written in a narrow format: the weights of its linear layers as codes with their scales beside them, everything
// else as it was, in one .safetensors file that others load. Names are those of common checkpoints: NAME holds the codes;
// NAME_scale_inv the scales of square blocks (DeepSeek-V3); NAME_scale all others (compressed-tensors, ModelOpt);
// NAME_scale_2 the factor of the tensor above them (ModelOpt, NVFP4). A weight is decode(code) * scale, all of them.
// One tensor is in memory at a time. The file is read back and compared before anything is said about it.
#pragma once

#include "checkpoint/stored_tensor.hpp"

#include <narrowfp/quant/recipe.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

// How a tensor is cut into matrices: two dimensions are rows and k; of three, the first counts matrices (stacked
// experts), so that no block crosses two of them; of four and more, the first is rows and all others k (filters).
struct weight_matrices {
    std::size_t count = 1;
    std::size_t rows = 0;
    std::size_t cols = 0;
};
// None for fewer than two dimensions: norms, biases and single numbers stay as they are.
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

    // Every element is represented without error.
    bool exact() const { return error2 == 0 && left_out == 0; }
    double relative_frobenius() const;
};

// Writes `tensors`, those with chosen[i] as operand B of the recipe in that element format, k being their columns
// (k_last) or their rows. `advance` is told how many
// elements are done. Throws std::invalid_argument if the files have no name for the element format, if packed rows of a
// tensor do not end at a byte, or a name is taken; std::runtime_error if a file cannot be read or written, or if what was
// read back differs.
quantized_file quantize_file(const std::vector<stored_tensor>& tensors, const std::vector<bool>& chosen,
                             const recipe& r, const any_format& element, bool k_last, const std::filesystem::path& out,
                             int threads, const std::function<void(std::uint64_t, const std::string&)>& advance = {});

}  // namespace narrowfp::bench
