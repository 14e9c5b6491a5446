// SPDX-License-Identifier: Apache-2.0
// Products and quotients of exact reals. Bits beyond a significand of 64 bits become the sticky bit, so that one
// rounding of the result, to any format of this library, is the rounding of the exact result.
#pragma once

#include <narrowfp/format/real.hpp>

namespace narrowfp {

namespace detail {

// The same number with a significand of exactly `bits` bits. Precondition: finite, not zero, not sticky, and no more
// than `bits` bits from its first to its last one.
constexpr real with_bits(real x, int bits) {
    const int shift = bits - static_cast<int>(std::bit_width(x.significand));
    x.significand = shift < 0 ? x.significand >> -shift : x.significand << shift;
    x.exponent -= shift;
    return x;
}

}  // namespace detail

// a * b. Precondition: neither is sticky; a has at most 53 significant bits; b is finite, not zero, and has at most 24.
constexpr real product_of(const real& a, const real& b) {
    const bool negative = a.negative != b.negative;
    if (a.kind != real_class::finite) {
        return {a.kind, a.is_nan() ? a.negative : negative, false, 0, 0};
    }
    const real x = detail::with_bits(a, 53);
    const real y = detail::with_bits(b, 24);
    constexpr std::uint64_t lower_half = 0xFFFFFFFF;
    const std::uint64_t low = (x.significand & lower_half) * y.significand;          // 56 bits
    const std::uint64_t high = (x.significand >> 32) * y.significand + (low >> 32);  // 45 bits
    const std::uint64_t significand = high << 16 | (low & lower_half) >> 16;         // 61 bits of 77
    return real::make_finite(negative, significand, x.exponent + y.exponent + 16, (low & 0xFFFF) != 0);
}

// a / b. Precondition: neither is sticky; both have at most 53 significant bits; b is finite and not zero.
constexpr real quotient_of(const real& a, const real& b) {
    const bool negative = a.negative != b.negative;
    if (a.kind != real_class::finite) {
        return {a.kind, a.is_nan() ? a.negative : negative, false, 0, 0};
    }
    const real x = detail::with_bits(a, 53);
    const real y = detail::with_bits(b, 53);
    constexpr int digit = 11;  // bits of the quotient found at a time: a remainder has 53 bits
    std::uint64_t quotient = x.significand / y.significand;
    std::uint64_t rest = x.significand % y.significand;
    for (int i = 0; i < 5; ++i) {
        rest <<= digit;
        quotient = quotient << digit | rest / y.significand;
        rest %= y.significand;
    }
    return real::make_finite(negative, quotient, x.exponent - y.exponent - 5 * digit, rest != 0);
}

}  // namespace narrowfp
