// SPDX-License-Identifier: Apache-2.0
// V1, time of a 16-bit step over an FP8 step on the same chip, for H800 and H20; V12a, the same for Ascend chips had
// they FP8 units at twice their 16-bit peak. Computed for each chip from its own figures; no factor is carried over.
#include "claim/policy.hpp"
#include "claim/rows.hpp"
#include "claim/step_times.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::alignment;

namespace {

// -- figures ----------------------------------------------------------------------------------------------------------

double ratio_in(const step_scenarios& all, const step_scenario& s) {
    const case_seconds t = all.seconds_in(s);
    return t[hardware_case::wide] / t[hardware_case::fp8_units];
}

scenario_inputs inputs_of(const step_scenarios& all, const step_scenario& s) {
    scenario_inputs out{s.variant->label, {}};
    for (std::size_t n = 0; n < s.values.size(); ++n) {
        out.values.emplace_back(all.ranges()[n].id, s.values[n]);
    }
    return out;
}

// Over those scenarios, with the cheapest schedules that fit; activations moved to the host hide behind work.
std::optional<scenario_range> ratio_with_fit(const step_scenarios& all, const std::vector<const step_scenario*>& some) {
    std::vector<double> ratios;
    for (const step_scenario* s : some) {
        for (const double share : policy::usable_memory) {
            const auto fp8 = all.fit_in(*s, hardware_case::fp8_units, share, 0);
            const auto wide = all.fit_in(*s, hardware_case::wide, share, 0);
            if (!fp8 || !wide) {
                return std::nullopt;
            }
            ratios.push_back(wide->seconds_per_token / fp8->seconds_per_token);
        }
    }
    return scenario_distribution(std::move(ratios)).range();
}

step_times step_times_of(std::string row, const row_context& how, const std::vector<std::string>& names,
                         bool hypothetical) {
    const subject& what = subject_of(how);
    step_times out{std::move(row), what.name, hypothetical, {}, {}};
    for (const std::string& name : names) {
        const device::chip& chip = chips_of(how).by_name(name);
        if (!hypothetical) {
            device::require_datum(chip, device::quantity::fp8);
        }
        out.chips.push_back(step_ratio_on(step_scenarios(what, chip, hypothetical), how.full));
        const step_scenarios apart(what, chip, hypothetical, product_slowdown::apart);
        out.chips.back().slowdown_apart =
            over_scenarios(apart, [&](const step_scenario& s) { return ratio_in(apart, s); });
    }
    return out;
}

// -- tables -----------------------------------------------------------------------------------------------------------

std::string inputs_text(const scenario_inputs& inputs) {
    std::string text = inputs.variant;
    for (const auto& [id, value] : inputs.values) {
        text += (text.empty() ? "" : ", ") + std::string(id) + " " + report::format_number(value, 3);
    }
    return text;
}

report::table ratio_table(const step_times& figures) {
    const std::string threshold = report::format_number(policy::worthwhile_ratio, 3);
    report::table t;
    t.title = figures.row + ": 16-bit / FP8 step time, range of scenarios, no probability";
    t.columns = {{"chip"},
                 {"range of scenarios"},
                 {"centre", alignment::right},
                 {"median", alignment::right},
                 {"scenarios above " + threshold, alignment::right},
                 {"range with fitting schedules"},
                 {"low end at"},
                 {"high end at"}};
    for (const step_ratio& c : figures.chips) {
        t.add_row({chip_label(c.chip),
                   {range_text(c.scenarios.range()), report::tint::strong},
                   report::format_ratio(c.centre, 3),
                   report::format_ratio(c.scenarios.median(), 3),
                   share_text(c.scenarios.share_above(policy::worthwhile_ratio)),
                   c.with_fit ? range_text(*c.with_fit) : "no schedule fits",
                   inputs_text(c.low_at),
                   inputs_text(c.high_at)});
    }
    t.add_rule();
    for (const step_ratio& c : figures.chips) {
        t.add_row({chip_label(c.chip) + ", slowdowns apart", range_text(c.slowdown_apart.range()), "-",
                   report::format_ratio(c.slowdown_apart.median(), 3),
                   share_text(c.slowdown_apart.share_above(policy::worthwhile_ratio)), "-", "-", "-"});
    }
    t.notes = {
        "The first lines assume unlimited memory. With fitting schedules: the cheapest schedules that fit " +
            usable_memory_text() +
            " of the memory in both formats, at the centre and at both ends (--full: in every scenario).",
        "Within a step, products run slower than alone. These rows slow 16-bit and FP8 products by the same factor. "
        "Slowdowns apart: 16-bit products have a factor of their own, from none to that of DeepSeek's profile. On H800 "
        "FP8 products keep the profile's factor either way."};
    if (figures.hypothetical_units) {
        t.notes.emplace_back(
            "Hypothetical: no Ascend 910 has FP8 units; here each is given them at twice its 16-bit peak, as on every "
            "chip that has them.");
    }
    return t;
}

report::table range_table(const std::string& row, const std::vector<assumed>& ranges, const std::string& chips) {
    report::table t;
    t.title = row + ": scenarios for " + chips;
    t.columns = {
        {"input"}, {"what it is"}, {"low", alignment::right}, {"centre", alignment::right}, {"high", alignment::right},
        {"source"}};
    for (const assumed& a : ranges) {
        t.add_row({std::string(a.id), std::string(a.what), report::format_number(a.low, 3),
                   report::format_number(a.centre, 3), report::format_number(a.high, 3), std::string(a.source)});
    }
    return t;
}

bool equal_ranges(const std::vector<assumed>& a, const std::vector<assumed>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const assumed& x, const assumed& y) {
        return x.id == y.id && x.low == y.low && x.centre == y.centre && x.high == y.high;
    });
}

