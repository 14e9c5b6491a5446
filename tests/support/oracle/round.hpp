// SPDX-License-Identifier: Apache-2.0
// Correct rounding into a format by exact comparison with the two neighbours in its table of values and their midpoint.
// Slow and obvious; it defines what the library must return. The rules that decide:
// - Rounding comes first, with the values continued past the largest finite one as if the exponent were unbounded; the
//   virtual values have virtual codes that count on (E5M2: 65536 after 57344; hif8: 1.5 * 2^15 after 2^15). "Even" and
//   "odd" are the parity of the code without its sign (IEEE P3109; equal to the significand's parity where there are
//   fraction bits). Then the overflow rule.
// - overflow::none, finite overflow: infinity if the format has one; else NaN if it says so (e4m3fn, the fnuz formats,
//   e8m0fnu); P3109 formats of finite domain, FP6 and FP4: the largest finite value. Except: a rounding that points
//   inward (toward_zero; toward_negative of a positive, toward_positive of a negative number) gives the largest finite
//   value in every format, and to_odd does so exactly if that value's code is odd. Infinite input: infinity if the
//   format has one, else as outward overflow.
// - saturate_finite: finite overflow and infinities give the largest finite value of that sign. saturate_propagate:
//   finite overflow does, infinite input goes as under none.
// - NaN: the format's NaN, with the input's sign where there are two (IEEE-like formats: the quiet NaN with an
//   otherwise empty fraction); formats without NaN: +max.
// - Zero, and what rounds to zero, keeps its sign where the format has -0, else is code 0.
// - Unsigned formats: a negative number, -infinity included, that does not round to zero gives NaN under none and the
//   smallest value under the saturating modes. -0 counts as 0. e8m0fnu has no zero: zero gives NaN under none and code
//   0 otherwise; a positive number below 2^-127 gives code 0 in every rounding; no negative number rounds to zero.
// - A format that flushes (bf16ftz): every input below its smallest normal value is zero with its sign, rounding or not.
// - hif8 defines ties_to_away and stochastic rounding only.
// - Stochastic rounding (IEEE P3109 v4.0, StochasticA, B, C) is told by thresholds: with N random bits R, |x| strictly
//   between the neighbours goes to the upper one from lower + gap * t on, where t = 1 - R / 2^N under A,
//   t = 1 - (2 R + 1) / 2^(N+1) under B; under C beyond the midpoint of 1 - (R + 1) / 2^N and 1 - R / 2^N, and at that
//   midpoint if 2^N - R is even. An exact value never moves. Overflow: never held back.
#pragma once

#include <array>
#include <cstdint>

#include "dyadic.hpp"
#include "format.hpp"

namespace narrowfp_oracle {

enum class rounding { ties_to_even, ties_to_away, toward_zero, toward_positive, toward_negative, to_odd };
enum class overflow { none, saturate_finite, saturate_propagate };

inline constexpr std::array all_roundings = {rounding::ties_to_even,    rounding::ties_to_away,
                                             rounding::toward_zero,     rounding::toward_positive,
                                             rounding::toward_negative, rounding::to_odd};
inline constexpr std::array all_overflows = {overflow::none, overflow::saturate_finite, overflow::saturate_propagate};

enum class stochastic { a, b, c };
inline constexpr std::array all_stochastic = {stochastic::a, stochastic::b, stochastic::c};

// The tokens of the enumerators, for messages.
[[nodiscard]] const char* name_of(rounding r);
[[nodiscard]] const char* name_of(overflow o);

// Returns whether the format defines the rounding.
[[nodiscard]] bool is_defined(const format& f, rounding r);

// Returns the code of x. Throws std::invalid_argument if the format does not define the rounding.
[[nodiscard]] std::uint32_t round(const format& f, double x, rounding r, overflow o);

// The same for the double and the float with these bits (a NaN's sign cannot get lost on the way).
[[nodiscard]] std::uint32_t round_double_bits(const format& f, std::uint64_t bits, rounding r, overflow o);
[[nodiscard]] std::uint32_t round_float_bits(const format& f, std::uint32_t bits, rounding r, overflow o);

// The same for any finite dyadic number (zero with its sign).
[[nodiscard]] std::uint32_t round_exact(const format& f, const dyadic& x, rounding r, overflow o);

// The same under stochastic rounding with n random bits, 1 <= n <= 32, whose value is `random` < 2^n.
[[nodiscard]] std::uint32_t round_exact(const format& f, const dyadic& x, stochastic s, int n, std::uint32_t random,
                                        overflow o);
[[nodiscard]] std::uint32_t round_float_bits(const format& f, std::uint32_t bits, stochastic s, int n,
                                             std::uint32_t random, overflow o);
[[nodiscard]] std::uint32_t round_double_bits(const format& f, std::uint64_t bits, stochastic s, int n,
                                              std::uint32_t random, overflow o);

// What infinities and NaNs of either sign become.
[[nodiscard]] std::uint32_t round_infinity(const format& f, bool negative, overflow o);
[[nodiscard]] std::uint32_t round_nan(const format& f, bool negative);

}  // namespace narrowfp_oracle
