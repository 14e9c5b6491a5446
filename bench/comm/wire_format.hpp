// SPDX-License-Identifier: Apache-2.0
// How numbers travel: the codes of a format, and behind them, where the recipe has any, one FP32 scale for each 128
// numbers. No padding and no header; both ends know the length. Networks move bytes: no library reduces 8-bit floats
// under scales by itself, so every sum decodes, adds in FP32 and encodes again.
#pragma once

#include "comm/transport.hpp"

#include <narrowfp/format/catalog.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <array>
#include <string_view>

namespace narrowfp::bench {

struct wire_format {
    std::string_view id;
    std::string_view name;
    any_format element;
    recipe scaling;

    std::size_t bytes(std::size_t numbers) const;
    // Throws std::invalid_argument unless out has bytes(x.size()) bytes.
    void encode(std::span<const float> x, bytes_in out) const;
    // Throws std::invalid_argument unless in has bytes(x.size()) bytes.
    void decode(bytes_out in, std::span<float> x) const;
};

// fp32, bf16, fp16, fp8 (E4M3), int8.
const std::array<wire_format, 5>& wire_formats();
// Throws std::invalid_argument for an unknown id.
const wire_format& wire_format_by_id(std::string_view id);

// Numbers that share a scale.
inline constexpr std::size_t wire_tile = 128;

}  // namespace narrowfp::bench
