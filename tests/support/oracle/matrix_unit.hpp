// SPDX-License-Identifier: Apache-2.0
// One element of D = A B + C of every matrix unit by its name, with exact values and unbounded integers: NVIDIA's through
// tensor_core.hpp, the path that widens FP8 to FP16, the block-scaled ones, and AMD's. Written from the published models
// (MATLAB-tensor-core, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909) with a table of parameters of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "format.hpp"

namespace narrowfp_oracle {

struct unit_operands {
    const format& a_format;
    std::span<const std::uint32_t> a;
    const format& b_format;
    std::span<const std::uint32_t> b;
    std::uint32_t c = 0;                        // pattern of FP32, or of FP16 with FP16 output
    std::span<const std::uint32_t> a_scales{};  // codes, one per block of k, for block-scaled units
    std::span<const std::uint32_t> b_scales{};
};

// Returns the bits of D: FP32, or FP16 if `to_f16`. Throws std::invalid_argument for a unit or operands it does not know.
[[nodiscard]] std::uint32_t matrix_unit(std::string_view unit, bool to_f16, const unit_operands& operands);

}  // namespace narrowfp_oracle
