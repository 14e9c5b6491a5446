// SPDX-License-Identifier: Apache-2.0
// Figures of V1 and V12a: time of a 16-bit step over an FP8 step on the same chip, by the step-time model, over all
// scenarios. A range here is the width of assumptions, no interval with a probability.
#pragma once

#include "claim/row.hpp"
#include "claim/scenario_distribution.hpp"
#include "claim/worked_example.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace narrowfp::bench::claim {

// The inputs of one scenario.
struct scenario_inputs {
    std::string variant;  // of the chip's disputed figures; empty if nothing is disputed
    std::vector<std::pair<std::string_view, double>> values;  // by id of the range
};

// A ratio is 16-bit over FP8 step time, memory unlimited unless it says otherwise.
struct step_ratio {
    std::string chip;       // as `narrowfp list chips` names it
    bool anchored = false;  // its FP8 step is DeepSeek-V3's published one
    double centre = 0;
    scenario_distribution scenarios;
    scenario_inputs low_at;
    scenario_inputs high_at;
    // Centre and ends with the cheapest schedules that fit the memory in both formats; nothing if in one none fits.
    std::optional<scenario_range> with_fit;
    // The same ratio if 16-bit products had a slowdown of their own (product_slowdown::apart).
    scenario_distribution slowdown_apart;
    case_seconds seconds;  // of a device for each token, at the centre
    worked_column worked;
    std::vector<assumed> ranges;
};

// A 16-bit step of H800 made from DeepSeek's timed FP8 step, with its products and casts replaced.
struct profile_scenario {
    enum class kind : std::uint8_t {
        share_of_peak,       // 16-bit products at `factor` of the peak of the processors that compute
        measured_elsewhere,  // products with casts `factor` times faster than 16-bit ones: an analogy
        exactly_twice        // 16-bit products take `factor` = 2 times the FP8 ones: a bound
    };
    std::string id;
    kind sort;
    double factor = 0;
    std::string_view scaling;    // of the FP8 products that were measured elsewhere
    double product_seconds = 0;  // of the 16-bit products, in the traced part of the step
    double ratio = 0;            // 16-bit over FP8 step
    bool sets_range() const { return sort != kind::measured_elsewhere; }
};

struct step_times {
    std::string row;    // "V1" or "V12a"
    std::string model;  // that is trained
    bool hypothetical_units = false;
    std::vector<step_ratio> chips;
    std::vector<profile_scenario> from_profile;  // V1 of DeepSeek-V3 only
};

// The chips that DeepSeek used, or those that were asked for. Throws std::invalid_argument for one without FP8 units.
step_times compute_v1(const row_context& how);
// Ascend chips, each given FP8 units at twice its 16-bit peak.
step_times compute_v12a(const row_context& how);
// One chip; `fit_everywhere`: schedules are fitted to the memory in every scenario, not only at the centre and the ends.
step_ratio step_ratio_on(const step_scenarios& all, bool fit_everywhere);

row_result present_step_times(const step_times& figures);

// profile_scenarios.cpp
std::vector<profile_scenario> profile_scenarios();
// Over those that set it.
scenario_range range_of(const std::vector<profile_scenario>& scenarios);
report::table profile_table(const std::vector<profile_scenario>& scenarios);
std::vector<report::record> profile_records(const std::vector<profile_scenario>& scenarios);

}  // namespace narrowfp::bench::claim
