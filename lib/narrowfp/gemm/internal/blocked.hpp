// SPDX-License-Identifier: Apache-2.0
// The product in blocks, for chains of FMAs and for exact sums of integers: panels of decoded codes that stay in the
// caches, tiles of D that stay in registers, tasks over D on several threads. The order over k of the reference is kept:
// blocks of k follow one another, and D (or the accumulators of an unfinished segment) is carried from one to the next.
#pragma once

#include <narrowfp/base/options.hpp>
#include <narrowfp/gemm/internal/code_source.hpp>
#include <narrowfp/gemm/internal/scale_grid.hpp>
#include <narrowfp/gemm/reference.hpp>

namespace narrowfp::detail {

struct blocked_job {
    const kernel_family* family = nullptr;
    code_source a;  // its lines are the rows of D
    code_source b;  // its lines are the columns of D
    scale_grid a_scales;
    scale_grid b_scales;
    const reduction_plan* plan = nullptr;
    bool scaled = false;  // partial sums with scales or promotion; false: one chain from C to D
    bool integers = false;
    float unit = 1.0f;           // integers: value of one
    matrix_view<const float> c;  // empty: zero
    matrix_view<float> d;        // columns side by side
    any_format output = f32;
};

// Precondition: k > 0.
void multiply_blocked(const blocked_job& job, const options& opts);

// NaN keeps its pattern where the output format has NaN.
void round_rows(matrix_view<float> d, const any_format& output);

}  // namespace narrowfp::detail
