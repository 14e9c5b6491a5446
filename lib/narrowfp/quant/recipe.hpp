// SPDX-License-Identifier: Apache-2.0
// Recipes: how the two operands of a matrix product are scaled, as their owners define it. A recipe is written in the
// directions of the product: along k (the summed index) and along the free index (rows of A, columns of B), so that one
// description serves both operands. The element formats are chosen beside it.
// What a recipe means for the three products of a linear layer is gemm/linear_recipe.hpp; the memory of delayed scaling
// is quant/delayed_scaling.hpp. A new recipe is one object and one line in `all_recipes`. Names parse back to equal
// recipes.
#pragma once

#include <narrowfp/quant/quantize.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace narrowfp {

struct operand_scaling {
    scaling scale{};
    std::size_t free_extent = whole_extent;
    std::size_t k_extent = whole_extent;

    friend constexpr bool operator==(const operand_scaling&, const operand_scaling&) = default;
};

struct recipe {
    std::string_view name{};
    std::string_view source{};
    std::string_view summary{};
    operand_scaling a{};          // activations
    operand_scaling b{};          // weights
    any_format element = e4m3fn;  // the element format that the recipe's owner uses
    rounding mode = rounding::ties_to_even;
    overflow_mode overflow = overflow_mode::saturate_finite;

    // For A, m x k, and for B, k x n.
    constexpr quantization for_a(const any_format& format) const {
        return {format, {a.free_extent, a.k_extent}, a.scale, mode_for(format), overflow};
    }
    constexpr quantization for_b(const any_format& format) const {
        return {format, {b.k_extent, b.free_extent}, b.scale, mode_for(format), overflow};
    }

    friend constexpr bool operator==(const recipe&, const recipe&) = default;

private:
    // A format that does not define the recipe's rounding uses its own.
    constexpr rounding mode_for(const any_format& format) const {
        const bool restricted = std::visit([](const auto& f) { return f.only_ties_to_away(); }, format);
        return restricted ? default_rounding(format) : mode;
    }
};

// Throws std::invalid_argument unless both operands in the recipe's own format are valid quantisations
// (require_quantization); in a constant expression: does not compile.
constexpr void require_recipe(const recipe& r) {
    require_quantization(r.for_a(r.element));
    require_quantization(r.for_b(r.element));
}

