// SPDX-License-Identifier: Apache-2.0
// The obviously right matrix product: D = A * B + C, one dot product after the other. It defines the result of every
// faster path, bit for bit.
//
// The order over k. k runs from 0 upward. It is cut into segments wherever a scale of A or of B changes, and, under
// promotion, also at multiples of the interval. Then, for each element of D:
//   neither operand has scales, no promotion:   d = accumulate(all k, starting from c)
//   otherwise:                                  d = c; for each segment: partial = accumulate(segment, starting from 0);
//                                               d = fma(fl32(sa * sb), partial, d)
//   accumulator `exact`:                        d = the exact c + sum of (a * sa) * (b * sb), rounded once
//   accumulator `block_scaled`:                 d = accumulate(all k with the scales of blocks, starting from c); with a
//                                               factor of a tensor: fma(fl32(ta * tb), accumulate(from 0), c)
// D is then rounded to the output format, ties to even. Every NaN is stored as 0x7FC00000 (a unit: its own pattern,
// as long as no promotion follows).
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/gemm/accumulate.hpp>
#include <narrowfp/gemm/block_scaled_step.hpp>
#include <narrowfp/gemm/require.hpp>
#include <narrowfp/quant/scale_rule.hpp>

namespace narrowfp {

namespace detail {

// Everything that one element of D needs to know about the order over k.
struct reduction_plan {
    std::vector<std::size_t> ends;  // ends of the segments
    bool has_scales = false;
    bool promotes = false;

    // All k in one segment.
    explicit reduction_plan(std::size_t k) : ends(k == 0 ? 0 : 1, k) {}

    reduction_plan(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc)
        : has_scales(a.has_scales() || b.has_scales()), promotes(std::holds_alternative<promoted>(acc)) {
        const std::size_t k = a.cols();
        const std::size_t a_block = a.has_scales() ? a.blocks().block_cols : whole_extent;
        const std::size_t b_block = b.has_scales() ? b.blocks().block_rows : whole_extent;
        if (!promotes) {
            ends = segment_ends(k, a_block, b_block);
            return;
        }
        const std::size_t interval = std::get<promoted>(acc).interval;
        for (const std::size_t end : segment_ends(k, a_block, b_block)) {
            for (std::size_t begin = ends.empty() ? 0 : ends.back(); begin < end; begin = ends.back()) {
                ends.push_back(std::min(end, (begin / interval + 1) * interval));
            }
        }
    }
};

inline float exact_scaled_dot(const operand& a, std::size_t i, const operand& b, std::size_t j, float c,
                              const reduction_plan& plan) {
    const operand_line x = a.line(i);
    const operand_line y = b.line(j);
    if (!x.all_finite || !y.all_finite || !std::isfinite(c)) {
        const special_sum special = sum_specials(x, y, c, quiet_nan_bits);
        if (special.found) {
            return special.value;
        }
    }
    exact_scaled_sum sum;
    sum.add(to_real(c));
    std::size_t k = 0;
    for (std::size_t segment = 0; segment < plan.ends.size(); ++segment) {
        const real sa = to_real(a.scale(i, segment));
        const real sb = to_real(b.scale(j, segment));
        if (!sa.is_finite() || !sb.is_finite()) {
            return std::bit_cast<float>(quiet_nan_bits);  // a NaN scale (E8M0 code 0xFF) makes its block NaN
        }
        const std::uint64_t scale = sa.significand * sb.significand;
        const int unit = sa.exponent + sb.exponent - x.fraction_bits - y.fraction_bits;
        for (; k < plan.ends[segment]; ++k) {
            const std::int64_t product = std::int64_t{x.significand[k]} * y.significand[k];
            if (product != 0) {
                const auto magnitude = static_cast<std::uint64_t>(product < 0 ? -product : product);
                sum.add(product < 0, uint128{magnitude} * scale, unit + x.exponent[k] + y.exponent[k]);
            }
        }
    }
    return nearest_host<float>(sum.result());
}

template <class Inner>
float promoted_dot(const Inner& inner, const operand& a, std::size_t i, const operand& b, std::size_t j, float c,
                   const reduction_plan& plan) {
    const operand_line x = a.line(i);
    const operand_line y = b.line(j);
    float total = c;
    std::size_t begin = 0;
    for (std::size_t segment = 0; segment < plan.ends.size(); ++segment) {
        const std::size_t count = plan.ends[segment] - begin;
        const float partial = accumulate(inner, x.part(begin, count), y.part(begin, count), 0.0f);
        total = std::fma(multiply_f32(a.scale(i, segment), b.scale(j, segment)), partial, total);
        begin = plan.ends[segment];
    }
    return canonical(total);
}

inline float block_scaled_dot(const block_scaled& unit, const operand& a, std::size_t i, const operand& b,
                              std::size_t j, float c, const reduction_plan& plan) {
    // k of one line increases from call to call.
    const auto scale_at = [&plan](const operand& x, std::size_t line) {
        return [&plan, &x, line, segment = std::size_t{0}](std::size_t k) mutable {
            while (plan.ends[segment] <= k) {
                ++segment;
            }
            return x.block_scale(line, segment);
        };
    };
    const auto run = [&](float start) {
        return accumulate_scaled(unit, a.line(i), b.line(j), start, scale_at(a, i), scale_at(b, j));
    };
    if (!a.has_tensor_scale() && !b.has_tensor_scale()) {
        return run(c);
    }
    return canonical(std::fma(multiply_f32(a.tensor_scale(), b.tensor_scale()), run(0.0f), c));
}

inline float dot(const accumulator& acc, const operand& a, std::size_t i, const operand& b, std::size_t j, float c,
                 const reduction_plan& plan) {
    if (std::holds_alternative<exact>(acc)) {
        return exact_scaled_dot(a, i, b, j, c, plan);
    }
    return std::visit(
        [&](const auto& alternative) {
            using type = std::remove_cvref_t<decltype(alternative)>;
            if constexpr (std::is_same_v<type, promoted>) {
                return promoted_dot(alternative.inner, a, i, b, j, c, plan);
            } else if constexpr (std::is_same_v<type, block_scaled>) {
                return block_scaled_dot(alternative, a, i, b, j, c, plan);
            } else {
                return plan.has_scales ? promoted_dot(alternative, a, i, b, j, c, plan)
                                       : accumulate(alternative, a.line(i), b.line(j), c);
            }
        },
        acc);
}

inline float round_output(float x, const any_format& output) {
    const bool keeps_nan = std::visit([](const auto& f) { return f.has_nan(); }, output);
    if ((std::isnan(x) && keeps_nan) || output == any_format{f32}) {
        return x;
    }
    return decode_float(output, project(output, to_real(x), default_rounding(output), overflow_mode::none).code);
}

// One matrix product, decoded and checked. `c` is empty (zero) or has the shape of `d`.
struct gemm_job {
    operand a;
    operand b;
    accumulator acc;
    reduction_plan plan;
    any_format output;
    matrix_view<const float> c;
    matrix_view<float> d;

