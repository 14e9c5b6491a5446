// SPDX-License-Identifier: Apache-2.0
// The design of the training experiment, fixed before a run: which arms, how many seeds and steps, where they are looked
// at. Three tiers: T1 compares gradients and products with FP64 at fixed weights, T2 trains every arm a few steps from
// common checkpoints, T3 trains whole runs, paired by seed. Only the design `deciding`, unchanged, decides V7 and V15.
//
// The deciding design (docs/methodology.md, "Accuracy"; fixed before its first run, on seeds that no earlier run used):
// size S, 400 steps, seeds 101 to 580 in this order. Primary gaps: deepseek_v3 to bf16 (V7) and int8_tile to bf16 (V15), in
// percent of the validation loss, margin 0.25 %, two one-sided tests at 5 %, group-sequential looks at 96, 192, 288, 384 and
// 480 seeds (sequential.hpp). Each of the two stops by itself, without a correction for two tests. Runs go on to at least
// 192 seeds. Outcomes: the repeated interval inside the margin is "equivalent" (SUPPORTED: FP8 raises the loss by less than
// 0.25 % in this experiment), wholly outside is "not equivalent" (NOT SUPPORTED), neither at 480 seeds is OPEN, and the
// interval is the answer; then its half-width must be at most 0.04 %. No guard on the deviation over seeds: `null_eps` below
// 0.01 % stays as a check of the program. Secondary, on the seeds of the look where V7 stops, intervals unadjusted: gap of
// deepseek_v3 to null_noise; the plain gap with its 95 % interval; the gap less that of the null (what the pilot judged,
// decides nothing). The trend designs, 12 seeds each: 400 and 1,600 steps, sizes S and M.
#pragma once

#include "train/experiment/sequential.hpp"
#include "train/run/trainer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::train {

struct experiment_design {
    std::string mode = "quick";
    model_size size = size_s;
    std::size_t steps = 150;
    std::uint32_t first_seed = 1;
    std::uint32_t seeds = 1;  // first_seed, first_seed + 1, ..., each with its own noise key
    double rate = 1e-3;
    std::vector<std::string> run_arms;        // T3; fp32, bf16 and null_noise always among them
    std::vector<std::string> fidelity_arms;   // T1
    std::vector<std::string> fork_arms;       // T2; empty: no T2
    std::vector<double> checkpoints;          // T1, as parts of the FP32 run of seed 1
    std::size_t batches = 4;                  // T1, at each checkpoint
    std::size_t forks = 8;                    // T2, each 1/16 of the steps long
    bool learning_rates = false;              // FP32 at 3e-4 and 3e-3 as well
    bool perturbed = false;                   // null_eps as well, first seed
    std::optional<sequential_plan> plan{};    // then seeds is the most, and runs stop by primary_arms
    std::vector<std::string> primary_arms{};  // whose gaps to bf16 are tested
    std::uint32_t least_seeds = 0;            // of a plan

    std::size_t fork_steps() const { return steps / 16; }
    std::size_t fork_start(std::size_t k) const { return (2 * k + 1) * (16 / (2 * forks)) * fork_steps(); }
    std::size_t checkpoint_step(double part) const;
    std::uint32_t seed_at(std::size_t n) const { return first_seed + static_cast<std::uint32_t>(n); }
    // The deciding design, unchanged: what the claim may judge by.
    bool decides() const;
};

inline constexpr std::size_t least_steps = 16;

experiment_design quick_design();
experiment_design deciding_design();
// 12 seeds of 400 steps less a null, the design of the first version of the rules: a study that decides nothing.
experiment_design pilot_design();
// Of the trend of the gap with steps and size.
experiment_design trend_design(const model_size& size, std::size_t steps);

// "quick", "deciding", "pilot", "trend-s400", "trend-s1600", "trend-m400", "trend-m1600". Throws std::invalid_argument, with
// near names, for another name.
experiment_design design_by_name(std::string_view name);

// The design with these arms in T1, T2 (if it has one) and T3, beside the baselines. Throws std::invalid_argument for an
// unknown name.
experiment_design with_arms(experiment_design d, const std::vector<std::string>& arms);

// Throws std::invalid_argument unless the training part of the text is as long as what a run reads.
void require_enough_text(const experiment_design& d, std::size_t training_symbols);

}  // namespace narrowfp::bench::train
