// SPDX-License-Identifier: Apache-2.0
// The descriptor of a fixed-point element: a two's complement integer times 2^-fraction_bits. Conversions are symmetric:
// they saturate at +-(2^(width-1) - 1), as INT8 scaling recipes and microxcaling do; the lowest code, -2^(width-1), is
// decoded but never produced. There is no NaN and no infinity: NaN becomes the largest value and is counted.
// Source of MXINT8 (fraction_bits 6): OCP MX 1.0, 5.3.4.
#pragma once

#include <narrowfp/format/bracket.hpp>
#include <narrowfp/format/format_rule.hpp>
#include <narrowfp/format/overflow_result.hpp>

#include <string_view>

namespace narrowfp {

struct fixed_format {
    std::string_view name{};
    std::string_view type_name{};
    std::string_view source{};
    int width = 8;
    int fraction_bits = 0;  // value = integer * 2^-fraction_bits
    int storage_bits = 8;
    bool is_signed = true;
    bool has_negative_zero = false;
    bool has_subnormals = false;
    overflow_result on_overflow = overflow_result::max_finite;

    constexpr int code_bits() const { return width; }
    constexpr std::uint64_t code_count() const { return std::uint64_t{1} << width; }
    constexpr std::uint64_t sign_mask() const { return std::uint64_t{1} << (width - 1); }
    constexpr int precision() const { return width - 1; }
    constexpr int min_exponent() const { return -fraction_bits; }  // of the smallest value
    constexpr bool has_zero() const { return true; }
    constexpr bool has_infinity() const { return false; }
    constexpr bool has_nan() const { return false; }
    constexpr bool only_ties_to_away() const { return false; }

    // The first rule that the fields break, in the order of format_rule.
    constexpr std::optional<format_rule> broken_rule() const {
        if (fraction_bits < 0 || fraction_bits > 100) {
            return format_rule::fraction_bits;
        }
        if (width < 2 || width > 24) {
            return format_rule::width;
        }
        if (storage_bits < width || storage_bits > 32) {
            return format_rule::storage_bits;
        }
        if (has_negative_zero) {
            return format_rule::has_negative_zero;
        }
        if (has_subnormals) {
            return format_rule::has_subnormals;
        }
        if (on_overflow != overflow_result::max_finite) {
            return format_rule::on_overflow;
        }
        if (!is_signed) {
            return format_rule::is_signed;
        }
        return std::nullopt;
    }
    constexpr bool is_valid() const { return !broken_rule(); }

    constexpr std::uint64_t max_ordinal() const { return sign_mask() - 1; }
    constexpr std::uint64_t infinity_code(bool) const { return 0; }
    constexpr std::uint64_t nan_code(bool) const { return 0; }

    constexpr real decode(std::uint64_t code) const {
        const bool negative = (code & sign_mask()) != 0;
        const std::uint64_t magnitude = negative ? code_count() - code : code;
        return real::make_finite(negative && magnitude != 0, magnitude, -fraction_bits);
    }

    // Ordinals are the magnitudes of the integers.
    constexpr bracket bracket_of(const real& x) const {
        if (x.floor_log2() > width - fraction_bits) {  // far beyond; the exact place has no influence
            return {code_count(), code_count() + 1, 0, false};
        }
        const split_magnitude at = split_at(x, -fraction_bits);
        return {at.integer, at.integer + 1, at.fraction, at.sticky};
    }

    constexpr std::uint64_t magnitude_code(std::uint64_t ordinal) const { return ordinal; }
    constexpr bool is_odd(std::uint64_t ordinal) const { return (ordinal & 1) != 0; }
    constexpr std::uint64_t code_of(std::uint64_t ordinal, bool negative) const {
        return negative && ordinal != 0 ? code_count() - ordinal : ordinal;
    }
    constexpr bool is_subnormal_ordinal(std::uint64_t) const { return false; }

    friend constexpr bool operator==(const fixed_format&, const fixed_format&) = default;
};

}  // namespace narrowfp
