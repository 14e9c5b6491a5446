// SPDX-License-Identifier: Apache-2.0
// Rounding into a format as a step function of the real line, so that a sweep over all FP32 numbers costs one binary
// search each, and the lists of inputs where an implementation is most likely to be wrong. Built from round.hpp:
// between two neighbouring points of {0, values, midpoints, first value beyond the range} the code is constant. Not for
// f32 and tf32 step functions (their tables would have 2^31 and 2^18 entries).
#pragma once

#include <cstdint>
#include <vector>

#include "dyadic.hpp"
#include "format.hpp"
#include "round.hpp"

namespace narrowfp_oracle {

// Where the code changes as the magnitude grows. Two of them may stand at one point, when the code there differs from
// both sides (to_odd at an even code).
struct breakpoint {
    dyadic at;
    bool at_belongs_to_upper = false;
    std::uint32_t first_float =
        0;  // smallest FP32 pattern of sign 0 above the break; that of infinity if there is none
};

// One sign of the line: codes[0] before breaks[0], codes[i] between breaks[i-1] and breaks[i], the last one after all.
struct half_line {
    std::vector<breakpoint> breaks;
    std::vector<std::uint32_t> codes;
};

struct step_function {
    half_line positive;  // +0 and up
    half_line negative;  // -0 and down, by magnitude
    std::uint32_t positive_infinity = 0;
    std::uint32_t negative_infinity = 0;
    std::uint32_t positive_nan = 0;
    std::uint32_t negative_nan = 0;
};

// Throws std::invalid_argument for f32, tf32, and a rounding that the format does not define.
[[nodiscard]] step_function breakpoints(const format& f, rounding r, overflow o);

// Returns the code of the FP32 number with these bits: a binary search over first_float.
[[nodiscard]] std::uint32_t lookup(const step_function& steps, std::uint32_t float_bits);

// The code of a finite dyadic number from the thresholds themselves: a binary search over `at`.
[[nodiscard]] std::uint32_t lookup_exact(const step_function& steps, const dyadic& x);

// FP32 patterns, increasing, each once: every value of the format, every midpoint of two neighbours, the midpoint and
// the value beyond the largest one and a few further, each with its two FP32 neighbours on both sides (a point that
// FP32 does not hold: the two on both sides), in both signs; zeros, infinities, NaNs of both signs, the ends of the
// subnormal and of the finite range. For f32 and tf32 the points are a sample: near zero, around each power of two, at
// the top.
[[nodiscard]] std::vector<std::uint32_t> interesting_floats(const format& f);

// The same as FP64 patterns with FP64 neighbours.
[[nodiscard]] std::vector<std::uint64_t> interesting_doubles(const format& f);

}  // namespace narrowfp_oracle
