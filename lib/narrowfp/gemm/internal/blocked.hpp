// SPDX-License-Identifier: Apache-2.0
// The product in blocks, for chains of FMAs and for exact sums of integers: panels of decoded codes that stay in the
// caches, tiles of D that stay in registers, tasks over D on several threads. The order over k of the reference is kept:
// blocks of k follow one another, and D (or the accumulators of an unfinished segment) is carried from one to the next.
#pragma once

#include <narrowfp/base/options.hpp>
#include <narrowfp/gemm/internal/code_source.hpp>
#include <narrowfp/gemm/reference.hpp>

namespace narrowfp::detail {

// One scale for each line and segment of k, or none.
struct scale_grid {
    std::vector<float> values;  // row-major over the grid of blocks; empty: all 1
    std::size_t block_lines = 1;
    std::size_t block_k = 1;
    std::size_t line_step = 0;  // from a block of lines to the next, in `values`
    std::size_t k_step = 0;

    bool empty() const { return values.empty(); }
    // The scales of `lines` lines from the first, for segments of k that end at `ends`, as kernels read them:
    // out[line * line_stride + segment * segment_stride].
    void expand(std::size_t first_line, std::size_t lines, const std::vector<std::size_t>& ends, float* out,
                std::size_t line_stride, std::size_t segment_stride) const;
};

template <class Matrix>
scale_grid scales_of(const Matrix& q, bool lines_are_rows);

struct blocked_job {
    const kernel_family* family = nullptr;
    code_source a;  // its lines are the rows of D
    code_source b;  // its lines are the columns of D
    scale_grid a_scales;
    scale_grid b_scales;
    const reduction_plan* plan = nullptr;
    bool scaled = false;    // partial sums with scales or promotion; false: one chain from C to D
    bool integers = false;
    float unit = 1.0f;      // integers: value of one
    matrix_view<const float> c;  // empty: zero
    matrix_view<float> d;        // columns side by side
    any_format output = f32;
};

// Precondition: k > 0.
void multiply_blocked(const blocked_job& job, const options& opts);

// NaN keeps its pattern where the output format has NaN.
void round_rows(matrix_view<float> d, const any_format& output);

}  // namespace narrowfp::detail
