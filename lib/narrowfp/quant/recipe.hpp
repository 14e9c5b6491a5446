// SPDX-License-Identifier: Apache-2.0
// Recipes: how the two operands of a matrix product are scaled, as their owners define it. A recipe is written in the
// directions of the product: along k (the summed index) and along the free index (rows of A, columns of B), so that one
// description serves both operands. The element formats are chosen beside it.
// A new recipe is one object and one line in `all_recipes`.
#pragma once

#include <narrowfp/quant/quantize.hpp>

#include <array>

namespace narrowfp {

struct operand_scaling {
    scaling scale{};
    std::size_t free_extent = whole_extent;
    std::size_t k_extent = whole_extent;
};

struct recipe {
    std::string_view name{};
    std::string_view source{};
    std::string_view summary{};
    operand_scaling a{};  // activations
    operand_scaling b{};  // weights
    any_format element = e4m3fn;  // the element format that the recipe's owner uses
    rounding mode = rounding::ties_to_even;
    overflow_mode overflow = overflow_mode::saturate_finite;

    // For A, m x k, and for B, k x n.
    quantization for_a(const any_format& format) const {
        return {format, {a.free_extent, a.k_extent}, a.scale, mode_for(format), overflow};
    }
    quantization for_b(const any_format& format) const {
        return {format, {b.k_extent, b.free_extent}, b.scale, mode_for(format), overflow};
    }

private:
    // A format that does not define the recipe's rounding uses its own.
    rounding mode_for(const any_format& format) const {
        const bool restricted = std::visit([](const auto& f) { return f.only_ties_to_away(); }, format);
        return restricted ? default_rounding(format) : mode;
    }
};

namespace recipes {

inline constexpr recipe none{.name = "none",
                             .source = "-",
                             .summary = "no scales: each element is cast",
                             .a = {},
                             .b = {}};

inline constexpr recipe tensor_current{
    .name = "tensor_current",
    .source = "Transformer Engine, current scaling",
    .summary = "one FP32 scale per tensor, s = max / amax",
    .a = {.scale = {.method = scale_method::multiplier}},
    .b = {.scale = {.method = scale_method::multiplier}}};

// The clamp of amax is 1e-12 (torchao, float8 utilities).
inline constexpr recipe rowwise{
    .name = "rowwise",
    .source = "torchao, axiswise scaling with FP32 scales",
    .summary = "one FP32 scale per row of A and per column of B",
    .a = {.scale = {.method = scale_method::multiplier, .amax_floor = 1e-12f}, .free_extent = 1},
    .b = {.scale = {.method = scale_method::multiplier, .amax_floor = 1e-12f}, .free_extent = 1}};

// The clamp of amax is 1e-4 (DeepSeek-V3 inference code).
inline constexpr recipe deepseek_v3{
    .name = "deepseek_v3",
    .source = "DeepSeek-V3, arXiv 2412.19437, 3.3.2",
    .summary = "FP32 scales, 1x128 along k for A, 128x128 for B, d = max(amax, 1e-4) / max",
    .a = {.scale = {.method = scale_method::divisor, .amax_floor = 1e-4f}, .free_extent = 1, .k_extent = 128},
    .b = {.scale = {.method = scale_method::divisor, .amax_floor = 1e-4f}, .free_extent = 128, .k_extent = 128}};

inline constexpr recipe mxfp8{
    .name = "mxfp8",
    .source = "OCP MX 1.0; scale rule of arXiv 2506.08027",
    .summary = "power-of-two scale (E8M0) per 32 elements along k, rounded up so that nothing clips",
    .a = {.scale = {.method = scale_method::power_of_two, .rule = scale_rule::rceil}, .free_extent = 1, .k_extent = 32},
    .b = {.scale = {.method = scale_method::power_of_two, .rule = scale_rule::rceil}, .free_extent = 1, .k_extent = 32}};

// DeepSeek-V3's tiles with INT8 elements: what a chip with INT8 units and no FP8 units can do instead. Multiply with
// promoted{int32_exact{}, 128}: sums of 128 products are exact.
inline constexpr recipe int8_tile{
    .name = "int8_tile",
    .source = "the tiles of DeepSeek-V3 (arXiv 2412.19437) with symmetric INT8",
    .summary = "FP32 scales, 1x128 along k for A, 128x128 for B, d = max(amax, 1e-4) / 127",
    .a = deepseek_v3.a,
    .b = deepseek_v3.b,
    .element = int8};

inline constexpr recipe mxint8_blocks{
    .name = "mxint8",
    .source = "OCP MX 1.0",
    .summary = "power-of-two scale (E8M0) per 32 elements along k, rule floor",
    .a = {.scale = {.method = scale_method::power_of_two, .rule = scale_rule::floor}, .free_extent = 1, .k_extent = 32},
    .b = {.scale = {.method = scale_method::power_of_two, .rule = scale_rule::floor}, .free_extent = 1, .k_extent = 32},
    .element = mxint8};

}  // namespace recipes

inline constexpr std::array all_recipes{recipes::none,  recipes::tensor_current, recipes::rowwise,
                                        recipes::deepseek_v3, recipes::mxfp8,    recipes::int8_tile,
                                        recipes::mxint8_blocks};

// Throws std::invalid_argument for an unknown name.
inline recipe recipe_by_name(std::string_view name) {
    for (const recipe& r : all_recipes) {
        if (r.name == name) {
            return r;
        }
    }
    throw std::invalid_argument("unknown recipe '" + std::string(name) + "'");
}

// The recipe with another power-of-two scale rule. Throws std::invalid_argument if it has no power-of-two scales.
inline recipe with_scale_rule(recipe r, scale_rule rule) {
    if (r.a.scale.method != scale_method::power_of_two || r.b.scale.method != scale_method::power_of_two) {
        throw std::invalid_argument("recipe " + std::string(r.name) + " has no power-of-two scales, so no scale rule '" +
                                    std::string(name_of(rule)) + "'");
    }
    r.a.scale.rule = rule;
    r.b.scale.rule = rule;
    return r;
}

}  // namespace narrowfp