namespace recipes {

inline constexpr recipe none{
    .name = "none", .source = "-", .summary = "no scales: each element is cast", .a = {}, .b = {}};

inline constexpr recipe tensor_current{.name = "tensor_current",
                                       .source = "Transformer Engine, current scaling",
                                       .summary = "one FP32 scale per tensor, s = max / amax",
                                       .a = {.scale = {.method = scale_method::multiplier}},
                                       .b = {.scale = {.method = scale_method::multiplier}}};

// Without a history the factor is 1, which is where Transformer Engine starts.
inline constexpr recipe delayed{
    .name = "delayed",
    .source = "Transformer Engine, delayed scaling",
    .summary =
        "one FP32 scale per tensor, s from the amax of earlier steps (1 before the first); what exceeds it saturates",
    .a = {.scale = {.method = scale_method::multiplier, .fixed_factor = 1.0f}},
    .b = {.scale = {.method = scale_method::multiplier, .fixed_factor = 1.0f}}};

// with_static_factors sets the factors, found by calibration or by hand.
inline constexpr recipe static_scale{
    .name = "static",
    .source = "FP8-LM (arXiv 2310.18313) and inference with calibrated activations",
    .summary = "one FP32 scale per tensor that does not depend on the data, s = 1 unless set",
    .a = {.scale = {.method = scale_method::multiplier, .fixed_factor = 1.0f}},
    .b = {.scale = {.method = scale_method::multiplier, .fixed_factor = 1.0f}}};

// The clamp of amax is 1e-12 (torchao, float8 utilities).
inline constexpr recipe rowwise{
    .name = "rowwise",
    .source = "torchao, axiswise scaling with FP32 scales",
    .summary = "one FP32 scale per row of A and per column of B",
    .a = {.scale = {.method = scale_method::multiplier, .amax_floor = 1e-12f}, .free_extent = 1},
    .b = {.scale = {.method = scale_method::multiplier, .amax_floor = 1e-12f}, .free_extent = 1}};

inline constexpr recipe rowwise_pow2{
    .name = "rowwise_pow2",
    .source = "torchao, recipe rowwise (round_scales_to_power_of_2)",
    .summary = "as rowwise, s rounded down to a power of two, stored in FP32",
    .a = {.scale = {.method = scale_method::multiplier, .amax_floor = 1e-12f, .round_to_power = true},
          .free_extent = 1},
    .b = {.scale = {.method = scale_method::multiplier, .amax_floor = 1e-12f, .round_to_power = true},
          .free_extent = 1}};

inline constexpr recipe te_block{
    .name = "te_block",
    .source = "Transformer Engine, Float8BlockScaling",
    .summary = "1x128 along k for A, 128x128 for B, s = max / amax rounded down to a power of two, stored in FP32",
    .a = {.scale = {.method = scale_method::multiplier, .round_to_power = true}, .free_extent = 1, .k_extent = 128},
    .b = {.scale = {.method = scale_method::multiplier, .round_to_power = true}, .free_extent = 128, .k_extent = 128}};

// The clamp of amax is 1e-4 (DeepSeek-V3 inference code). It is made for activations: the gradient of a mean loss has
// elements of the size 1 / tokens and below, which it would flush to zero, so training sets another (with_amax_floor).
inline constexpr recipe deepseek_v3{
    .name = "deepseek_v3",
    .source = "DeepSeek-V3, arXiv 2412.19437, 3.3.2",
    .summary = "FP32 scales, 1x128 along k for A, 128x128 for B, d = max(amax, 1e-4) / max",
    .a = {.scale = {.method = scale_method::divisor, .amax_floor = 1e-4f}, .free_extent = 1, .k_extent = 128},
    .b = {.scale = {.method = scale_method::divisor, .amax_floor = 1e-4f}, .free_extent = 128, .k_extent = 128}};

inline constexpr recipe deepseek_v3_ue8m0{
    .name = "deepseek_v3_ue8m0",
    .source = "DeepSeek-V3.1 inference code, scale_fmt ue8m0",
    .summary = "as deepseek_v3, d rounded up to a power of two and stored as E8M0",
    .a = {.scale = {.method = scale_method::divisor, .amax_floor = 1e-4f, .round_to_power = true},
          .free_extent = 1,
          .k_extent = 128},
    .b = {.scale = {.method = scale_method::divisor, .amax_floor = 1e-4f, .round_to_power = true},
          .free_extent = 128,
          .k_extent = 128}};

inline constexpr operand_scaling mx_operand(scale_rule rule) {
    return {.scale = {.method = scale_method::power_of_two, .rule = rule}, .free_extent = 1, .k_extent = 32};
}

inline constexpr recipe mxfp8{
    .name = "mxfp8",
    .source = "OCP MX 1.0; scale rule of arXiv 2506.08027",
    .summary = "power-of-two scale (E8M0) per 32 elements along k, rounded up so that nothing clips",
    .a = mx_operand(scale_rule::rceil),
    .b = mx_operand(scale_rule::rceil)};

// OCP's other 6-bit element, E3M2, is chosen as element format.
inline constexpr recipe mxfp6{.name = "mxfp6",
                              .source = "OCP MX 1.0",
                              .summary = "power-of-two scale (E8M0) per 32 elements along k, rule floor, E2M3 elements",
                              .a = mx_operand(scale_rule::floor),
                              .b = mx_operand(scale_rule::floor),
                              .element = e2m3fn};

inline constexpr recipe mxfp4{.name = "mxfp4",
                              .source = "OCP MX 1.0",
                              .summary = "power-of-two scale (E8M0) per 32 elements along k, rule floor, E2M1 elements",
                              .a = mx_operand(scale_rule::floor),
                              .b = mx_operand(scale_rule::floor),
                              .element = e2m1fn};

inline constexpr recipe nvfp4{
    .name = "nvfp4",
    .source = "NVFP4, arXiv 2509.25149; arithmetic of Transformer Engine",
    .summary = "E4M3 scale per 16 elements along k under one FP32 factor per tensor, E2M1 elements",
    .a = {.scale = {.method = scale_method::two_level}, .free_extent = 1, .k_extent = 16},
    .b = {.scale = {.method = scale_method::two_level}, .free_extent = 1, .k_extent = 16},
    .element = e2m1fn};

// The white paper casts without scales; the loss is scaled so that gradients stay in range.
inline constexpr recipe hif8_cast{.name = "hif8",
                                  .source = "HiFloat8, arXiv 2409.16626",
                                  .summary = "HiFloat8 elements, ties away, no scales; gradients need a loss scale",
                                  .a = {},
                                  .b = {},
                                  .element = hif8};

// DeepSeek-V3's tiles with INT8 elements: what a chip with INT8 units and no FP8 units can do instead. Multiply with
// promoted{int32_exact{}, 128}: sums of 128 products are exact.
inline constexpr recipe int8_tile{
    .name = "int8_tile",
    .source = "the tiles of DeepSeek-V3 (arXiv 2412.19437) with symmetric INT8",
    .summary = "FP32 scales, 1x128 along k for A, 128x128 for B, d = max(amax, 1e-4) / 127",
    .a = deepseek_v3.a,
    .b = deepseek_v3.b,
    .element = int8};

inline constexpr recipe mxint8_blocks{.name = "mxint8",
                                      .source = "OCP MX 1.0",
                                      .summary = "power-of-two scale (E8M0) per 32 elements along k, rule floor",
                                      .a = mx_operand(scale_rule::floor),
                                      .b = mx_operand(scale_rule::floor),
                                      .element = mxint8};

}  // namespace recipes

