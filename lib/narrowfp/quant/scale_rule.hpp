// SPDX-License-Identifier: Apache-2.0
// How a scale follows from the largest magnitude (amax) of its block, and how it is applied. All arithmetic is that of
// the rule's owner in FP32, reproduced through exact integers or through double with one rounding. The amax of a matrix
// of doubles enters the same formulas as it is: the first operation takes the exact amax and rounds once, to FP32.
#pragma once

#include <narrowfp/base/name_table.hpp>
#include <narrowfp/format/element_format.hpp>
#include <narrowfp/format/real_arithmetic.hpp>
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
    power_of_two,  // 2^e, e by a scale_rule; code = round(x * 2^-e), exact before the one rounding; stored as E8M0 (OCP MX)
    two_level  // an E4M3 scale per block under one FP32 factor per tensor (NVFP4, arXiv 2509.25149): tensor_factor_of
};

// Exponent of a power-of-two scale; emax is the exponent of the largest finite element. All are exact in amax but
// rceil.
enum class scale_rule : std::uint8_t {
    floor,           // floor(log2 amax) - emax                               (OCP MX 1.0, 6.3)
    rceil,           // ceil(log2 fl32(amax * fl32(1 / max)))                 (NVIDIA, arXiv 2506.08027)
    ceil,            // ceil(log2 amax) - emax                                (torchao, CEIL)
    even,            // floor of amax rounded to the element's precision, half added and cut off (torchao, EVEN)
    midmax,          // floor, and one more if scaled amax > (max + 2^(emax + 1)) / 2  (brevitas, alternative selection)
    three_quarters,  // floor, and one more if the fraction of amax >= 3/4    (vLLM, MXFP4)
};

inline constexpr std::array<std::pair<scale_method, std::string_view>, 5> scale_method_names{{
    {scale_method::none, "none"},
    {scale_method::multiplier, "multiplier"},
    {scale_method::divisor, "divisor"},
    {scale_method::power_of_two, "power_of_two"},
    {scale_method::two_level, "two_level"},
}};
inline constexpr std::array<std::pair<scale_rule, std::string_view>, 6> scale_rule_names{{
    {scale_rule::floor, "floor"},
    {scale_rule::rceil, "rceil"},
    {scale_rule::ceil, "ceil"},
    {scale_rule::even, "even"},
    {scale_rule::midmax, "midmax"},
    {scale_rule::three_quarters, "three_quarters"},
}};

constexpr std::string_view name_of(scale_method method) {
    return scale_method_names[static_cast<std::size_t>(method)].second;
}
constexpr std::string_view name_of(scale_rule rule) { return scale_rule_names[static_cast<std::size_t>(rule)].second; }

// Throws std::invalid_argument, with all names, for an unknown one.
inline scale_rule scale_rule_by_name(std::string_view name) { return named_in(scale_rule_names, "scale rule", name); }
inline scale_method scale_method_by_name(std::string_view name) {
    return named_in(scale_method_names, "scale method", name);
}

struct scaling {
    scale_method method = scale_method::none;
    scale_rule rule = scale_rule::rceil;  // for power_of_two
    float amax_floor = 0.0f;              // amax is raised to this first (multiplier and divisor)
    bool round_to_power = false;          // multiplier: s is rounded down to 2^k; divisor: d up to 2^k, stored as E8M0
    float fixed_factor = 0.0f;            // multiplier: s itself, whatever amax is (static, delayed); 0: s from amax

    friend constexpr bool operator==(const scaling&, const scaling&) = default;
};

// The format in which the scales are stored.
constexpr const float_format& scale_format(const scaling& s) {
    if (s.method == scale_method::two_level) {
        return e4m3fn;
    }
    const bool power =
        s.method == scale_method::power_of_two || (s.method == scale_method::divisor && s.round_to_power);
    return power ? e8m0fnu : f32;
}

// fl32 of a product or quotient of two floats: double holds the product exactly and rounds the quotient innocuously.
inline float multiply_f32(float a, float b) { return static_cast<float>(double{a} * double{b}); }
inline float divide_f32(float a, float b) { return static_cast<float>(double{a} / double{b}); }
// The same with an operand that is not an FP32 number: computed exactly, then rounded once. Precondition: the other
// operand, and a divisor, is finite and not zero.
inline float multiply_f32(double a, float b) { return nearest_host<float>(product_of(to_real(a), to_real(b))); }
inline float divide_f32(double a, float b) { return nearest_host<float>(quotient_of(to_real(a), to_real(b))); }
inline float divide_f32(float a, double b) { return nearest_host<float>(quotient_of(to_real(a), to_real(b))); }

