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

// Throws std::invalid_argument for an empty block extent, a scaling that require_scaling refuses or a rounding that the
// format does not define.
inline void require_quantization(const quantization& q) {
    if (q.blocks.block_rows == 0 || q.blocks.block_cols == 0) {
        throw std::invalid_argument("quantize: a block needs at least one row and one column");
    }
    require_scaling(q.scale);
    std::visit([&](const auto& format) { require_rounding(format, q.mode); }, q.element);
}

}  // namespace narrowfp
