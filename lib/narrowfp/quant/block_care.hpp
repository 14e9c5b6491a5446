// SPDX-License-Identifier: Apache-2.0
// Which blocks of floats the fast kernels may quantise. They round scaled elements and do not see the restored value
// code * scale. Where that can be zero or beyond FP32's range, or where a NaN made the scale NaN, the elements of the
// block are quantised one by one (quantize_element). Such blocks are rare.
#pragma once

#include <narrowfp/format/limits.hpp>
#include <narrowfp/quant/quantize_reference.hpp>

#include <bit>
#include <span>

namespace narrowfp::detail {

// The pattern of an amax with this bit stands for a block that holds a NaN.
inline constexpr std::uint32_t nan_mark = 0x80000000;

// The pattern of a block from the patterns of its two parts.
constexpr std::uint32_t merged_amax(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t x = a & ~nan_mark;
    const std::uint32_t y = b & ~nan_mark;
    return (x > y ? x : y) | ((a | b) & nan_mark);
}

enum class block_care : std::uint8_t {
    none,     // no element can be lost
    extreme,  // only elements near the ends of FP32's range can be
    all
};

// Whether an element is near the ends of FP32's range, infinities and NaN included. An element lost in a block with
// care `extreme` is below 2^-147 (a code is at most twice its element, and code * scale rounds to zero) or at least
// 2^125.
template <host_float T>
bool has_extremes(std::span<const T> x) {
    bool found = false;
    for (const T v : x) {
        const T magnitude = std::fabs(v);
        const bool ordinary = (magnitude < T{0x1p125f}) & ((magnitude >= T{0x1p-145f}) | (magnitude == T{0}));
        found |= !ordinary;
    }
    return found;
}

// Decides for the blocks of one quantisation.
class care_rule {
public:
    explicit care_rule(const quantization& q)
        : largest_(max_finite(q.element)),
          smallest_(std::visit(
              [](const auto& f) { return nearest_host<float>(f.decode(f.magnitude_code(min_positive_ordinal(f)))); },
              q.element)),
          nan_goes_to_scale_(detail::nan_goes_to_scale(q)),
          knows_amax_(q.scale.fixed_factor == 0.0f) {}

    // The care that a scale needs. `apply_times_restore` is the result of scaling 1 and restoring it.
    block_care of_scale(float restore, double apply_times_restore) const {
        // A factor clamped to FP32's range is not the inverse of its scale.
        if (restore == 0.0f || std::isinf(restore) || apply_times_restore < 0.5 || apply_times_restore > 2) {
            return block_care::all;
        }
        const bool can_lose = std::isinf(largest_ * restore) || smallest_ * restore == 0.0f;
        return can_lose ? block_care::extreme : block_care::none;
    }

    // The care that a block needs, from the pattern of its amax and the care of its scale. Zeros are never lost.
    block_care of_block(std::uint32_t amax, block_care of_its_scale) const {
        if (is_nan(amax)) {
            return block_care::all;
        }
        return knows_amax_ && (amax & ~nan_mark) == 0 ? block_care::none : of_its_scale;
    }

    // Whether the scale of the block is NaN.
    bool is_nan(std::uint32_t amax) const { return nan_goes_to_scale_ && (amax & nan_mark) != 0; }

private:
    float largest_;
    float smallest_;
    bool nan_goes_to_scale_;
    bool knows_amax_;  // whether the amax of each block is known: not under a fixed factor
};

}  // namespace narrowfp::detail