namespace detail {

constexpr int clamp_to_e8m0(int e) { return e < -127 ? -127 : (e > 127 ? 127 : e); }

// ceil(log2 x), x > 0.
constexpr int ceil_log2(const real& x) { return x.floor_log2() + (std::has_single_bit(x.significand) ? 0 : 1); }

// Fraction bits that elements have beside their largest binade: of a tapered format, the most that any binade has.
constexpr int fraction_bits_of(const any_format& element) {
    return std::visit([](const auto& f) { return f.precision() - 1; }, element);
}

// Whether a / 2^floor(log2 a) >= 2 - 2^-bits: whether its first bits + 1 significant bits are all ones.
constexpr bool is_near_next_binade(const real& a, int bits) {
    const int below = static_cast<int>(std::bit_width(a.significand)) - bits - 1;
    return below >= 0 && a.significand >> below == (std::uint64_t{2} << bits) - 1;
}

// Whether a / 2^floor(log2 a) > (max / 2^emax + 2) / 2, half way between the largest element and the next binade. Both
// are brought to a first bit of 2^63.
constexpr bool is_above_middle(const real& a, const real& max) {
    const std::uint64_t of_max = max.significand << (63 - std::bit_width(max.significand));  // half of it
    constexpr std::uint64_t half_of_two = std::uint64_t{1} << 63;
    return a.significand << (64 - std::bit_width(a.significand)) > of_max + half_of_two;
}

}  // namespace detail

// Exponent e of the power-of-two scale of a block, clamped to the range of E8M0, [-127, 127]. A block whose finite
// elements are all zero gets -127 (code 0). Precondition: amax is finite and not negative.
template <host_float T>
int power_of_two_exponent(T amax, const any_format& element, scale_rule rule) {
    if (amax == 0) {
        return -127;
    }
    const real a = to_real(amax);
    const real largest = to_real(max_finite(element));
    const int floor_e = a.floor_log2() - largest.floor_log2();
    const int fraction_bits = detail::fraction_bits_of(element);
    switch (rule) {
        case scale_rule::floor: break;
        case scale_rule::rceil: {
            const real ratio = to_real(multiply_f32(amax, divide_f32(1.0f, max_finite(element))));
            if (ratio.kind != real_class::finite) {
                return ratio.is_zero() ? -127 : 127;  // infinite: amax is beyond FP32's range
            }
            return detail::clamp_to_e8m0(detail::ceil_log2(ratio));
        }
        case scale_rule::ceil: return detail::clamp_to_e8m0(detail::ceil_log2(a) - largest.floor_log2());
        case scale_rule::even:  // an element as precise as FP32 has no half to add
            return detail::clamp_to_e8m0(
                floor_e + (fraction_bits < 23 && detail::is_near_next_binade(a, fraction_bits + 1) ? 1 : 0));
        case scale_rule::midmax: return detail::clamp_to_e8m0(floor_e + (detail::is_above_middle(a, largest) ? 1 : 0));
        case scale_rule::three_quarters:
            return detail::clamp_to_e8m0(floor_e + (detail::is_near_next_binade(a, 2) ? 1 : 0));
    }
    return detail::clamp_to_e8m0(floor_e);
}

// The two faces of a scale that is applied in FP32, and what is stored of it.
struct float_scale {
    float apply = 1.0f;               // multiplier, two_level: factor; divisor: denominator
    float restore = 1.0f;             // value = element * restore
    std::uint32_t code = 0x3F800000;  // in scale_format; two_level: of the block's own part of `restore`
};

namespace detail {

// A factor that follows from amax, limited so that it and its reciprocal are finite. An infinite factor becomes the
// largest FP32 number (Transformer Engine); one that is too small, as for a double beyond FP32's range, becomes 2^-127.
inline float usable_factor(float factor) {
    if (std::isinf(factor)) {
        return std::numeric_limits<float>::max();
    }
    return factor > 0x1p-128f ? factor : 0x1p-127f;
}

}  // namespace detail

