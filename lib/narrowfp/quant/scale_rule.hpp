// SPDX-License-Identifier: Apache-2.0
// How a scale follows from the largest magnitude (amax) of its block, and how it is applied. All arithmetic is that of
// the rule's owner in FP32, reproduced through exact integers or through double with one rounding.
#pragma once

#include <narrowfp/format/element_format.hpp>
#include <narrowfp/format/types.hpp>
#include <narrowfp/round/project.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace narrowfp {

// How elements meet their scale.
enum class scale_method : std::uint8_t {
    none,        // no scales: the element is the value
    multiplier,  // s = max / amax in FP32; code = round(fl32(x * s)); stored: fl32(1 / s)  (Transformer Engine, torchao)
    divisor,     // d = max(amax, floor) / max in FP32; code = round(fl32(x / d)); stored: d (DeepSeek-V3)
    power_of_two // 2^e, e by a scale_rule; code = round(x * 2^-e), exact before the one rounding; stored as E8M0 (OCP MX)
};

// Exponent of a power-of-two scale; emax is the exponent of the largest finite element.
enum class scale_rule : std::uint8_t {
    floor,  // floor(log2 amax) - emax                                        (OCP MX 1.0, 6.3)
    rceil,  // ceil(log2 fl32(amax * fl32(1 / max)))                          (NVIDIA, arXiv 2506.08027)
};

inline constexpr std::array<std::pair<scale_method, std::string_view>, 4> scale_method_names{{
    {scale_method::none, "none"},
    {scale_method::multiplier, "multiplier"},
    {scale_method::divisor, "divisor"},
    {scale_method::power_of_two, "power_of_two"},
}};
inline constexpr std::array<std::pair<scale_rule, std::string_view>, 2> scale_rule_names{{
    {scale_rule::floor, "floor"},
    {scale_rule::rceil, "rceil"},
}};

constexpr std::string_view name_of(scale_method method) {
    return scale_method_names[static_cast<std::size_t>(method)].second;
}
constexpr std::string_view name_of(scale_rule rule) { return scale_rule_names[static_cast<std::size_t>(rule)].second; }

struct scaling {
    scale_method method = scale_method::none;
    scale_rule rule = scale_rule::rceil;  // for power_of_two
    float amax_floor = 0.0f;              // amax is raised to this first (multiplier and divisor)
};

// The format in which the scales of a method are stored.
constexpr const float_format& scale_format(scale_method method) {
    return method == scale_method::power_of_two ? e8m0fnu : f32;
}

// fl32 of a product or quotient of two floats: double holds the product exactly and rounds the quotient innocuously.
inline float multiply_f32(float a, float b) { return static_cast<float>(double{a} * double{b}); }
inline float divide_f32(float a, float b) { return static_cast<float>(double{a} / double{b}); }

// Exponent e of the power-of-two scale of a block, clamped to the range of E8M0, [-127, 127]. A block whose finite
// elements are all zero gets -127 (code 0). Precondition: amax is finite and not negative.
inline int power_of_two_exponent(float amax, const any_format& element, scale_rule rule) {
    if (amax == 0.0f) {
        return -127;
    }
    int e = 0;
    if (rule == scale_rule::floor) {
        e = to_real(amax).floor_log2() - to_real(max_finite(element)).floor_log2();
    } else {
        const real ratio = to_real(multiply_f32(amax, divide_f32(1.0f, max_finite(element))));
        if (ratio.is_zero()) {
            return -127;
        }
        const bool is_power = std::has_single_bit(ratio.significand);
        e = ratio.floor_log2() + (is_power ? 0 : 1);
    }
    return e < -127 ? -127 : (e > 127 ? 127 : e);
}

// The two faces of an FP32 scale: what elements are multiplied with or divided by, and what restores them.
struct float_scale {
    float apply = 1.0f;    // multiplier: factor; divisor: denominator
    float restore = 1.0f;  // value = code * restore
};

// multiplier: an amax of zero gives 1; a factor beyond FP32's range becomes its largest number (Transformer Engine).
inline float_scale float_scale_of(float amax, const any_format& element, const scaling& s) {
    const float largest = max_finite(element);
    const float raised = amax < s.amax_floor ? s.amax_floor : amax;
    if (s.method == scale_method::divisor) {
        const float d = divide_f32(raised, largest);
        return d == 0.0f ? float_scale{} : float_scale{d, d};
    }
    if (raised == 0.0f) {
        return {};
    }
    float factor = divide_f32(largest, raised);
    if (std::isinf(factor)) {
        factor = std::numeric_limits<float>::max();
    }
    return {factor, divide_f32(1.0f, factor)};
}

}  // namespace narrowfp
