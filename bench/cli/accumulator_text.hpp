// SPDX-License-Identifier: Apache-2.0
// Accumulators as they are written on the command line.
#pragma once

#include <narrowfp/gemm/accumulator.hpp>

#include <string_view>

namespace narrowfp::cli {

// "sequential", "exact", "aligned", "aligned(32,13)" or "aligned:32:13" (no brackets for the shell): products a step
// and fraction bits. Up to 13 fraction bits the register keeps 13 too, as on Hopper's FP8 path, above it FP32's 23.
// Throws std::invalid_argument for anything else.
accumulator accumulator_from_text(std::string_view text);

// A promotion interval: "none" is 0, else a positive whole number. Throws std::invalid_argument otherwise.
std::size_t interval_from_text(std::string_view interval);

}  // namespace narrowfp::cli
