// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/design.hpp"

#include "support/near_names.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

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
    const experiment_design d = deciding_design();
    return size == d.size && steps == d.steps && first_seed == d.first_seed && seeds == d.seeds && rate == d.rate &&
           run_arms == d.run_arms && plan && plan->looks == d.plan->looks && plan->alpha == d.plan->alpha &&
           plan->margin == d.plan->margin && primary_arms == d.primary_arms && least_seeds == d.least_seeds;
}

experiment_design quick_design() {
    experiment_design d;
    d.run_arms = default_runs();
    d.fidelity_arms = every_arm();
    d.checkpoints = {1.0};
    d.batches = 1;
    return d;
}

namespace {

// All tiers of all arms at size S.
experiment_design whole_design(const char* mode) {
    experiment_design d;
    d.mode = mode;
    d.steps = 400;
    d.run_arms = default_runs();
    d.fidelity_arms = every_arm();
    d.fork_arms = every_arm();
    d.checkpoints = {0.1, 0.5, 1.0};
    d.learning_rates = true;
    d.perturbed = true;
    return d;
}

constexpr std::uint32_t first_deciding_seed = 101;
constexpr std::uint32_t pilot_seeds = 12;

}  // namespace

experiment_design deciding_design() {
    experiment_design d = whole_design("deciding");
    d.first_seed = first_deciding_seed;
    d.plan = sequential_plan{.looks = {96, 192, 288, 384, 480}};
    d.seeds = static_cast<std::uint32_t>(d.plan->looks.back());
    d.primary_arms = {"deepseek_v3", "int8_tile"};
    d.least_seeds = 192;
    return d;
}

experiment_design pilot_design() {
    experiment_design d = whole_design("pilot");
    d.seeds = pilot_seeds;
    return d;
}

experiment_design trend_design(const model_size& size, std::size_t steps) {
    experiment_design d;
    d.mode = "trend";
    d.size = size;
    d.steps = steps;
    d.first_seed = first_deciding_seed;
    d.seeds = pilot_seeds;
    d.run_arms = {"fp32", "bf16", "null_noise", "deepseek_v3"};
    return d;
}

experiment_design design_by_name(std::string_view name) {
    static const std::array<std::pair<std::string_view, experiment_design>, 7> known{
        {{"quick", quick_design()},
         {"deciding", deciding_design()},
         {"pilot", pilot_design()},
         {"trend-s400", trend_design(size_s, 400)},
         {"trend-s1600", trend_design(size_s, 1600)},
         {"trend-m400", trend_design(size_m, 400)},
         {"trend-m1600", trend_design(size_m, 1600)}}};
    std::array<std::string_view, known.size()> names;
    for (std::size_t n = 0; n < known.size(); ++n) {
        if (known[n].first == name) {
            return known[n].second;
        }
        names[n] = known[n].first;
    }
    throw std::invalid_argument(unknown_name("design", name, names));
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
