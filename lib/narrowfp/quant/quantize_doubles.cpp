// SPDX-License-Identifier: Apache-2.0
// Doubles are quantised by the reference's code: each is scaled exactly and rounded once.
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/quantize_reference.hpp>

namespace narrowfp {

void quantize_into(matrix_view<const double> x, const quantization& q, quantized_matrix& out, const options& opts) {
    require_options(opts);
    quantize_reference_into(x, q, out);
    if (!opts.count_events) {
        out.set_events({.elements = x.size()});
    }
}

quantized_matrix quantize(matrix_view<const double> x, const quantization& q, const options& opts) {
    quantized_matrix out;
    quantize_into(x, q, out, opts);
    return out;
}

}  // namespace narrowfp
