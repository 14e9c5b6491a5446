// SPDX-License-Identifier: Apache-2.0
// One conversion as a fixed sequence of operations without branches, for loops that the compiler vectorises: the
// arithmetic of `project` (round/project.hpp) on 32-bit lanes. Everything follows from the descriptor: the constants of a
// format, an overflow mode and the events of its special results are worked out once, by `project` itself.
// The idea: a magnitude is written in the layout of the target format with 23 fraction bits ("wide code": the exponent
// field has no upper bound, subnormals have field 0). Wide codes grow with the magnitude, so every rounding is a rule about
// the bits below the last one that is kept.
#pragma once

#include <narrowfp/round/project.hpp>

#include <bit>
#include <cstdint>

namespace narrowfp::kernel {

// Marks beside a code in the constants below.
inline constexpr std::uint32_t saturated_mark = 0x80000000;
inline constexpr std::uint32_t inexact_mark = 0x40000000;
// Fixed point: bits below the unit in a wide code. Magnitudes of up to 8 bits then leave 4 bits above them.
inline constexpr int fixed_point_drop = 20;

struct lane_constants {
    std::int32_t emin_field = 0;  // exponent field in binary32 of the smallest normal value; may be below 1
    std::int32_t base = 0;        // binary32 pattern minus wide code of a normal value
    std::uint32_t drop = 0;       // bits below the last place of the format, 23 - fraction_bits
    std::uint32_t fraction_bits = 0;
    std::uint32_t max_ordinal = 0;
    std::uint32_t smallest_is_normal = 0;  // all ones if exponent field 0 is normal (no zero)
    std::uint32_t no_subnormals = 0;       // all ones if there is nothing between zero and the smallest normal value
    std::uint32_t flushes = 0;             // all ones if what lies between becomes zero, whatever the rounding
    std::uint32_t has_zero = 0;            // all ones or zero
    std::uint32_t negative_overflows = 0;  // all ones if the format is unsigned
    std::uint32_t twos_complement = 0;     // fixed point: the mask of a code; else zero
    // Codes with marks, by sign.
    std::uint32_t sign[2] = {};
    std::uint32_t zero[2] = {};  // of an input that is zero
    std::uint32_t tiny[2] = {};  // of an input that rounds to zero
    std::uint32_t overflow[2] = {};
    std::uint32_t infinity[2] = {};
    std::uint32_t nan[2] = {};
};

// Whether lanes can convert into the format: a fixed layout of up to 16 bits of code and 21 of fraction, or fixed point of
// up to 8 bits.
constexpr bool has_lanes(const any_format& format) {
    if (const auto* fixed = std::get_if<fixed_format>(&format)) {
        return fixed->width <= 8;
    }
    const auto* f = std::get_if<float_format>(&format);
    return f != nullptr && f->padding_bits == 0 && f->fraction_bits <= 21 && f->code_bits() <= 24;
}

namespace detail {

constexpr std::uint32_t marked(const projected& p) {
    return static_cast<std::uint32_t>(p.code) | (p.saturated ? saturated_mark : 0) | (p.inexact ? inexact_mark : 0);
}

template <element_format F>
constexpr void set_special_codes(lane_constants& k, const F& f, rounding mode, overflow_mode overflow) {
    k.max_ordinal = static_cast<std::uint32_t>(f.max_ordinal());
    k.has_zero = f.has_zero() ? ~std::uint32_t{0} : 0;
    k.negative_overflows = f.is_signed ? 0 : ~std::uint32_t{0};
    for (const bool negative : {false, true}) {
        k.sign[negative] = negative ? static_cast<std::uint32_t>(f.sign_mask()) : 0;
        k.zero[negative] = marked(narrowfp::detail::project_zero(f, negative, overflow));
        k.tiny[negative] = f.has_zero() ? k.zero[negative] : 0;
        k.overflow[negative] = marked(narrowfp::detail::overflow_finite(f, negative, mode, overflow));
        k.infinity[negative] = marked(project(f, real::make_infinity(negative), rounding_rule{}, 0, overflow));
        k.nan[negative] = marked(project(f, real::make_nan(negative), rounding_rule{}, 0, overflow));
    }
}

}  // namespace detail

// Precondition: has_lanes(format).
constexpr lane_constants constants_of(const any_format& format, rounding mode, overflow_mode overflow) {
    const auto ones = [](bool holds) { return holds ? ~std::uint32_t{0} : 0; };
    lane_constants k;
    if (const auto* fixed = std::get_if<fixed_format>(&format)) {
        detail::set_special_codes(k, *fixed, mode, overflow);
        k.twos_complement = static_cast<std::uint32_t>(fixed->code_count() - 1);
        k.drop = fixed_point_drop;
        k.emin_field = 127 + 23 - fixed_point_drop - fixed->fraction_bits;
        return k;
    }
    const auto& f = std::get<float_format>(format);
    detail::set_special_codes(k, f, mode, overflow);
    k.emin_field = f.min_exponent() + 127;
    k.base = (k.emin_field - (f.zero_field_is_normal ? 0 : 1)) * (1 << 23);
    k.drop = static_cast<std::uint32_t>(23 - f.fraction_bits);
    k.fraction_bits = static_cast<std::uint32_t>(f.fraction_bits);
    k.smallest_is_normal = ones(f.zero_field_is_normal);
    k.no_subnormals = ones(!f.has_subnormals && !f.zero_field_is_normal);
    k.flushes = ones(f.flushes_subnormals);
    return k;
}

// What became of one element. All flags are 0 or 1.
struct lane_result {
    std::uint32_t code;
    std::uint32_t inexact;
    std::uint32_t overflowed;
    std::uint32_t saturated;
    std::uint32_t underflowed;
    std::uint32_t subnormal;
    std::uint32_t nan;
    std::uint32_t infinite;
};

// which ? a : b without a branch, also where a compiler would rather have one.
constexpr std::uint32_t choose(bool which, std::uint32_t a, std::uint32_t b) {
    return b ^ ((a ^ b) & (0u - static_cast<std::uint32_t>(which)));
}
constexpr std::uint32_t choose(bool negative, const std::uint32_t (&of)[2]) { return choose(negative, of[1], of[0]); }

// The wide code of a magnitude, whatever is lost below it marked in the last bit.
struct wide_code {
    std::uint32_t bits;
    std::uint32_t below_normal;  // 0 or 1
};

constexpr wide_code widen(const lane_constants& k, std::uint32_t magnitude) {
    // Subnormals of binary32 are normalised: their integer as a float has the same significand, 149 binades higher.
    const auto as_float = static_cast<float>(static_cast<std::int32_t>(magnitude));
    const std::uint32_t normalised = std::bit_cast<std::uint32_t>(as_float) - (149u << 23);
    const std::uint32_t pattern = choose(magnitude < 0x00800000, normalised, magnitude);
    const std::int32_t below =
        k.emin_field - (static_cast<std::int32_t>(pattern) >> 23);  // binades below the normal ones
    const std::uint32_t significand = (pattern & 0x007FFFFF) | 0x00800000;
    const auto shift = static_cast<std::uint32_t>(below < 0 ? 0 : (below > 31 ? 31 : below));
    const std::uint32_t kept = significand >> shift;
    const auto lost = static_cast<std::uint32_t>(kept << shift != significand);
    const std::uint32_t small = (kept | lost) & ~k.smallest_is_normal;
    return {choose(below > 0, small, pattern - static_cast<std::uint32_t>(k.base)),
            static_cast<std::uint32_t>(below > 0)};
}

// Wide code to ordinal. `unit` bits are dropped; `odd` (0 or 1) tells whether the ordinal below is odd, `negative` (0 or 1)
// the sign.
template <rounding Mode>
constexpr std::uint32_t round_bits(std::uint32_t wide, std::uint32_t unit, std::uint32_t odd, std::uint32_t negative) {
    const std::uint32_t half = (1u << unit) >> 1;
    const std::uint32_t below = (1u << unit) - 1;
    switch (Mode) {
        case rounding::ties_to_even: return (wide + half - 1 + odd) >> unit;
        case rounding::ties_to_away: return (wide + half) >> unit;
        case rounding::toward_positive: return (wide + (below & (negative - 1))) >> unit;
        case rounding::toward_negative: return (wide + (below & (0u - negative))) >> unit;
        case rounding::to_odd: return (wide >> unit) + (static_cast<std::uint32_t>((wide & below) != 0) & ~odd);
        default: return wide >> unit;
    }
}

// The wide code of a fixed-point element: the magnitude in units of 2^-fixed_point_drop of its last place.
constexpr wide_code widen_fixed(const lane_constants& k, std::uint32_t magnitude) {
    // Subnormals of binary32 are far below the last place: with a hidden one they are as small as makes no difference.
    const std::int32_t below = k.emin_field - (static_cast<std::int32_t>(magnitude) >> 23);
    const std::uint32_t significand = (magnitude & 0x007FFFFF) | 0x00800000;
    const auto right = static_cast<std::uint32_t>(below < 0 ? 0 : (below > 31 ? 31 : below));
    const auto left = static_cast<std::uint32_t>(below > 0 ? 0 : (below < -6 ? 6 : -below));
    const std::uint32_t kept = significand >> right;
    const auto lost = static_cast<std::uint32_t>(kept << right != significand);
    return {(kept | lost) << left, 0};
}

// The result for a magnitude whose ordinal is known.
constexpr lane_result finish(const lane_constants& k, std::uint32_t bits, std::uint32_t ordinal, bool exact,
                             bool below_normal) {
    const bool negative = bits >> 31 != 0;
    const std::uint32_t magnitude = bits & 0x7FFFFFFF;
    const bool is_nan = magnitude > 0x7F800000;
    const bool is_infinite = magnitude == 0x7F800000;
    const bool is_zero = magnitude == 0;
    const bool finite = !is_nan & !is_infinite & !is_zero;
    const bool to_zero = (ordinal == 0) & (k.has_zero != 0);
    const bool over = (ordinal > k.max_ordinal) | (negative & (k.negative_overflows != 0) & !to_zero);
    const bool raised = (k.smallest_is_normal != 0) & below_normal;
    const std::uint32_t minus = 0u - (bits >> 31);
    const std::uint32_t plain = choose(k.twos_complement != 0, ((ordinal ^ minus) - minus) & k.twos_complement,
                                       ordinal | choose(negative, k.sign));
    std::uint32_t word = plain | choose(exact & !raised, 0, inexact_mark);
    word = choose(to_zero, choose(negative, k.tiny) | inexact_mark, word);
    word = choose(over, choose(negative, k.overflow), word);
    word = choose(is_zero, choose(negative, k.zero), word);
    word = choose(is_infinite, choose(negative, k.infinity), word);
    word = choose(is_nan, choose(negative, k.nan), word);
    const bool is_subnormal = (k.smallest_is_normal == 0) & (k.twos_complement == 0) & (ordinal != 0) &
                              (ordinal >> k.fraction_bits == 0) & !over;
    return {.code = word & ~(saturated_mark | inexact_mark),
            .inexact = word >> 30 & 1,
            .overflowed = static_cast<std::uint32_t>(finite & over),
            .saturated = word >> 31,
            .underflowed = static_cast<std::uint32_t>(finite & !over & (to_zero | raised)),
            .subnormal = static_cast<std::uint32_t>(finite & is_subnormal),
            .nan = static_cast<std::uint32_t>(is_nan),
            .infinite = static_cast<std::uint32_t>(is_infinite)};
}

// binary32 pattern to code, deterministic roundings.
template <rounding Mode>
constexpr lane_result convert_lane(const lane_constants& k, std::uint32_t bits) {
    const wide_code wide = widen(k, bits & 0x7FFFFFFF);
    const std::uint32_t negative = bits >> 31;
    const std::uint32_t lower = wide.bits >> k.drop;
    const std::uint32_t usual = round_bits<Mode>(wide.bits, k.drop, lower & 1, negative);
    // Without subnormals the neighbours of a magnitude below the normal ones are 0 and the smallest normal value.
    const bool gap = (k.no_subnormals != 0) & (wide.below_normal != 0);
    const std::uint32_t in_gap = (round_bits<Mode>(wide.bits, 23, 0, negative) << k.fraction_bits) & ~k.flushes;
    const bool exact = ((wide.bits & ((1u << k.drop) - 1)) == 0) & !gap;
    return finish(k, bits, choose(gap, in_gap, usual), exact, wide.below_normal != 0);
}

// The same into fixed point.
template <rounding Mode>
constexpr lane_result convert_fixed_lane(const lane_constants& k, std::uint32_t bits) {
    const std::uint32_t wide = widen_fixed(k, bits & 0x7FFFFFFF).bits;
    const std::uint32_t ordinal = round_bits<Mode>(wide, k.drop, wide >> k.drop & 1, bits >> 31);
    return finish(k, bits, ordinal, (wide & ((1u << k.drop) - 1)) == 0, false);
}

// Whether a stochastic rule can use lanes: the bits that decide are bits of the wide code.
constexpr bool has_lanes(const any_format& format, const rounding_rule& rule) {
    const auto* f = std::get_if<float_format>(&format);
    return has_lanes(format) &&
           (!is_stochastic(rule.mode) || (f != nullptr && f->has_subnormals && rule.random_bits <= 16 &&
                                          rule.random_bits + 1 < 23 - f->fraction_bits));
}

// The same under a stochastic rule of `count` random bits, for which has_lanes holds.
template <rounding Mode>
constexpr lane_result convert_lane_by_chance(const lane_constants& k, std::uint32_t bits, std::uint32_t random,
                                             std::uint32_t count) {
    const wide_code wide = widen(k, bits & 0x7FFFFFFF);
    const std::uint32_t unit = k.drop - count;
    std::uint32_t ordinal = 0;
    if constexpr (Mode == rounding::stochastic_a) {
        ordinal = ((wide.bits >> unit) + random) >> count;
    } else if constexpr (Mode == rounding::stochastic_b) {
        ordinal = ((wide.bits >> (unit - 1)) + 2 * random + 1) >> (count + 1);
    } else {
        ordinal = (round_bits<rounding::ties_to_even>(wide.bits, unit, wide.bits >> unit & 1, 0) + random) >> count;
    }
    return finish(k, bits, ordinal, (wide.bits & ((1u << k.drop) - 1)) == 0, wide.below_normal != 0);
}

}  // namespace narrowfp::kernel
