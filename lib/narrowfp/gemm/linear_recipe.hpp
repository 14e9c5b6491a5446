// SPDX-License-Identifier: Apache-2.0
// What a recipe means for a linear layer Y = X W^T and its gradients: which operand of which of the three products is
// quantised how, what is kept from the forward to the backward pass, what each product accumulates in and in which format
// its result leaves (DeepSeek-V3, arXiv 2412.19437, 3.3; Transformer Engine; torchao). The layer itself is linear.hpp. A
// recipe is a plain value: change a member to get another one. A new recipe is one object and one line in
// `all_linear_recipes`.
//
//   product  result        sums over   operand A          operand B
//   fprop    Y   m x n     k           X.first            W.first
//   dgrad    dX  m x k     n           dY.first           W.second
//   wgrad    dW  n x k     m (tokens)  dY^T, dY.second    X.second
#pragma once

#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/quant/delayed_scaling.hpp>
#include <narrowfp/quant/linear_tensor.hpp>

#include <optional>

namespace narrowfp {

struct linear_product {
    accumulator acc = sequential<float>{};
    any_format output = bf16;
    std::size_t promotion = 0;  // interval at which the owner promotes the sums of a short accumulator; 0: never
};

struct linear_recipe {
    std::string_view name{};
    std::string_view source{};
    std::string_view summary{};
    linear_tensor x{};
    linear_tensor w{};
    linear_tensor dy{};
    linear_product fprop{};
    linear_product dgrad{};
    linear_product wgrad{.output = f32};
    std::optional<delayed_options> delayed{};  // the three tensors' factors come from linear_state
};

namespace detail {

constexpr linear_operand operand_of(const any_format& element, const operand_scaling& s) {
    return {.element = element, .scaling = s};
}
constexpr linear_tensor tensor_of(const any_format& element, const operand_scaling& first,
                                  const operand_scaling& second, second_copy how) {
    return {.first = operand_of(element, first), .second = operand_of(element, second), .how = how};
}
constexpr linear_tensor unscaled(const any_format& element) {
    return tensor_of(element, {}, {}, second_copy::same_codes);
}
constexpr linear_tensor per_tensor(const any_format& element, const operand_scaling& s) {
    return tensor_of(element, s, s, second_copy::same_codes);
}
// Tiles along the summed index of each product.
constexpr linear_tensor both_ways(const any_format& element, const operand_scaling& s,
                                  second_copy how = second_copy::from_source) {
    return tensor_of(element, s, s, how);
}
constexpr operand_scaling unclamped(operand_scaling s) {
    s.scale.amax_floor = 0.0f;
    return s;
}

inline constexpr linear_product split{.output = bf16, .promotion = 128};
inline constexpr linear_product split_f32{.output = f32, .promotion = 128};

}  // namespace detail

namespace linear_recipes {

// Everything in FP32: each product is the FP32 chain of fused multiply-adds, exactly.
inline constexpr linear_recipe fp32{.name = "fp32",
                                    .source = "-",
                                    .summary = "identity: nothing is quantised, FP32 in and out",
                                    .x = detail::unscaled(f32),
                                    .w = detail::unscaled(f32),
                                    .dy = detail::unscaled(f32),
                                    .fprop = {.output = f32},
                                    .dgrad = {.output = f32}};

inline constexpr linear_recipe bf16_cast{.name = "bf16",
                                         .source = "mixed-precision training with BF16 (arXiv 1905.12322)",
                                         .summary = "operands in BF16, sums in FP32",
                                         .x = detail::unscaled(bf16),
                                         .w = detail::unscaled(bf16),
                                         .dy = detail::unscaled(bf16)};

inline constexpr linear_recipe f16_cast{.name = "f16",
                                        .source = "mixed-precision training (arXiv 1710.03740)",
                                        .summary = "operands in FP16, sums in FP32; gradients need a loss scale",
                                        .x = detail::unscaled(f16),
                                        .w = detail::unscaled(f16),
                                        .dy = detail::unscaled(f16),
                                        .fprop = {.output = f16},
                                        .dgrad = {.output = f16}};

// fprop accumulates fast, the gradients with promotion (use_split_accumulator false, true, true).
inline constexpr linear_recipe tensor_current{.name = "tensor_current",
                                              .source = "Transformer Engine, Float8CurrentScaling, HYBRID",
                                              .summary = "one scale per tensor from its own amax; E4M3, gradients E5M2",
                                              .x = detail::per_tensor(e4m3fn, recipes::tensor_current.a),
                                              .w = detail::per_tensor(e4m3fn, recipes::tensor_current.b),
                                              .dy = detail::per_tensor(e5m2, recipes::tensor_current.a),
                                              .dgrad = detail::split,
                                              .wgrad = detail::split_f32};

inline constexpr linear_recipe delayed{
    .name = "delayed",
    .source = "Transformer Engine, DelayedScaling, HYBRID",
    .summary = "one scale per tensor from the amax of earlier steps; E4M3, gradients E5M2",
    .x = detail::per_tensor(e4m3fn, recipes::delayed.a),
    .w = detail::per_tensor(e4m3fn, recipes::delayed.b),
    .dy = detail::per_tensor(e5m2, recipes::delayed.a),
    .dgrad = detail::split,
    .wgrad = detail::split_f32,
    .delayed = delayed_options{}};

inline constexpr linear_recipe static_scale{.name = "static",
                                            .source = "arXiv 2209.05433 and FP8-LM, with factors set by hand",
                                            .summary = "one fixed scale per tensor, 1 unless set; E4M3, gradients E5M2",
                                            .x = detail::per_tensor(e4m3fn, recipes::static_scale.a),
                                            .w = detail::per_tensor(e4m3fn, recipes::static_scale.b),
                                            .dy = detail::per_tensor(e5m2, recipes::static_scale.a)};

// Scales along the free index of each product, so each tensor is quantised twice, the second time from its BF16 copy.
inline constexpr linear_recipe rowwise{
    .name = "rowwise",
    .source = "torchao, recipe rowwise",
    .summary = "a power-of-two scale per row of A and column of B; E4M3; BF16 copies kept",
    .x = detail::both_ways(e4m3fn, recipes::rowwise_pow2.a, second_copy::from_kept),
    .w = detail::both_ways(e4m3fn, recipes::rowwise_pow2.b, second_copy::from_kept),
    .dy = detail::both_ways(e4m3fn, recipes::rowwise_pow2.a)};

inline constexpr linear_recipe rowwise_gw_hp{
    .name = "rowwise_gw_hp",
    .source = "torchao, recipe rowwise_with_gw_hp",
    .summary = "as rowwise, W with one scale per tensor in dgrad, and the weight gradient in BF16",
    .x = {.first = detail::operand_of(e4m3fn, recipes::rowwise_pow2.a),
          .second = detail::operand_of(bf16, {}),
          .how = second_copy::from_kept},
    .w = {.first = detail::operand_of(e4m3fn, recipes::rowwise_pow2.b),
          .second = detail::operand_of(e4m3fn, {.scale = recipes::rowwise_pow2.b.scale}),
          .how = second_copy::from_kept},
    .dy = {.first = detail::operand_of(e4m3fn, recipes::rowwise_pow2.a), .second = detail::operand_of(bf16, {})}};

inline constexpr linear_recipe te_block{
    .name = "te_block",
    .source = "Transformer Engine, Float8BlockScaling",
    .summary = "E4M3 in tiles 1x128 along each summed index, W in 128x128; powers of two",
    .x = detail::both_ways(e4m3fn, recipes::te_block.a),
    .w = detail::per_tensor(e4m3fn, recipes::te_block.b),
    .dy = detail::both_ways(e4m3fn, recipes::te_block.a),
    .fprop = detail::split,
    .dgrad = detail::split,
    .wgrad = detail::split_f32};

// The clamp of amax at 1e-4 is the owner's for activations and weights. The gradients of a mean loss are far below it
// and would be flushed, so theirs are not clamped.
inline constexpr linear_recipe deepseek_v3{
    .name = "deepseek_v3",
    .source = "DeepSeek-V3, arXiv 2412.19437, 3.3",
    .summary =
        "E4M3 in tiles 1x128, FP32 scales, W in 128x128; stored activations are tiled again for the weight gradient",
    .x = detail::both_ways(e4m3fn, recipes::deepseek_v3.a, second_copy::requantize),
    .w = detail::per_tensor(e4m3fn, recipes::deepseek_v3.b),
    .dy = detail::both_ways(e4m3fn, detail::unclamped(recipes::deepseek_v3.a)),
    .fprop = detail::split,
    .dgrad = detail::split,
    .wgrad = detail::split_f32};

inline constexpr linear_recipe deepseek_v3_ue8m0{
    .name = "deepseek_v3_ue8m0",
    .source = "DeepSeek-V3.1 (scale_fmt ue8m0); 3.3.2 of arXiv 2412.19437 uses it where tensors are tiled again",
    .summary = "as deepseek_v3 with power-of-two scales stored as E8M0",
    .x = detail::both_ways(e4m3fn, recipes::deepseek_v3_ue8m0.a, second_copy::requantize),
    .w = detail::per_tensor(e4m3fn, recipes::deepseek_v3_ue8m0.b),
    .dy = detail::both_ways(e4m3fn, detail::unclamped(recipes::deepseek_v3_ue8m0.a)),
    .fprop = detail::split,
    .dgrad = detail::split,
    .wgrad = detail::split_f32};

// Both copies of each tensor are quantised from the wide one; they are not transposes of each other.
inline constexpr linear_recipe mxfp8{.name = "mxfp8",
                                     .source = "Transformer Engine, MXFP8BlockScaling; arXiv 2506.08027",
                                     .summary = "E4M3 in blocks of 32 along each summed index, E8M0 scales rounded up",
                                     .x = detail::both_ways(e4m3fn, recipes::mxfp8.a),
                                     .w = detail::both_ways(e4m3fn, recipes::mxfp8.b),
                                     .dy = detail::both_ways(e4m3fn, recipes::mxfp8.a)};

inline constexpr linear_recipe mxfp6{
    .name = "mxfp6",
    .source = "OCP MX 1.0",
    .summary = "E2M3 in blocks of 32 along each summed index, E8M0 scales by rule floor",
    .x = detail::both_ways(e2m3fn, recipes::mxfp6.a),
    .w = detail::both_ways(e2m3fn, recipes::mxfp6.b),
    .dy = detail::both_ways(e2m3fn, recipes::mxfp6.a)};

inline constexpr linear_recipe mxfp4{
    .name = "mxfp4",
    .source = "OCP MX 1.0",
    .summary = "E2M1 in blocks of 32 along each summed index, E8M0 scales by rule floor",
    .x = detail::both_ways(e2m1fn, recipes::mxfp4.a),
    .w = detail::both_ways(e2m1fn, recipes::mxfp4.b),
    .dy = detail::both_ways(e2m1fn, recipes::mxfp4.a)};

// Without the Hadamard transform, the stochastic rounding of gradients and the 16x16 weight blocks of NVIDIA's recipe.
inline constexpr linear_recipe nvfp4{
    .name = "nvfp4",
    .source = "NVFP4, arXiv 2509.25149 (blocks and scales only)",
    .summary = "E2M1 in blocks of 16 along each summed index, E4M3 scales under an FP32 factor",
    .x = detail::both_ways(e2m1fn, recipes::nvfp4.a),
    .w = detail::both_ways(e2m1fn, recipes::nvfp4.b),
    .dy = detail::both_ways(e2m1fn, recipes::nvfp4.a)};

inline constexpr linear_recipe hif8_cast{.name = "hif8",
                                         .source = "HiFloat8, arXiv 2409.16626",
                                         .summary = "HiFloat8 everywhere, no scales; gradients need a loss scale",
                                         .x = detail::unscaled(hif8),
                                         .w = detail::unscaled(hif8),
                                         .dy = detail::unscaled(hif8)};

inline constexpr linear_recipe int8_tile{.name = "int8_tile",
                                         .source = "the tiles of DeepSeek-V3 with symmetric INT8",
                                         .summary = "INT8 in tiles 1x128, FP32 scales, W in 128x128, exact sums of 128",
                                         .x = detail::both_ways(int8, recipes::int8_tile.a, second_copy::requantize),
                                         .w = detail::per_tensor(int8, recipes::int8_tile.b),
                                         .dy = detail::both_ways(int8, detail::unclamped(recipes::int8_tile.a)),
                                         .fprop = {.acc = promoted{int32_exact{}, 128}},
                                         .dgrad = {.acc = promoted{int32_exact{}, 128}},
                                         .wgrad = {.acc = promoted{int32_exact{}, 128}, .output = f32}};

inline constexpr linear_recipe mxint8_blocks{
    .name = "mxint8",
    .source = "OCP MX 1.0",
    .summary = "MXINT8 in blocks of 32 along each summed index, E8M0 scales by rule floor",
    .x = detail::both_ways(mxint8, recipes::mxint8_blocks.a),
    .w = detail::both_ways(mxint8, recipes::mxint8_blocks.b),
    .dy = detail::both_ways(mxint8, recipes::mxint8_blocks.a)};

}  // namespace linear_recipes

inline constexpr std::array all_linear_recipes{linear_recipes::fp32,
                                               linear_recipes::bf16_cast,
                                               linear_recipes::f16_cast,
                                               linear_recipes::tensor_current,
                                               linear_recipes::delayed,
                                               linear_recipes::static_scale,
                                               linear_recipes::rowwise,
                                               linear_recipes::rowwise_gw_hp,
                                               linear_recipes::te_block,
                                               linear_recipes::deepseek_v3,
                                               linear_recipes::deepseek_v3_ue8m0,
                                               linear_recipes::mxfp8,
                                               linear_recipes::mxfp6,
                                               linear_recipes::mxfp4,
                                               linear_recipes::nvfp4,
                                               linear_recipes::hif8_cast,
                                               linear_recipes::int8_tile,
                                               linear_recipes::mxint8_blocks};

// Throws std::invalid_argument for an unknown name.
inline linear_recipe linear_recipe_by_name(std::string_view name) {
    for (const linear_recipe& r : all_linear_recipes) {
        if (r.name == name) {
            return r;
        }
    }
    throw std::invalid_argument("unknown recipe of a linear layer '" + std::string(name) + "'");
}

// The recipe with that accumulator in all three products. Where the owner promotes, its partial sums are promoted too,
// unless it takes its scales inside (a block-scaled unit).
inline linear_recipe with_accumulator(linear_recipe r, const accumulator& acc) {
    for (linear_product* product : {&r.fprop, &r.dgrad, &r.wgrad}) {
        product->acc = acc;
        if (product->promotion != 0) {
            std::visit(
                [&](const auto& alternative) {
                    using type = std::remove_cvref_t<decltype(alternative)>;
                    if constexpr (inner_accumulator_kind<type>) {
                        product->acc = promoted{alternative, product->promotion};
                    } else {
                        static_assert(std::is_same_v<type, promoted> || std::is_same_v<type, block_scaled>);
                    }
                },
                acc);
        }
    }
    return r;
}

// The recipe with another origin of the second tiling of activations (training arms A: from_source, B: requantise).
constexpr linear_recipe with_second_copy(linear_recipe r, second_copy of_x, second_copy of_dy) {
    r.x.how = of_x;
    r.dy.how = of_dy;
    return r;
}

}  // namespace narrowfp
