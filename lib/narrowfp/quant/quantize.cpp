// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/quant/quantize.hpp>

#include <narrowfp/quant/quantize_reference.hpp>

namespace narrowfp {

void quantize_into(matrix_view<const float> x, const quantization& q, quantized_matrix& out, const options& opts) {
    quantize_reference_into(x, q, out);
    if (!opts.count_events) {
        out.set_events({.elements = x.size()});
    }
}

quantized_matrix quantize(matrix_view<const float> x, const quantization& q, const options& opts) {
    quantized_matrix out;
    quantize_into(x, q, out, opts);
    return out;
}

void dequantize_into(const quantized_matrix& q, matrix_view<float> out, const options&) {
    dequantize_reference_into(q, out);
}

matrix<float> dequantize(const quantized_matrix& q, const options& opts) {
    matrix<float> out(q.rows(), q.cols());
    dequantize_into(q, out.view(), opts);
    return out;
}

}  // namespace narrowfp
