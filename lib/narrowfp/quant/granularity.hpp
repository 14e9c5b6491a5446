// SPDX-License-Identifier: Apache-2.0
// Scale granularity: which elements of a matrix share a scale. Always a grid of blocks that starts at (0, 0); blocks at
// the right and lower edge are smaller when the shape is ragged.
#pragma once

#include <narrowfp/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace narrowfp {

inline constexpr std::size_t whole_extent = SIZE_MAX;

struct granularity {
    std::size_t block_rows = whole_extent;
    std::size_t block_cols = whole_extent;

    static constexpr granularity tensor() { return {}; }
    static constexpr granularity row() { return {1, whole_extent}; }
    static constexpr granularity col() { return {whole_extent, 1}; }
    // Throws std::invalid_argument for an extent of zero.
    static constexpr granularity block(std::size_t rows, std::size_t cols) {
        if (rows == 0 || cols == 0) {
            throw std::invalid_argument("granularity: a block needs at least one row and one column");
        }
        return {rows, cols};
    }

    constexpr granularity transposed() const { return {block_cols, block_rows}; }

    friend constexpr bool operator==(const granularity&, const granularity&) = default;
};

// Number of blocks along an extent of n elements.
constexpr std::size_t block_count(std::size_t n, std::size_t block) {
    return n == 0 ? 0 : (block >= n ? 1 : (n - 1) / block + 1);
}

// "tensor", "row", "col" or "block(1,128)".
inline std::string name_of(const granularity& g) {
    if (g == granularity::tensor()) {
        return "tensor";
    }
    if (g == granularity::row()) {
        return "row";
    }
    if (g == granularity::col()) {
        return "col";
    }
    const auto extent = [](std::size_t n) { return n == whole_extent ? std::string("all") : std::to_string(n); };
    return "block(" + extent(g.block_rows) + "," + extent(g.block_cols) + ")";
}

}  // namespace narrowfp
