// SPDX-License-Identifier: Apache-2.0
// The matrix product as users call it: the result of gemm_reference (gemm/reference.hpp), bit for bit, computed by the
// compiled library with threads over D.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/base/options.hpp>
#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/gemm/packed_operand.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

namespace narrowfp {

// D = A * B + C. A is m x k, B k x n; C is empty or m x n; D is m x n and may not overlap C. D is rounded to `output`,
// ties to even, and holds values exact in it. The number of threads has no influence on the result.
// Throws std::invalid_argument for shapes that do not match, an accumulator that does not take such operands
// (gemm/require.hpp, gemm/validate.hpp), an invalid output format and invalid options, before any work.
void gemm_into(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc, matrix_view<float> d,
               matrix_view<const float> c = {}, const any_format& output = f32, const options& opts = {});

// The same, returned.
matrix<float> gemm(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                   matrix_view<const float> c = {}, const any_format& output = f32, const options& opts = {});

// The same for operands that are FP32 numbers already: each element of D is one chain of fused multiply-adds over k, as
// under sequential<float>. The views may have any strides.
void gemm_into(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> d,
               matrix_view<const float> c = {}, const options& opts = {});

// The same with weights that were packed before (packed_operand.hpp).
void gemm_into(const quantized_matrix& a, const packed_operand& b, const accumulator& acc, matrix_view<float> d,
               matrix_view<const float> c = {}, const any_format& output = f32, const options& opts = {});
matrix<float> gemm(const quantized_matrix& a, const packed_operand& b, const accumulator& acc,
                   matrix_view<const float> c = {}, const any_format& output = f32, const options& opts = {});

}  // namespace narrowfp
