// SPDX-License-Identifier: Apache-2.0
// The descriptor of a binary floating-point format with a fixed layout S.EEEE.MMM: IEEE 754 formats, the FN, FNUZ and
// scale-only variants of LLVM and OCP (OFP8 1.0, MX 1.0), and IEEE P3109 v4.0. A format of your own is one object;
// fields that it leaves out are as in IEEE 754, so exponent_bits, fraction_bits and bias are enough.
// Tapered and fixed-point formats have descriptors of their own (hifloat8.hpp).
#pragma once

#include <narrowfp/format/bracket.hpp>
#include <narrowfp/format/format_rule.hpp>
#include <narrowfp/format/overflow_result.hpp>

#include <string_view>

namespace narrowfp {

// Which codes are infinite.
enum class infinity_kind : std::uint8_t {
    none,
    ieee,      // exponent field all ones, fraction zero
    top_code,  // the largest magnitude code that is not NaN (P3109, extended domain)
};

// Which codes are NaN.
enum class nan_kind : std::uint8_t {
    none,
    ieee,           // exponent field all ones, fraction not zero
    top_code,       // all magnitude bits ones (E4M3FN 0x7F and 0xFF, E8M0 0xFF)
    negative_zero,  // the code that would be -0 (FNUZ and signed P3109: 0x80)
};

struct float_format {
    std::string_view name{};       // token: "e4m3fn"
    std::string_view type_name{};  // C++ type: "float8_e4m3fn"
    std::string_view source{};     // defining document
    bool is_signed = true;
    int exponent_bits = 0;
    int fraction_bits = 0;
    int bias = 0;
    infinity_kind infinity = infinity_kind::ieee;
    nan_kind nan = nan_kind::ieee;
    bool has_negative_zero = true;
    bool has_subnormals = true;  // without them: zero or the smallest normal value, as the rounding says
    bool flushes_subnormals =
        false;  // without them: zero whatever the rounding, decided on the input (x86 VCVTNEPS2BF16)
    bool zero_field_is_normal = false;  // exponent field 0 means 2^-bias with a hidden one: no zero (E8M0)
    overflow_result on_overflow = overflow_result::infinity;
    int padding_bits = 0;  // zero bits behind the fraction of a code (TF32 in its 32-bit word); decoding ignores them
    int storage_bits = 8;  // width of an element in memory, packed; wider codes need another value

    // -- layout ---------------------------------------------------------------------------------------------------
    constexpr int magnitude_bits() const { return exponent_bits + fraction_bits + padding_bits; }
    constexpr int code_bits() const { return magnitude_bits() + (is_signed ? 1 : 0); }
    constexpr std::uint64_t code_count() const { return std::uint64_t{1} << code_bits(); }
    constexpr std::uint64_t magnitude_mask() const { return (std::uint64_t{1} << magnitude_bits()) - 1; }
    constexpr std::uint64_t sign_mask() const { return is_signed ? std::uint64_t{1} << magnitude_bits() : 0; }
    constexpr int precision() const { return fraction_bits + 1; }
    // Exponent of the smallest normal value, and of the unit of subnormal values.
    constexpr int min_exponent() const { return (zero_field_is_normal ? 0 : 1) - bias; }

    // -- specials -------------------------------------------------------------------------------------------------
    constexpr bool has_zero() const { return !zero_field_is_normal; }
    constexpr bool has_infinity() const { return infinity != infinity_kind::none; }
    constexpr bool has_nan() const { return nan != nan_kind::none; }
    // Formats whose rounding is not restricted (HiFloat8 defines ties away only).
    constexpr bool only_ties_to_away() const { return false; }

    // Of the largest finite value.
    constexpr std::uint64_t max_ordinal() const {
        if (infinity == infinity_kind::ieee || nan == nan_kind::ieee) {
            return top_field() - 1;
        }
        return (magnitude_mask() >> padding_bits) - (nan == nan_kind::top_code ? 1 : 0) -
               (infinity == infinity_kind::top_code ? 1 : 0);
    }

    constexpr std::uint64_t infinity_code(bool negative) const { return code_of(max_ordinal() + 1, negative); }

    // The NaN that conversions store: quiet, no payload, sign kept where there are two.
    constexpr std::uint64_t nan_code(bool negative) const {
        const std::uint64_t sign = negative ? sign_mask() : 0;
        switch (nan) {
            case nan_kind::ieee: return magnitude_code(top_field() | (std::uint64_t{1} << (fraction_bits - 1))) | sign;
            case nan_kind::top_code: return magnitude_code(magnitude_mask() >> padding_bits) | sign;
            default: return sign_mask();
        }
    }

    // -- codes and values -----------------------------------------------------------------------------------------
    // The exact value of a code. Cost: a few integer operations.
    constexpr real decode(std::uint64_t code) const {
        const bool negative = (code & sign_mask()) != 0;
        const std::uint64_t magnitude = (code & magnitude_mask()) >> padding_bits;
        if (nan == nan_kind::negative_zero && negative && magnitude == 0) {
            return real::make_nan(false);
        }
        if (magnitude > max_ordinal()) {
            return has_infinity() && magnitude == max_ordinal() + 1 ? real::make_infinity(negative)
                                                                    : real::make_nan(negative);
        }
        const std::uint64_t field = magnitude >> fraction_bits;
        const std::uint64_t fraction = magnitude & ((std::uint64_t{1} << fraction_bits) - 1);
        if (field == 0 && !zero_field_is_normal) {
            return has_subnormals ? real::make_finite(negative, fraction, min_exponent() - fraction_bits)
                                  : real::make_zero(negative);
        }
        const std::uint64_t hidden = std::uint64_t{1} << fraction_bits;
        return real::make_finite(negative, hidden | fraction, static_cast<int>(field) - bias - fraction_bits);
    }

