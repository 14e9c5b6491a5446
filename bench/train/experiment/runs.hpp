// SPDX-License-Identifier: Apache-2.0
// T3: whole runs, paired by seed: the same first weights and batches in every arm, a noise key per seed. A run goes on
// from its last checkpoint if its store has one. What a run may leave behind for T1 and T2 are copies of it at some steps.
#pragma once

#include "train/experiment/design.hpp"
#include "train/experiment/outcomes.hpp"
#include "train/experiment/store.hpp"

#include <functional>
#include <vector>

namespace narrowfp::bench::train {

// Runs go side by side, each on one thread.
inline constexpr options one_thread{.threads = 1};

struct run_request {
    std::string arm;
    std::uint32_t seed = 1;
    double rate = 1e-3;
};

// Adds steps that were done; called from several threads.
using step_counter = std::function<void(std::size_t)>;

// A run stopped at a step.
struct snapshot {
    std::size_t step = 0;
    trainer state;
};

run_configuration configuration_of(const experiment_design& d, const run_request& r);

// "deepseek_v3-seed03", "fp32-seed01-rate0.003".
std::string name_of(const experiment_design& d, const run_request& r);

// Validation and its share of the time count as this many steps.
inline constexpr std::size_t evaluation_steps = 10;

// The outcome, from the store if it is there.
run_outcome perform_run(const experiment_design& d, const run_request& r, const token_streams& data, const store& kept,
                        const step_counter& count);

struct snapshot_run {
    run_outcome outcome{};
    std::vector<snapshot> snapshots{};
};

// The FP32 run of the first seed with copies of it at these steps, ascending. Its outcome and the copies are stored.
snapshot_run take_snapshots(const experiment_design& d, const std::vector<std::size_t>& steps,
                            const token_streams& data, const store& kept, const step_counter& count);
// Removes the stored copies, once T1 and T2 are stored themselves.
void remove_snapshots(const std::vector<std::size_t>& steps, const store& kept);

}  // namespace narrowfp::bench::train
