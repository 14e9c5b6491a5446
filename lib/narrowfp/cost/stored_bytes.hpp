// SPDX-License-Identifier: Apache-2.0
// Bytes of a matrix under a recipe, from its shape alone: codes and scales, each packed, as quantized_matrix counts
// them.
#pragma once

#include <narrowfp/quant/quantization.hpp>

#include <cstdint>

namespace narrowfp::cost {

namespace detail {

constexpr std::uint64_t bytes_of_bits(std::uint64_t bits) { return bits / 8 + (bits % 8 != 0); }

}  // namespace detail

// Equals quantize(x, q).bytes() for a matrix of that shape. Exact; nothing is allocated.
inline std::uint64_t stored_bytes(std::uint64_t rows, std::uint64_t cols, const quantization& q) {
    require_layout(q);
    const std::uint64_t codes =
        detail::bytes_of_bits(rows * cols * static_cast<std::uint64_t>(storage_bits_of(q.element)));
    if (q.scale.method == scale_method::none) {
        return codes;
    }
    const std::uint64_t blocks = block_count(rows, q.blocks.block_rows) * block_count(cols, q.blocks.block_cols);
    return codes + detail::bytes_of_bits(blocks * static_cast<std::uint64_t>(scale_format(q.scale).storage_bits)) +
           (q.scale.method == scale_method::two_level ? sizeof(float) : 0);
}

// Bytes of a number in a large matrix: the code, and its share of the scale of a full block.
inline double stored_bytes_per_number(const quantization& q) {
    require_layout(q);
    const double code = storage_bits_of(q.element) / 8.0;
    if (q.scale.method == scale_method::none || q.blocks.block_rows == whole_extent ||
        q.blocks.block_cols == whole_extent) {
        return code;
    }
    return code +
           scale_format(q.scale).storage_bits / 8.0 / static_cast<double>(q.blocks.block_rows * q.blocks.block_cols);
}

}  // namespace narrowfp::cost
