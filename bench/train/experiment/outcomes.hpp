// SPDX-License-Identifier: Apache-2.0
// What the three tiers of the training experiment find, as plain numbers, and as JSON that a stopped experiment goes on
// from. Everything but seconds is a function of the design, so a stored outcome equals a repeated one bit for bit.
#pragma once

#include <narrowfp/base/event_counts.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace narrowfp {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(event_counts, elements, inexact, overflowed, saturated, underflowed, subnormal, nan,
                                   infinite)

}  // namespace narrowfp

namespace narrowfp::bench::train {

// Quantisation events of the operands X, W and dY of all linear layers.
struct operand_events {
    event_counts x{};
    event_counts w{};
    event_counts dy{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(operand_events, x, w, dy)

// T3: one run. A run whose loss is not finite has diverged and no further number.
struct run_outcome {
    std::string arm{};
    std::uint32_t seed = 0;
    double rate = 0;
    std::size_t steps = 0;
    bool diverged = false;
    double loss = 0;              // of validation, evaluated in the arm's arithmetic
    double loss_fp32 = 0;         // the same weights evaluated in FP32
    std::vector<float> losses{};  // of the steps, before their update
    operand_events events{};
    std::uint64_t skipped_steps = 0;
    double loss_scale = 1;         // at the end
    std::uint64_t kept_bytes = 0;  // by linear layers for the backward pass
    std::string weights{};         // SHA-256
    std::string commit{};          // of the program that computed it
    double seconds = 0;            // measured, with whatever else ran
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(run_outcome, arm, seed, rate, steps, diverged, loss, loss_fp32, losses, events,
                                   skipped_steps, loss_scale, kept_bytes, weights, commit, seconds)

// T1: the gradient of all weights of linear layers against FP64, one batch at one checkpoint.
struct gradient_fidelity {
    std::size_t step = 0;
    std::size_t batch = 0;
    bool finite = false;
    double relative_error = 0;
    double cosine = 0;
    double bias = 0;             // <error, reference> / <reference, reference>
    double loss_difference = 0;  // to the loss in FP64
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(gradient_fidelity, step, batch, finite, relative_error, cosine, bias,
                                   loss_difference)

// T1: one product of one linear layer on the operands of the FP32 run, against FP64.
struct product_fidelity {
    std::size_t step = 0;
    std::size_t layer = 0;
    std::string linear{};  // "gate_up"
    std::string role{};    // "fprop", "dgrad", "wgrad"
    bool finite = false;
    double total = 0;         // relative error
    double quantization = 0;  // of the FP64 product of the quantised operands
    double accumulation = 0;  // against that product
    double cosine = 0;
    double bias = 0;
    double row_snr_median = 0;  // dB, over rows: tokens in fprop and dgrad, outputs in wgrad; 0 where nothing is left
    double row_snr_p1 = 0;      // 1st percentile
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(product_fidelity, step, layer, linear, role, finite, total, quantization,
                                   accumulation, cosine, bias, row_snr_median, row_snr_p1)

struct arm_fidelity {
    std::string arm{};
    std::vector<gradient_fidelity> gradients{};
    std::vector<product_fidelity> products{};  // none for an arm that is no recipe alone (noise)
    operand_events events{};                   // over all gradients
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(arm_fidelity, arm, gradients, products, events)

// T2: losses of validation after some steps from a common checkpoint.
struct fork_outcome {
    std::size_t start = 0;
    bool diverged = false;
    double before = 0;  // FP32
    double loss = 0;
    double loss_fp32 = 0;
    std::uint64_t skipped_steps = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(fork_outcome, start, diverged, before, loss, loss_fp32, skipped_steps)

struct arm_forks {
    std::string arm{};
    std::vector<fork_outcome> forks{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(arm_forks, arm, forks)

}  // namespace narrowfp::bench::train
