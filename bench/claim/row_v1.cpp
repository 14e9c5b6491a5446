// SPDX-License-Identifier: Apache-2.0
// V1, time of a 16-bit step over an FP8 step on the same chip, for H800 and H20; V12a, the same for Ascend chips had
// they FP8 units at twice their 16-bit peak. Computed for each chip from its own figures; no factor is carried over.
#include "claim/chip_lists.hpp"
#include "claim/rows.hpp"
#include "claim/worked_example.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr double threshold = 1.10;
// Shares of the memory that training may fill, as in V4; activations moved to the host hide behind work.
constexpr std::array<double, 2> usable_memory{0.88, 0.95};

struct chip_ratio {
    std::string chip;
    scenario_range ratio;
    double centre = 0;
    case_seconds seconds;                    // at the centre
    std::optional<scenario_range> with_fit;  // centre and ends with V4's cost; nothing if no schedule fits
    verdict by_range = verdict::undecided;
    std::string low_at;  // the scenarios at the ends
    std::string high_at;
};

std::string scenario_text(const step_scenarios& all, const step_scenario& s) {
    std::string text = s.variant->label;
    for (std::size_t n = 0; n < s.values.size(); ++n) {
        text +=
            (text.empty() ? "" : ", ") + std::string(all.ranges()[n].id) + " " + report::format_number(s.values[n], 3);
    }
    return text;
}

double ratio_in(const step_scenarios& all, const step_scenario& s) {
    const case_seconds t = all.seconds_in(s);
    return t[hardware_case::wide] / t[hardware_case::fp8_units];
}

chip_ratio ratio_on(const step_scenarios& all, bool fit_everywhere) {
    chip_ratio out;
    out.chip = all.chip().name;
    const step_scenario& centre = all.all().front();
    out.seconds = all.seconds_in(centre);
    out.centre = ratio_in(all, centre);
    const auto less = [&](const step_scenario& a, const step_scenario& b) {
        return ratio_in(all, a) < ratio_in(all, b);
    };
    const auto [low, high] = std::minmax_element(all.all().begin(), all.all().end(), less);
    out.ratio = {ratio_in(all, *low), ratio_in(all, *high)};
    out.low_at = scenario_text(all, *low);
    out.high_at = scenario_text(all, *high);
    out.by_range = against_threshold(out.ratio, threshold);
    std::vector<const step_scenario*> fitted{&centre, &*low, &*high};
    if (fit_everywhere) {
        fitted.clear();
        for (const step_scenario& s : all.all()) {
            fitted.push_back(&s);
        }
    }
    for (const step_scenario* one : fitted) {
        for (const double share : usable_memory) {
            const auto fp8 = all.fit_in(*one, hardware_case::fp8_units, share, 0);
            const auto wide = all.fit_in(*one, hardware_case::wide, share, 0);
            if (!fp8 || !wide) {
                out.with_fit.reset();
                return out;
            }
            const double ratio = wide->seconds_per_token / fp8->seconds_per_token;
            out.with_fit =
                out.with_fit ? scenario_range{std::fmin(out.with_fit->low, ratio), std::fmax(out.with_fit->high, ratio)}
                             : scenario_range{ratio, ratio};
        }
    }
    return out;
}

report::table ratio_table(std::string_view row, const std::vector<chip_ratio>& chips, verdict s3) {
    report::table t;
    t.title = std::string(row) + ": 16-bit / FP8 step time";
    t.columns = {{"chip"},
                 {"range, memory unlimited"},
                 {"centre", alignment::right},
                 {"with V4's cost"},
                 {"verdict"},
                 {"by the range alone"},
                 {"low end at"},
                 {"high end at"}};
    for (const chip_ratio& c : chips) {
        t.add_row({c.chip,
                   {range_text(c.ratio), report::tint::strong},
                   report::format_ratio(c.centre, 3),
                   c.with_fit ? range_text(*c.with_fit) : "no schedule fits",
                   std::string(word_of(s3 == verdict::pass ? c.by_range : verdict::undecided)),
                   {std::string(word_of(c.by_range)), report::tint::faint},
                   c.low_at,
                   c.high_at});
    }
    t.notes = {
        "SUPPORTED if the low end is at least 1.10, NOT SUPPORTED if the high end is at most 1.10. The range "
        "with unlimited memory decides. With V4's cost: the cheapest schedules that fit 88 or 95 % of the memory in "
        "both "
        "formats, at the centre and at both ends (--full: in every scenario)."};
    return t;
}

report::table threshold_table(std::string_view row, const std::vector<chip_ratio>& chips) {
    report::table t;
    t.title = std::string(row) + ": the rule against its threshold, by the ranges alone";
    t.columns = {{"threshold", alignment::right}};
    for (const chip_ratio& c : chips) {
        t.columns.push_back({c.chip});
    }
    for (int percent = 100; percent <= 150; percent += 5) {
        const double at = percent / 100.0;
        const report::tint colour = at == threshold ? report::tint::strong : report::tint::plain;
        std::vector<report::cell> cells{{report::format_number(at, 3), colour}};
        for (const chip_ratio& c : chips) {
            cells.push_back({std::string(word_of(against_threshold(c.ratio, at))), colour});
        }
        t.add_row(std::move(cells));
    }
    t.notes = {
        "1.10 is the row's threshold: below it, differences between runs and layouts of real systems are as "
        "large."};
    return t;
}

