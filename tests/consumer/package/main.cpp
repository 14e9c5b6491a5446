// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/eigen.hpp>
#include <narrowfp/narrowfp.hpp>

#include <iostream>

int main() {
    const Eigen::MatrixXf a = Eigen::MatrixXf::Random(40, 200), b = Eigen::MatrixXf::Random(200, 30);
    const auto qa = narrowfp::quantize(narrowfp::view(a), narrowfp::recipes::rowwise.for_a(narrowfp::e4m3fn));
    const auto qb = narrowfp::quantize(narrowfp::view(b), narrowfp::recipes::rowwise.for_b(narrowfp::e4m3fn));
    const auto product = narrowfp::gemm(qa, qb, narrowfp::sequential<float>{});
    const auto exact = narrowfp::exact_product(narrowfp::view(a), narrowfp::view(b));
    const auto error = narrowfp::compare(product.view(), exact.view());
    std::cout << "narrowfp " NARROWFP_VERSION_STRING ", relative error: " << error.relative_frobenius << '\n';
}
