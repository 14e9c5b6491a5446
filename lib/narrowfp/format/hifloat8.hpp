// SPDX-License-Identifier: Apache-2.0
// HiFloat8 (Huawei, arXiv 2409.16626): a tapered 8-bit format. A prefix-coded "dot" field gives the width of the
// exponent; values near one get 3 fraction bits, far ones 2 or 1, and seven powers of two follow below. The codes are not
// monotone in value, so the ordinal of a magnitude and its code differ. The format defines rounding to nearest, ties
// away ("TA"), and a hybrid with stochastic rounding; the hybrid is not offered here.
//
//   dot   exponent bits  fraction bits  exponents
//   0000        0              -        denormal: 2^(M-23), M = 1..7; M = 0 is zero (NaN with the sign set)
//   0001        0              3        0
//   001         1              3        +-1
//   01          2              3        +-2, +-3
//   10          3              2        +-4 .. +-7
//   11          4              1        +-8 .. +-15 (exponent 15 with fraction 1 is infinity)
// The exponent is sign-magnitude; the leading one of its magnitude is not stored.
#pragma once

#include <narrowfp/format/bracket.hpp>
#include <narrowfp/format/format_rule.hpp>
#include <narrowfp/format/overflow_result.hpp>

#include <array>
#include <string_view>

namespace narrowfp {

struct hifloat8_format {
    std::string_view name = "hif8";
    std::string_view type_name = "hifloat8";
    std::string_view source = "Huawei, arXiv 2409.16626";
    bool is_signed = true;
    bool has_negative_zero = false;
    bool has_subnormals = true;
    overflow_result on_overflow = overflow_result::infinity;
    int storage_bits = 8;

    constexpr int code_bits() const { return 8; }
    constexpr std::uint64_t code_count() const { return 256; }
    constexpr std::uint64_t sign_mask() const { return 0x80; }
    constexpr int precision() const { return 4; }  // the widest, near one
    constexpr bool has_zero() const { return true; }
    constexpr bool has_infinity() const { return true; }
    constexpr bool has_nan() const { return true; }
    constexpr bool only_ties_to_away() const { return true; }
    constexpr int min_exponent() const { return -15; }  // below it the spacing is a power of two per binade

    // The first rule that the fields break, in the order of format_rule. Only names, on_overflow and a wider storage may
    // differ from the published format.
    constexpr std::optional<format_rule> broken_rule() const {
        if (storage_bits < 8 || storage_bits > 32) {
            return format_rule::storage_bits;
        }
        if (has_negative_zero) {
            return format_rule::has_negative_zero;
        }
        if (!has_subnormals) {
            return format_rule::has_subnormals;
        }
        if (on_overflow > overflow_result::max_finite) {
            return format_rule::on_overflow;
        }
        if (!is_signed) {
            return format_rule::is_signed;
        }
        return std::nullopt;
    }
    constexpr bool is_valid() const { return !broken_rule(); }

    // 2^15. Ordinal 127 would be 1.5 * 2^15 and is the slot of infinity.
    constexpr std::uint64_t max_ordinal() const { return 126; }
    constexpr std::uint64_t infinity_code(bool negative) const { return negative ? 0xEF : 0x6F; }
    constexpr std::uint64_t nan_code(bool) const { return 0x80; }

    constexpr real decode(std::uint64_t code) const {
        const bool negative = (code & 0x80) != 0;
        const std::uint64_t payload = code & 0x7F;
        if (payload == 0x6F) {
            return real::make_infinity(negative);
        }
        if (payload < 0x08) {
            if (payload == 0) {
                return negative ? real::make_nan(false) : real::make_zero(false);
            }
            return real::make_finite(negative, 1, static_cast<int>(payload) - 23);
        }
        for (const band& b : bands) {
            if (payload >= b.first_code) {
                const std::uint64_t fraction = payload & ((std::uint64_t{1} << b.fraction_bits) - 1);
                const std::uint64_t stored = (payload - b.first_code) >> b.fraction_bits;
                const std::uint64_t tail_count =
                    b.lowest_exponent < 2 ? 1 : static_cast<std::uint64_t>(b.lowest_exponent);
                const int magnitude = b.lowest_exponent + static_cast<int>(stored % tail_count);
                const int exponent = stored >= tail_count ? -magnitude : magnitude;
                return real::make_finite(negative, (std::uint64_t{1} << b.fraction_bits) | fraction,
                                         exponent - b.fraction_bits);
            }
        }
        return real::make_zero(negative);
    }

