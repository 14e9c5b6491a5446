// SPDX-License-Identifier: Apache-2.0
// The arms of the training experiment: what is compared with what. An arm is a recipe for the linear layers and what
// goes with it (loss scale, noise, formats of gradients and moments). Arms are data; a new one is one entry in arms.cpp.
// Everything outside the linear layers is FP32 in every arm.
#pragma once

#include <narrowfp/gemm/linear_recipe.hpp>

#include <span>

namespace narrowfp::bench::train {

enum class loss_scaling : std::uint8_t {
    fixed,  // loss times `loss_scale`, gradients divided by it in FP32
    dynamic,  // starts at `loss_scale`; halved, and the step skipped, when a gradient is not finite; doubled after 50 good steps
};

struct arm {
    std::string_view name{};
    std::string_view summary{};
    linear_recipe recipe{};
    loss_scaling scaling = loss_scaling::fixed;
    float loss_scale = 1.0f;
    // Standard deviation of the random relative error put on each operand of a linear layer's products (null_noise).
    double noise = 0;
    // The first weight of the first linear layer is multiplied by 1 + this before training (null_eps).
    double perturbation = 0;
    any_format residual_gradient = f32;  // gradients of the residual stream are rounded to it
    any_format moments = f32;            // AdamW's moments are rounded to it after each update
};

// All arms, fp32 first.
std::span<const arm> all_arms();

// Throws std::invalid_argument for an unknown name, with the known ones.
const arm& arm_by_name(std::string_view name);

}  // namespace narrowfp::bench::train
