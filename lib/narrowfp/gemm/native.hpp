// SPDX-License-Identifier: Apache-2.0
// The product as this machine multiplies fastest, without the promise of gemm.hpp: its bits may differ between targets and
// versions, never between runs or numbers of threads. It exists for BF16 operands with subnormal or very small numbers, for
// which the instructions of BF16 give other bits than a chain of FMAs; everything else is multiplied as by gemm. Never a
// default, and nothing else in the library uses it.
//
// Semantics: sums over the segments of gemm/reference.hpp in FP32, in any order, each product exact or rounded with the
// sum; operands and sums below 2^-126 may count as zero. Of a product without scales and addend, with u = 2^-24,
//   |d - sum a_k b_k| <= k u / (1 - k u) * sum |a_k b_k| + 2^-126 * sum (2 + |a_k| + |b_k|)
// as long as nothing overflows; with scales the same holds for each segment, times its scale, with two roundings more.
// NaN is stored as 0x7FC00000.
#pragma once

#include <narrowfp/gemm/gemm.hpp>

namespace narrowfp {

namespace accumulate {
struct native {};
}  // namespace accumulate

// Shapes and errors as gemm_into of gemm.hpp.
void gemm_into(const quantized_matrix& a, const quantized_matrix& b, accumulate::native how, matrix_view<float> d,
               matrix_view<const float> c = {}, const any_format& output = f32, const options& opts = {});
void gemm_into(const quantized_matrix& a, const packed_operand& b, accumulate::native how, matrix_view<float> d,
               matrix_view<const float> c = {}, const any_format& output = f32, const options& opts = {});

}  // namespace narrowfp
