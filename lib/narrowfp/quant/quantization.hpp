// SPDX-License-Identifier: Apache-2.0
// The description of a quantisation: element format, which elements share a scale, how the scale follows, how elements are
// rounded. What it means is quantize_reference.hpp; what computes it is quantize.hpp.
#pragma once

#include <narrowfp/quant/granularity.hpp>
#include <narrowfp/quant/require_scaling.hpp>
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

// Throws std::invalid_argument for an invalid format, an empty block extent, a scaling that require_scaling refuses and
// blocks without a scale method: everything that decides which bytes are stored. In a constant expression: does not
// compile.
constexpr void require_layout(const quantization& q) {
    require_format(q.element);
    if (q.blocks.block_rows == 0 || q.blocks.block_cols == 0) {
        throw std::invalid_argument("quantize: a block needs at least one row and one column");
    }
    require_scaling(q.scale);
    if (q.scale.method == scale_method::none && q.blocks != granularity::tensor()) {
        throw std::invalid_argument("quantize: blocks is " + name_of(q.blocks) +
                                    ", allowed tensor with scale method none, under which nothing has a scale; for a "
                                    "scale per block set scale.method, for instance to multiplier or power_of_two");
    }
}

// The same, and for a rounding that the format does not define or that needs random bits.
constexpr void require_quantization(const quantization& q) {
    require_layout(q);
    if (is_stochastic(q.mode) && q.mode <= rounding::stochastic_c) {
        throw std::invalid_argument(
            "quantize: mode is " + std::string(name_of(q.mode)) +
            ", allowed deterministic roundings: a quantisation has no random bits; convert takes "
            "a rounding_rule and a stream of them");
    }
    std::visit([&](const auto& format) { require_rounding(format, q.mode); }, q.element);
    require_overflow(q.overflow);
}

}  // namespace narrowfp
