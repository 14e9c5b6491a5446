// SPDX-License-Identifier: Apache-2.0
// Conversion profiles: what a standard, a library or a machine makes of a number, under its name. Rounding, overflow,
// infinities and NaN differ between them for one and the same format. Each cell follows a published text or table (the
// profile names it); cells that no source at hand settles say so: the result is marked unsure, with the reason.
// A profile is one value at a time; it is not a fast path, and it does not emulate bugs of an implementation.
#pragma once

#include <narrowfp/format/types.hpp>
#include <narrowfp/round/project.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace narrowfp {

// What a profile makes of infinities.
enum class profile_infinity : std::uint8_t {
    as_overflow_none,  // infinity where there is one, else NaN, else the largest value
    largest,
    nan,
};

// Which code a NaN becomes, and an overflow that gives NaN.
enum class profile_nan : std::uint8_t {
    signed_quiet,     // the format's quiet NaN with the sign of the input, where there are two (no NaN: +largest)
    signed_all_ones,  // all magnitude bits ones, with the sign
    canonical_7f,     // 0x7F, whatever the sign
    positive_quiet,   // the quiet NaN without a sign
    minus_zero,       // the code of -0, in a format without NaN
};

// The kinds of input whose result may be unsure.
struct profile_doubt {
    bool overflow = false;
    bool infinity = false;
    bool nan = false;
    std::string_view reason{};
};

// One profile on some formats.
struct profile_rule {
    std::array<const float_format*, 4> formats{};  // the first ones; the rest is null
    overflow_mode finite = overflow_mode::none;    // of finite numbers that round beyond the range
    profile_infinity infinity = profile_infinity::as_overflow_none;
    profile_nan nan = profile_nan::signed_quiet;
    rounding mode = rounding::ties_to_even;
    profile_doubt doubt{};

    constexpr bool covers(const float_format& format) const {
        return std::any_of(formats.begin(), formats.end(),
                           [&](const float_format* f) { return f != nullptr && *f == format; });
    }
};

struct conversion_profile {
    std::string_view name;
    std::string_view summary;
    std::string_view source;
    const float_format* through;  // numbers are rounded to this first (null: straight from the input)
    std::span<const profile_rule> rules;
};

// A code, and how sure it is.
struct profile_result {
    std::uint64_t code = 0;
    bool unsure = false;
    std::string_view reason{};  // of the doubt; empty otherwise
};

