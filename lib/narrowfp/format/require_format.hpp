// SPDX-License-Identifier: Apache-2.0
// The check of a format that is known at run time. Every function that takes such a format makes this check before any
// work. The message names the format, the field, its value and the allowed values.
#pragma once

#include <narrowfp/format/fixed_format.hpp>
#include <narrowfp/format/float_format.hpp>
#include <narrowfp/format/hifloat8.hpp>

#include <stdexcept>
#include <string>

namespace narrowfp {

namespace detail {

inline std::string is_allowed(std::string_view field, const std::string& is, const std::string& allowed) {
    return std::string(field) + " is " + is + ", allowed " + allowed;
}
inline std::string is_allowed(std::string_view field, int is, int first, int last) {
    return is_allowed(field, std::to_string(is), std::to_string(first) + " to " + std::to_string(last));
}
inline std::string text_of(bool x) { return x ? "true" : "false"; }
inline std::string number_text(int x, std::string_view name) {
    return name.empty() ? std::to_string(x) : std::string(name);
}

constexpr std::string_view name_of(infinity_kind kind) {
    switch (kind) {
        case infinity_kind::none: return "none";
        case infinity_kind::ieee: return "ieee";
        case infinity_kind::top_code: return "top_code";
    }
    return "";
}
constexpr std::string_view name_of(nan_kind kind) {
    switch (kind) {
        case nan_kind::none: return "none";
        case nan_kind::ieee: return "ieee";
        case nan_kind::top_code: return "top_code";
        case nan_kind::negative_zero: return "negative_zero";
    }
    return "";
}
constexpr std::string_view name_of(overflow_result result) {
    switch (result) {
        case overflow_result::infinity: return "infinity";
        case overflow_result::nan: return "nan";
        case overflow_result::max_finite: return "max_finite";
    }
    return "";
}
template <class Enum>
std::string enum_text(Enum x) {
    return number_text(static_cast<int>(x), name_of(x));
}

inline std::string storage_text(int storage_bits, int code_bits) {
    return is_allowed("storage_bits", storage_bits, code_bits, 32) + ": a code has " + std::to_string(code_bits) +
           " bits";
}

// The value of the field and the allowed values.
inline std::string text_of(format_rule rule, const float_format& f) {
    const int unpadded = f.exponent_bits + f.fraction_bits + (f.is_signed ? 1 : 0);
    switch (rule) {
        case format_rule::exponent_bits: return is_allowed("exponent_bits", f.exponent_bits, 1, 8);
        case format_rule::fraction_bits: return is_allowed("fraction_bits", f.fraction_bits, 0, 23);
        case format_rule::padding_bits: return is_allowed("padding_bits", f.padding_bits, 0, 32 - unpadded);
        case format_rule::code_bits: return is_allowed("the width of a code", f.code_bits(), 2, 32);
        case format_rule::storage_bits: return storage_text(f.storage_bits, f.code_bits());
        case format_rule::infinity:
            return is_allowed(
                "infinity", enum_text(f.infinity),
                "none, top_code, and ieee with nan ieee or, without fraction bits, a nan other than top_code");
        case format_rule::nan:
            return is_allowed(
                "nan", enum_text(f.nan),
                "none, top_code, ieee with at least one fraction bit, and negative_zero with a sign and a zero");
        case format_rule::has_negative_zero:
            return is_allowed("has_negative_zero", "true",
                              "false without a sign, without a zero and where nan is negative_zero");
        case format_rule::has_subnormals:
            return is_allowed("has_subnormals", "true", "false with zero_field_is_normal or flushes_subnormals");
        case format_rule::flushes_subnormals:
            return is_allowed("flushes_subnormals", "true", "false with zero_field_is_normal");
        case format_rule::on_overflow:
            return is_allowed("on_overflow", enum_text(f.on_overflow),
                              std::string("max_finite") + (f.has_infinity() ? ", infinity" : "") +
                                  (f.has_nan() ? ", nan" : "") + ": the format has " +
                                  (f.has_infinity() ? "infinities" : "no infinity") + " and " +
                                  (f.has_nan() ? "NaN" : "no NaN"));
        case format_rule::finite_values:
            return "the fields leave no positive finite value; allowed are more exponent_bits or fraction_bits, or fewer special codes";
        case format_rule::bias:
            return f.min_bias() > f.max_bias()
                       ? "bias is " + std::to_string(f.bias) +
                             ", none is allowed: with these exponent_bits and fraction_bits no bias makes every value a "
                             "number of FP32"
                       : is_allowed("bias", f.bias, f.min_bias(), f.max_bias()) + ": every value is a number of FP32";
        case format_rule::width:
        case format_rule::is_signed: break;
    }
    return "";
}

inline std::string text_of(format_rule rule, const fixed_format& f) {
    switch (rule) {
        case format_rule::fraction_bits: return is_allowed("fraction_bits", f.fraction_bits, 0, 100);
        case format_rule::width: return is_allowed("width", f.width, 2, 24);
        case format_rule::storage_bits: return storage_text(f.storage_bits, f.width);
        case format_rule::has_negative_zero: return is_allowed("has_negative_zero", "true", "false in fixed point");
        case format_rule::has_subnormals: return is_allowed("has_subnormals", "true", "false in fixed point");
        case format_rule::on_overflow:
            return is_allowed("on_overflow", enum_text(f.on_overflow),
                              "max_finite: fixed point has no infinity and no NaN");
        case format_rule::is_signed: return is_allowed("is_signed", "false", "true: the codes are two's complement");
        default: return "";
    }
}

inline std::string text_of(format_rule rule, const hifloat8_format& f) {
    switch (rule) {
        case format_rule::storage_bits: return storage_text(f.storage_bits, f.code_bits());
        case format_rule::has_negative_zero: return is_allowed("has_negative_zero", "true", "false in HiFloat8");
        case format_rule::has_subnormals: return is_allowed("has_subnormals", "false", "true in HiFloat8");
        case format_rule::on_overflow:
            return is_allowed("on_overflow", enum_text(f.on_overflow), "infinity, nan, max_finite");
        case format_rule::is_signed: return is_allowed("is_signed", "false", "true in HiFloat8");
        default: return "";
    }
}

template <class F>
[[noreturn]] void refuse_format(const F& format, format_rule rule) {
    throw std::invalid_argument(
        (format.name.empty() ? std::string("format without a name") : "format '" + std::string(format.name) + "'") +
        ": " + text_of(rule, format));
}

}  // namespace detail

// Throws std::invalid_argument if the fields break a rule of the descriptor; in a constant expression: does not
// compile.
template <class F>
    requires requires(const F& f) { f.broken_rule(); }
constexpr void require_format(const F& format) {
    if (const std::optional<format_rule> rule = format.broken_rule()) {
        detail::refuse_format(format, *rule);
    }
}

}  // namespace narrowfp