// The FP32 factor of a whole tensor under two_level: S = min(max(E4M3) * max / amax, largest FP32), 1 for an amax that
// is zero or not finite (Transformer Engine). The stored factor is fl32(1 / S).
template <host_float T>
float tensor_factor_of(T amax, const any_format& element) {
    if (amax == 0 || !std::isfinite(amax)) {
        return 1.0f;
    }
    const float factor = divide_f32(multiply_f32(max_finite(e4m3fn), max_finite(element)), amax);
    constexpr float least = 0x1p-119f;  // scales of blocks are up to 448 / S: below FP32's largest number
    return factor < least ? least : detail::usable_factor(factor);
}

namespace detail {

// code = E4M3(fl32(amax * fl32(S * fl32(1 / max)))), saturated; restore = fl32(code * fl32(1 / S)); apply = fl32(1 /
// restore), at most the largest FP32 number (Transformer Engine's NVFP4).
template <host_float T>
float two_level_wanted(T amax, float largest, float tensor_factor) {
    return multiply_f32(amax, multiply_f32(tensor_factor, divide_f32(1.0f, largest)));
}
inline float_scale two_level_scale_of_code(std::uint32_t code, float tensor_factor) {
    const float restore = multiply_f32(nearest_host<float>(e4m3fn.decode(code)), divide_f32(1.0f, tensor_factor));
    const float apply = divide_f32(1.0f, restore);
    return {std::isinf(apply) ? std::numeric_limits<float>::max() : apply, restore, code};
}
template <host_float T>
float_scale two_level_scale(T amax, float largest, float tensor_factor) {
    const real wanted = to_real(two_level_wanted(amax, largest, tensor_factor));
    const std::uint64_t code = project(e4m3fn, wanted, rounding::ties_to_even, overflow_mode::saturate_finite).code;
    return two_level_scale_of_code(static_cast<std::uint32_t>(code), tensor_factor);
}

// The power of two at or below x, or at or above it: x is positive and not an infinity.
inline int power_below(float x) { return to_real(x).floor_log2(); }
inline int power_above(float x) { return ceil_log2(to_real(x)); }

}  // namespace detail

// The scale of a block with that amax; `largest` is max_finite of the element. multiplier: an amax of zero gives 1; a
// factor beyond FP32's range becomes its largest number (Transformer Engine). divisor: a denominator of zero becomes 1,
// one beyond FP32's range its largest number. two_level needs the factor of the tensor. Precondition: not power_of_two,
// whose scale is power_of_two_exponent.
template <host_float T>
float_scale float_scale_of(T amax, float largest, const scaling& s, float tensor_factor = 1.0f) {
    if (s.method == scale_method::two_level) {
        return detail::two_level_scale(amax, largest, tensor_factor);
    }
    const auto stored = [](float apply, float restore) {
        return float_scale{apply, restore, std::bit_cast<std::uint32_t>(restore)};
    };
    const T raised = amax < T{s.amax_floor} ? T{s.amax_floor} : amax;
    if (s.method == scale_method::divisor) {
        constexpr float most = std::numeric_limits<float>::max();
        const float quotient = divide_f32(raised, largest);
        const float d = quotient > most ? most : quotient;
        if (!s.round_to_power) {
            return d == 0.0f ? float_scale{} : stored(d, d);
        }
        const int e = d == 0.0f ? 0 : detail::clamp_to_e8m0(detail::power_above(d));
        const float power = std::ldexp(1.0f, e);
        return {power, power, static_cast<std::uint32_t>(e + e8m0fnu.bias)};
    }
    float factor = s.fixed_factor;
    if (factor == 0.0f) {
        if (raised == 0) {
            return {};
        }
        factor = detail::usable_factor(divide_f32(largest, raised));
    }
    if (s.round_to_power) {
        factor = std::ldexp(1.0f, detail::power_below(factor));
    }
    return stored(factor, divide_f32(1.0f, factor));
}
template <host_float T>
float_scale float_scale_of(T amax, const any_format& element, const scaling& s, float tensor_factor = 1.0f) {
    return float_scale_of(amax, max_finite(element), s, tensor_factor);
}

}  // namespace narrowfp
