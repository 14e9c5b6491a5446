// SPDX-License-Identifier: Apache-2.0
// The scales of an operand as FP32 numbers, and as kernels read them. A line is a row of A or a column of B; k runs along
// it.
#pragma once

#include <narrowfp/quant/quantized_matrix.hpp>

#include <cstddef>
#include <vector>

namespace narrowfp::detail {

// One scale for each block of lines and of k, or none.
struct scale_grid {
    std::vector<float> values;  // row-major over the grid of blocks; empty: all 1
    std::size_t block_lines = 1;
    std::size_t block_k = 1;
    std::size_t line_step = 0;  // from a block of lines to the next, in `values`
    std::size_t k_step = 0;

    bool empty() const { return values.empty(); }
    // The scales of `lines` lines from the first, for segments of k that end at `ends` and lie in one block each:
    // out[line * line_stride + segment * segment_stride].
    void expand(std::size_t first_line, std::size_t lines, const std::vector<std::size_t>& ends, float* out,
                std::size_t line_stride, std::size_t segment_stride) const;
};

scale_grid scales_of(const quantized_matrix& q, bool lines_are_rows);

}  // namespace narrowfp::detail
