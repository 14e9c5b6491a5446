// SPDX-License-Identifier: Apache-2.0
// Exact references of matrix products: every sum is exact and rounded once, to double, ties to even. They do not go
// through the accumulators of gemm/. Float operands: integers. Double operands: Boost.Multiprecision.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/base/options.hpp>

namespace narrowfp {

// A * B, A m x k, B k x n. Elements must be finite: throws std::invalid_argument otherwise, or if the shapes do not match.
// Cost per product: about 1 ns where all products fit one 128-bit register (exponents of A and B spread over less than
// about 70 binades together), about 5 ns otherwise.
matrix<double> exact_product(matrix_view<const float> a, matrix_view<const float> b, const options& opts = {});

// The same for double operands. Cost: about 100 ns per product.
matrix<double> exact_product(matrix_view<const double> a, matrix_view<const double> b, const options& opts = {});

// |A| * |B| in double, relative error below (k + 1) 2^-53: the bound of componentwise backward errors.
matrix<double> absolute_product(matrix_view<const float> a, matrix_view<const float> b, const options& opts = {});
matrix<double> absolute_product(matrix_view<const double> a, matrix_view<const double> b, const options& opts = {});

// ||a_i||_2 ||b_j||_2 for each row i of A and column j of B, in double: the bound of normwise backward errors.
matrix<double> norm_product(matrix_view<const float> a, matrix_view<const float> b);
matrix<double> norm_product(matrix_view<const double> a, matrix_view<const double> b);

}  // namespace narrowfp
