// SPDX-License-Identifier: Apache-2.0
// From FP32 to E8M0: five conversions in use, by name. They agree on powers of two from 2^-127 on and differ between them,
// for zero, infinity, NaN and negative numbers. Which of them a scale should take is quant/scale_rule.hpp's matter.
#pragma once

#include <narrowfp/format/types.hpp>
#include <narrowfp/round/project.hpp>

#include <bit>

namespace narrowfp {

enum class e8m0_conversion : std::uint8_t {
    floor,       // the power of two at or below (OCP MX 1.0, what a shared exponent means)
    round_up,    // at or above: PTX cvt.rp.satfinite.ue8m0x2.f32 (Transformer Engine, torchao)
    nearest_up,  // the nearest, ties up: 1.5 becomes 2 (ml_dtypes, ONNX "nearest")
    truncate,    // the exponent field of the FP32 pattern, whatever else is there (oneDNN)
    ceil_log2_f32,  // ceil of log2 in FP32, log2 correctly rounded: a few units above 2^k still give k (DeepSeek's inference)
};

inline constexpr std::array<std::pair<e8m0_conversion, std::string_view>, 5> e8m0_conversion_names{{
    {e8m0_conversion::floor, "floor"},
    {e8m0_conversion::round_up, "round_up"},
    {e8m0_conversion::nearest_up, "nearest_up"},
    {e8m0_conversion::truncate, "truncate"},
    {e8m0_conversion::ceil_log2_f32, "ceil_log2_f32"},
}};

constexpr std::string_view name_of(e8m0_conversion conversion) {
    return e8m0_conversion_names[static_cast<std::size_t>(conversion)].second;
}

namespace detail {

// Whether log2 of 2^k (1 + m), 0 < m < 1, rounds to the integer k in FP32: log2(1 + m) is at most half the distance from k
// to the float above it, 2^(j-23) with j = floor(log2 |k|) (half of that for k = -2^j); never for k = 0. log2(1 + m) is
// m / ln 2 up to a relative error of m / 2 < 2^-16 here; m is a multiple of 2^-23, and no multiple lies that near to a
// bound: the bounds are ln 2 * 2^(j-24) = 0.3466 * 2^j multiples, j <= 6.
constexpr bool log2_rounds_down_to(int k, double m) {
    if (k == 0) {
        return false;
    }
    const auto magnitude = static_cast<unsigned>(k < 0 ? -k : k);
    const int j =
        static_cast<int>(std::bit_width(magnitude)) - 1 - (k < 0 && std::has_single_bit(magnitude) ? 1 : 0);  // >= -1
    constexpr double ln_2 = 0.693147180559945;
    return m <= ln_2 * static_cast<double>(1 << (j + 1)) * 0x1p-25;
}

}  // namespace detail

// The code of x. Zero, infinity and negative numbers: 0xFF (NaN) under overflow mode `none`, the nearer end of the range
// when saturating, as ml_dtypes, Transformer Engine (saturating) and torchao (not) have it where they agree at all; NaN:
// 0xFF. Positive numbers outside [2^-127, 2^127] take the end below, above they round beyond it and overflow. `truncate`
// looks at nothing but the exponent field.
constexpr std::uint8_t to_e8m0(float x, e8m0_conversion conversion, overflow_mode overflow) {
    if (conversion == e8m0_conversion::truncate) {
        return static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(x) >> 23 & 0xFF);
    }
    const real exact = to_real(x);
    rounding mode = rounding::toward_zero;
    switch (conversion) {
        case e8m0_conversion::round_up: mode = rounding::toward_positive; break;
        case e8m0_conversion::nearest_up: mode = rounding::ties_to_away; break;
        case e8m0_conversion::ceil_log2_f32:
            if (exact.kind == real_class::finite) {
                const int top = static_cast<int>(std::bit_width(exact.significand)) - 1;
                const double m =
                    static_cast<double>(exact.significand) / static_cast<double>(std::uint64_t{1} << top) - 1;
                mode = detail::log2_rounds_down_to(exact.floor_log2(), m) ? rounding::toward_zero
                                                                          : rounding::toward_positive;
            }
            break;
        default: break;
    }
    return static_cast<std::uint8_t>(project(e8m0fnu, exact, mode, overflow).code);
}

}  // namespace narrowfp
