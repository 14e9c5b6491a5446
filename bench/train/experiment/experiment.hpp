// SPDX-License-Identifier: Apache-2.0
// The training experiment as a whole: runs the tiers of a design, several runs side by side with one thread each, on one
// rank or many, keeps finished parts, and says how far it is. Equal designs and texts give equal outcomes, but for seconds.
#pragma once

#include "support/ranks.hpp"
#include "train/experiment/design.hpp"
#include "train/experiment/outcomes.hpp"
#include "train/run/corpus.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::bench::train {

struct experiment_options {
    int threads = 0;                       // runs side by side in a rank; 0: rank_job::threads
    std::filesystem::path output;          // finished parts are kept here; empty: nowhere, with one rank
    std::filesystem::path operand_folder;  // operands of all linear layers at T1's checkpoints go here; empty: nowhere
    // On rank 0, about all ranks.
    std::function<void(std::uint64_t done, std::uint64_t total, std::string_view what)> on_progress;
};

struct experiment_outcome {
    experiment_design design{};
    std::string text_name{};
    std::size_t text_bytes = 0;
    std::size_t vocabulary = 0;
    std::size_t merged_bytes = 0;
    std::uint32_t text_crc32 = 0;
    std::vector<run_outcome>
        runs{};  // T3, by arm in the order of the design, then by seed; of a plan those that were made
    std::vector<run_outcome> rates{};      // FP32 at other learning rates
    std::vector<run_outcome> perturbed{};  // null_eps
    std::vector<arm_fidelity> fidelity{};  // T1
    std::vector<arm_forks> forks{};        // T2
    std::vector<std::filesystem::path> operand_files{};
    int ranks = 1;
    rank_times times{};
};

// Throws std::invalid_argument for a text that is too short; std::runtime_error for files that cannot be read or written or
// belong to another experiment. All ranks call it; what ran, and its outcome, is known on rank 0 alone.
experiment_outcome run_experiment(const experiment_design& d, const corpus& text, const experiment_options& how,
                                  rank_job& job);

// Seconds for a step of FP32 and of deepseek_v3 on one thread, from a few steps of each: {fp32, deepseek_v3}.
std::pair<double, double> seconds_per_step(const experiment_design& d, const corpus& text);

}  // namespace narrowfp::bench::train
