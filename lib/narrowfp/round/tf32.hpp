// SPDX-License-Identifier: Apache-2.0
// Three different roundings go by the name of "TF32": each is a rounding mode into the format tf32, under the name of the
// operation that does it.
#pragma once

#include <narrowfp/format/types.hpp>
#include <narrowfp/round/rounding.hpp>

namespace narrowfp {

struct tf32_operation {
    std::string_view name;
    rounding mode;
    std::string_view source;
};

inline constexpr std::array tf32_operations{
    tf32_operation{"cvt.rna", rounding::ties_to_away, "PTX ISA 7.0, cvt.rna.tf32.f32; CUTLASS on the host"},
    tf32_operation{"cvt.rn", rounding::ties_to_even, "PTX ISA, cvt.rn.tf32.f32"},
    // cvt.rz.tf32.f32 too. A matrix unit reads the upper 19 bits of the word it is given.
    tf32_operation{"mma", rounding::toward_zero, "raw FP32 in a matrix unit (MMA-Sim, validated on hardware)"},
};

}  // namespace narrowfp
