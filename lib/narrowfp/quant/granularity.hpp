// SPDX-License-Identifier: Apache-2.0
// Scale granularity: which elements of a matrix share a scale. Always a grid of blocks that starts at (0, 0); blocks at
// the right and lower edge are smaller when the shape is ragged.
#pragma once

#include <narrowfp/base/config.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

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

// The granularity of that name. Throws std::invalid_argument for anything else.
inline granularity granularity_by_name(std::string_view name) {
    for (const granularity& g : {granularity::tensor(), granularity::row(), granularity::col()}) {
        if (name == name_of(g)) {
            return g;
        }
    }
    constexpr std::string_view prefix = "block(";
    const std::size_t comma = name.find(',');
    if (name.starts_with(prefix) && name.ends_with(')') && comma != std::string_view::npos) {
        const auto extent = [](std::string_view text) {
            std::size_t n = text == "all" ? whole_extent : 0;
            const char* end = text.data() + text.size();
            const bool whole = n != 0 || std::from_chars(text.data(), end, n).ptr == end;
            return whole ? n : 0;
        };
        const granularity g{extent(name.substr(prefix.size(), comma - prefix.size())),
                            extent(name.substr(comma + 1, name.size() - comma - 2))};
        if (g.block_rows != 0 && g.block_cols != 0) {
            return g;
        }
    }
    throw std::invalid_argument("granularity '" + std::string(name) +
                                "': tensor, row, col or block(ROWS,COLUMNS) expected, each extent 'all' or at least 1");
}

}  // namespace narrowfp