report::table range_table(std::string_view row, const std::vector<assumed>& ranges, const std::string& chips) {
    report::table t;
    t.title = std::string(row) + ": scenarios for " + chips;
    t.columns = {
        {"input"}, {"what it is"}, {"low", alignment::right}, {"centre", alignment::right}, {"high", alignment::right},
        {"source"}};
    for (const assumed& a : ranges) {
        t.add_row({std::string(a.id), std::string(a.what), report::format_number(a.low, 3),
                   report::format_number(a.centre, 3), report::format_number(a.high, 3), std::string(a.source)});
    }
    return t;
}

std::vector<cost_line> cost_lines(const std::vector<chip_ratio>& chips) {
    const auto over_fp8 = [](const chip_ratio& c, hardware_case k) -> std::optional<double> {
        const double x = c.seconds[k] / c.seconds[hardware_case::fp8_units];
        return std::isfinite(x) ? std::optional(x) : std::nullopt;
    };
    std::vector<cost_line> lines;
    for (const chip_ratio& c : chips) {
        lines.push_back({"step." + c.chip, "step time, " + c.chip, "FP8 = 1", 1.0,
                         over_fp8(c, hardware_case::fp8_storage), over_fp8(c, hardware_case::int8), c.centre,
                         report::evidence_kind::modelled, "step-time model, centre of the scenarios", std::nullopt,
                         "no such unit"});
    }
    return lines;
}

row_result ratio_row(std::string_view id, const row_context& how, const std::vector<std::string>& names,
                     bool hypothetical) {
    const subject& what = subject_of(how);
    row_result out;
    out.kinds = "M";
    std::vector<chip_ratio> chips;
    std::vector<report::table> ranges;
    std::vector<std::string> sorts;
    std::vector<worked_column> worked;
    for (const std::string& name : names) {
        const device::chip& chip = chips_of(how).by_name(name);
        if (!hypothetical) {
            device::require_datum(chip, device::quantity::fp8);
        }
        const step_scenarios all(what, chip, hypothetical);
        chips.push_back(ratio_on(all, how.full));
        worked.push_back(worked_on(all));
        const std::string sort = all.anchored() ? name : "chips of " + std::string(chip.vendor) + " without an anchor";
        if (std::find(sorts.begin(), sorts.end(), sort) == sorts.end()) {
            sorts.push_back(sort);
            ranges.push_back(range_table(id, all.ranges(), sort));
        }
    }
    for (const chip_ratio& c : chips) {
        const verdict word = how.s3 == verdict::pass ? c.by_range : verdict::undecided;
        out.chips.push_back({c.chip, word});
        out.value += (out.value.empty() ? "" : ", ") + c.chip + " " + range_text(c.ratio);
        report::record r =
            make_record(id, c.chip, "16-bit / FP8 step time on " + c.chip, report::evidence_kind::modelled, c.centre,
                        "1", "scenario range, memory unlimited");
        r.low = c.ratio.low;
        r.high = c.ratio.high;
        r.source = "step-time model";
        report::add_field(r.parameters, "model", what.name);
        report::add_field(r.parameters, "verdict", std::string(word_of(word)));
        report::add_field(r.parameters, "verdict_by_range_alone", std::string(word_of(c.by_range)));
        if (c.with_fit) {
            report::add_field(r.parameters, "low_with_cheapest_fitting_schedule", c.with_fit->low);
            report::add_field(r.parameters, "high_with_cheapest_fitting_schedule", c.with_fit->high);
        }
        out.records.push_back(std::move(r));
        out.reason +=
            (out.reason.empty() ? "by the ranges alone: " : ", ") + c.chip + " " + std::string(word_of(c.by_range));
    }
    const auto all_are = [&](verdict w) {
        return std::all_of(out.chips.begin(), out.chips.end(), [&](const chip_verdict& c) { return c.word == w; });
    };
    out.word = all_are(verdict::supported)       ? verdict::supported
               : all_are(verdict::not_supported) ? verdict::not_supported
                                                 : verdict::undecided;
    out.reason = s3_text(how.s3) + out.reason;
    out.range = "scenario ranges";
    const std::vector<cost_line> lines = cost_lines(chips);
    out.tables = {
        ratio_table(id, chips, how.s3),
        four_column_table(std::string(id) + ": time of a training step of " + what.name + ", memory unlimited", lines),
        threshold_table(id, chips), breakdown_table(id, worked), worked_table(id, what, worked)};
    out.tables.insert(out.tables.end(), ranges.begin(), ranges.end());
    for (report::record& r : four_column_records(id, lines)) {
        out.records.push_back(std::move(r));
    }
    for (report::record& r : worked_records(id, worked)) {
        out.records.push_back(std::move(r));
    }
    return out;
}

}  // namespace

row_result run_v1(const row_context& how) {
    std::vector<std::string> names(nvidia_chips.begin(), nvidia_chips.end());
    row_result out = ratio_row("V1", how, how.asked_chips.empty() ? names : how.asked_chips, false);
    if (subject_of(how).is_deepseek_v3) {
        out.tables.push_back(profile_scenario_table());
        for (report::record& r : profile_scenario_records()) {
            out.records.push_back(std::move(r));
        }
    }
    return out;
}

row_result run_v12a(const row_context& how) {
    row_result out = ratio_row("V12a", how, {ascend_chips.begin(), ascend_chips.end()}, true);
    out.tables.front().notes.push_back(
        "Hypothetical: no Ascend 910 has FP8 units; here each is given them at twice its "
        "16-bit peak, as on every chip that has them.");
    return out;
}

}  // namespace narrowfp::bench::claim
