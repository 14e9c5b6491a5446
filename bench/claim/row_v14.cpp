// SPDX-License-Identifier: Apache-2.0
// V14, what the published efficiencies of software on one Ascend system are worth beside V1.
#include "claim/policy.hpp"
#include "claim/rows.hpp"
#include "claim/software.hpp"

#include <narrowfp/report/text.hpp>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::alignment;

namespace {

// Shares of the 16-bit peak that Pangu Ultra MoE reached.
constexpr double first_share = 0.189;
constexpr double tuned_share = 0.300;
constexpr double later_share = 0.41;
constexpr const char* pangu_paper = "arXiv 2505.04519, Pangu Ultra MoE on 4K and 6K Ascend devices";
constexpr const char* later_reports = "later press reports";

format_step format_on(const step_scenarios& all, bool hypothetical) {
    const auto ratio = [&](const step_scenario& s) {
        const case_seconds t = all.seconds_in(s);
        return t[hardware_case::wide] / t[hardware_case::fp8_units];
    };
    return {std::string(all.chip().name), hypothetical, ratio(all.all().front()), over_scenarios(all, ratio)};
}

std::string software_text(const software_step& s) {
    const std::string change =
        report::format_number(100 * s.before, 3) + " to " + report::format_number(100 * s.after, 3) + " % of the peak";
    return s.id == "tuned" ? change + ": one team's tuning on the same chips" : change;
}

std::string format_text(const format_step& f) {
    return f.hypothetical_units ? "hypothetical FP8 units on " + chip_label(f.chip) + ", V12a at the centre"
                                : "FP8 in place of 16 bits on " + chip_label(f.chip) + ", V1 at the centre";
}

}  // namespace

software_and_format compute_software(const row_context& how) {
    software_and_format out;
    out.software = {{"tuned", first_share, tuned_share, pangu_paper},
                    {"later", tuned_share, later_share, later_reports},
                    {"both", first_share, later_share, std::string(pangu_paper) + "; " + later_reports}};
    for (const std::string_view name : policy::nvidia_chips) {
        const device::chip& chip = chips_of(how).by_name(name);
        device::require_datum(chip, device::quantity::fp8);
        out.format.push_back(format_on(step_scenarios(subject_of(how), chip), false));
    }
    for (const std::string_view name : policy::usual_ascends) {
        out.format.push_back(format_on(step_scenarios(subject_of(how), chips_of(how).by_name(name), true), true));
    }
    return out;
}

row_result present_software(const software_and_format& figures) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "P, M";
    report::table t;
    t.title = "V14: software on one chip beside the format on one chip";
    t.columns = {{"change"}, {"factor", alignment::right}, {"range of scenarios"}, {"kind"}, {"source"}};
    constexpr const char* method = "ratio of shares of the peak, or of step times";
    for (const software_step& s : figures.software) {
        t.add_row({software_text(s), report::format_ratio(s.factor(), 3), "-", "P", s.source});
        report::record r =
            make_record("V14", s.id, software_text(s), report::evidence_kind::published, s.factor(), "1", method);
        r.source = s.source;
        out.records.push_back(std::move(r));
    }
    for (const format_step& f : figures.format) {
        t.add_row({format_text(f), report::format_ratio(f.centre, 3), range_text(f.scenarios.range()), "M",
                   "step-time model"});
        report::record r =
            make_record("V14", f.chip, format_text(f), report::evidence_kind::modelled, f.centre, "1", method);
        r.low = f.scenarios.low();
        r.high = f.scenarios.high();
        r.source = "step-time model";
        out.records.push_back(std::move(r));
    }
    out.value = "software " + report::format_ratio(figures.software.front().factor(), 3) + " to " +
                report::format_ratio(figures.software.back().factor(), 3) + " on one chip";
    out.range = "published";
    out.reason = "immature software is the third reason of the press; its published effect is listed beside V1's";
    t.notes = {
        "The first two shares are from runs on 4K and 6K devices of one system, so scale is in them too. Ranges of "
        "scenarios are no probabilities."};
    out.tables.push_back(std::move(t));
    return out;
}

}  // namespace narrowfp::bench::claim
