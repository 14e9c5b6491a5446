// SPDX-License-Identifier: Apache-2.0
// What quantisation does to rows of floats beside rounding them: the largest magnitude of each block, the scaling of
// each block, and transposition. One table of functions per target; `scalar` has none: there the reference itself runs.
// A row is cut into blocks of `block` elements, of which the first begins `before` elements ahead of the row.
// All functions expect the default floating-point environment.
#pragma once

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>
#include <narrowfp/quant/scale_rule.hpp>

#include <cstddef>
#include <cstdint>

namespace narrowfp::kernel {

// How elements meet the factor of their block. `power`: the factor is a power of two and the product exact; what
// binary32 cannot hold below 2^-126 is rounded to odd, so that a second rounding to a coarser unit gives what one would
// give.
enum class scale_operation : std::uint8_t { multiply, divide, power };

struct block_kernels {
    // amax[b] becomes the pattern of the largest finite magnitude in block b, or stays if it is larger. The NaN mark
    // (block_care.hpp) is set if the block has a NaN; a mark that is already set stays.
    void (*amax)(const float* row, std::size_t count, std::size_t block, std::size_t before, std::uint32_t* amax);
    // The same for blocks of one element.
    void (*amax_each)(const float* row, std::size_t count, std::uint32_t* amax);
    // out[i] = row[i] with the factor of its block. `out` may be `row`, except under `power`. Returns whether an
    // element that is finite and not zero became zero or infinite; never under `power`.
    bool (*scale)(scale_operation how, const float* row, std::size_t count, std::size_t block, std::size_t before,
                  const float* factors, float* out);
    // The same for blocks of one element.
    bool (*scale_each)(scale_operation how, const float* row, std::size_t count, const float* factors, float* out);
    // out[i * out_stride + j] = in[j * in_stride + i] for i < rows, j < cols.
    void (*transpose)(const float* in, std::ptrdiff_t in_stride, float* out, std::size_t out_stride, std::size_t rows,
                      std::size_t cols);
};

// By target. Null: the reference.
dispatch_table<const block_kernels*> block_kernel_tables();
inline const block_kernels* block_kernels_for(feature_set has) { return best_of(block_kernel_tables(), has); }

}  // namespace narrowfp::kernel
