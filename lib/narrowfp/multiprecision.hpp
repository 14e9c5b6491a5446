// SPDX-License-Identifier: Apache-2.0
// Boost.Multiprecision both ways. Out: exact_as<Number>(x) is the value itself. In: to_real of a cpp_int, a cpp_rational or
// a binary floating-point number (cpp_bin_float, mpfr_float) is its value, exact up to a sticky mark, so that
// round_to<e4m3fn>(to_real(x), mode, overflow) and project round it once, correctly, from any precision.
// Needs Boost >= 1.74 on the include path. Decimal floats (cpp_dec_float) are not binary: make a cpp_rational of them.
#pragma once

#include <narrowfp/round/construct.hpp>

#include <boost/multiprecision/cpp_int.hpp>
#include <boost/multiprecision/number.hpp>

namespace narrowfp {

namespace detail {

namespace mp = boost::multiprecision;

// magnitude * 2^exponent, magnitude > 0, with something more below its last bit if sticky.
template <class Integer>
real real_of_integer(bool negative, const Integer& magnitude, int exponent, bool sticky) {
    const auto top = static_cast<int>(msb(magnitude));
    if (top < 64) {
        return real::make_finite(negative, static_cast<std::uint64_t>(magnitude), exponent, sticky);
    }
    const int drop = top - 63;
    const bool lost = static_cast<int>(lsb(magnitude)) < drop;
    return real::make_finite(negative, static_cast<std::uint64_t>(Integer(magnitude >> static_cast<unsigned>(drop))),
                             exponent + drop, sticky || lost);
}

template <class Number>
constexpr int kind_of_number = mp::number_category<Number>::value;

}  // namespace detail

// The exact value of x: 64 leading bits, and sticky if there are more. Cost: a few operations of Number.
template <class Backend, boost::multiprecision::expression_template_option Templates>
real to_real(const boost::multiprecision::number<Backend, Templates>& x) {
    namespace mp = boost::multiprecision;
    using number = mp::number<Backend, Templates>;
    constexpr int kind = detail::kind_of_number<number>;
    static_assert(
        kind == mp::number_kind_integer || kind == mp::number_kind_rational || kind == mp::number_kind_floating_point,
        "narrowfp: an integer, a rational or a floating-point number expected");
    if constexpr (kind == mp::number_kind_integer) {
        return x == 0 ? real::make_zero(false) : detail::real_of_integer(x < 0, number(abs(x)), 0, false);
    } else if constexpr (kind == mp::number_kind_rational) {
        if (x == 0) {
            return real::make_zero(false);
        }
        auto top = mp::numerator(x);
        auto bottom = mp::denominator(x);
        const bool negative = top < 0;
        top = abs(top);
        // A quotient of at least 64 bits, so that its integer part decides everything but the sticky mark.
        const int shift = 65 - (static_cast<int>(msb(top)) - static_cast<int>(msb(bottom)));
        if (shift >= 0) {
            top <<= static_cast<unsigned>(shift);
        } else {
            bottom <<= static_cast<unsigned>(-shift);
        }
        decltype(top) quotient;
        decltype(top) rest;
        divide_qr(top, bottom, quotient, rest);
        return detail::real_of_integer(negative, quotient, -shift, rest != 0);
    } else {
        static_assert(std::numeric_limits<number>::radix == 2, "narrowfp: a binary floating-point number expected");
        const bool negative = mp::signbit(x) != 0;
        if (mp::isnan(x)) {
            return real::make_nan(negative);
        }
        if (mp::isinf(x)) {
            return real::make_infinity(negative);
        }
        if (x == 0) {
            return real::make_zero(negative);
        }
        typename Backend::exponent_type exponent = 0;
        const number scaled = ldexp(number(frexp(number(abs(x)), &exponent)), 64);  // in [2^63, 2^64)
        const number whole = trunc(scaled);
        constexpr int beyond = 1 << 20;  // outside the range of every format
        const int unit = exponent > beyond ? beyond : exponent < -beyond ? -beyond : static_cast<int>(exponent) - 64;
        return real::make_finite(negative, whole.template convert_to<std::uint64_t>(), unit, whole != scaled);
    }
}

// The value of x, exactly (a NaN loses its sign). Number: a binary floating-point number with at least the precision and range of the format, or
// a rational, which has neither infinity nor NaN nor -0: std::domain_error for the first two.
template <class Number, const auto& F>
Number exact_as(value<F> x) {
    namespace mp = boost::multiprecision;
    const real exact = x.exact();
    if constexpr (detail::kind_of_number<Number> == mp::number_kind_rational) {
        if (!exact.is_finite()) {
            throw std::domain_error(exact.is_nan() ? "NaN is no rational number" : "infinity is no rational number");
        }
        mp::cpp_int top = exact.significand;
        mp::cpp_int bottom = 1;
        (exact.exponent >= 0 ? top : bottom) <<=
            static_cast<unsigned>(exact.exponent >= 0 ? exact.exponent : -exact.exponent);
        const Number magnitude(top, bottom);
        return exact.negative ? Number(-magnitude) : magnitude;
    } else {
        static_assert(detail::kind_of_number<Number> == mp::number_kind_floating_point,
                      "narrowfp: a rational or a floating-point number expected");
        using limits = std::numeric_limits<Number>;
        static_assert(limits::digits == 0 || (limits::radix == 2 && limits::digits >= F.precision()),
                      "narrowfp: this number type cannot hold every value of the format");
        Number magnitude = exact.is_nan()        ? limits::quiet_NaN()
                           : exact.is_infinity() ? limits::infinity()
                                                 : ldexp(Number(exact.significand), exact.exponent);
        return exact.negative ? Number(-magnitude) : magnitude;
    }
}

}  // namespace narrowfp