// One table for all chips with the same ranges.
std::vector<report::table> range_tables(const step_times& figures) {
    std::vector<report::table> tables;
    std::vector<bool> shown(figures.chips.size());
    for (std::size_t n = 0; n < figures.chips.size(); ++n) {
        if (shown[n]) {
            continue;
        }
        std::string names;
        for (std::size_t k = n; k < figures.chips.size(); ++k) {
            if (equal_ranges(figures.chips[n].ranges, figures.chips[k].ranges)) {
                shown[k] = true;
                names += (names.empty() ? "" : ", ") + chip_label(figures.chips[k].chip);
            }
        }
        tables.push_back(range_table(figures.row, figures.chips[n].ranges, names));
    }
    return tables;
}

std::vector<cost_line> cost_lines(const step_times& figures) {
    std::vector<cost_line> lines;
    for (const step_ratio& c : figures.chips) {
        const auto over_fp8 = [&](hardware_case k) -> std::optional<double> {
            const double x = c.seconds[k] / c.seconds[hardware_case::fp8_units];
            return std::isfinite(x) ? std::optional(x) : std::nullopt;
        };
        lines.push_back({"step." + c.chip, "step time, " + chip_label(c.chip), "FP8 = 1", 1.0,
                         over_fp8(hardware_case::fp8_storage), over_fp8(hardware_case::int8), c.centre,
                         report::evidence_kind::modelled, "step-time model, centre of the scenarios", std::nullopt,
                         "no such unit"});
    }
    return lines;
}

// -- records ----------------------------------------------------------------------------------------------------------

