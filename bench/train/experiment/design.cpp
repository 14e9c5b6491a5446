// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/design.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench::train {
namespace {

constexpr std::array<const char*, 3> baselines{"fp32", "bf16", "null_noise"};

std::vector<std::string> default_runs() { return {"fp32", "bf16", "null_noise", "deepseek_v3", "int8_tile"}; }

std::vector<std::string> every_arm() {
    std::vector<std::string> names;
    for (const arm& a : all_arms()) {
        names.emplace_back(a.name);
    }
    return names;
}

}  // namespace

std::size_t experiment_design::checkpoint_step(double part) const {
    return static_cast<std::size_t>(std::llround(part * static_cast<double>(steps)));
}

bool experiment_design::decides() const {
    const auto runs = [&](const char* name) {
        return std::find(run_arms.begin(), run_arms.end(), name) != run_arms.end();
    };
    return size == size_s && steps == deciding_steps && seeds == deciding_seeds && rate == 1e-3 &&
           runs("deepseek_v3") && std::all_of(baselines.begin(), baselines.end(), runs);
}

experiment_design quick_design() {
    experiment_design d;
    d.run_arms = default_runs();
    d.fidelity_arms = every_arm();
    d.checkpoints = {1.0};
    d.batches = 1;
    return d;
}

experiment_design full_design() {
    experiment_design d;
    d.mode = "full";
    d.steps = deciding_steps;
    d.seeds = deciding_seeds;
    d.run_arms = default_runs();
    d.fidelity_arms = every_arm();
    d.fork_arms = every_arm();
    d.checkpoints = {0.1, 0.5, 1.0};
    d.learning_rates = true;
    d.perturbed = true;
    return d;
}

experiment_design with_arms(experiment_design d, const std::vector<std::string>& arms) {
    std::vector<std::string> all(baselines.begin(), baselines.end());
    for (const std::string& name : arms) {
        arm_by_name(name);
        if (std::find(all.begin(), all.end(), name) == all.end()) {
            all.push_back(name);
        }
    }
    d.run_arms = all;
    d.fidelity_arms = all;
    d.fork_arms = d.fork_arms.empty() ? std::vector<std::string>() : all;
    return d;
}

void require_enough_text(const experiment_design& d, std::size_t training_symbols) {
    const std::size_t needed = d.steps * d.size.tokens();
    if (training_symbols < needed) {
        throw std::invalid_argument("the text has " + std::to_string(training_symbols) +
                                    " bytes for training (nine tenths of it), " + std::to_string(d.steps) +
                                    " steps of " + std::to_string(d.size.tokens()) + " tokens read " +
                                    std::to_string(needed) + ": give a longer text or fewer steps");
    }
}

}  // namespace narrowfp::bench::train