inline constexpr std::array all_recipes{recipes::none,         recipes::tensor_current, recipes::delayed,
                                        recipes::static_scale, recipes::rowwise,        recipes::rowwise_pow2,
                                        recipes::te_block,     recipes::deepseek_v3,    recipes::deepseek_v3_ue8m0,
                                        recipes::mxfp8,        recipes::mxfp6,          recipes::mxfp4,
                                        recipes::nvfp4,        recipes::hif8_cast,      recipes::int8_tile,
                                        recipes::mxint8_blocks};

static_assert([] {
    for (const recipe& r : all_recipes) {
        require_recipe(r);
    }
    return true;
}());

// The recipe with another power-of-two scale rule. Throws std::invalid_argument if it has no power-of-two scales.
inline recipe with_scale_rule(recipe r, scale_rule rule) {
    if (r.a.scale.method != scale_method::power_of_two || r.b.scale.method != scale_method::power_of_two) {
        throw std::invalid_argument("recipe " + std::string(r.name) +
                                    " has no power-of-two scales, so no scale rule '" + std::string(name_of(rule)) +
                                    "'");
    }
    r.a.scale.rule = rule;
    r.b.scale.rule = rule;
    return r;
}

// The recipe with another clamp of amax for both operands; 0 removes it. Throws std::invalid_argument if the recipe
// does not follow amax so that it could be clamped, or for a clamp that is negative or not finite.
constexpr recipe with_amax_floor(recipe r, float floor) {
    r.a.scale.amax_floor = floor;
    r.b.scale.amax_floor = floor;
    require_recipe(r);
    return r;
}

// The recipe with the factors that elements of A and of B are multiplied with. Throws std::invalid_argument if it has
// no fixed factors, or if a factor is not a positive finite number.
inline recipe with_static_factors(recipe r, float a, float b) {
    if (r.a.scale.fixed_factor == 0.0f || r.b.scale.fixed_factor == 0.0f) {
        throw std::invalid_argument("recipe " + std::string(r.name) +
                                    " takes its scales from the data; only 'static' and " + "'delayed' take a factor");
    }
    if (a == 0.0f || b == 0.0f) {
        throw std::invalid_argument("recipe " + std::string(r.name) +
                                    ": a factor is 0, allowed finite numbers above 2^-128");
    }
    r.a.scale.fixed_factor = a;
    r.b.scale.fixed_factor = b;
    require_recipe(r);
    return r;
}

