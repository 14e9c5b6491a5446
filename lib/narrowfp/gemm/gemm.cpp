// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/parallel.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>

namespace narrowfp {

void gemm_into(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc, matrix_view<float> d,
               matrix_view<const float> c, const any_format& output, const options& opts) {
    require_gemm_shapes(a, b, acc, c, d);
    const detail::reduction_plan plan(a, b, acc);
    const detail::operand left(a, true, plan.ends);
    const detail::operand right(b, false, plan.ends);
    parallel_ranges(a.rows(), 1, opts, [&](std::size_t first, std::size_t last) {
        detail::gemm_rows(left, right, acc, plan, output, c, d, first, last);
    });
}

matrix<float> gemm(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                   matrix_view<const float> c, const any_format& output, const options& opts) {
    matrix<float> d(a.rows(), b.cols());
    gemm_into(a, b, acc, d.view(), c, output, opts);
    return d;
}

}  // namespace narrowfp
