// SPDX-License-Identifier: Apache-2.0
// What the training experiment found, read from its results: the recorded ones, or a file of one's own (narrowfp train --output
// FOLDER, narrowfp claim --results FOLDER/results.json). The ids that are read stand in training_figures.cpp alone.
#pragma once

#include "support/equivalence.hpp"

#include <narrowfp/report/record.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

struct row_context;

struct gap_figure {
    double mean = 0;                      // percent of the loss
    std::optional<interval> interval_95;  // nothing for one seed
    std::int64_t seeds = 0;
};

// "0.35 % higher" or "0.12 % lower".
std::string higher_or_lower(double percent);

// The primary test of an arm.
struct loss_test {
    gap_figure gap;                       // to BF16
    std::optional<gap_figure> to_null;    // to unbiased errors of its size
    std::optional<gap_figure> less_null;  // what the pilot judged; decides nothing
    std::optional<equivalence> verdict;   // nothing: `undecided` says why
    std::string undecided{};              // "50 of at least 192 seeds have been run"
    std::int64_t decided_at = 0;          // seeds
    std::optional<interval> repeated;     // at that look
};

struct count_figure {
    std::string name;  // "FP16 overflows"
    double value = 0;
    std::string unit;
};

struct training_figures {
    double weights = 0;                                            // of the model's linear layers; 0 without results
    report::evidence_kind kind = report::evidence_kind::emulated;  // recorded: from the project's own records
    std::optional<loss_test> fp8;                                  // deepseek_v3
    std::optional<loss_test> int8;                                 // int8_tile
    // Median signal-to-noise ratio of the gradient against FP64, dB.
    std::optional<double> gradient_snr_bf16;
    std::optional<double> gradient_snr_fp8;
    std::optional<double> gradient_snr_int8;
    std::optional<double> learning_rate_excess;  // percent by which the rate is worse than the best of three
    // V8: overflows and underflows of FP16 and BF16, then gradients and losses of the 16-bit arms; empty if one count is
    // missing.
    std::vector<count_figure> wide_counts;
};

// Throws std::runtime_error for a record that lacks what it must have.
training_figures compute_training_figures(const row_context& how);

}  // namespace narrowfp::bench::claim
