// SPDX-License-Identifier: Apache-2.0
// A shared library, as a Python module is one, that links narrowfp.
#include <narrowfp/narrowfp.hpp>

extern "C" double relative_error_of_a_product();

extern "C" double relative_error_of_a_product() {
    const narrowfp::matrix<float> a(3, 200, 0.3f), b(200, 5, 0.7f);
    const auto qa = narrowfp::quantize(a.view(), narrowfp::recipes::rowwise.for_a(narrowfp::e4m3fn));
    const auto qb = narrowfp::quantize(b.view(), narrowfp::recipes::rowwise.for_b(narrowfp::e4m3fn));
    const auto product = narrowfp::gemm(qa, qb, narrowfp::sequential<float>{});
    return narrowfp::compare(product.view(), narrowfp::exact_product(a.view(), b.view()).view()).relative_frobenius;
}
