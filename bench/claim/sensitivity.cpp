// SPDX-License-Identifier: Apache-2.0
// Which inputs take which figure across its threshold: each input of a modelled row is moved alone to the ends of its stated
// doubt, with all others at their centre, and the row's figure is computed again. Scenarios are corners, where several
// inputs move together, so they can lie on both sides although no single input takes the centre across.
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <tuple>

namespace narrowfp::bench::claim {

namespace {

using computation = std::function<double(const step_scenarios&, const step_scenario&)>;

std::vector<sensitivity_line> lines_for(std::string_view row, const step_scenarios& all, double threshold,
                                        std::string_view rule, const computation& compute) {
    std::vector<sensitivity_line> lines;
    const std::vector<assumed>& ranges = all.ranges();
    const std::vector<double> centre = corners(ranges).front();
    const double at_centre = compute(all, all.all().front());
    const auto add = [&](std::string input, double low, double high, double at_low, double at_high) {
        const auto above = [&](double x) { return x >= threshold; };
        lines.push_back({std::string(row), policy::chip_label(all.chip().name), std::move(input), low, high, at_low,
                         at_centre, at_high, threshold, std::string(rule),
                         above(at_low) != above(at_centre) || above(at_high) != above(at_centre)});
    };
    for (std::size_t n = 0; n < ranges.size(); ++n) {
        const auto at = [&](double value) {
            std::vector<double> x = centre;
            x[n] = value;
            const auto s = all.scenario_with(all.variants().front(), x);
            return s ? compute(all, *s) : at_centre;
        };
        add(std::string(ranges[n].id), ranges[n].low, ranges[n].high, at(ranges[n].low), at(ranges[n].high));
    }
    const cost::machine& first = all.variants().front().base;
    for (const chip_variant& v : all.variants()) {
        const std::array<std::tuple<const char*, double, double>, 4> shares{
            {{"16-bit peak, TFLOP/s", first.wide_peak / 1e12, v.base.wide_peak / 1e12},
             {"memory, GB", first.memory / 1e9, v.base.memory / 1e9},
             {"memory bandwidth, TB/s", first.bandwidth / 1e12, v.base.bandwidth / 1e12},
             {"link within a node, GB/s", first.scale_up / 1e9, v.base.scale_up / 1e9}}};
        const auto differs = [](const auto& f) { return std::get<1>(f) != std::get<2>(f); };
        if (std::count_if(shares.begin(), shares.end(), differs) != 1) {
            continue;  // one figure at a time
        }
        const auto& [name, low, high] = *std::find_if(shares.begin(), shares.end(), differs);
        if (const auto s = all.scenario_with(v, centre)) {
            add(name, low, high, at_centre, compute(all, *s));
        }
    }
    return lines;
}

}  // namespace

std::vector<sensitivity_line> sensitivity_of(const row_context& how) {
    const chip_set& chips = chips_of(how);
    const subject& what = subject_of(how);
    std::vector<sensitivity_line> lines;
    const computation ratio = [](const step_scenarios& all, const step_scenario& s) {
        const case_seconds t = all.seconds_in(s);
        return t[hardware_case::wide] / t[hardware_case::fp8_units];
    };
    const std::string step_rule = "16-bit / FP8 step at least " + report::format_number(policy::worthwhile_ratio, 3);
    const std::vector<std::string> names(policy::nvidia_chips.begin(), policy::nvidia_chips.end());
    for (const std::string& name : how.asked_chips.empty() ? names : how.asked_chips) {
        append(lines,
               lines_for("V1", step_scenarios(what, chips.by_name(name)), policy::worthwhile_ratio, step_rule, ratio));
    }
    const std::string h20_label = policy::chip_label(policy::returned_to);
    const std::string rate_rule = h20_label + " in FP8 at least as fast";
    const step_scenarios h20(what, chips.by_name(policy::returned_to));
    const double h20_rate = 1 / h20.seconds_in(h20.all().front())[hardware_case::fp8_units];
    std::vector<sensitivity_line> v12b;
    for (const std::string_view name : policy::ascend_chips) {
        const step_scenarios ascend(what, chips.by_name(name), true);
        append(lines, lines_for("V12a", ascend, policy::worthwhile_ratio, step_rule, ratio));
        append(v12b, lines_for("V12b", ascend, policy::as_fast, rate_rule,
                               [&](const step_scenarios& all, const step_scenario& s) {
                                   return h20_rate * all.seconds_in(s)[hardware_case::wide];
                               }));
        const double ascend_rate = 1 / ascend.seconds_in(ascend.all().front())[hardware_case::wide];
        std::vector<sensitivity_line> other =
            lines_for("V12b", h20, policy::as_fast, rate_rule, [&](const step_scenarios& all, const step_scenario& s) {
                return 1 / all.seconds_in(s)[hardware_case::fp8_units] / ascend_rate;
            });
        for (sensitivity_line& line : other) {
            line.where = h20_label + " over " + policy::chip_label(name);
        }
        append(v12b, std::move(other));
    }
    append(lines, std::move(v12b));
    append(lines, attribution_sensitivity(how));
    return lines;
}

}  // namespace narrowfp::bench::claim
