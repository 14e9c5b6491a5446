// SPDX-License-Identifier: Apache-2.0
// An exact real number as formats and roundings see it: class, sign, 64-bit significand, binary exponent, and a sticky
// mark for what lies below the significand. Everything is done on integers, so no rounding mode, flush-to-zero or
// contraction of the host can reach it. Sums of many reals are exact_sum.hpp.
#pragma once

#include <narrowfp/base/config.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>

namespace narrowfp {

enum class real_class : std::uint8_t { zero, finite, infinity, nan };

// For `finite`: |x| = (significand + d) * 2^exponent with significand != 0, and d = 0, or 0 < d < 1 if sticky is set.
struct real {
    real_class kind = real_class::zero;
    bool negative = false;
    bool sticky = false;
    int exponent = 0;
    std::uint64_t significand = 0;

    static constexpr real make_zero(bool negative) { return {real_class::zero, negative, false, 0, 0}; }
    static constexpr real make_infinity(bool negative) { return {real_class::infinity, negative, false, 0, 0}; }
    static constexpr real make_nan(bool negative) { return {real_class::nan, negative, false, 0, 0}; }
    static constexpr real make_finite(bool negative, std::uint64_t significand, int exponent, bool sticky = false) {
        return significand == 0 ? make_zero(negative)
                                : real{real_class::finite, negative, sticky, exponent, significand};
    }

    constexpr bool is_finite() const { return kind == real_class::zero || kind == real_class::finite; }
    constexpr bool is_nan() const { return kind == real_class::nan; }
    constexpr bool is_infinity() const { return kind == real_class::infinity; }
    constexpr bool is_zero() const { return kind == real_class::zero; }

    // floor(log2 |x|) of a finite nonzero number.
    constexpr int floor_log2() const { return exponent + static_cast<int>(std::bit_width(significand)) - 1; }

    friend constexpr bool operator==(const real&, const real&) = default;
};

// The two host types, as bit fields (IEEE 754-2019, 3.4).
template <class T>
struct host_layout;
template <>
struct host_layout<float> {
    using bits_type = std::uint32_t;
    static constexpr int fraction_bits = 23;
    static constexpr int exponent_bits = 8;
};
template <>
struct host_layout<double> {
    using bits_type = std::uint64_t;
    static constexpr int fraction_bits = 52;
    static constexpr int exponent_bits = 11;
};

template <class T>
concept host_float = std::same_as<T, float> || std::same_as<T, double>;

// The exact value of a host number, read from its bits. NaN keeps its sign.
template <host_float T>
constexpr real to_real(T x) {
    using layout = host_layout<T>;
    constexpr int bias = (1 << (layout::exponent_bits - 1)) - 1;
    constexpr std::uint64_t exponent_mask = (1u << layout::exponent_bits) - 1;
    const std::uint64_t bits = std::bit_cast<typename layout::bits_type>(x);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << layout::fraction_bits) - 1);
    const std::uint64_t field = (bits >> layout::fraction_bits) & exponent_mask;
    const bool negative = (bits >> (layout::fraction_bits + layout::exponent_bits)) != 0;
    if (field == exponent_mask) {
        return fraction == 0 ? real::make_infinity(negative) : real::make_nan(negative);
    }
    const bool normal = field != 0;
    const std::uint64_t hidden = std::uint64_t{normal} << layout::fraction_bits;
    const int exponent = (normal ? static_cast<int>(field) : 1) - bias - layout::fraction_bits;
    return real::make_finite(negative, fraction | hidden, exponent);
}

// The host number nearest to x, ties to even, with gradual underflow; overflow gives infinity. Exact when x fits.
// NaN becomes the quiet NaN 0x7FC00000 (0x7FF8000000000000) with the sign of x.
template <host_float T>
constexpr T nearest_host(const real& x) {
    using layout = host_layout<T>;
    using bits_type = typename layout::bits_type;
    constexpr int f = layout::fraction_bits;
    constexpr int emin = 2 - (1 << (layout::exponent_bits - 1));
    constexpr auto infinity = bits_type(((bits_type{1} << layout::exponent_bits) - 1) << f);
    const auto sign = bits_type(bits_type{x.negative} << (f + layout::exponent_bits));
    if (x.kind == real_class::zero) {
        return std::bit_cast<T>(sign);
    }
    if (x.kind != real_class::finite) {
        const auto quiet = x.is_nan() ? bits_type(bits_type{1} << (f - 1)) : bits_type{0};
        return std::bit_cast<T>(bits_type(sign | infinity | quiet));
    }
    const int top = x.floor_log2();
    const int unit = (top > emin ? top : emin) - f;  // exponent of the last place of the result
    const int drop = unit - x.exponent;              // significand bits below that place
    std::uint64_t integer = 0;
    std::uint64_t rest = 0;  // the dropped bits, left-aligned
    bool sticky = x.sticky;
    if (drop <= 0) {
        integer = x.significand << -drop;
    } else if (drop < 64) {
        integer = x.significand >> drop;
        rest = x.significand << (64 - drop);
    } else if (drop == 64) {
        rest = x.significand;
    } else {
        sticky = true;
    }
    constexpr std::uint64_t half = std::uint64_t{1} << 63;
    const bool up = rest > half || (rest == half && (sticky || (integer & 1) != 0));
    // The hidden bit adds one to the exponent field; a carry of the rounding does too.
    const std::uint64_t field = top > emin ? static_cast<std::uint64_t>(top - emin) : 0;
    const std::uint64_t code = (field << f) + integer + (up ? 1 : 0);
    return std::bit_cast<T>(bits_type(sign | (code >= infinity ? infinity : static_cast<bits_type>(code))));
}

}  // namespace narrowfp
