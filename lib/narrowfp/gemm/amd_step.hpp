// SPDX-License-Identifier: Apache-2.0
// The steps of AMD's matrix units as MMA-Sim (arXiv 2511.10909) and the models of MATLAB-tensor-core (arXiv 2512.07004)
// describe them; none was compared with a chip here. AMD's NaN patterns are not established: NaN is 0x7FC00000. Part of
// gemm/accumulate.hpp.
#pragma once

#include <narrowfp/format/exact_sum.hpp>
#include <narrowfp/gemm/aligned_step.hpp>
#include <narrowfp/quant/scale_rule.hpp>

namespace narrowfp::detail {

// -- CDNA1 ------------------------------------------------------------------------------------------------------------
inline float accumulate(const exact_groups& unit, const operand_line& a, const operand_line& b, float c) {
    const auto step = static_cast<std::size_t>(unit.products);
    const int scale = a.fraction_bits + b.fraction_bits;
    float acc = c;
    for (std::size_t first = 0; first < a.value.size(); first += step) {
        const std::size_t count = std::min(step, a.value.size() - first);
        const special_sum special = sum_specials(a.part(first, count), b.part(first, count), acc, quiet_nan_bits);
        if (special.found) {
            acc = special.value;
            continue;
        }
        exact_product_sum sum;
        sum.add(to_real(acc));
        for (std::size_t k = first; k < first + count; ++k) {
            const std::int64_t product = std::int64_t{a.significand[k]} * b.significand[k];
            if (product != 0) {
                sum.add(product < 0, static_cast<std::uint64_t>(product < 0 ? -product : product),
                        a.exponent[k] + b.exponent[k] - scale);
            }
        }
        const real total = sum.result();
        acc = total.is_zero() ? 0.0f : nearest_host<float>(total);
    }
    return canonical(acc);
}

// -- CDNA2 ------------------------------------------------------------------------------------------------------------
// A subnormal result keeps its sign as it becomes zero, a subnormal operand does not. A zero operand keeps its sign.
inline float flushed(float x) { return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }
inline float flushed_operand(float x) { return x != 0.0f && std::fabs(x) < 0x1p-126f ? 0.0f : x; }

inline float accumulate(const cdna2& unit, const operand_line& a, const operand_line& b, float c) {
    const auto step = static_cast<std::size_t>(unit.products);
    // A number that is subnormal in the operand's own format: its significand lacks the leading bit.
    const auto operand_value = [](const operand_line& line, std::size_t k) {
        const std::int32_t significand = line.significand[k];
        return significand != 0 && std::abs(significand) < 1 << line.fraction_bits ? 0.0f : line.value[k];
    };
    float acc = flushed_operand(c);
    for (std::size_t first = 0; first < a.value.size(); first += step) {
        const auto product = [&](std::size_t n) {
            const std::size_t k = first + n;
            return k < a.value.size() ? flushed(multiply_f32(operand_value(a, k), operand_value(b, k))) : 0.0f;
        };
        float sum = flushed(product(0) + product(1));
        if (unit.products == 4) {
            sum = flushed(sum + flushed(product(2) + product(3)));
        }
        acc = flushed(acc + sum);
    }
    return canonical(acc);
}

// -- CDNA3 ------------------------------------------------------------------------------------------------------------
inline constexpr int no_products = -999;  // exponent of a sum without a nonzero product

// sum * 2^(exponent - 24)
struct cdna3_sum {
    std::int64_t sum = 0;
    int exponent = no_products;
};

// The products k = first, first + stride, ...: cut toward zero 24 bits below the largest exponent among them.
inline cdna3_sum cdna3_products(const operand_line& a, const operand_line& b, std::size_t first, std::size_t stride) {
    const int bits = a.fraction_bits + b.fraction_bits;
    const int lift = std::max(0, 24 - bits);
    cdna3_sum out;
    for (std::size_t k = first; k < a.value.size(); k += stride) {
        out.exponent = std::max(out.exponent, a.exponent[k] + b.exponent[k]);  // far below if one is zero
    }
    for (std::size_t k = first; k < a.value.size(); k += stride) {
        const std::int64_t product = std::int64_t{a.significand[k]} * b.significand[k];
        const int down = out.exponent - a.exponent[k] - b.exponent[k] + lift + bits - 24;
        out.sum += cut(product << lift, down, align_rounding::toward_zero);
    }
    return out;
}

inline special_sum cdna3_specials(const operand_line& a, const operand_line& b, float c) {
    special_terms terms;
    terms.add(c);
    terms.add_products(a, b);
    for (std::size_t k = 0; k < a.value.size(); ++k) {
        const std::int64_t product = std::int64_t{a.significand[k]} * b.significand[k];
        const auto magnitude = static_cast<std::uint64_t>(product < 0 ? -product : product);
        const int unit = a.exponent[k] + b.exponent[k] - a.fraction_bits - b.fraction_bits;
        if (magnitude != 0 && unit + static_cast<int>(std::bit_width(magnitude)) - 1 >= 128) {
            (product < 0 ? terms.negative : terms.positive) = true;
        }
    }
    return sum_of(terms, quiet_nan_bits);
}

inline float cdna3_step(const cdna3& unit, const operand_line& a, const operand_line& b, float c) {
    const special_sum special = cdna3_specials(a, b, c);
    if (special.found) {
        return special.value;
    }
    constexpr auto down = align_rounding::toward_negative;
    cdna3_sum products = cdna3_products(a, b, 0, unit.two_sums ? 2 : 1);
    if (unit.two_sums) {
        const cdna3_sum odd = cdna3_products(a, b, 1, 2);
        const int largest = std::max(products.exponent, odd.exponent);
        products = {cut(products.sum, largest - products.exponent, down) + cut(odd.sum, largest - odd.exponent, down),
                    largest};
    }
    const real addend = decoded_in(f32, c);
    const int addend_exponent = addend.is_zero() ? -126 : addend.exponent + f32.fraction_bits;
    const int top = std::max(products.exponent, addend_exponent);
    // In units of 2^(top - 32): the products are cut there, the addend at 2^(top - 24).
    const std::int64_t significand = static_cast<std::int64_t>(addend.significand) * (addend.negative ? -1 : 1);
    const bool dropped = unit.two_sums && addend_exponent < top - 25;
    const std::int64_t sum = cut(products.sum * 256, top - products.exponent, down) +
                             (dropped ? 0 : cut(significand * 2, top - addend_exponent, down) * 256);
    if (sum == 0) {
        return 0.0f;
    }
    const auto magnitude = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
    const int exponent = std::max(top - 32 + static_cast<int>(std::bit_width(magnitude)) - 1, -126);
    const int drop = std::max(0, exponent - 31 - (top - 32));
    const std::int64_t kept = cut(sum, drop, down);
    return nearest_host<float>(
        real::make_finite(kept < 0, static_cast<std::uint64_t>(kept < 0 ? -kept : kept), top - 32 + drop));
}

inline float accumulate(const cdna3& unit, const operand_line& a, const operand_line& b, float c) {
    const auto step = static_cast<std::size_t>(unit.products);
    float acc = c;
    for (std::size_t k = 0; k < a.value.size(); k += step) {
        const std::size_t count = std::min(step, a.value.size() - k);
        acc = cdna3_step(unit, a.part(k, count), b.part(k, count), acc);
    }
    return canonical(acc);
}

}  // namespace narrowfp::detail
