// SPDX-License-Identifier: Apache-2.0
// Exact dyadic numbers (-1)^negative * significand * 2^exponent with a 64-bit significand: every finite FP32 and FP64
// number, every value of a narrow format, the midpoint of two of its neighbours and a product of two FP32 numbers.
// The base of the test oracles, which share nothing with the library. Larger sums: exact.hpp.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace narrowfp_oracle {

// Need not be reduced. Zero keeps its sign.
struct dyadic {
    bool negative = false;
    std::uint64_t significand = 0;
    int exponent = 0;

    [[nodiscard]] bool is_zero() const { return significand == 0; }
};

// Returns +2^exponent.
[[nodiscard]] dyadic power_of_two(int exponent);

// Returns the same number with an odd significand (zero: exponent 0).
[[nodiscard]] dyadic reduced(dyadic value);

// Returns floor(log2 |value|). Throws std::invalid_argument for zero.
[[nodiscard]] int floor_log2(const dyadic& value);

// Exact order of |a| and |b|.
[[nodiscard]] std::strong_ordering compare_magnitudes(const dyadic& a, const dyadic& b);

// Exact order of a and b; -0 equals +0.
[[nodiscard]] std::strong_ordering compare(const dyadic& a, const dyadic& b);

// Exact |a| + |b|, (|a| + |b|)/2 and a*b. They throw std::overflow_error when the result needs more than 64 bits.
[[nodiscard]] dyadic sum_of_magnitudes(const dyadic& a, const dyadic& b);
[[nodiscard]] dyadic midpoint_of_magnitudes(const dyadic& a, const dyadic& b);
[[nodiscard]] dyadic product(const dyadic& a, const dyadic& b);

// The exact value of a finite number, read from its bits (so no processor mode plays a part).
// Throws std::invalid_argument for NaN and infinities.
[[nodiscard]] dyadic exact_value_of(double value);
[[nodiscard]] dyadic exact_value_of(float value);
[[nodiscard]] dyadic value_of_double_bits(std::uint64_t bits);
[[nodiscard]] dyadic value_of_float_bits(std::uint32_t bits);

// Patterns of positive infinity; positive finite patterns are those below.
inline constexpr std::uint32_t float_infinity_bits = 0x7F800000U;
inline constexpr std::uint64_t double_infinity_bits = 0x7FF0000000000000U;
inline constexpr std::uint32_t float_sign_bit = 0x80000000U;
inline constexpr std::uint64_t double_sign_bit = 0x8000000000000000U;

// Returns the pattern of the largest FP32 (FP64) number <= |value|; sign 0. Found by binary search over the patterns.
[[nodiscard]] std::uint32_t float_at_or_below(const dyadic& value);
[[nodiscard]] std::uint64_t double_at_or_below(const dyadic& value);

// Returns the smallest pattern (sign 0) whose value is >= |value|, or > |value| if strictly; the pattern of infinity
// when there is none.
[[nodiscard]] std::uint32_t first_float_from(const dyadic& value, bool strictly);

// For messages: "-13 * 2^-4".
[[nodiscard]] std::string to_text(const dyadic& value);

}  // namespace narrowfp_oracle
