// SPDX-License-Identifier: Apache-2.0
// Sums of NaN and infinities, and the step of NVIDIA's matrix units: terms aligned to the largest exponent and cut, an exact
// integer sum, one conversion (gemm/accumulator.hpp, aligned). Part of gemm/accumulate.hpp.
#pragma once

#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/gemm/operand.hpp>
#include <narrowfp/round/project.hpp>

namespace narrowfp::detail {

inline constexpr std::uint32_t quiet_nan_bits = 0x7FC00000;

// Every NaN that a floating chain produces is stored as one pattern.
inline float canonical(float x) { return std::isnan(x) ? std::bit_cast<float>(quiet_nan_bits) : x; }

// What NaN and infinities among the terms of a sum make of it: NaN for any NaN, for infinity times zero and for infinities
// of both signs; else the infinity.
struct special_terms {
    bool nan = false;
    bool positive = false;
    bool negative = false;

    void add(float x) {
        nan = nan || std::isnan(x);
        positive = positive || (std::isinf(x) && x > 0);
        negative = negative || (std::isinf(x) && x < 0);
    }
    void add_products(const operand_line& a, const operand_line& b) {
        for (std::size_t k = 0; k < a.value.size(); ++k) {
            const float x = a.value[k];
            const float y = b.value[k];
            if (std::isfinite(x) && std::isfinite(y)) {
                continue;
            }
            if (std::isnan(x) || std::isnan(y) || x == 0.0f || y == 0.0f) {
                nan = true;
            } else {
                (std::signbit(x) == std::signbit(y) ? positive : negative) = true;
            }
        }
    }
};

// The sum, or not found if all terms are finite.
struct special_sum {
    bool found = false;
    float value = 0.0f;
};

inline special_sum sum_of(const special_terms& terms, std::uint32_t nan_pattern) {
    if (terms.nan || (terms.positive && terms.negative)) {
        return {true, std::bit_cast<float>(nan_pattern)};
    }
    const float infinity = std::numeric_limits<float>::infinity();
    return {terms.positive || terms.negative, terms.negative ? -infinity : infinity};
}

inline special_sum sum_specials(const operand_line& a, const operand_line& b, float c, std::uint32_t nan_pattern) {
    special_terms terms;
    terms.add(c);
    terms.add_products(a, b);
    return sum_of(terms, nan_pattern);
}

// value / 2^drop, cut to an integer. Precondition: drop >= 0.
inline std::int64_t cut(std::int64_t value, int drop, align_rounding mode) {
    const int bits = drop < 63 ? drop : 63;
    if (mode == align_rounding::toward_negative) {
        return value >> bits;  // arithmetic shift: C++20, 7.6.7
    }
    const std::int64_t magnitude = (value < 0 ? -value : value) >> bits;
    return value < 0 ? -magnitude : magnitude;
}

// FP32 with 13 fraction bits: what the register of an FP8 tensor core holds on Ada and Hopper.
inline constexpr float_format e8m13{.name = "e8m13",
                                    .type_name = "e8m13",
                                    .source = "arXiv 2505.09343 (FP22 registers)",
                                    .exponent_bits = 8,
                                    .fraction_bits = 13,
                                    .bias = 127,
                                    .infinity = infinity_kind::ieee,
                                    .nan = nan_kind::ieee,
                                    .storage_bits = 32};

inline float aligned_result(aligned_output output, std::int64_t sum, int unit) {
    if (sum == 0) {
        return 0.0f;
    }
    const real x = real::make_finite(sum < 0, static_cast<std::uint64_t>(sum < 0 ? -sum : sum), unit);
    if (output == aligned_output::f16_ties_to_even) {
        return nearest_host<float>(f16.decode(project(f16, x, rounding::ties_to_even, overflow_mode::none).code));
    }
    const float_format& format = output == aligned_output::e8m13_toward_zero ? e8m13 : f32;
    const projected p = project(format, x, rounding::toward_zero, overflow_mode::none);
    if (p.overflowed) {
        return x.negative ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity();
    }
    return nearest_host<float>(format.decode(p.code));
}

// c rounded into a format and decoded there: a subnormal number of the format is not renormalised.
inline real decoded_in(const float_format& format, float c) {
    return format.decode(project(format, to_real(c), rounding::ties_to_even, overflow_mode::none).code);
}

// One step of a matrix unit: D = c + the sum of the given products.
inline float aligned_step(const aligned& unit, const operand_line& a, const operand_line& b, float c) {
    if (!a.all_finite || !b.all_finite || !std::isfinite(c)) {
        const special_sum special = sum_specials(a, b, c, unit.nan_pattern);
        if (special.found) {
            return special.value;
        }
    }
    // The largest exponent among the terms; products are not normalised, zeros have an exponent of their own.
    const float_format& addend_format = unit.output == aligned_output::f16_ties_to_even ? f16 : f32;
    const int addend_bits = addend_format.fraction_bits;
    const real addend = decoded_in(addend_format, c);
    const int addend_exponent = addend.is_zero() ? unit.zero_exponent : addend.exponent + addend_bits;
    int top = addend_exponent;
    unsigned zeros = 0;
    for (std::size_t k = 0; k < a.value.size(); ++k) {
        zeros |= unsigned{a.significand[k] == 0} | unsigned{b.significand[k] == 0};
        top = std::max(top, a.exponent[k] + b.exponent[k]);  // far below any other if one of them is zero
    }
    if (zeros != 0) {
        top = std::max(top, unit.zero_exponent);
    }
    // Each term in units of 2^(top - fraction_bits), the rest cut off; then an exact integer sum. A term of exponent e
    // moves by fraction_bits - term_bits - (top - e) places: first up by the constant part, then down by the rest.
    const auto lift = [&](int term_bits) { return std::max(0, unit.fraction_bits - term_bits); };
    const auto drop = [&](int term_bits, int e) {
        return lift(term_bits) - unit.fraction_bits + term_bits + (top - e);
    };
    const auto significand = static_cast<std::int64_t>(addend.significand) * (addend.negative ? -1 : 1);
    std::int64_t sum = cut(significand << lift(addend_bits), drop(addend_bits, addend_exponent), unit.alignment);
    const int product_bits = a.fraction_bits + b.fraction_bits;
    const int product_lift = lift(product_bits);
    const int product_drop = drop(product_bits, 0);
    for (std::size_t k = 0; k < a.value.size(); ++k) {
        const std::int64_t product = std::int64_t{a.significand[k]} * b.significand[k];
        sum += cut(product << product_lift, product_drop - a.exponent[k] - b.exponent[k], unit.alignment);
    }
    return aligned_result(unit.output, sum, top - unit.fraction_bits);
}

// Consecutive groups of k, each taking the result of the one before as its addend. With FP16 output the addend is FP16.
inline float accumulate(const aligned& unit, const operand_line& a, const operand_line& b, float c) {
    float acc = c;
    if (unit.output == aligned_output::f16_ties_to_even && std::isfinite(c)) {
        acc = nearest_host<float>(decoded_in(f16, c));
    }
    const auto step = static_cast<std::size_t>(unit.products);
    for (std::size_t k = 0; k < a.value.size(); k += step) {
        const std::size_t count = std::min(step, a.value.size() - k);
        acc = aligned_step(unit, a.part(k, count), b.part(k, count), acc);
    }
    return std::isnan(acc) ? std::bit_cast<float>(unit.nan_pattern) : acc;
}

}  // namespace narrowfp::detail
