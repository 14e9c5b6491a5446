// SPDX-License-Identifier: Apache-2.0
// Floating-point operations of a training step (a multiply-add counts two) and rates that follow from published times.
// The backward pass counts twice the forward pass; recomputation is not counted, as in the published MFU figures.
// Source of the identities: arXiv 2505.09343, tables 2 and 4, for DeepSeek-V3.
#pragma once

#include <narrowfp/cost/model_shape.hpp>

namespace narrowfp::cost {

enum class attention_count { causal, full };

// Forward, in FLOP per token.
constexpr double linear_flops_per_token(const model_shape& m) {
    return 2.0 * static_cast<double>(linear_parameters_per_token(m));
}

// Forward, scores and weighted values: layers 2 S heads (key width + value width); half of it under a causal mask.
constexpr double attention_flops_per_token(const model_shape& m, std::int64_t sequence, attention_count count) {
    const double full = 2.0 * static_cast<double>(m.layers * sequence * m.heads * (m.key_width() + m.value_width));
    return count == attention_count::causal ? full / 2 : full;
}

// Forward and backward, in FLOP per token: three times the forward pass.
constexpr double training_flops_per_token(const model_shape& m, std::int64_t sequence, attention_count count) {
    return 3 * (linear_flops_per_token(m) + attention_flops_per_token(m, sequence, count));
}

// What is published about a training run.
struct training_run {
    std::string_view name;
    std::string_view source;
    std::int64_t devices = 0;
    std::int64_t sequence = 0;  // tokens
    std::int64_t batch = 0;     // sequences per step
    double step_seconds = 0;
    double device_hours_per_trillion = 0;  // per 10^12 tokens
    double pretraining_device_hours = 0;
    double flops_per_token = 0;          // as printed, FLOP
    double flops_per_second_causal = 0;  // per device, as printed, FLOP/s
};

inline constexpr training_run deepseek_v3_run{.name = "DeepSeek-V3 on 2048 H800",
                                              .source = "arXiv 2505.09343, tables 2 and 4; arXiv 2412.19437, table 1",
                                              .devices = 2048,
                                              .sequence = 4096,
                                              .batch = 15360,
                                              .step_seconds = 19.926,
                                              .device_hours_per_trillion = 180e3,
                                              .pretraining_device_hours = 2.664e6,
                                              .flops_per_token = 250e9,
                                              .flops_per_second_causal = 385e12};

// Tokens a second and device: from the time of a step, and from the device-hours of 10^12 tokens.
constexpr double token_rate_of_step(const training_run& r) {
    return static_cast<double>(r.batch * r.sequence) / static_cast<double>(r.devices) / r.step_seconds;
}
constexpr double token_rate_of_device_hours(const training_run& r) {
    return 1e12 / (r.device_hours_per_trillion * 3600);
}

}  // namespace narrowfp::cost
