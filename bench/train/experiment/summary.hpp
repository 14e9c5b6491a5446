// SPDX-License-Identifier: Apache-2.0
// What the outcomes of the experiment mean: gaps paired by seed, less those of the noise-matched null, with intervals;
// whether path noise lets gaps be interpreted at all; medians of T1; means of T2; the check of the learning rate. The
// rules stood before any run. Gaps of bf16 and of the nulls are to fp32, those of all other arms to bf16.
#pragma once

#include "support/equivalence.hpp"
#include "train/experiment/experiment.hpp"
#include "train/experiment/paired_statistics.hpp"

#include <optional>

namespace narrowfp::bench::train {

// Guards: beyond these, gaps say nothing.
inline constexpr double largest_perturbed_gap = 0.01;   // percent, of null_eps
inline constexpr double largest_null_deviation = 0.15;  // percent, of null_noise over seeds
inline constexpr double under_trained_excess = 2;       // percent, of the learning rate over the best

struct arm_gap {
    std::string arm;
    std::string base;
    std::size_t diverged = 0;              // seeds; then there are no summaries
    std::vector<double> own{};             // per seed, percent
    std::vector<double> fp32{};            // the same weights evaluated in FP32
    std::vector<double> less_null{};       // own, less the null's gap of the seed; none for baselines
    std::vector<double> smoothed{};        // of the training loss, moving average 0.9, at the end
    std::vector<double> smoothed_worst{};  // largest absolute one in the last quarter
    std::optional<paired_summary> own_summary{};
    std::optional<paired_summary> fp32_summary{};
    std::optional<paired_summary> less_null_summary{};
};

struct arm_snr {
    std::string arm;
    bool finite = false;  // all gradients are
    double median = 0;    // dB, over checkpoints and batches
    double low = 0;
    double high = 0;
    double cosine = 0;           // medians
    double bias = 0;             // median
    double loss_difference = 0;  // mean of absolute values
};

// Medians over layers and checkpoints of one role.
struct role_summary {
    std::string arm;
    std::string role;
    bool finite = false;
    double total = 0, quantization = 0, accumulation = 0, bias = 0, row_snr_median = 0, row_snr_p1 = 0;
};

struct fork_summary {
    std::string arm;
    std::size_t forks = 0;
    std::size_t diverged = 0;
    double gap = 0;  // percent, mean over forks, to fp32
    double low = 0;
    double high = 0;
    double gap_fp32 = 0;
    std::uint64_t skipped_steps = 0;
};

struct experiment_summary {
    std::vector<arm_gap> gaps;
    std::vector<arm_snr> snr;
    std::vector<role_summary> roles;
    std::vector<fork_summary> forks;
    std::optional<double> perturbed_gap{};         // null_eps, percent
    std::optional<double> null_deviation{};        // percent
    std::optional<double> learning_rate_excess{};  // percent
    std::string path_noise{};                      // why gaps cannot be interpreted; empty if they can

    const arm_gap* gap_of(std::string_view arm) const;
    const arm_snr* snr_of(std::string_view arm) const;
};

experiment_summary summarise(const experiment_outcome& e);

// The moving average m <- 0.9 m + 0.1 x that begins at the first value.
std::vector<double> smoothed(std::span<const float> losses);

double median_of(std::vector<double> values);

// The verdict on a gap less null, or nothing if the design does not decide.
std::optional<equivalence> verdict_of(const experiment_outcome& e, const experiment_summary& s, const arm_gap& g);

}  // namespace narrowfp::bench::train
