// SPDX-License-Identifier: Apache-2.0
// Construction of value types from other numbers, with policies in the type of the call, and their arithmetic.
// Each operation is the exact result rounded once: + - * / are computed in double, which is innocuous because double has
// more than 2 p + 2 bits for every p <= 24 (Figueroa 1995) and cannot overflow or become subnormal on operands of float's
// range. Nothing here depends on the rounding mode of the host: the double result differs from the exact one by less
// than the distance of any quotient of p-bit numbers to a midpoint.
#pragma once

#include <narrowfp/format/value.hpp>
#include <narrowfp/round/project.hpp>

namespace narrowfp {

// x rounded into format F: the value-level form of `convert`.
template <const auto& F>
constexpr value<F> round_to(const real& x, rounding mode, overflow_mode overflow) {
    require_rounding(F, mode);
    return value<F>::from_bits(static_cast<code_type<F>>(project(F, x, mode, overflow).code));
}
template <const auto& F, host_float T>
constexpr value<F> round_to(T x, rounding mode, overflow_mode overflow) {
    return round_to<F>(to_real(x), mode, overflow);
}

template <const auto& F>
    requires element_format<std::remove_cvref_t<decltype(F)>>
constexpr value<F>::value(float x) : value(round_to<F>(x, default_rounding(F), overflow_mode::none)) {}

template <const auto& F>
    requires element_format<std::remove_cvref_t<decltype(F)>>
constexpr value<F>::value(double x) : value(round_to<F>(x, default_rounding(F), overflow_mode::none)) {}

template <const auto& F>
    requires element_format<std::remove_cvref_t<decltype(F)>>
template <std::integral Integer>
    requires(!std::same_as<Integer, bool>)
constexpr value<F>::value(Integer x) {
    const bool negative = std::cmp_less(x, 0);
    const auto bits = static_cast<std::uint64_t>(x);  // two's complement of a negative number
    const real exact_value = real::make_finite(negative, negative ? ~bits + 1 : bits, 0);
    *this = round_to<F>(exact_value, default_rounding(F), overflow_mode::none);
}

template <const auto& F>
constexpr value<F> operator+(value<F> a, value<F> b) {
    return value<F>(double{float{a}} + double{float{b}});
}
template <const auto& F>
constexpr value<F> operator-(value<F> a, value<F> b) {
    return value<F>(double{float{a}} - double{float{b}});
}
template <const auto& F>
constexpr value<F> operator*(value<F> a, value<F> b) {
    return value<F>(double{float{a}} * double{float{b}});
}
template <const auto& F>
constexpr value<F> operator/(value<F> a, value<F> b) {
    return value<F>(double{float{a}} / double{float{b}});
}

// Negation flips the sign bit where -x has a code; zero and NaN without a twin stay.
template <const auto& F>
constexpr value<F> operator-(value<F> a) {
    real x = a.exact();
    x.negative = !x.negative;
    return round_to<F>(x, default_rounding(F), overflow_mode::none);
}

}  // namespace narrowfp
