// SPDX-License-Identifier: Apache-2.0
// Functions of value types that are more than one operator: abs, sqrt, fma, minimum and maximum, classification, the next
// value. Each result is the exact one rounded once (default rounding of the format, overflow `none`); all but sqrt work on
// integers. Found by argument-dependent lookup, as generic code calls them.
#pragma once

#include <narrowfp/format/exact_sum.hpp>
#include <narrowfp/format/limits.hpp>
#include <narrowfp/round/construct.hpp>

#include <cmath>

namespace narrowfp {

template <const auto& F>
constexpr bool isnan(value<F> x) {
    return x.exact().is_nan();
}
template <const auto& F>
constexpr bool isinf(value<F> x) {
    return x.exact().is_infinity();
}
template <const auto& F>
constexpr bool isfinite(value<F> x) {
    return x.exact().is_finite();
}
// Of zero and NaN too, where the format tells them apart.
template <const auto& F>
constexpr bool signbit(value<F> x) {
    return x.exact().negative;
}

template <const auto& F>
constexpr value<F> abs(value<F> x) {
    return signbit(x) ? -x : x;
}

// Double has more than 2 p + 2 bits, so its square root rounds innocuously (Figueroa 1995), in any rounding mode of the
// host: no root of a p-bit number lies that near to a midpoint. sqrt(-0) is -0; of other negative numbers NaN.
template <const auto& F>
value<F> sqrt(value<F> x) {
    const real exact = x.exact();
    if (exact.is_zero() || exact.is_nan() || (exact.is_infinity() && !exact.negative)) {
        return x;
    }
    if (exact.negative) {
        return round_to<F>(real::make_nan(false), default_rounding(F), overflow_mode::none);
    }
    return round_to<F>(std::sqrt(detail::exact_double(x)), default_rounding(F), overflow_mode::none);
}

// a * b + c with one rounding. An exact zero sum of nonzero terms is +0; NaN for infinity * 0 and infinity - infinity.
template <const auto& F>
constexpr value<F> fma(value<F> a, value<F> b, value<F> c) {
    const real x = a.exact();
    const real y = b.exact();
    const real z = c.exact();
    const bool negative = x.negative != y.negative;
    const auto rounded = [](const real& r) { return round_to<F>(r, default_rounding(F), overflow_mode::none); };
    if (!x.is_finite() || !y.is_finite() || !z.is_finite()) {
        const bool product_infinite = x.is_infinity() || y.is_infinity();
        const bool nan = x.is_nan() || y.is_nan() || z.is_nan() || (product_infinite && (x.is_zero() || y.is_zero())) ||
                         (product_infinite && z.is_infinity() && z.negative != negative);
        return rounded(nan ? real::make_nan(false) : real::make_infinity(product_infinite ? negative : z.negative));
    }
    if ((x.is_zero() || y.is_zero()) && z.is_zero()) {  // -0 only from two of them
        return rounded(real::make_zero(negative && z.negative));
    }
    exact_product_sum sum;
    sum.add(negative, uint128{x.significand} * y.significand, x.exponent + y.exponent);
    sum.add(z);
    return rounded(sum.result());
}

// The smaller (larger) of two; a NaN loses against a number (IEEE 754-2019, 9.6, minimumNumber and maximumNumber).
template <const auto& F>
constexpr value<F> fmin(value<F> a, value<F> b) {
    return isnan(a) || (!isnan(b) && (b < a || (b == a && signbit(b)))) ? b : a;
}
template <const auto& F>
constexpr value<F> fmax(value<F> a, value<F> b) {
    return isnan(a) || (!isnan(b) && (a < b || (b == a && signbit(a)))) ? b : a;
}

// The least value above x (IEEE 754-2019, 5.3.1, nextUp): NaN stays, the largest value gives +infinity or stays where there
// is none; the largest negative subnormal gives zero (-0 where there is one).
template <const auto& F>
constexpr value<F> next_up(value<F> x) {
    const auto of = [](std::uint64_t ordinal, bool negative) {
        return value<F>::from_bits(static_cast<code_type<F>>(F.code_of(ordinal, negative)));
    };
    const real exact = x.exact();
    if (exact.is_nan() || (exact.is_infinity() && !exact.negative)) {
        return x;
    }
    if (exact.is_infinity()) {
        return of(F.max_ordinal(), true);
    }
    const std::uint64_t smallest = F.has_zero() ? min_positive_ordinal(F) : 0;
    if (exact.is_zero()) {
        return of(smallest, false);
    }
    const std::uint64_t ordinal = F.bracket_of(exact).lower;
    if (exact.negative) {
        return ordinal == smallest
                   ? value<F>::from_bits(static_cast<code_type<F>>(F.has_negative_zero ? F.sign_mask() : 0))
                   : of(ordinal - 1, true);
    }
    if (ordinal == F.max_ordinal()) {
        return F.has_infinity() ? value<F>::from_bits(static_cast<code_type<F>>(F.infinity_code(false))) : x;
    }
    return of(ordinal + 1, false);
}
// The greatest value below x. In an unsigned format the smallest value stays.
template <const auto& F>
constexpr value<F> next_down(value<F> x) {
    if constexpr (F.is_signed) {
        return -next_up(-x);
    } else {
        const real exact = x.exact();
        if (exact.is_infinity()) {
            return value<F>::from_bits(static_cast<code_type<F>>(F.magnitude_code(F.max_ordinal())));
        }
        return exact.is_nan() || x.bits() == 0 ? x : value<F>::from_bits(static_cast<code_type<F>>(x.bits() - 1));
    }
}

}  // namespace narrowfp