    constexpr bracket bracket_of(const real& x) const {
        const int top = x.floor_log2();
        if (top < lowest_denormal) {
            const split_magnitude at = split_at(x, lowest_denormal);
            return {0, 1, at.fraction, at.sticky};
        }
        const run& r = run_of_exponent(top);
        const split_magnitude at = split_at(x, top - r.fraction_bits);
        const auto binade = static_cast<std::uint64_t>(top - r.first_exponent);
        const std::uint64_t lower =
            r.first_ordinal + (binade << r.fraction_bits) + at.integer - (std::uint64_t{1} << r.fraction_bits);
        return {lower, lower + 1, at.fraction, at.sticky};
    }

    constexpr std::uint64_t magnitude_code(std::uint64_t ordinal) const {
        if (ordinal < 8) {
            return ordinal;  // zero and the denormals
        }
        const run& r = run_of_ordinal(ordinal);
        const std::uint64_t offset = ordinal - r.first_ordinal;
        const std::uint64_t fraction = offset & ((std::uint64_t{1} << r.fraction_bits) - 1);
        const int exponent = r.first_exponent + static_cast<int>(offset >> r.fraction_bits);
        const int magnitude = exponent < 0 ? -exponent : exponent;
        for (const band& b : bands) {
            if (magnitude >= b.lowest_exponent) {
                const int tails = b.lowest_exponent < 2 ? 1 : b.lowest_exponent;
                const auto stored =
                    static_cast<std::uint64_t>((exponent < 0 ? tails : 0) + magnitude - b.lowest_exponent);
                return b.first_code + (stored << b.fraction_bits) + fraction;
            }
        }
        return 0;
    }

    constexpr bool is_odd(std::uint64_t ordinal) const { return (magnitude_code(ordinal) & 1) != 0; }
    constexpr std::uint64_t code_of(std::uint64_t ordinal, bool negative) const {
        return magnitude_code(ordinal) | (negative ? sign_mask() : 0);
    }

    constexpr bool is_subnormal_ordinal(std::uint64_t ordinal) const { return ordinal >= 1 && ordinal <= 7; }

    friend constexpr bool operator==(const hifloat8_format&, const hifloat8_format&) = default;

private:
    static constexpr int lowest_denormal = -22;

    // One row of the table above, the widest exponents first; exponents lowest .. 2 * lowest - 1 of either sign.
    struct band {
        std::uint64_t first_code;
        int fraction_bits;
        int lowest_exponent;
    };
    static constexpr std::array<band, 5> bands{{{0x60, 1, 8}, {0x40, 2, 4}, {0x20, 3, 2}, {0x10, 3, 1}, {0x08, 3, 0}}};

    // Neighbouring binades of equal precision, in increasing order; the first ordinal is the count of what lies below:
    // 7 denormals and zero, 8 * 2, 4 * 4, 7 * 8, 4 * 4 values.
    struct run {
        int first_exponent;
        int fraction_bits;
        std::uint64_t first_ordinal;
    };
    static constexpr std::array<run, 6> runs{
        {{8, 1, 112}, {4, 2, 96}, {-3, 3, 40}, {-7, 2, 24}, {-15, 1, 8}, {lowest_denormal, 0, 1}}};

    static constexpr const run& run_of_exponent(int exponent) {
        for (const run& r : runs) {
            if (exponent >= r.first_exponent) {
                return r;
            }
        }
        return runs.back();
    }

    static constexpr const run& run_of_ordinal(std::uint64_t ordinal) {
        for (const run& r : runs) {
            if (ordinal >= r.first_ordinal) {
                return r;
            }
        }
        return runs.back();
    }
};

}  // namespace narrowfp