namespace profiles {

namespace detail {

inline constexpr overflow_mode none = overflow_mode::none;
inline constexpr overflow_mode saturate = overflow_mode::saturate_finite;
inline constexpr profile_doubt nan_sign{.nan = true, .reason = "the sign of NaN is not documented"};
inline constexpr profile_doubt mx_nan{.nan = true,
                                      .reason = "NaN into a format without NaN is left to the implementation"};
inline constexpr profile_doubt arm_infinity{
    .infinity = true, .nan = true, .reason = "the rows for infinity and NaN were not available to us"};

inline constexpr std::array ocp{profile_rule{.formats = {&e4m3fn, &e5m2}},
                                profile_rule{.formats = {&e3m2fn, &e2m3fn, &e2m1fn},
                                             .finite = saturate,
                                             .infinity = profile_infinity::largest,
                                             .doubt = mx_nan}};
inline constexpr std::array ocp_saturate{
    profile_rule{.formats = {&e4m3fn, &e5m2}, .finite = saturate, .infinity = profile_infinity::largest}, ocp[1]};

inline constexpr std::array onnx{
    profile_rule{.formats = {&e4m3fn, &e5m2},
                 .finite = saturate,
                 .infinity = profile_infinity::largest,
                 .nan = profile_nan::signed_all_ones},
    profile_rule{.formats = {&e4m3fnuz, &e5m2fnuz}, .finite = saturate, .infinity = profile_infinity::nan},
    profile_rule{.formats = {&e3m2fn, &e2m3fn, &e2m1fn},
                 .finite = saturate,
                 .infinity = profile_infinity::largest,
                 .doubt = mx_nan}};
inline constexpr std::array onnx_saturate0{
    profile_rule{.formats = {&e4m3fn, &e5m2}, .nan = profile_nan::signed_all_ones},
    profile_rule{.formats = {&e4m3fnuz, &e5m2fnuz}}, onnx[2]};

inline constexpr std::array cuda_satfinite{
    profile_rule{.formats = {&e4m3fn, &e5m2},
                 .finite = saturate,
                 .infinity = profile_infinity::largest,
                 .nan = profile_nan::positive_quiet,
                 .doubt = nan_sign},
    profile_rule{.formats = {&e3m2fn, &e2m3fn, &e2m1fn},
                 .finite = saturate,
                 .infinity = profile_infinity::largest,
                 .doubt = {.nan = true, .reason = "NaN becomes +max as far as we know; not confirmed"}}};

inline constexpr std::array riscv{profile_rule{.formats = {&e4m3fn, &e5m2}, .nan = profile_nan::canonical_7f}};
inline constexpr std::array riscv_sat{profile_rule{.formats = {&e4m3fn, &e5m2},
                                                   .finite = saturate,
                                                   .infinity = profile_infinity::largest,
                                                   .nan = profile_nan::canonical_7f}};

inline constexpr std::array ml_dtypes{profile_rule{.formats = {&e4m3fn, &e5m2}},
                                      profile_rule{.formats = {&e4m3fnuz, &e5m2fnuz}},
                                      profile_rule{.formats = {&e3m2fn, &e2m3fn, &e2m1fn},
                                                   .finite = saturate,
                                                   .infinity = profile_infinity::largest,
                                                   .nan = profile_nan::minus_zero}};
inline constexpr std::array ml_dtypes_saturate{
    profile_rule{.formats = {&e4m3fn, &e5m2}, .finite = saturate},
    profile_rule{.formats = {&e4m3fnuz, &e5m2fnuz}, .finite = saturate, .infinity = profile_infinity::nan},
    ml_dtypes[2]};

inline constexpr std::array arm{profile_rule{.formats = {&e4m3fn, &e5m2}, .doubt = arm_infinity}};
inline constexpr std::array arm_osc1{profile_rule{
    .formats = {&e4m3fn, &e5m2}, .finite = saturate, .infinity = profile_infinity::largest, .doubt = arm_infinity}};

inline constexpr std::array avx10{profile_rule{.formats = {&e4m3fn, &e5m2}, .doubt = nan_sign}};
inline constexpr std::array avx10_s{
    profile_rule{.formats = {&e4m3fn, &e5m2},
                 .finite = saturate,
                 .infinity = profile_infinity::largest,
                 .doubt = {.infinity = true,
                           .nan = true,
                           .reason = "what the S forms make of infinity and of NaN's sign was not available to us"}}};

inline constexpr std::array amd_fnuz{
    profile_rule{.formats = {&e4m3fnuz, &e5m2fnuz}, .finite = saturate, .infinity = profile_infinity::nan}};
inline constexpr std::array amd_fnuz_noclip{profile_rule{.formats = {&e4m3fnuz, &e5m2fnuz}}};

inline constexpr std::array p3109{profile_rule{.formats = {&binary8p4se, &binary8p3se, &binary4p2sf}}};
inline constexpr std::array p3109_satfinite{profile_rule{
    .formats = {&binary8p4se, &binary8p3se, &binary4p2sf}, .finite = saturate, .infinity = profile_infinity::largest}};
inline constexpr std::array p3109_satpropagate{
    profile_rule{.formats = {&binary8p4se, &binary8p3se, &binary4p2sf}, .finite = overflow_mode::saturate_propagate}};

}  // namespace detail

inline constexpr std::array all{
    conversion_profile{"ocp", "OCP formats, not saturating", "OCP OFP8 1.0, MX 1.0", nullptr, detail::ocp},
    conversion_profile{"ocp-saturate", "OCP formats, saturating", "OCP OFP8 1.0, MX 1.0", nullptr,
                       detail::ocp_saturate},
    conversion_profile{"onnx", "Cast, saturate = 1 (its default)", "ONNX, float8 tables", nullptr, detail::onnx},
    conversion_profile{"onnx-saturate0", "Cast, saturate = 0", "ONNX, float8 tables", nullptr, detail::onnx_saturate0},
    conversion_profile{"cuda-satfinite", "cvt.rn.satfinite", "NVIDIA PTX ISA", nullptr, detail::cuda_satfinite},
    conversion_profile{"riscv", "Zvfofp8min, frm = rne", "RISC-V Zvfofp8min 0.2.1", nullptr, detail::riscv},
    conversion_profile{"riscv-sat", "Zvfofp8min .sat, frm = rne", "RISC-V Zvfofp8min 0.2.1", nullptr,
                       detail::riscv_sat},
    conversion_profile{"ml_dtypes", "astype of JAX and TensorFlow", "ml_dtypes 0.6", nullptr, detail::ml_dtypes},
    conversion_profile{"ml_dtypes-saturate", "ConvertFrom with kSaturate", "ml_dtypes 0.6", nullptr,
                       detail::ml_dtypes_saturate},
    conversion_profile{"arm", "FPMR.OSC = 0", "Arm ACLE (beta)", nullptr, detail::arm},
    conversion_profile{"arm-osc1", "FPMR.OSC = 1", "Arm ACLE (beta)", nullptr, detail::arm_osc1},
    conversion_profile{"x86-avx10.2", "VCVTPH2HF8 and VCVTPH2BF8, whose source is FP16", "Intel AVX10.2", &f16,
                       detail::avx10},
    conversion_profile{"x86-avx10.2-s", "VCVTPH2HF8S and VCVTPH2BF8S, whose source is FP16", "Intel AVX10.2", &f16,
                       detail::avx10_s},
    conversion_profile{"amd-fnuz", "CDNA3, clipping", "AMD HIP and hipBLASLt headers", nullptr, detail::amd_fnuz},
    conversion_profile{"amd-fnuz-noclip", "CDNA3, not clipping", "AMD HIP and hipBLASLt headers", nullptr,
                       detail::amd_fnuz_noclip},
    conversion_profile{"p3109", "SatNone", "IEEE P3109 v4.0 (draft)", nullptr, detail::p3109},
    conversion_profile{"p3109-satfinite", "SatFinite", "IEEE P3109 v4.0 (draft)", nullptr, detail::p3109_satfinite},
    conversion_profile{"p3109-satpropagate", "SatPropagate", "IEEE P3109 v4.0 (draft)", nullptr,
                       detail::p3109_satpropagate}};

}  // namespace profiles

