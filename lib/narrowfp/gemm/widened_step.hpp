// SPDX-License-Identifier: Apache-2.0
// FP8 operands widened to FP16, as mma.sync does on Hopper and B200 (gemm/accumulator.hpp, widened). Part of
// gemm/accumulate.hpp.
#pragma once

#include <narrowfp/gemm/aligned_step.hpp>

#include <array>

namespace narrowfp::detail {

// Up to 16 elements of a line, each as FP16 holds it: a number that is subnormal in its own format may be normal there.
class widened_line {
public:
    void push(const operand_line& line, std::size_t k) {
        const std::int32_t significand = line.significand[k];
        value_[count_] = line.value[k];
        significand_[count_] = 0;
        exponent_[count_] = no_exponent;
        if (significand != 0) {
            const auto magnitude = static_cast<std::uint32_t>(significand < 0 ? -significand : significand);
            const int unit = line.exponent[k] - line.fraction_bits;
            const int exponent = std::max(unit + static_cast<int>(std::bit_width(magnitude)) - 1, f16.min_exponent());
            significand_[count_] = significand * (1 << (unit - exponent + f16.fraction_bits));
            exponent_[count_] = exponent;
        }
        ++count_;
    }

    operand_line line(bool all_finite) const {
        return {std::span(value_).first(count_),
                std::span(significand_).first(count_),
                std::span(exponent_).first(count_),
                f16.fraction_bits,
                0,
                all_finite};
    }

private:
    std::array<float, 16> value_{};
    std::array<std::int32_t, 16> significand_{};
    std::array<std::int32_t, 16> exponent_{};
    std::size_t count_ = 0;
};

// The last block of 32 elements may be short. Precondition: FP16 holds every element (require_gemm_shapes).
inline float accumulate(const widened& unit, const operand_line& a, const operand_line& b, float c) {
    constexpr std::size_t block = 32;
    const bool to_f16 = unit.step.output == aligned_output::f16_ties_to_even;
    const auto rounded = [to_f16](float x) {
        return to_f16 && std::isfinite(x) ? nearest_host<float>(decoded_in(f16, x)) : x;
    };
    float acc = rounded(c);
    for (std::size_t first = 0; first < a.value.size(); first += block) {
        const std::size_t end = std::min(first + block, a.value.size());
        float partial = 0.0f;
        for (std::size_t half = 0; half < 4; half += 2) {
            widened_line x;
            widened_line y;
            for (std::size_t k = first; k < end; ++k) {
                if ((k & 2U) == half) {
                    x.push(a, k);
                    y.push(b, k);
                }
            }
            partial = aligned_step(unit.step, x.line(a.all_finite), y.line(b.all_finite), partial);
        }
        acc = rounded(acc + partial);  // FP32 has 2 * 11 + 2 bits: rounding twice is rounding once
    }
    return std::isnan(acc) ? std::bit_cast<float>(unit.step.nan_pattern) : acc;
}

}  // namespace narrowfp::detail