void add_records(const step_times& figures, const step_ratio& c, std::vector<report::record>& records) {
    const auto record = [&](const std::string& id, const std::string& name, double value, const char* method) {
        report::record r =
            make_record(figures.row, c.chip + id, name, report::evidence_kind::modelled, value, "1", method);
        r.source = "step-time model";
        return r;
    };
    const std::string label = chip_label(c.chip);
    report::record r = record("", "16-bit / FP8 step time on " + label, c.centre, "scenario range, memory unlimited");
    r.low = c.scenarios.low();
    r.high = c.scenarios.high();
    r.n = static_cast<std::int64_t>(c.scenarios.count());
    report::add_field(r.parameters, "model", figures.model);
    if (c.with_fit) {
        report::add_field(r.parameters, "low_with_cheapest_fitting_schedule", c.with_fit->low);
        report::add_field(r.parameters, "high_with_cheapest_fitting_schedule", c.with_fit->high);
    }
    records.push_back(std::move(r));
    records.push_back(record(".median", "16-bit / FP8 step time on " + label + ", median of the scenarios",
                             c.scenarios.median(), "median over scenarios, memory unlimited"));
    const std::string threshold = report::format_number(policy::worthwhile_ratio, 3);
    records.push_back(record(".share_above_" + threshold, "share of the scenarios above " + threshold + " on " + label,
                             c.scenarios.share_above(policy::worthwhile_ratio), "count of scenarios; no probability"));
    report::record apart = record(".slowdowns_apart", "16-bit / FP8 step time on " + label + ", slowdowns apart",
                                  c.slowdown_apart.median(), "median and scenario range, memory unlimited");
    apart.low = c.slowdown_apart.low();
    apart.high = c.slowdown_apart.high();
    apart.n = static_cast<std::int64_t>(c.slowdown_apart.count());
    records.push_back(std::move(apart));
}

}  // namespace

step_ratio step_ratio_on(const step_scenarios& all, bool fit_everywhere) {
    step_ratio out;
    out.chip = all.chip().name;
    out.anchored = all.anchored();
    std::vector<double> ratios;
    std::vector<const step_scenario*> fitted;
    for (const step_scenario& s : all.all()) {
        ratios.push_back(ratio_in(all, s));
        fitted.push_back(&s);
    }
    const auto at = [&](auto found) { return fitted[static_cast<std::size_t>(found - ratios.begin())]; };
    const step_scenario* centre = fitted.front();
    const auto ends = std::minmax_element(ratios.begin(), ratios.end());
    const step_scenario* low = at(ends.first);
    const step_scenario* high = at(ends.second);
    if (!fit_everywhere) {
        fitted = {centre, low, high};
    }
    out.seconds = all.seconds_in(*centre);
    out.centre = ratios.front();
    out.scenarios = scenario_distribution(std::move(ratios));
    out.low_at = inputs_of(all, *low);
    out.high_at = inputs_of(all, *high);
    out.with_fit = ratio_with_fit(all, fitted);
    out.worked = worked_on(all);
    out.ranges = all.ranges();
    return out;
}

step_times compute_v1(const row_context& how) {
    const std::vector<std::string> names(policy::nvidia_chips.begin(), policy::nvidia_chips.end());
    step_times out = step_times_of("V1", how, how.asked_chips.empty() ? names : how.asked_chips, false);
    if (subject_of(how).is_deepseek_v3) {
        out.from_profile = profile_scenarios();
    }
    return out;
}

step_times compute_v12a(const row_context& how) {
    return step_times_of("V12a", how, {policy::ascend_chips.begin(), policy::ascend_chips.end()}, true);
}

row_result present_step_times(const step_times& figures) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "M";
    std::vector<worked_column> worked;
    for (const step_ratio& c : figures.chips) {
        const std::string label = chip_label(c.chip);
        out.value += (out.value.empty() ? "" : ", ") + label + " " + range_text(c.scenarios.range());
        const std::string share = share_text(c.scenarios.share_above(policy::worthwhile_ratio));
        out.reason += out.reason.empty() ? "above " + report::format_number(policy::worthwhile_ratio, 3) + " in " +
                                               share + " of the scenarios on " + label
                                         : ", " + share + " on " + label;
        add_records(figures, c, out.records);
        worked.push_back(c.worked);
    }
    out.reason += ", modelled";
    out.range = "range of scenarios, no probability";
    const std::vector<cost_line> lines = cost_lines(figures);
    out.tables = {
        ratio_table(figures),
        four_column_table(figures.row + ": time of a training step of " + figures.model + ", memory unlimited", lines),
        breakdown_table(figures.row, worked), worked_table(figures.row, figures.model, worked)};
    append(out.tables, range_tables(figures));
    append(out.records, four_column_records(figures.row, lines));
    append(out.records, worked_records(figures.row, worked));
    if (!figures.from_profile.empty()) {
        out.tables.push_back(profile_table(figures.from_profile));
        append(out.records, profile_records(figures.from_profile));
    }
    return out;
}

}  // namespace narrowfp::bench::claim
