// SPDX-License-Identifier: Apache-2.0
// Numerical events of a conversion, counted and returned, never thrown. An element can count under several headings:
// a finite value above the largest one is `overflowed`, and also `saturated` when the result is the largest value.
#pragma once

#include <cstdint>

namespace narrowfp {

struct event_counts {
    std::uint64_t elements = 0;  // all elements converted
    std::uint64_t inexact = 0;   // finite inputs whose result differs from them
    std::uint64_t overflowed =
        0;  // finite inputs that round beyond the range (above the largest finite value; below the
            // smallest one of an unsigned format)
    std::uint64_t saturated = 0;  // inputs (finite or infinite) that became the largest (or smallest) finite value by
                                  // the overflow rule, and NaN that became a number
    std::uint64_t underflowed =
        0;  // nonzero inputs that became zero (in a format without zero: were raised to its smallest)
    std::uint64_t subnormal = 0;  // results that are subnormal and not zero
    std::uint64_t nan = 0;        // NaN inputs
    std::uint64_t infinite = 0;   // infinite inputs
    // Only in quantisation with scales (quant/quantize.hpp):
    std::uint64_t restored_infinite = 0;  // finite inputs with a finite code whose code * scale is beyond FP32's range
    std::uint64_t nan_by_scale = 0;       // finite inputs that became NaN because the scale of their block is NaN

    // Elements that are not finite in the input or after restoring (code * scale). The four counts do not overlap.
    std::uint64_t not_finite() const { return nan + infinite + restored_infinite + nan_by_scale; }

    event_counts& operator+=(const event_counts& other) {
        elements += other.elements;
        inexact += other.inexact;
        overflowed += other.overflowed;
        saturated += other.saturated;
        underflowed += other.underflowed;
        subnormal += other.subnormal;
        nan += other.nan;
        infinite += other.infinite;
        restored_infinite += other.restored_infinite;
        nan_by_scale += other.nan_by_scale;
        return *this;
    }

    friend bool operator==(const event_counts&, const event_counts&) = default;
};

}  // namespace narrowfp
