// SPDX-License-Identifier: Apache-2.0
// How numbers are stored when a bit flips: an element format under the scales of a recipe, a tile of numbers under each
// scale. Standard normal numbers without a scale are tiles of 128 of which only the largest matters.
// The table of all of them is what every experiment of this folder goes through.
#pragma once

#include <narrowfp/format/catalog.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

struct stored_format {
    std::string_view id;
    std::string_view name;
    any_format element;
    recipe scaling;
    std::size_t tile = 128;  // numbers that share a scale, or a largest number
    bool bounded = false;    // by construction a finite flip stays within twice the tile's largest number
};

inline const std::array<stored_format, 7>& stored_formats() {
    static const std::array<stored_format, 7> all{
        {{"e4m3fn", "E4M3 under 1x128 scales", e4m3fn, recipes::deepseek_v3, 128, true},
         {"e5m2", "E5M2 under 1x128 scales", e5m2, recipes::deepseek_v3, 128, true},
         {"mxfp8", "E4M3 under 1x32 power-of-two scales", e4m3fn, recipes::mxfp8, 32, true},
         {"int8", "INT8 under 1x128 scales", int8, recipes::int8_tile, 128, true},
         {"f16", "FP16", f16, recipes::none},
         {"bf16", "BF16", bf16, recipes::none},
         {"f32", "FP32", f32, recipes::none}}};
    return all;
}

// What one flip did. `above`: finite, but wrong by more than the largest number of its tile.
enum class flip_outcome : std::uint8_t { harmless, above, not_finite };

// Every value of a format of up to 16 bits, by code.
inline std::vector<float> values_by_code(const any_format& format) {
    std::vector<float> values(std::size_t{1} << storage_bits_of(format));
    for (std::size_t code = 0; code < values.size(); ++code) {
        values[code] = decode_float(format, code);
    }
    return values;
}

}  // namespace narrowfp::bench
