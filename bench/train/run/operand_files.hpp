// SPDX-License-Identifier: Apache-2.0
// Operands of linear layers in a training run as .safetensors: FP32 tensors "layer0.gate_up.x" (tokens x inputs), ".w"
// (outputs x inputs) and ".dy" (tokens x outputs), for studies of products on real activations, weights and gradients.
#pragma once

#include "train/model/parameters.hpp"

#include <narrowfp/base/matrix.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace narrowfp::bench::train {

// Operands of one linear layer in the FP32 run, copied.
struct linear_operands {
    std::size_t layer = 0;
    linear_kind kind = linear_kind::qkv;
    matrix<float> x{};   // tokens x inputs
    matrix<float> w{};   // outputs x inputs
    matrix<float> dy{};  // tokens x outputs
};

// The run and the step that the operands come from.
struct operand_origin {
    std::string run;        // "fp32, seed 1, size S"
    std::size_t step = 0;   // of the run
    std::size_t steps = 0;  // of the run's schedule
};

// Writes the file, whole or not at all; metadata say run, step and what Y, dX and dW are.
void write_operands(const std::filesystem::path& path, const operand_origin& origin,
                    const std::vector<linear_operands>& operands);

// All layers of such a file whose three tensors are there, in the order of the file. Throws std::runtime_error that
// names the file for one without any, other types or shapes that do not fit together, values that are not finite.
std::vector<linear_operands> read_operands(const std::filesystem::path& path);

}  // namespace narrowfp::bench::train
