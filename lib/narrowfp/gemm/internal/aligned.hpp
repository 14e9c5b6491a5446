// SPDX-License-Identifier: Apache-2.0
// Aligned accumulation of 8-bit floating-point operands by kernels, as NVIDIA's FP8 units do it. Both operands are taken
// apart once (exponents, magnitudes, signs); lines with NaN or infinities are left to the reference.
#pragma once

#include <narrowfp/gemm/internal/blocked.hpp>

#include <functional>

namespace narrowfp::detail {

// Whether the kernels give the bits of the reference: 8-bit formats whose products fit, steps of at most 256 products,
// an FP32 register, truncation toward zero, zeros that never decide an alignment, and addends of moderate size.
bool aligned_kernel_fits(const aligned& unit, const any_format& a, const any_format& b, matrix_view<const float> c);

// `reference_element(i, j)` is asked for the elements that the kernels cannot do; it is called on one thread at a time
// and under the default floating-point environment. Precondition: aligned_kernel_fits.
void multiply_aligned(const blocked_job& job, const aligned& unit, const aligned_family& family, const any_format& a,
                      const any_format& b, const options& opts,
                      const std::function<float(std::size_t, std::size_t)>& reference_element);

}  // namespace narrowfp::detail
