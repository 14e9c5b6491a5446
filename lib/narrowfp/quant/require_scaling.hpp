// SPDX-License-Identifier: Apache-2.0
// Which scalings are valid: every field is in its range, and a field that the method does not read has its default
// value, so that no setting is silently ignored.
#pragma once

#include <narrowfp/quant/scale_rule.hpp>

#include <charconv>
#include <stdexcept>
#include <string>

namespace narrowfp {

namespace detail {

inline std::string number_text(float x) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr};
}

[[noreturn]] inline void refuse_scaling(std::string_view field, const std::string& is, const std::string& allowed) {
    throw std::invalid_argument("scaling: " + std::string(field) + " is " + is + ", allowed " + allowed);
}

constexpr bool is_finite_and_not_negative(float x) { return x >= 0 && x <= std::numeric_limits<float>::max(); }

// The smallest fixed factor s is above 2^-128, so that 1 / s is finite.
constexpr bool is_factor(float x) { return x == 0 || (is_finite_and_not_negative(x) && x > 0x1p-128f); }

inline std::string with_method(const scaling& s) { return " with method " + std::string(name_of(s.method)); }

}  // namespace detail

// Throws std::invalid_argument for a field out of range and for one that the method does not read; in a constant
// expression: does not compile.
constexpr void require_scaling(const scaling& s) {
    using enum scale_method;
    if (s.method > two_level) {
        detail::refuse_scaling("method", std::to_string(static_cast<int>(s.method)), "0 (none) to 4 (two_level)");
    }
    if (s.rule > scale_rule::three_quarters) {
        detail::refuse_scaling("rule", std::to_string(static_cast<int>(s.rule)), "0 (floor) to 5 (three_quarters)");
    }
    if (!detail::is_factor(s.fixed_factor)) {
        detail::refuse_scaling("fixed_factor", detail::number_text(s.fixed_factor),
                               "0 (none) and finite numbers above 2^-128");
    }
    if (!detail::is_finite_and_not_negative(s.amax_floor)) {
        detail::refuse_scaling("amax_floor", detail::number_text(s.amax_floor), "finite numbers from 0");
    }
    if (s.rule != scaling{}.rule && s.method != power_of_two) {
        detail::refuse_scaling("rule", std::string(name_of(s.rule)),
                               "rceil (the default, not read)" + detail::with_method(s) +
                                   "; a rule chooses the exponent under method power_of_two");
    }
    if (s.amax_floor != 0 && s.method != multiplier && s.method != divisor) {
        detail::refuse_scaling("amax_floor", detail::number_text(s.amax_floor),
                               "0" + detail::with_method(s) + "; multiplier and divisor raise amax");
    }
    if (s.amax_floor != 0 && s.fixed_factor != 0) {
        detail::refuse_scaling("amax_floor", detail::number_text(s.amax_floor),
                               "0 beside a fixed_factor, which does not depend on amax");
    }
    if (s.round_to_power && s.method != multiplier && s.method != divisor) {
        detail::refuse_scaling("round_to_power", "true",
                               "false" + detail::with_method(s) + "; multiplier and divisor round to a power of two");
    }
    if (s.fixed_factor != 0 && s.method != multiplier) {
        detail::refuse_scaling("fixed_factor", detail::number_text(s.fixed_factor),
                               "0" + detail::with_method(s) + "; a fixed factor needs method multiplier");
    }
}

}  // namespace narrowfp