    gemm_job(const quantized_matrix& a_matrix, const quantized_matrix& b_matrix, const accumulator& how,
             matrix_view<const float> addend, matrix_view<float> result, const any_format& output_format)
        : gemm_job(a_matrix, b_matrix, how, reduction_plan(a_matrix, b_matrix, how), addend, result, output_format) {}

private:
    gemm_job(const quantized_matrix& a_matrix, const quantized_matrix& b_matrix, const accumulator& how,
             reduction_plan order, matrix_view<const float> addend, matrix_view<float> result,
             const any_format& output_format)
        : a(a_matrix, true, order.ends),
          b(b_matrix, false, order.ends),
          acc(how),
          plan(std::move(order)),
          output(output_format),
          c(addend),
          d(result) {}
};

// Rows [first, last) of D. Expects the default floating-point environment.
inline void gemm_rows(const gemm_job& job, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        for (std::size_t j = 0; j < job.d.cols(); ++j) {
            const float start = job.c.empty() ? 0.0f : job.c(i, j);
            job.d(i, j) = round_output(dot(job.acc, job.a, i, job.b, j, start, job.plan), job.output);
        }
    }
}

}  // namespace detail

// D = A * B + C on one thread. A is m x k, B k x n; C (optional) and D are m x n; D may not overlap C. The result is
// defined at the top of this file. Throws std::invalid_argument for shapes that do not match. Does not depend on the
// caller's floating-point environment. Cost: m n k steps of the accumulator, 2 to 10 nanoseconds each.
inline void gemm_reference_into(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                                matrix_view<float> d, matrix_view<const float> c = {}, const any_format& output = f32) {
    require_gemm_shapes(a, b, acc, c, d);
    require_format(output);
    const detail::gemm_job job(a, b, acc, c, d, output);
    with_default_environment([&] { detail::gemm_rows(job, 0, a.rows()); });
}

// The same, returned: an m x n matrix of FP32 values that are exact in the output format.
inline matrix<float> gemm_reference(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                                    matrix_view<const float> c = {}, const any_format& output = f32) {
    matrix<float> d(a.rows(), b.cols());
    gemm_reference_into(a, b, acc, d.view(), c, output);
    return d;
}

}  // namespace narrowfp