// -- names ------------------------------------------------------------------------------------------------------------
namespace detail {

inline const recipe* find_recipe(std::string_view name) {
    for (const recipe& r : all_recipes) {
        if (r.name == name) {
            return &r;
        }
    }
    return nullptr;
}

// The shortest text that is read as the same number.
inline std::string shortest_text(float x) {
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, x).ptr};
}
inline float number_in(std::string_view recipe_name, std::string_view text) {
    float x = 0;
    const char* end = text.data() + text.size();
    if (const auto read = std::from_chars(text.data(), end, x); read.ec != std::errc() || read.ptr != end) {
        throw std::invalid_argument("recipe '" + std::string(recipe_name) + "': '" + std::string(text) +
                                    "' found where a number is expected");
    }
    return x;
}

}  // namespace detail

// The name from which recipe_by_name makes an equal recipe: its name in the table, followed by the changes that the
// functions above made: "mxfp8(scale_rule=floor)", "deepseek_v3(amax_floor=0)", "static(factors=0.5:2)". A recipe of
// your own has the name that you gave it. Throws std::invalid_argument for one that has the name of another and differs
// in other fields.
inline std::string name_of(const recipe& r) {
    const recipe* table = detail::find_recipe(r.name);
    if (table == nullptr || *table == r) {
        return std::string(r.name);
    }
    recipe made = *table;
    std::string changes;
    const auto add = [&](std::string_view field, const std::string& value) {
        changes += (changes.empty() ? "" : ",") + std::string(field) + "=" + value;
    };
    if (made.a.scale.rule != r.a.scale.rule) {
        made = with_scale_rule(made, r.a.scale.rule);
        add("scale_rule", std::string(name_of(r.a.scale.rule)));
    }
    if (made.a.scale.amax_floor != r.a.scale.amax_floor) {
        made = with_amax_floor(made, r.a.scale.amax_floor);
        add("amax_floor", detail::shortest_text(r.a.scale.amax_floor));
    }
    if (made.a.scale.fixed_factor != r.a.scale.fixed_factor || made.b.scale.fixed_factor != r.b.scale.fixed_factor) {
        made = with_static_factors(made, r.a.scale.fixed_factor, r.b.scale.fixed_factor);
        add("factors",
            detail::shortest_text(r.a.scale.fixed_factor) + ":" + detail::shortest_text(r.b.scale.fixed_factor));
    }
    if (made != r) {
        throw std::invalid_argument("recipe " + std::string(r.name) +
                                    " was changed in fields that its name does not show; give it a name of its own");
    }
    return std::string(r.name) + "(" + changes + ")";
}

// The recipe of that name, as name_of spells it. Throws std::invalid_argument for anything else.
inline recipe recipe_by_name(std::string_view name) {
    const std::size_t bracket = std::min(name.find('('), name.size());
    const recipe* table = detail::find_recipe(name.substr(0, bracket));
    if (table == nullptr) {
        throw std::invalid_argument("unknown recipe '" + std::string(name) + "'");
    }
    recipe r = *table;
    if (bracket == name.size()) {
        return r;
    }
    const auto refuse = [name] {
        throw std::invalid_argument("recipe '" + std::string(name) +
                                    "': NAME(CHANGE,...) expected, a change is scale_rule=NAME, amax_floor=X or "
                                    "factors=A:B");
    };
    std::string_view rest = name.substr(bracket + 1);
    if (!rest.ends_with(')')) {
        refuse();
    }
    rest.remove_suffix(1);
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        const std::string_view change = rest.substr(0, comma);
        const std::string_view field = change.substr(0, change.find('='));
        const std::string_view value = change.substr(std::min(field.size() + 1, change.size()));
        const std::size_t colon = value.find(':');
        if (field == "scale_rule") {
            r = with_scale_rule(r, scale_rule_by_name(value));
        } else if (field == "amax_floor") {
            r = with_amax_floor(r, detail::number_in(name, value));
            require_scaling(r.a.scale);
        } else if (field == "factors" && colon != std::string_view::npos) {
            r = with_static_factors(r, detail::number_in(name, value.substr(0, colon)),
                                    detail::number_in(name, value.substr(colon + 1)));
        } else {
            refuse();
        }
        more = comma != std::string_view::npos;
        rest = more ? rest.substr(comma + 1) : rest;
    }
    return r;
}

}  // namespace narrowfp
