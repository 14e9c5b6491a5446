// SPDX-License-Identifier: Apache-2.0
// Which inputs flip which verdict: each input of a modelled row is moved alone to the ends of its stated doubt, with all
// others at their centre, and the row's figure is computed again. A verdict looks at corners, where several inputs move
// together, so a verdict can be UNDECIDED although no single input flips the centre.
#include "claim/rows.hpp"

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
        lines.push_back({std::string(row), std::string(all.chip().name), std::move(input), low, high, at_low, at_centre,
                         at_high, threshold, std::string(rule),
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
    const auto add = [&](std::vector<sensitivity_line> more) {
        lines.insert(lines.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    const computation ratio = [](const step_scenarios& all, const step_scenario& s) {
        const case_seconds t = all.seconds_in(s);
        return t[hardware_case::wide] / t[hardware_case::fp8_units];
    };
    constexpr double step_threshold = 1.10;
    constexpr std::string_view step_rule = "16-bit / FP8 step at least 1.10";
    std::vector<std::string> names{"h800", "h20"};
    for (const std::string& name : how.asked_chips.empty() ? names : how.asked_chips) {
        add(lines_for("V1", step_scenarios(what, chips.by_name(name)), step_threshold, step_rule, ratio));
    }
    const step_scenarios h20(what, chips.by_name("h20"));
    const double h20_rate = 1 / h20.seconds_in(h20.all().front())[hardware_case::fp8_units];
    std::vector<sensitivity_line> v12b;
    const auto add_v12b = [&](std::vector<sensitivity_line> more) {
        v12b.insert(v12b.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    for (const std::string_view name : {"910b2", "910b3", "910b4", "910c"}) {
        const step_scenarios ascend(what, chips.by_name(name), true);
        add(lines_for("V12a", ascend, step_threshold, step_rule, ratio));
        add_v12b(lines_for("V12b", ascend, 1, "H20 in FP8 at least as fast",
                           [&](const step_scenarios& all, const step_scenario& s) {
                               return h20_rate * all.seconds_in(s)[hardware_case::wide];
                           }));
        const double ascend_rate = 1 / ascend.seconds_in(ascend.all().front())[hardware_case::wide];
        std::vector<sensitivity_line> other = lines_for(
            "V12b", h20, 1, "H20 in FP8 at least as fast", [&](const step_scenarios& all, const step_scenario& s) {
                return 1 / all.seconds_in(s)[hardware_case::fp8_units] / ascend_rate;
            });
        for (sensitivity_line& line : other) {
            line.where = "h20 over " + std::string(name);
        }
        add_v12b(std::move(other));
    }
    add(std::move(v12b));
    add(attribution_sensitivity(how));
    return lines;
}

}  // namespace narrowfp::bench::claim
