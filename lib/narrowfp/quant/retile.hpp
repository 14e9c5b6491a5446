// SPDX-License-Identifier: Apache-2.0
// A second tiling of a quantised matrix. The weight gradient sums over tokens, the two other products of a linear layer
// over channels, so activations and their gradients are needed in tiles along both axes (DeepSeek-V3, arXiv 2412.19437,
// 3.3.2: 1x128 and 128x1). Where the wide matrix is gone, its codes are restored and quantised again, which rounds twice;
// with power-of-two scales the second rounding changes only what becomes subnormal. Codes themselves can be kept only
// where a scale belongs to both directions alike.
#pragma once

#include <narrowfp/quant/quantized_matrix.hpp>

#include <algorithm>
#include <cstring>

namespace narrowfp {

namespace detail {

// Codes of whole bytes, in squares that stay in the first-level cache.
template <class Word>
void transpose_codes(const quantized_matrix& from, quantized_matrix& to) {
    constexpr std::size_t side = 32;
    const std::uint8_t* const in = from.codes().bytes().data();
    std::uint8_t* const out = to.code_storage().data();
    const std::size_t rows = from.rows();
    const std::size_t cols = from.cols();
    for (std::size_t row = 0; row < rows; row += side) {
        for (std::size_t col = 0; col < cols; col += side) {
            for (std::size_t j = col; j < std::min(cols, col + side); ++j) {
                for (std::size_t i = row; i < std::min(rows, row + side); ++i) {
                    std::memcpy(out + (j * rows + i) * sizeof(Word), in + (i * cols + j) * sizeof(Word), sizeof(Word));
                }
            }
        }
    }
}

}  // namespace detail

// The same codes and scales with rows and columns exchanged; events are kept. Exact.
inline quantized_matrix transposed(const quantized_matrix& q) {
    quantized_matrix out(q.cols(), q.rows(), q.element(), q.has_scales(), q.blocks().transposed(), q.scale_element());
    switch (q.codes().bits()) {
        case 8: detail::transpose_codes<std::uint8_t>(q, out); break;
        case 16: detail::transpose_codes<std::uint16_t>(q, out); break;
        case 32: detail::transpose_codes<std::uint32_t>(q, out); break;
        default:
            for (std::size_t i = 0; i < q.rows(); ++i) {
                for (std::size_t j = 0; j < q.cols(); ++j) {
                    out.set_code(j, i, q.code(i, j));
                }
            }
    }
    const std::size_t grid_rows = out.block_grid_cols();
    for (std::size_t block = 0; block < q.scales().size(); ++block) {
        const std::size_t row = block / q.block_grid_cols();
        const std::size_t col = block % q.block_grid_cols();
        out.set_scale_code(col * grid_rows + row, q.scale_code(block));
    }
    if (q.tensor_scale()) {
        out.set_tensor_scale(*q.tensor_scale());
    }
    out.set_events(q.events());
    return out;
}

}  // namespace narrowfp
