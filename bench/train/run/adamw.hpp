// SPDX-License-Identifier: Apache-2.0
// AdamW (arXiv 1711.05101) with a linear warm-up over the first tenth and a cosine to zero, and the clipping of the
// gradient's norm. FP32, in a fixed order; moments may be rounded to a shorter format after each update (DeepSeek-V3
// keeps them in BF16, arXiv 2412.19437, 3.3.3).
#pragma once

#include <narrowfp/format/types.hpp>

#include "support/on_target.hpp"
#include "train/model/parameters.hpp"

#include <span>

namespace narrowfp::bench::train {

struct adamw_options {
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double weight_decay = 0.1;  // of matrices
    double largest_norm = 1.0;  // of the gradient
};

// Of step `step`, counted from 0, of `steps`.
double learning_rate(double peak, std::size_t step, std::size_t steps);

// Euclidean norm: squares in FP64, summed over 16 virtual lanes.
double norm_of(const execution& how, std::span<const float> x);

struct adamw_step {
    double rate = 0;
    std::size_t updates = 0;     // made before this one
    double gradient_factor = 1;  // clipping and the loss scale
    any_format moments = f32;
};

// One update of all parameters and moments.
void update_parameters(const execution& how, const parameter_layout& layout, std::span<float> parameters,
                       std::span<float> first, std::span<float> second, std::span<const float> gradient,
                       const adamw_step& step, const adamw_options& constants = {});

}  // namespace narrowfp::bench::train
