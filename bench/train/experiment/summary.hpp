// SPDX-License-Identifier: Apache-2.0
// What the outcomes of the experiment mean: gaps paired by seed with intervals, and against the noise-matched null; the
// sequential test of the primary gaps; medians of T1; means of T2; the check of the learning rate. The decision rules were
// fixed before the first run (design.hpp). Gaps of bf16 and of the nulls are to fp32, those of all other arms to bf16.
#pragma once

#include "support/equivalence.hpp"
#include "train/experiment/experiment.hpp"
#include "train/experiment/paired_statistics.hpp"

#include <cmath>
#include <optional>

namespace narrowfp::bench::train {

inline constexpr double largest_perturbed_gap = 0.01;     // percent, of null_eps: beyond it the program is at fault
inline constexpr double largest_final_half_width = 0.04;  // percent, of the repeated interval at the last look
inline constexpr double under_trained_excess = 2;         // percent, of the learning rate over the best

struct arm_gap {
    std::string arm;
    std::string base;
    std::size_t diverged = 0;            // seeds; then there are no summaries
    std::vector<std::uint32_t> seeds{};  // that all of this is over
    std::vector<double> own{};           // per seed, percent
    std::vector<double> fp32{};          // the same weights evaluated in FP32
    std::vector<double> less_null{};     // own, less the null's gap of the seed; none for baselines
    std::vector<double> over_null{};     // to the loss of null_noise; none for baselines
    std::vector<double> smoothed{};      // of the training loss, moving average 0.9, at the end; none without its curve
    std::vector<double> smoothed_worst{};  // largest absolute one in the last quarter
    std::optional<paired_summary> own_summary{};
    std::optional<paired_summary> fp32_summary{};
    std::optional<paired_summary> less_null_summary{};
    std::optional<paired_summary> over_null_summary{};
    std::optional<sequential_outcome> test{};  // of a primary arm under a plan
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

    bool perturbation_held() const { return !perturbed_gap || std::fabs(*perturbed_gap) <= largest_perturbed_gap; }
    const arm_gap* gap_of(std::string_view arm) const;
    const arm_snr* snr_of(std::string_view arm) const;
};

experiment_summary summarise(const experiment_outcome& e);

// The moving average m <- 0.9 m + 0.1 x that begins at the first value.
std::vector<double> smoothed(std::span<const float> losses);

// The verdict on a primary gap; nothing if the design does not decide, its test has not stopped, or there are fewer seeds
// than its least number.
std::optional<equivalence> verdict_of(const experiment_outcome& e, const arm_gap& g);

}  // namespace narrowfp::bench::train
