// SPDX-License-Identifier: Apache-2.0
// How well a form of the model predicts what it has not seen: each source left out in turn, and whole classes of chips and
// models left out. Fits run in parallel; every number is a function of the key and the data, so threads change nothing.
#pragma once

#include "ratio_model/prediction.hpp"

#include <functional>
#include <string>
#include <vector>

namespace narrowfp::bench::ratio_model {

// One observation against the prediction of a model that has not seen it. ln R throughout.
struct unit_score {
    std::string name;
    std::string source;
    double measured = 0;
    middle_80 predicted{};
    double crps = 0;

    bool inside() const { return predicted.low <= measured && measured <= predicted.high; }
};

struct scores {
    model_form form = model_form::cost;
    std::size_t sources = 0;
    double coverage_by_units = 0;   // share of units inside their 80 % interval
    double coverage_by_source = 0;  // the same, sources weighing alike
    double median_error = 0;        // median |ln R - median predicted|
    double crps = 0;                // mean over units
    double median_width = 0;        // median width of the 80 % intervals of ln R
    std::vector<unit_score> units;  // in the order of the data
};

// Summary of what was predicted for each unit. Throws std::invalid_argument if there is none.
scores summarize(model_form form, std::vector<unit_score> units);

struct scoring_options {
    chain_options chain;
    std::uint32_t draws_per_sample = 4;
    random_key key;                // the fit without source number i uses stream key.stream + i
    int threads = 0;               // 0: all of the machine
    std::function<void()> fitted;  // after each fit, from any thread and from several at once
};

// Every source left out once and predicted. Needs two sources: throws std::invalid_argument otherwise.
scores leave_one_source_out(const std::vector<observation>& observations, model_form form,
                            const scoring_options& options);

// Chips by generation, MoE models: left out as a whole.
enum class left_out : std::uint8_t { hopper, blackwell, amd, moe };

inline constexpr std::array all_left_out{left_out::hopper, left_out::blackwell, left_out::amd, left_out::moe};

std::string_view name_of(left_out c);
bool belongs(const observation& o, left_out c);

struct class_score {
    left_out which = left_out::hopper;
    std::size_t units = 0;
    double coverage = 0;  // share of its units inside their 80 % interval
    double bias = 0;      // median of ln R less median predicted
};

// Fits of form `cost` without the class; a class without units, or with all of them, is left away.
std::vector<class_score> leave_out_classes(const std::vector<observation>& observations,
                                           const scoring_options& options);

}  // namespace narrowfp::bench::ratio_model
