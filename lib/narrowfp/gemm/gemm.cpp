// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/base/target.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>

namespace narrowfp {

namespace {

// The reference loops, compiled once per target. `flatten` inlines all of the loop body, so that std::fma becomes one
// instruction and integer loops vectorise; nothing compiled for a target can leak into code that runs elsewhere.
using rows_function = void (*)(const detail::gemm_job&, std::size_t, std::size_t);

void rows_scalar(const detail::gemm_job& job, std::size_t first, std::size_t last) {
    detail::gemm_rows(job, first, last);
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx2,fma,f16c"), flatten)) void rows_avx2(const detail::gemm_job& job, std::size_t first,
                                                                  std::size_t last) {
    detail::gemm_rows(job, first, last);
}

__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"), flatten)) void rows_avx512(
    const detail::gemm_job& job, std::size_t first, std::size_t last) {
    detail::gemm_rows(job, first, last);
}
#endif

rows_function rows_for(target t) {
#if defined(__x86_64__) && defined(__GNUC__)
    switch (t) {
        case target::avx2: return rows_avx2;
        case target::avx512:
        case target::avx512_bf16: return rows_avx512;
        case target::scalar: break;
    }
#else
    static_cast<void>(t);
#endif
    return rows_scalar;
}

}  // namespace

void gemm_into(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc, matrix_view<float> d,
               matrix_view<const float> c, const any_format& output, const options& opts) {
    require_gemm_shapes(a, b, acc, c, d);
    const rows_function rows = rows_for(active_target());
    const detail::gemm_job job(a, b, acc, c, d, output);
    parallel_ranges(a.rows(), 1, opts, [&](std::size_t first, std::size_t last) {
        with_default_environment([&] { rows(job, first, last); });
    });
}

matrix<float> gemm(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                   matrix_view<const float> c, const any_format& output, const options& opts) {
    matrix<float> d(a.rows(), b.cols());
    gemm_into(a, b, acc, d.view(), c, output, opts);
    return d;
}

}  // namespace narrowfp
