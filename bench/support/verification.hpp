// SPDX-License-Identifier: Apache-2.0
// Checks of a matrix product before and after it is timed. Each returns an empty text if the result is right, else one
// line that names the worst or first element; nothing here prints or counts time.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

#include <cstdint>
#include <string>

namespace narrowfp::bench {

// CRC-32 of the bits of all elements, row by row, continuing from `crc` (0 to begin).
std::uint32_t crc32_of(const matrix<float>& x, std::uint32_t crc = 0);

// The first element whose bits differ; NaN equals NaN of the same bits, +0 differs from -0.
std::string first_difference(const matrix<float>& found, const matrix<float>& expected);

// The element furthest outside |found - exact| <= k u / (1 - k u) * (|A| |B|), u = 2^-24: the bound of a product summed
// in FP32 in any order, with or without fused operations (Higham, 2nd ed., section 3.1). `absolute` is |A| |B|.
std::string outside_bound(const matrix<float>& found, const matrix<double>& exact, const matrix<double>& absolute,
                          std::size_t k);

// Where a product is too large to be computed by the reference: the first of `samples` elements, drawn by `seed`, whose
// bits are not those of the reference for their row of A and their column of B.
std::string sampled_difference(const matrix<float>& found, const quantized_matrix& a, const quantized_matrix& b,
                               const accumulator& acc, int samples, std::uint32_t seed);

// The same for another library: the drawn element furthest outside the bound of outside_bound, with the exact product in
// double precision (k below 2^20).
std::string sampled_outside_bound(const matrix<float>& found, const matrix<float>& a, const matrix<float>& b,
                                  int samples, std::uint32_t seed);

}  // namespace narrowfp::bench
