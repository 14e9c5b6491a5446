// SPDX-License-Identifier: Apache-2.0
// What each accumulator does with one run of products: acc(c, a_0 b_0, a_1 b_1, ...), k increasing. These functions are
// the definition; anything faster must equal them bit for bit. They expect the default floating-point environment.
// Matrix units: aligned_step.hpp, widened_step.hpp, amd_step.hpp and, for units that take scales,
// block_scaled_step.hpp.
#pragma once

#include <narrowfp/format/exact_sum.hpp>
#include <narrowfp/gemm/aligned_step.hpp>
#include <narrowfp/gemm/amd_step.hpp>
#include <narrowfp/gemm/widened_step.hpp>

#include <concepts>

namespace narrowfp::detail {

// acc = fma(a_k, b_k, acc). std::fma, so that no compiler option can split or fuse it differently.
inline float accumulate(const sequential<float>&, const operand_line& a, const operand_line& b, float c) {
    float acc = c;
    for (std::size_t k = 0; k < a.value.size(); ++k) {
        acc = std::fma(a.value[k], b.value[k], acc);
    }
    return canonical(acc);
}

// The exact sum with the scales of the segments, rounded once. `add` calls below pass products as integers.
inline float accumulate(const exact&, const operand_line& a, const operand_line& b, float c) {
    const special_sum special = sum_specials(a, b, c, quiet_nan_bits);
    if (special.found) {
        return special.value;
    }
    exact_product_sum sum;
    sum.add(to_real(c));
    const int unit = a.fraction_bits + b.fraction_bits;
    for (std::size_t k = 0; k < a.value.size(); ++k) {
        const std::int64_t product = std::int64_t{a.significand[k]} * b.significand[k];
        if (product != 0) {
            sum.add(product < 0, static_cast<std::uint64_t>(product < 0 ? -product : product),
                    a.exponent[k] + b.exponent[k] - unit);
        }
    }
    return nearest_host<float>(sum.result());
}

// The sum of the integers behind the elements. It fits 32 bits (require_gemm_shapes), so the order has no influence.
inline float accumulate(const int32_exact&, const operand_line& a, const operand_line& b, float c) {
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < a.value.size(); ++k) {
        sum += a.significand[k] * b.significand[k];
    }
    const int unit = a.fixed_unit + b.fixed_unit;
    const float partial =
        nearest_host<float>(real::make_finite(sum < 0, static_cast<std::uint64_t>(std::abs(std::int64_t{sum})), unit));
    return canonical(partial + c);
}

// Takes only the variant itself, without conversions: otherwise an alternative without an overload would recurse into
// it.
template <std::same_as<inner_accumulator> Variant>
float accumulate(const Variant& inner, const operand_line& a, const operand_line& b, float c) {
    return std::visit([&](const auto& alternative) { return accumulate(alternative, a, b, c); }, inner);
}

}  // namespace narrowfp::detail