    // Neighbours of a finite nonzero magnitude. A magnitude below the smallest value of a format without zero lies at
    // ordinal 0.
    constexpr bracket bracket_of(const real& x) const {
        const int top = x.floor_log2();
        const int emin = min_exponent();
        if (top < emin && zero_field_is_normal) {
            return {0, 1, 0, false};
        }
        if (top < emin && flushes_subnormals) {
            return {0, std::uint64_t{1} << fraction_bits, 0, false};
        }
        if (top < emin && !has_subnormals) {
            const split_magnitude at = split_at(x, emin);
            return {0, std::uint64_t{1} << fraction_bits, at.fraction, at.sticky};
        }
        const split_magnitude at = split_at(x, (top > emin ? top : emin) - fraction_bits);
        std::uint64_t lower = at.integer;
        if (top >= emin) {
            lower += static_cast<std::uint64_t>(top - emin) << fraction_bits;
            lower -= zero_field_is_normal ? std::uint64_t{1} << fraction_bits : 0;
        }
        return {lower, lower + 1, at.fraction, at.sticky};
    }

    // The magnitude code of an ordinal up to max_ordinal(): the same number, but for the padding.
    constexpr std::uint64_t magnitude_code(std::uint64_t ordinal) const { return ordinal << padding_bits; }
    // Whether the code of an ordinal is odd (the place that ties_to_even and to_odd look at).
    constexpr bool is_odd(std::uint64_t ordinal) const { return (ordinal & 1) != 0; }
    // The code of a magnitude with a sign.
    constexpr std::uint64_t code_of(std::uint64_t ordinal, bool negative) const {
        return magnitude_code(ordinal) | (negative ? sign_mask() : 0);
    }

    constexpr bool is_subnormal_ordinal(std::uint64_t ordinal) const {
        return !zero_field_is_normal && ordinal != 0 && (ordinal >> fraction_bits) == 0;
    }

    // The smallest and largest bias with which FP32 holds every value; no bias does if the first is greater. Decoding
    // to float relies on it. Precondition: the layout fields obey their rules.
    constexpr int min_bias() const { return static_cast<int>(max_ordinal() >> fraction_bits) - 127; }
    constexpr int max_bias() const { return 149 + (zero_field_is_normal ? 0 : 1) - fraction_bits; }

    // The first rule that the fields break, in the order of format_rule.
    constexpr std::optional<format_rule> broken_rule() const {
        const std::optional<format_rule> broken = broken_rule_of_layout();
        return broken ? broken : broken_rule_of_specials();
    }
    constexpr bool is_valid() const { return !broken_rule(); }

    friend constexpr bool operator==(const float_format&, const float_format&) = default;

private:
    constexpr std::optional<format_rule> broken_rule_of_layout() const {
        if (exponent_bits < 1 || exponent_bits > 8) {
            return format_rule::exponent_bits;
        }
        if (fraction_bits < 0 || fraction_bits > 23) {
            return format_rule::fraction_bits;
        }
        const int unpadded = exponent_bits + fraction_bits + (is_signed ? 1 : 0);
        if (padding_bits < 0 || padding_bits > 32 - unpadded) {
            return format_rule::padding_bits;
        }
        if (code_bits() < 2) {
            return format_rule::code_bits;
        }
        if (storage_bits < code_bits() || storage_bits > 32) {
            return format_rule::storage_bits;
        }
        return std::nullopt;
    }

    // Precondition: the layout fields obey their rules.
    constexpr std::optional<format_rule> broken_rule_of_specials() const {
        const bool ieee_infinity = infinity == infinity_kind::ieee;
        const bool one_code_twice = nan != nan_kind::ieee && (fraction_bits != 0 || nan == nan_kind::top_code);
        if (infinity > infinity_kind::top_code || (ieee_infinity && one_code_twice)) {
            return format_rule::infinity;
        }
        if (nan > nan_kind::negative_zero || (nan == nan_kind::ieee && fraction_bits == 0) ||
            (nan == nan_kind::negative_zero && (!is_signed || zero_field_is_normal))) {
            return format_rule::nan;
        }
        if (has_negative_zero && (!is_signed || zero_field_is_normal || nan == nan_kind::negative_zero)) {
            return format_rule::has_negative_zero;
        }
        if (has_subnormals && (zero_field_is_normal || flushes_subnormals)) {
            return format_rule::has_subnormals;
        }
        if (flushes_subnormals && zero_field_is_normal) {
            return format_rule::flushes_subnormals;
        }
        if (on_overflow > overflow_result::max_finite ||
            (on_overflow == overflow_result::infinity && !has_infinity()) ||
            (on_overflow == overflow_result::nan && !has_nan())) {
            return format_rule::on_overflow;
        }
        const std::uint64_t first_value =
            zero_field_is_normal ? 0 : std::uint64_t{1} << (has_subnormals ? 0 : fraction_bits);
        const std::uint64_t reserved =
            (nan == nan_kind::top_code ? 1U : 0U) + (infinity == infinity_kind::top_code ? 1U : 0U);
        if ((magnitude_mask() >> padding_bits) < reserved || max_ordinal() < first_value) {
            return format_rule::finite_values;
        }
        if (bias < min_bias() || bias > max_bias()) {
            return format_rule::bias;
        }
        return std::nullopt;
    }

    constexpr std::uint64_t top_field() const { return ((std::uint64_t{1} << exponent_bits) - 1) << fraction_bits; }
};

}  // namespace narrowfp
