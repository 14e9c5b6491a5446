// SPDX-License-Identifier: Apache-2.0
// One element of D = A B + C as NVIDIA matrix units compute it ("truncated fused dot-product-add"): the products of one
// step and C are aligned to the largest exponent among them, cut toward zero to F fraction bits, summed exactly and
// converted once. Written from the published models (MATLAB-tensor-core, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909),
// with values and unbounded integers instead of fields. Block-scaled and AMD units are not here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "format.hpp"

namespace narrowfp_oracle {

// How the exact sum becomes the result. rz32: FP32 toward zero. rz_e8m13: the same with 13 fraction bits. rne16: FP16,
// ties to even. Overflow gives infinity in all of them.
enum class tensor_core_output { rz32, rz_e8m13, rne16 };

struct tensor_core_rule {
    int products = 16;       // L: products of one step
    int fraction_bits = 25;  // F: fraction bits kept at alignment
    tensor_core_output output = tensor_core_output::rz32;
    int zero_exponent = -133;  // e0: the exponent of a term that is zero
};

// Returns the published rule of a GPU ("v100", "t4", "a100", "ada", "h100", "b200") for a kind of input ("16bit",
// "tf32", "fp8") and FP32 or FP16 output. Throws std::invalid_argument for a combination that the GPU does not have.
[[nodiscard]] tensor_core_rule rule_of(std::string_view gpu, std::string_view input, bool output_is_fp16);

// Returns the bits of D: FP32, or FP16 under rne16; C is given in the same format. a and b hold codes of their formats
// (FP32 patterns for tf32, whose low 13 bits are dropped). k is cut into groups of rule.products in increasing k, the
// last may be short; the D of one is the C of the next; without products D is C. A NaN is 0x7FFFFFFF or 0x7FFF. Throws
// std::invalid_argument when the lengths differ or the format is hif8 or unsigned.
[[nodiscard]] std::uint32_t tensor_core(const tensor_core_rule& rule, const format& a_format,
                                        std::span<const std::uint32_t> a, const format& b_format,
                                        std::span<const std::uint32_t> b, std::uint32_t c_bits);

}  // namespace narrowfp_oracle
