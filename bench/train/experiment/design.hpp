// SPDX-License-Identifier: Apache-2.0
// The design of the training experiment, fixed before a run: which arms, how many seeds and steps, where they are looked
// at. Three tiers: T1 compares gradients and products with FP64 at fixed weights, T2 trains every arm a few steps from
// common checkpoints, T3 trains whole runs, paired by seed. Only the design `full`, unchanged, decides V7 and V15.
#pragma once

#include "train/run/trainer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace narrowfp::bench::train {

struct experiment_design {
    std::string mode = "quick";
    model_size size = size_s;
    std::size_t steps = 150;
    std::uint32_t seeds = 1;  // 1, 2, ..., each with its own noise key
    double rate = 1e-3;
    std::vector<std::string> run_arms;       // T3; fp32, bf16 and null_noise always among them
    std::vector<std::string> fidelity_arms;  // T1
    std::vector<std::string> fork_arms;      // T2; empty: no T2
    std::vector<double> checkpoints;         // T1, as parts of the FP32 run of seed 1
    std::size_t batches = 4;                 // T1, at each checkpoint
    std::size_t forks = 8;                   // T2, each 1/16 of the steps long
    bool learning_rates = false;             // FP32 at 3e-4 and 3e-3 as well
    bool perturbed = false;                  // null_eps as well, seed 1

    std::size_t fork_steps() const { return steps / 16; }
    std::size_t fork_start(std::size_t k) const { return (2 * k + 1) * (16 / (2 * forks)) * fork_steps(); }
    std::size_t checkpoint_step(double part) const;
    // The whole design as V7 fixes it: what the claim may judge by.
    bool decides() const;
};

inline constexpr std::size_t least_steps = 16;
inline constexpr std::uint32_t deciding_seeds = 12;
inline constexpr std::size_t deciding_steps = 400;

experiment_design quick_design();
experiment_design full_design();

// The design with these arms in T1, T2 (if it has one) and T3, beside the baselines. Throws std::invalid_argument for an
// unknown name.
experiment_design with_arms(experiment_design d, const std::vector<std::string>& arms);

// Throws std::invalid_argument unless the training part of the text is as long as what a run reads.
void require_enough_text(const experiment_design& d, std::size_t training_symbols);

}  // namespace narrowfp::bench::train
