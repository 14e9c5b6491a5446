// SPDX-License-Identifier: Apache-2.0
// std::numeric_limits of the value types, computed from the descriptor: a format of your own has them too. Members that
// a format lacks do not exist: infinity() and quiet_NaN() compile only where there are such codes. digits is the number of
// significant bits near 1 (HiFloat8 has fewer far from it); epsilon is the distance from 1 to the next value.
#pragma once

#include <narrowfp/format/value.hpp>

#include <limits>

namespace narrowfp {

// The smallest ordinal in [first, last] for which `holds`, which is false up to some ordinal and then true. Precondition:
// true at `last`.
template <class Predicate>
constexpr std::uint64_t first_ordinal(std::uint64_t first, std::uint64_t last, Predicate holds) {
    while (first < last) {
        const std::uint64_t middle = first + (last - first) / 2;
        if (holds(middle)) {
            last = middle;
        } else {
            first = middle + 1;
        }
    }
    return last;
}

// Ordinals of the smallest positive value and of the smallest positive normal one.
template <element_format F>
constexpr std::uint64_t min_positive_ordinal(const F& f) {
    return first_ordinal(0, f.max_ordinal(),
                         [&f](std::uint64_t o) { return !f.decode(f.magnitude_code(o)).is_zero(); });
}
template <element_format F>
constexpr std::uint64_t min_normal_ordinal(const F& f) {
    return first_ordinal(min_positive_ordinal(f), f.max_ordinal(),
                         [&f](std::uint64_t o) { return !f.is_subnormal_ordinal(o); });
}

namespace detail {

// floor(log10 x) for 1 <= x <= 2^149; no power of two but 1 is a power of ten.
constexpr int floor_log10(double x) {
    int n = 0;
    for (double power = 10; power <= x; power *= 10) {
        ++n;
    }
    return n;
}

constexpr bool is_interchange_format(const float_format& f) {  // binary16 and binary32
    return f.is_signed && f.infinity == infinity_kind::ieee && f.nan == nan_kind::ieee && f.has_negative_zero &&
           f.has_subnormals && f.bias == (1 << (f.exponent_bits - 1)) - 1 && f.padding_bits == 0 &&
           ((f.exponent_bits == 5 && f.fraction_bits == 10) || (f.exponent_bits == 8 && f.fraction_bits == 23));
}
template <class F>
constexpr bool is_interchange_format(const F&) {
    return false;
}

}  // namespace detail

}  // namespace narrowfp

template <const auto& F>
    requires narrowfp::element_format<std::remove_cvref_t<decltype(F)>>
class std::numeric_limits<narrowfp::value<F>> {
    using value = narrowfp::value<F>;

    static constexpr value of_ordinal(std::uint64_t ordinal, bool negative = false) {
        return value::from_bits(static_cast<typename value::bits_type>(F.code_of(ordinal, negative)));
    }
    static constexpr narrowfp::real exact_of(std::uint64_t ordinal) { return F.decode(F.magnitude_code(ordinal)); }
    static constexpr double number(std::uint64_t ordinal) { return narrowfp::nearest_host<double>(exact_of(ordinal)); }
    // The largest value <= x.
    static constexpr value at_or_below(double x) { return of_ordinal(F.bracket_of(narrowfp::to_real(x)).lower); }

    static constexpr std::uint64_t smallest = narrowfp::min_positive_ordinal(F);
    static constexpr std::uint64_t normal = narrowfp::min_normal_ordinal(F);
    static constexpr std::uint64_t largest = F.max_ordinal();
    static constexpr bool is_fixed = std::same_as<std::remove_cvref_t<decltype(F)>, narrowfp::fixed_format>;

public:
    static constexpr bool is_specialized = true;
    static constexpr bool is_signed = F.is_signed;
    static constexpr bool is_integer = false;  // construction rounds, arithmetic saturates
    static constexpr bool is_exact = false;
    static constexpr bool has_infinity = F.has_infinity();
    static constexpr bool has_quiet_NaN = F.has_nan();
    static constexpr bool has_signaling_NaN = false;  // signalling patterns are read as NaN, nothing is signalled
    static constexpr std::float_denorm_style has_denorm = smallest != normal ? std::denorm_present : std::denorm_absent;
    static constexpr bool has_denorm_loss = false;
    static constexpr std::float_round_style round_style = std::round_to_nearest;
    static constexpr bool is_iec559 = narrowfp::detail::is_interchange_format(F);
    static constexpr bool is_bounded = true;
    static constexpr bool is_modulo = false;
    static constexpr int radix = 2;
    static constexpr int digits = F.precision();
    static constexpr int digits10 = (digits - (is_fixed ? 0 : 1)) * 30103 / 100000;  // log10(2) = 0.30103
    static constexpr int max_digits10 = digits * 30103 / 100000 + 2;
    static constexpr int min_exponent = exact_of(normal).floor_log2() + 1;
    static constexpr int max_exponent = exact_of(largest).floor_log2() + 1;
    static constexpr int min_exponent10 =
        number(normal) > 1 ? narrowfp::detail::floor_log10(number(normal)) + 1
                           : -narrowfp::detail::floor_log10(1 / number(normal));  // exact: a power of two
    static constexpr int max_exponent10 = number(largest) < 1 ? -1 : narrowfp::detail::floor_log10(number(largest));
    static constexpr bool traps = false;
    static constexpr bool tinyness_before = false;

    static constexpr value min() noexcept { return of_ordinal(normal); }
    static constexpr value max() noexcept { return of_ordinal(largest); }
    static constexpr value lowest() noexcept { return F.is_signed ? of_ordinal(largest, true) : of_ordinal(0); }
    static constexpr value denorm_min() noexcept { return of_ordinal(smallest); }
    static constexpr value epsilon() noexcept {
        const std::uint64_t one = F.bracket_of(narrowfp::to_real(1.0)).lower;
        return at_or_below(number(one + 1) - number(one));
    }
    // Half a unit in the last place, or the largest value below it.
    static constexpr value round_error() noexcept { return at_or_below(0.5); }
    static constexpr value infinity() noexcept requires(F.has_infinity()) {
        return value::from_bits(static_cast<typename value::bits_type>(F.infinity_code(false)));
    }
    static constexpr value quiet_NaN() noexcept requires(F.has_nan()) {
        return value::from_bits(static_cast<typename value::bits_type>(F.nan_code(false)));
    }
};
