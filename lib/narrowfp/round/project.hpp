// SPDX-License-Identifier: Apache-2.0
// Projection: how an exact real becomes a code. Round to a neighbour with unbounded exponent, then apply the overflow
// mode, then encode (IEEE P3109 v4.0, "Projection specifications"). This is the scalar reference that defines every
// conversion of the library; it works on integers only and is constexpr.
#pragma once

#include <narrowfp/base/event_counts.hpp>
#include <narrowfp/format/element_format.hpp>
#include <narrowfp/round/overflow.hpp>
#include <narrowfp/round/rounding.hpp>
#include <narrowfp/round/stochastic.hpp>

namespace narrowfp {

// A code, and what happened on the way to it (same meaning as event_counts).
struct projected {
    std::uint64_t code = 0;
    bool inexact = false;
    bool overflowed = false;
    bool saturated = false;
    bool underflowed = false;
    bool subnormal = false;
};

constexpr void count_events(event_counts& counts, const real& x, const projected& p) {
    counts.elements += 1;
    counts.inexact += p.inexact;
    counts.overflowed += p.overflowed;
    counts.saturated += p.saturated;
    counts.underflowed += p.underflowed;
    counts.subnormal += p.subnormal;
    counts.nan += x.is_nan();
    counts.infinite += x.is_infinity();
}

// The rounding that value types use: ties to even where the format defines it.
template <element_format F>
constexpr rounding default_rounding(const F& format) {
    return format.only_ties_to_away() ? rounding::ties_to_away : rounding::ties_to_even;
}
constexpr rounding default_rounding(const any_format& format) {
    return std::visit([](const auto& f) { return default_rounding(f); }, format);
}

// Throws std::invalid_argument if the format does not define the rounding (HiFloat8: ties_to_away and the stochastic ones
// only), or if the number of random bits does not fit the mode.
template <element_format F>
constexpr void require_rounding(const F& format, const rounding_rule& rule) {
    if (rule.mode > rounding::stochastic_c) {
        throw std::invalid_argument("rounding is " + std::to_string(static_cast<int>(rule.mode)) +
                                    ", allowed 0 (ties_to_even) to 8 (stochastic_c)");
    }
    if (format.only_ties_to_away() && rule.mode != rounding::ties_to_away && !is_stochastic(rule.mode)) {
        throw std::invalid_argument(std::string(format.name) + " does not define rounding " +
                                    std::string(name_of(rule.mode)) +
                                    "; it defines ties_to_away and stochastic rounding");
    }
    if (!rule.is_valid()) {
        throw std::invalid_argument(
            "rounding " + std::string(name_of(rule.mode)) +
            (is_stochastic(rule.mode) ? " needs 1 to 32 random bits an element" : " takes no random bits") +
            ", found " + std::to_string(rule.random_bits));
    }
}

namespace detail {

// Whether the magnitude goes to the upper neighbour.
template <element_format F>
constexpr bool rounds_up(const F& format, const bracket& at, bool negative, const rounding_rule& rule,
                         std::uint32_t random) {
    if (at.exact()) {
        return false;
    }
    const bool lower_is_odd = format.is_odd(at.lower);
    switch (rule.mode) {
        case rounding::ties_to_even: return at.above_half() || (at.at_half() && lower_is_odd);
        case rounding::ties_to_away: return at.above_half() || at.at_half();
        case rounding::toward_zero: return false;
        case rounding::toward_positive: return !negative;
        case rounding::toward_negative: return negative;
        case rounding::to_odd: return !lower_is_odd;
        case rounding::stochastic_a:
        case rounding::stochastic_b:
        case rounding::stochastic_c: return goes_up_by_chance(at, rule, random);
    }
    return false;
}

constexpr bool points_inward(rounding mode, bool negative) {
    return mode == rounding::toward_zero || mode == (negative ? rounding::toward_positive : rounding::toward_negative);
}

// The code of the largest finite value of that sign (of an unsigned format: of its smallest value, if negative).
template <element_format F>
constexpr std::uint64_t extreme_code(const F& format, bool negative) {
    if (negative && !format.is_signed) {
        return 0;
    }
    return format.code_of(format.max_ordinal(), negative);
}

// What overflow gives when no saturation is asked for.
template <element_format F>
constexpr projected overflow_unsaturated(const F& format, bool negative) {
    if (negative && !format.is_signed) {
        return {.code = format.has_nan() ? format.nan_code(false) : 0, .saturated = !format.has_nan()};
    }
    switch (format.on_overflow) {
        case overflow_result::infinity: return {.code = format.infinity_code(negative)};
        case overflow_result::nan: return {.code = format.nan_code(negative)};
        case overflow_result::max_finite: break;
    }
    return {.code = extreme_code(format, negative), .saturated = true};
}

template <element_format F>
constexpr projected overflow_finite(const F& format, bool negative, rounding mode, overflow_mode overflow) {
    const bool stays =
        points_inward(mode, negative) || (mode == rounding::to_odd && format.is_odd(format.max_ordinal()));
    const bool below_range = negative && !format.is_signed;
    projected p = overflow == overflow_mode::none && (below_range || !stays)
                      ? overflow_unsaturated(format, negative)
                      : projected{.code = extreme_code(format, negative), .saturated = true};
    p.inexact = true;
    p.overflowed = true;
    return p;
}

template <element_format F>
constexpr projected project_zero(const F& format, bool negative, overflow_mode overflow) {
    if (format.has_zero()) {
        return {.code = negative && format.has_negative_zero ? format.sign_mask() : 0};
    }
    if (overflow == overflow_mode::none) {
        return {.code = format.nan_code(false), .inexact = true};
    }
    return {.code = 0, .inexact = true, .saturated = true};
}

}  // namespace detail

// The code of x in the format. `random` decides where the rule is stochastic: uniform on 0 .. 2^rule.random_bits - 1; it has
// no influence otherwise. Precondition: the format defines the rounding (require_rounding).
// NaN becomes the format's quiet NaN with the sign of x where there are two, and the largest finite value where there is
// none. Zero keeps its sign where the format has -0. In an unsigned format a negative value that does not round to zero
// gives NaN under `none` and the smallest value otherwise. A format without zero (E8M0) raises smaller magnitudes to its
// smallest value; zero itself gives NaN under `none` and the smallest value otherwise.
template <element_format F>
constexpr projected project(const F& format, const real& x, const rounding_rule& rule, std::uint32_t random,
                            overflow_mode overflow) {
    switch (x.kind) {
        case real_class::nan:
            return format.has_nan() ? projected{.code = format.nan_code(x.negative)}
                                    : projected{.code = detail::extreme_code(format, false), .saturated = true};
        case real_class::infinity:
            return overflow == overflow_mode::saturate_finite ||
                           (overflow == overflow_mode::saturate_propagate && x.negative && !format.is_signed)
                       ? projected{.code = detail::extreme_code(format, x.negative), .saturated = true}
                       : detail::overflow_unsaturated(format, x.negative);
        case real_class::zero: return detail::project_zero(format, x.negative, overflow);
        case real_class::finite: break;
    }
    const bracket at = format.bracket_of(x);
    const std::uint64_t ordinal = detail::rounds_up(format, at, x.negative, rule, random) ? at.upper : at.lower;
    if (ordinal == 0 && format.has_zero()) {
        projected p = detail::project_zero(format, x.negative, overflow);
        p.inexact = true;
        p.underflowed = true;
        return p;
    }
    if (ordinal > format.max_ordinal() || (x.negative && !format.is_signed)) {
        return detail::overflow_finite(format, x.negative, rule.mode, overflow);
    }
    const bool raised = !format.has_zero() && ordinal == 0 && x.floor_log2() < format.decode(0).floor_log2();
    return {.code = format.code_of(ordinal, x.negative),
            .inexact = raised || !at.exact(),
            .underflowed = raised,
            .subnormal = format.is_subnormal_ordinal(ordinal)};
}

// The deterministic form. Precondition: the mode is not stochastic.
template <element_format F>
constexpr projected project(const F& format, const real& x, rounding mode, overflow_mode overflow) {
    return project(format, x, rounding_rule(mode), 0, overflow);
}

// Of a format known at run time: throws as require_format and require_rounding.
constexpr projected project(const any_format& format, const real& x, const rounding_rule& rule, std::uint32_t random,
                            overflow_mode overflow) {
    return std::visit(
        [&](const auto& f) {
            require_format(f);
            require_rounding(f, rule);
            require_overflow(overflow);
            return project(f, x, rule, random, overflow);
        },
        format);
}
constexpr projected project(const any_format& format, const real& x, rounding mode, overflow_mode overflow) {
    return project(format, x, rounding_rule(mode), 0, overflow);
}

}  // namespace narrowfp
