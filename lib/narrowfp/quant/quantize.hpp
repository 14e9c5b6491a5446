// SPDX-License-Identifier: Apache-2.0
// Quantisation as users call it, compiled: the codes, scales, values and event counts of quant/quantize_reference.hpp,
// bit for bit, on every target, with any number of threads, whatever floating-point environment the caller has set.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/base/options.hpp>
#include <narrowfp/quant/quantization.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

namespace narrowfp {

// Quantises x into `out`, which takes the shape of x. Codes, scales and event counts are in `out`. For NaN and
// infinities see quantize_reference.hpp; events().not_finite() counts them. Doubles are rounded once, into
// the element, on one thread at the speed of the reference. Throws std::invalid_argument for a
// quantisation that require_quantization refuses and for invalid options.
void quantize_into(matrix_view<const float> x, const quantization& q, quantized_matrix& out, const options& opts = {});
void quantize_into(matrix_view<const double> x, const quantization& q, quantized_matrix& out, const options& opts = {});

// The same, returned.
quantized_matrix quantize(matrix_view<const float> x, const quantization& q, const options& opts = {});
quantized_matrix quantize(matrix_view<const double> x, const quantization& q, const options& opts = {});

// decode(code) * scale, rounded once to FP32, into `out` of the same shape. Throws std::invalid_argument for another
// shape.
void dequantize_into(const quantized_matrix& q, matrix_view<float> out, const options& opts = {});

// The same, returned.
matrix<float> dequantize(const quantized_matrix& q, const options& opts = {});

}  // namespace narrowfp
