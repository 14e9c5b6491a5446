// SPDX-License-Identifier: Apache-2.0
// Operands of linear layers in a training run as .safetensors: FP32 tensors "layer0.gate_up.x" (tokens x inputs), ".w"
// (outputs x inputs) and ".dy" (tokens x outputs), for studies of products on real activations, weights and gradients.
#pragma once

#include "train/fidelity.hpp"

#include <filesystem>

namespace narrowfp::bench::train {

// Writes the file, whole or not at all; metadata say step, size and what Y, dX and dW are.
void write_operands(const std::filesystem::path& path, const experiment_design& d, std::size_t step,
                    const std::vector<linear_operands>& operands);

// All layers of such a file whose three tensors are there, in the order of the file. Throws std::runtime_error that names
// the file for one without any, other types or shapes that do not fit together, values that are not finite.
std::vector<linear_operands> read_operands(const std::filesystem::path& path);

}  // namespace narrowfp::bench::train
