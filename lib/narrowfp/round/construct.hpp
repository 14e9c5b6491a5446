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

// x rounded into format F: the value-level form of `convert`. `random` decides under a stochastic rule: uniform on
// 0 .. 2^rule.random_bits - 1. Throws std::invalid_argument if the format does not define the rounding or `random` is too
// large.
template <const auto& F>
constexpr value<F> round_to(const real& x, const rounding_rule& rule, std::uint32_t random, overflow_mode overflow) {
    require_rounding(F, rule);
    require_overflow(overflow);
    if (rule.random_bits < 32 && random >> rule.random_bits != 0) {
        throw std::invalid_argument("round_to: " + std::to_string(random) + " has more than " +
                                    std::to_string(rule.random_bits) + " random bits");
    }
    return value<F>::from_bits(static_cast<code_type<F>>(project(F, x, rule, random, overflow).code));
}
template <const auto& F, host_float T>
constexpr value<F> round_to(T x, const rounding_rule& rule, std::uint32_t random, overflow_mode overflow) {
    return round_to<F>(to_real(x), rule, random, overflow);
}
template <const auto& F>
constexpr value<F> round_to(const real& x, rounding mode, overflow_mode overflow) {
    return round_to<F>(x, mode, 0, overflow);
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

namespace detail {

// From the code, so that a caller's denormals-are-zero setting has no influence.
template <const auto& F>
constexpr double exact_double(value<F> x) {
    return nearest_host<double>(x.exact());
}

// The exact result, given as its rounding to double, rounded into F. NaN is positive.
template <const auto& F>
constexpr value<F> rounded_result(double x) {
    real exact_result = to_real(x);
    exact_result.negative = exact_result.negative && !exact_result.is_nan();
    return round_to<F>(exact_result, default_rounding(F), overflow_mode::none);
}

// x + y, where an exact zero is -0 only as the sum of two -0, whatever the rounding mode of the host.
constexpr double sum_of(double x, double y) {
    const double sum = x + y;
    return sum == 0 ? (to_real(x).negative && to_real(y).negative ? -0.0 : 0.0) : sum;
}

}  // namespace detail

template <const auto& F>
constexpr value<F> operator+(value<F> a, value<F> b) {
    return detail::rounded_result<F>(detail::sum_of(detail::exact_double(a), detail::exact_double(b)));
}
template <const auto& F>
constexpr value<F> operator-(value<F> a, value<F> b) {
    return detail::rounded_result<F>(detail::sum_of(detail::exact_double(a), -detail::exact_double(b)));
}
template <const auto& F>
constexpr value<F> operator*(value<F> a, value<F> b) {
    return detail::rounded_result<F>(detail::exact_double(a) * detail::exact_double(b));
}
// Division of a nonzero number by zero gives infinity as in IEEE 754 where zero has a sign; a format with a single zero
// gives NaN (IEEE P3109 v4.0).
template <const auto& F>
constexpr value<F> operator/(value<F> a, value<F> b) {
    if (!F.has_negative_zero && b.exact().is_zero()) {
        return round_to<F>(real::make_nan(false), default_rounding(F), overflow_mode::none);
    }
    const double divisor = detail::exact_double(b);
    if (divisor == 0) {  // written out, because a constant expression may not divide by zero
        const real dividend = a.exact();
        const bool negative = dividend.negative != b.exact().negative;
        return round_to<F>(
            dividend.is_zero() || dividend.is_nan() ? real::make_nan(false) : real::make_infinity(negative),
            default_rounding(F), overflow_mode::none);
    }
    return detail::rounded_result<F>(detail::exact_double(a) / divisor);
}

// Negation flips the sign bit where -x has a code; zero and NaN without a twin stay.
template <const auto& F>
constexpr value<F> operator-(value<F> a) {
    real x = a.exact();
    x.negative = !x.negative;
    return round_to<F>(x, default_rounding(F), overflow_mode::none);
}

template <const auto& F>
constexpr value<F> operator+(value<F> a) {
    return a;
}

template <const auto& F>
constexpr value<F>& operator+=(value<F>& a, value<F> b) {
    return a = a + b;
}
template <const auto& F>
constexpr value<F>& operator-=(value<F>& a, value<F> b) {
    return a = a - b;
}
template <const auto& F>
constexpr value<F>& operator*=(value<F>& a, value<F> b) {
    return a = a * b;
}
template <const auto& F>
constexpr value<F>& operator/=(value<F>& a, value<F> b) {
    return a = a / b;
}

}  // namespace narrowfp
