// SPDX-License-Identifier: Apache-2.0
// The step of matrix units that take the scales of blocks inside (Blackwell MXFP8, MXFP4, NVFP4), as MMA-Sim
// (arXiv 2511.10909) describes it; not compared with a chip here (gemm/accumulator.hpp, block_scaled).
#pragma once

#include <narrowfp/gemm/aligned_step.hpp>

#include <array>

namespace narrowfp::detail {

inline const float_format& format_of(block_scale scale) { return scale == block_scale::e8m0 ? e8m0fnu : e4m3fn; }

// Fraction bits of the scale's significand, which is not renormalised.
inline int fraction_bits_of(block_scale scale) { return format_of(scale).fraction_bits; }

struct scaled_term {
    std::int64_t significand = 0;  // in units of 2^(exponent - fraction bits of the term)
    int exponent = 0;
    bool zero = true;
};

// One term: `a` and `b` are its unit.group products, `scale_a` and `scale_b` their scales. The sign of a scale is ignored.
inline scaled_term term_of(const block_scaled& unit, const operand_line& a, const operand_line& b, float scale_a,
                           float scale_b) {
    const real left = decoded_in(format_of(unit.scale), std::fabs(scale_a));
    const real right = decoded_in(format_of(unit.scale), std::fabs(scale_b));
    const int bits = fraction_bits_of(unit.scale);
    const int scale_exponent = left.exponent + right.exponent + 2 * bits;
    const auto scale = static_cast<std::int64_t>(left.significand * right.significand);
    scaled_term term;
    for (std::size_t k = 0; k < a.value.size(); ++k) {
        const std::int64_t product = std::int64_t{a.significand[k]} * b.significand[k];
        if (product != 0 && scale != 0) {
            // Elements of a group (E2M1) have exponents of 0 to 2, which go into the sum.
            const int exponent = a.exponent[k] + b.exponent[k];
            term.zero = false;
            term.exponent = unit.group == 1 ? exponent + scale_exponent : scale_exponent;
            term.significand += unit.group == 1 ? product : product << exponent;
        }
    }
    term.significand *= scale;
    return term;
}

inline constexpr std::size_t most_scaled_terms = 64;  // of a step

// One step. scale_a(k) and scale_b(k): the FP32 value of the scale of element k of this step.
template <class ScaleA, class ScaleB>
float block_scaled_step(const block_scaled& unit, const operand_line& a, const operand_line& b, float c, ScaleA scale_a,
                        ScaleB scale_b) {
    const auto group = static_cast<std::size_t>(unit.group);
    special_terms specials;
    specials.add(c);
    if (!a.all_finite || !b.all_finite) {
        specials.add_products(a, b);
    }
    const real addend = decoded_in(f32, c);
    int top = addend.is_zero() ? unit.zero_exponent : addend.exponent + f32.fraction_bits;
    const int addend_exponent = top;
    std::array<scaled_term, most_scaled_terms> terms;
    std::size_t count = 0;
    for (std::size_t k = 0; k < a.value.size(); k += group) {
        const float sa = scale_a(k);
        const float sb = scale_b(k);
        specials.nan = specials.nan || std::isnan(sa) || std::isnan(sb);
        if (specials.nan) {
            break;
        }
        const std::size_t length = std::min(group, a.value.size() - k);
        scaled_term& term = terms[count++];
        term = term_of(unit, a.part(k, length), b.part(k, length), sa, sb);
        top = std::max(top, term.zero ? unit.zero_exponent : term.exponent);
    }
    const special_sum special = sum_of(specials, aligned{}.nan_pattern);
    if (special.found) {
        return special.value;
    }
    const int bits = a.fraction_bits + b.fraction_bits + 2 * fraction_bits_of(unit.scale);
    const auto in_units = [&](std::int64_t significand, int exponent, int fraction_bits) {
        if (significand == 0) {
            return std::int64_t{0};  // the exponent of a zero term may lie above top
        }
        const int lift = std::max(0, unit.fraction_bits - fraction_bits);
        return cut(significand << lift, top - exponent + lift + fraction_bits - unit.fraction_bits,
                   align_rounding::toward_zero);
    };
    std::int64_t sum = in_units(static_cast<std::int64_t>(addend.significand) * (addend.negative ? -1 : 1),
                                addend_exponent, f32.fraction_bits);
    for (std::size_t n = 0; n < count; ++n) {
        sum += in_units(terms[n].significand, terms[n].exponent, bits);
    }
    return aligned_result(aligned_output::f32_toward_zero, sum, top - unit.fraction_bits);
}

// Consecutive steps, the last one may be short. scale_a(k), scale_b(k): scales of element k.
template <class ScaleA, class ScaleB>
float accumulate_scaled(const block_scaled& unit, const operand_line& a, const operand_line& b, float c, ScaleA scale_a,
                        ScaleB scale_b) {
    const auto step = static_cast<std::size_t>(unit.products);
    float acc = c;
    for (std::size_t first = 0; first < a.value.size(); first += step) {
        const std::size_t count = std::min(step, a.value.size() - first);
        acc = block_scaled_step(
            unit, a.part(first, count), b.part(first, count), acc, [&](std::size_t k) { return scale_a(first + k); },
            [&](std::size_t k) { return scale_b(first + k); });
    }
    return std::isnan(acc) ? std::bit_cast<float>(aligned{}.nan_pattern) : acc;
}

}  // namespace narrowfp::detail
