// SPDX-License-Identifier: Apache-2.0
#include "train/run/arms.hpp"

#include <narrowfp/gemm/unit.hpp>

#include <stdexcept>
#include <vector>

namespace narrowfp::bench::train {
namespace {

// -- recipes made from the library's ----------------------------------------------------------------------------------

// The recipe with another element format for all operands, or for gradients alone.
linear_recipe with_elements(linear_recipe r, const any_format& activations, const any_format& gradients) {
    for (linear_tensor* t : {&r.x, &r.w}) {
        t->first.element = activations;
        t->second.element = activations;
    }
    r.dy.first.element = gradients;
    r.dy.second.element = gradients;
    return r;
}

linear_recipe with_rule(linear_recipe r, scale_rule rule) {
    for (linear_tensor* t : {&r.x, &r.w, &r.dy}) {
        t->first.scaling.scale.rule = rule;
        t->second.scaling.scale.rule = rule;
    }
    return r;
}

linear_recipe with_gradient_mode(linear_recipe r, rounding mode) {
    r.dy.first.mode = mode;
    r.dy.second.mode = mode;
    return r;
}

// The gradients that dgrad reads in blocks of 128 x 128 (DeepSeek-V3, App. B.2).
linear_recipe with_gradient_blocks(linear_recipe r) {
    r.dy.first.scaling.free_extent = 128;
    return r;
}

linear_recipe with_history(linear_recipe r, std::size_t steps) {
    r.delayed->history = steps;
    return r;
}

// Activations in E4M3 and no scales anywhere, for elements of the given formats.
linear_recipe cast_to(const any_format& activations, const any_format& gradients) {
    return with_elements(linear_recipes::hif8_cast, activations, gradients);
}

// One scale per tensor, E4M3 for all operands.
linear_recipe tensor_e4m3() { return with_elements(linear_recipes::tensor_current, e4m3fn, e4m3fn); }

// h100's rule for FP8 with that many fraction bits in alignment and register.
aligned short_accumulator(int fraction_bits) {
    aligned unit = std::get<aligned>(accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn));
    unit.fraction_bits = fraction_bits;
    return unit;
}

linear_recipe with_short_sums(linear_recipe r, const aligned& unit, std::size_t promotion) {
    for (linear_product* p : {&r.fprop, &r.dgrad, &r.wgrad}) {
        p->promotion = promotion;
    }
    return with_accumulator(r, unit);
}

// 5 exponent bits, IEEE-like, and f fraction bits.
constexpr float_format with_fraction_bits(std::string_view name, int fraction_bits) {
    return {.name = name,
            .type_name = name,
            .source = "calibration of the training experiment",
            .exponent_bits = 5,
            .fraction_bits = fraction_bits,
            .bias = 15,  // 2^(5 - 1) - 1
            .infinity = infinity_kind::ieee,
            .nan = nan_kind::ieee,
            .storage_bits = 8};
}
constexpr float_format e5m1 = with_fraction_bits("e5m1", 1);

// -- arms -------------------------------------------------------------------------------------------------------------

// Everything but FP32 arms keeps the gradient of the residual stream in BF16, as the recipe's owners do.
arm narrow(std::string_view name, std::string_view summary, const linear_recipe& r) {
    return {.name = name, .summary = summary, .recipe = r, .residual_gradient = bf16};
}
arm scaled(arm a, loss_scaling how, float factor) {
    a.scaling = how;
    a.loss_scale = factor;
    return a;
}

std::vector<arm> make_arms() {
    namespace lr = linear_recipes;
    const linear_recipe& ds = lr::deepseek_v3;
    const auto acc = [&](std::string_view name, std::string_view summary, int fraction_bits, std::size_t promotion) {
        const linear_recipe& base = promotion == 0 ? tensor_e4m3() : ds;
        return narrow(name, summary, with_short_sums(base, short_accumulator(fraction_bits), promotion));
    };
    arm null_noise{.name = "null_noise",
                   .summary = "FP32 with unbiased random errors on all operands, as large as E4M3's",
                   .recipe = lr::fp32};
    // Root mean square relative error of 3 fraction bits: 2^-4 / sqrt(3) * sqrt(3 / (8 ln 2)) = 0.0265 over a log-uniform
    // mantissa; 0.0255 gave the gradient error of deepseek_v3 on real operands.
    null_noise.noise = 0.0255;
    arm null_eps{.name = "null_eps",
                 .summary = "FP32, the first weight times 1 + 1e-6: a check of the program",
                 .recipe = lr::fp32};
    null_eps.perturbation = 1e-6;
    arm f16_static = narrow("f16", "FP16 without a loss scale", lr::f16_cast);
    f16_static.residual_gradient = f16;
    arm f16_scaled = scaled(f16_static, loss_scaling::dynamic, 0x1p16f);
    f16_scaled.name = "f16_loss_scale";
    f16_scaled.summary = "FP16 with a dynamic loss scale";
    arm short_moments = narrow("deepseek_v3_bf16_moments", "deepseek_v3 with AdamW's moments in BF16", ds);
    short_moments.moments = bf16;
    return {
        {.name = "fp32", .summary = "FP32, the reference trajectory", .recipe = lr::fp32},
        null_noise,
        null_eps,
        narrow("bf16", "BF16 operands, the baseline", lr::bf16_cast),
        f16_static,
        f16_scaled,
        narrow("deepseek_v3", "E4M3, tiles of 128, FP32 scales", ds),
        narrow("deepseek_v3_ue8m0", "deepseek_v3 with power-of-two scales", lr::deepseek_v3_ue8m0),
        narrow("deepseek_v3_from_source", "deepseek_v3, both copies of activations quantised from the wide tensor",
               with_second_copy(ds, second_copy::from_source, second_copy::from_source)),
        narrow("deepseek_v3_requantise", "deepseek_v3, both second copies quantised again from codes",
               with_second_copy(ds, second_copy::requantize, second_copy::requantize)),
        narrow("deepseek_v3_gradient_block", "deepseek_v3, gradients of dgrad in 128 x 128 blocks",
               with_gradient_blocks(ds)),
        narrow("deepseek_v3_stochastic", "deepseek_v3, gradients rounded by chance",
               with_gradient_mode(ds, rounding::stochastic_a)),
        short_moments,
        narrow("te_block", "Transformer Engine's tiles, power-of-two scales in FP32", lr::te_block),
        narrow("tensor_e4m3", "E4M3 everywhere, one current scale per tensor", tensor_e4m3()),
        narrow("tensor_current", "E4M3, gradients E5M2, one current scale per tensor (hybrid)", lr::tensor_current),
        narrow("delayed", "as tensor_current, scales from the last 16 steps", with_history(lr::delayed, 16)),
        narrow("static", "E4M3 everywhere, no scales", cast_to(e4m3fn, e4m3fn)),
        scaled(narrow("static_loss_scale", "E4M3, gradients E5M2, no scales, loss scale 4096", cast_to(e4m3fn, e5m2)),
               loss_scaling::fixed, 4096.0f),
        narrow("mxfp8", "E4M3 in blocks of 32, scales rounded up", lr::mxfp8),
        narrow("mxfp8_floor", "E4M3 in blocks of 32, OCP's rule floor", with_rule(lr::mxfp8, scale_rule::floor)),
        narrow("int8_tile", "INT8 in deepseek_v3's tiles, exact sums of 128", lr::int8_tile),
        narrow("mxint8", "MXINT8 in blocks of 32", lr::mxint8_blocks),
        scaled(narrow("hif8", "HiFloat8, no scales, loss scale 4096", lr::hif8_cast), loss_scaling::fixed, 4096.0f),
        narrow("deepseek_v3_e5m2", "E5M2 in deepseek_v3's tiles", with_elements(ds, e5m2, e5m2)),
        narrow("mantissa2", "5 exponent and 2 fraction bits in deepseek_v3's tiles: calibration, a step of 2^-2",
               with_elements(ds, e5m2, e5m2)),
        narrow("mantissa1", "5 exponent bits and 1 fraction bit in deepseek_v3's tiles: calibration, a step of 2^-1",
               with_elements(ds, e5m1, e5m1)),
        acc("acc14", "tensor_e4m3 on h100's FP8 unit, bit for bit, no promotion", 13, 0),
        acc("acc12", "acc14's rule with 11 fraction bits", 11, 0),
        acc("acc10", "acc14's rule with 9 fraction bits", 9, 0),
        acc("acc8", "acc14's rule with 7 fraction bits", 7, 0),
        acc("acc14_promoted", "deepseek_v3 on h100's FP8 unit, bit for bit, sums promoted every 128", 13, 128),
        acc("acc12_promoted", "acc14_promoted's rule with 11 fraction bits", 11, 128),
        acc("acc10_promoted", "acc14_promoted's rule with 9 fraction bits", 9, 128),
        acc("acc8_promoted", "acc14_promoted's rule with 7 fraction bits", 7, 128),
    };
}

}  // namespace

std::span<const arm> all_arms() {
    static const std::vector<arm> arms = make_arms();
    return arms;
}

const arm& arm_by_name(std::string_view name) {
    std::string known;
    for (const arm& a : all_arms()) {
        if (a.name == name) {
            return a;
        }
        known += (known.empty() ? "" : ", ") + std::string(a.name);
    }
    throw std::invalid_argument("unknown arm '" + std::string(name) + "'; known: " + known);
}

}  // namespace narrowfp::bench::train
