// SPDX-License-Identifier: Apache-2.0
// Checks of a matrix product before and after it is timed. Each returns an empty text if the result is right, else one
// line that names the worst or first element; nothing here prints or counts time.
#pragma once

#include <narrowfp/base/matrix.hpp>

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

}  // namespace narrowfp::bench