// The formats that a profile converts to, in the order of its rules.
inline std::vector<const float_format*> formats_of(const conversion_profile& profile) {
    std::vector<const float_format*> formats;
    for (const profile_rule& rule : profile.rules) {
        for (const float_format* format : rule.formats) {
            if (format != nullptr) {
                formats.push_back(format);
            }
        }
    }
    return formats;
}

// Throws std::invalid_argument for an unknown name.
inline const conversion_profile& profile_by_name(std::string_view name) {
    for (const conversion_profile& profile : profiles::all) {
        if (profile.name == name) {
            return profile;
        }
    }
    throw std::invalid_argument("unknown profile '" + std::string(name) + "'");
}

namespace detail {

constexpr std::uint64_t profile_nan_code(const float_format& format, profile_nan kind, bool negative) {
    const std::uint64_t sign = negative ? format.sign_mask() : 0;
    switch (kind) {
        case profile_nan::signed_all_ones: return format.magnitude_mask() | sign;
        case profile_nan::canonical_7f: return 0x7F;
        case profile_nan::minus_zero: return format.sign_mask();
        case profile_nan::positive_quiet:
            return format.has_nan() ? format.nan_code(false) : extreme_code(format, false);
        case profile_nan::signed_quiet: break;
    }
    return format.has_nan() ? format.nan_code(negative) : extreme_code(format, false);
}

}  // namespace detail

// What x becomes in `format` under the rule. Precondition: rule.covers(format).
constexpr profile_result apply_profile(const profile_rule& rule, const float_format& format, const real& x) {
    const auto result = [&](std::uint64_t code, bool unsure) {
        return profile_result{code, unsure, unsure ? rule.doubt.reason : std::string_view{}};
    };
    const auto nan = [&](bool unsure) {
        return result(detail::profile_nan_code(format, rule.nan, x.negative), unsure);
    };
    if (x.is_nan()) {
        return nan(rule.doubt.nan);
    }
    if (x.is_infinity() && rule.infinity == profile_infinity::nan) {
        return nan(rule.doubt.infinity);
    }
    const bool to_largest = x.is_infinity() && rule.infinity == profile_infinity::largest;
    const overflow_mode overflow = to_largest        ? overflow_mode::saturate_finite
                                   : x.is_infinity() ? overflow_mode::none
                                                     : rule.finite;
    const projected p = project(format, x, rule.mode, overflow);
    const bool unsure = (x.is_infinity() && rule.doubt.infinity) || (p.overflowed && rule.doubt.overflow);
    return format.decode(p.code).is_nan() ? nan(unsure) : result(p.code, unsure);
}

// What the profile gives for x in `to`. Throws std::invalid_argument, with the formats it does convert to, for another one.
inline profile_result convert_as(const conversion_profile& profile, const any_format& to, const real& x) {
    require_format(to);
    if (const auto* format = std::get_if<float_format>(&to)) {
        for (const profile_rule& rule : profile.rules) {
            if (rule.covers(*format)) {
                const real input =
                    profile.through == nullptr
                        ? x
                        : profile.through->decode(project(*profile.through, x, rule.mode, overflow_mode::none).code);
                return apply_profile(rule, *format, input);
            }
        }
    }
    std::string names;
    for (const float_format* format : formats_of(profile)) {
        names += (names.empty() ? "" : ", ") + std::string(format->name);
    }
    throw std::invalid_argument("profile " + std::string(profile.name) + " does not convert to " +
                                std::string(name_of(to)) + "; it converts to " + names);
}
template <host_float T>
profile_result convert_as(const conversion_profile& profile, const any_format& to, T x) {
    return convert_as(profile, to, to_real(x));
}

}  // namespace narrowfp
