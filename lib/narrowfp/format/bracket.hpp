// SPDX-License-Identifier: Apache-2.0
// Where a magnitude lies between two neighbours of a format: the one question that every rounding asks.
// The magnitudes of a format are numbered in increasing order; the numbers ("ordinals") go on past the largest finite
// value as if the exponent had no upper bound, so that rounding comes before the overflow rule (IEEE 754-2019, 7.4;
// IEEE P3109 v4.0, RoundToPrecision then Saturate).
#pragma once

#include <narrowfp/format/real.hpp>

namespace narrowfp {

// lower <= |x| < upper, both as ordinals. The position between them is (fraction + d) / 2^64 with d = 0, or 0 < d < 1
// if sticky is set.
struct bracket {
    std::uint64_t lower = 0;
    std::uint64_t upper = 0;
    std::uint64_t fraction = 0;
    bool sticky = false;

    constexpr bool exact() const { return fraction == 0 && !sticky; }
    constexpr bool above_half() const { return fraction > half || (fraction == half && sticky); }
    constexpr bool at_half() const { return fraction == half && !sticky; }

    static constexpr std::uint64_t half = std::uint64_t{1} << 63;
};

// |x| in units of 2^unit, cut into an integer part and the position behind it.
struct split_magnitude {
    std::uint64_t integer = 0;
    std::uint64_t fraction = 0;
    bool sticky = false;
};

// Precondition: x is finite and not zero, and |x| < 2^(unit + 63).
constexpr split_magnitude split_at(const real& x, int unit) {
    const int drop = unit - x.exponent;
    if (drop <= 0) {
        return {x.significand << -drop, 0, x.sticky};
    }
    if (drop < 64) {
        return {x.significand >> drop, x.significand << (64 - drop), x.sticky};
    }
    if (drop == 64) {
        return {0, x.significand, x.sticky};
    }
    if (drop < 128) {
        const int below = drop - 64;
        const bool lost = (x.significand & ((std::uint64_t{1} << below) - 1)) != 0;
        return {0, x.significand >> below, x.sticky || lost};
    }
    return {0, 0, true};
}

}  // namespace narrowfp
