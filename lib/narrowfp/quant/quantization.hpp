// SPDX-License-Identifier: Apache-2.0
// The description of a quantisation: element format, which elements share a scale, how the scale follows, how elements are
// rounded. What it means is quantize_reference.hpp; what computes it is quantize.hpp.
#pragma once

#include <narrowfp/quant/granularity.hpp>
#include <narrowfp/quant/scale_rule.hpp>

namespace narrowfp {

// How one matrix is quantised. Which blocks share a scale is part of it.
struct quantization {
    any_format element = e4m3fn;
    granularity blocks = granularity::tensor();
    scaling scale{};
    rounding mode = rounding::ties_to_even;
    overflow_mode overflow = overflow_mode::saturate_finite;
};

}  // namespace narrowfp
