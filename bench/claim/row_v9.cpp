// SPDX-License-Identifier: Apache-2.0
// V9: effective training time against the mean time between failures, and the MTBF that costs as much as V1. It puts
// unstable chips, the first reason of the press, and lacking FP8 into one unit. A run here that is
// killed and resumed is read from the results of narrowfp faults.
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/cost/failures.hpp>
#include <narrowfp/report/text.hpp>

#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

struct named_costs {
    const char* id;
    const char* name;
    cost::failure_costs hours;
};

constexpr double minute = 1.0 / 60;
constexpr std::array<named_costs, 3> costs{{{"fast", "0.5 min to save, 5 min to restart", {0.5 * minute, 5 * minute}},
                                            {"usual", "1 min to save, 10 min to restart", {1 * minute, 10 * minute}},
                                            {"slow", "5 min to save, 30 min to restart", {5 * minute, 30 * minute}}}};
constexpr std::array<double, 9> mtbf_hours{0.25, 0.5, 1, 2, 3.09, 4, 8, 24, 48};

constexpr std::array<const char*, 3> interruptions{"often", "usual", "seldom"};

void add_interruptions(const row_context& how, row_result& out) {
    report::table t;
    t.title = "V9: a training run here, killed at random times and resumed (C)";
    t.columns = {{"kills"},
                 {"MTBF, s", alignment::right},
                 {"effective share, measured", alignment::right},
                 {"standard error", alignment::right},
                 {"by the formula", alignment::right}};
    for (const std::string name : interruptions) {
        const std::string id = "faults.interrupted." + name + ".";
        const report::record* share = result_named(how, id + "share");
        const report::record* formula = result_named(how, id + "formula");
        const report::record* mtbf = result_named(how, id + "mtbf");
        if (share == nullptr || formula == nullptr || mtbf == nullptr || !share->low) {
            continue;
        }
        const double value = number_of(*share);
        t.add_row({name, report::format_number(number_of(*mtbf), 3), report::format_number(value, 3),
                   report::format_number(value - *share->low, 2), report::format_number(number_of(*formula), 3)});
    }
    if (t.rows.empty()) {
        out.notes.push_back("A run that is killed and resumed here: NOT RUN.");
        return;
    }
    t.notes = {
        "Scaled time: the costs of saving and restarting are those that were measured, the interval is Young and Daly's. "
        "From narrowfp faults."};
    out.kinds = "M, P, C";
    out.whole = true;
    out.tables.push_back(std::move(t));
    if (const report::record* equal = result_named(how, "faults.interrupted.equal_results")) {
        const report::record* kills = result_named(how, "faults.interrupted.kills");
        const report::record* writes = result_named(how, "faults.interrupted.kills_in_writes");
        if (kills != nullptr && writes != nullptr) {
            out.notes.push_back("Weights after " + report::format_count(std::llround(number_of(*kills))) + " kills, " +
                                report::format_count(std::llround(number_of(*writes))) +
                                " of them while a checkpoint was written, equal those of a run without, bit for bit: " +
                                (number_of(*equal) != 0 ? "yes." : "NO."));
        }
    }
}

}  // namespace

row_result run_v9(const row_context& how) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "M, P";
    report::table share;
    share.title = "V9: effective share of training time at the best interval between checkpoints";
    share.columns = {{"costs of a failure"}};
    for (const double hours : mtbf_hours) {
        share.columns.push_back({report::format_number(hours, 3) + " h", alignment::right});
    }
    for (const named_costs& c : costs) {
        std::vector<report::cell> cells{c.name};
        for (const double hours : mtbf_hours) {
            const double x = cost::best_effective_share(hours, c.hours);
            cells.emplace_back(report::format_number(x, 3));
            out.records.push_back(make_record("V9",
                                              std::string("share.") + c.id + "." + report::format_number(hours, 3),
                                              "effective share of training time", report::evidence_kind::modelled, x,
                                              "1", "exponential failures, best checkpoint interval"));
        }
        share.add_row(std::move(cells));
    }
    share.notes = {
        "Columns: MTBF of the whole job. Published (P): Llama 3 405B on 16,384 H100 had 419 unexpected interruptions "
        "in "
        "54 days, one in 3.09 h (arXiv 2407.21783); DeepSeek-V3's 180K device-hours per 10^12 tokens equal its step "
        "time, so no lost time shows. No independent failure rate of an Ascend system was found."};
    report::table equal;
    equal.title = "V9: MTBF of the job at which failures cost as much as lacking FP8, hours";
    equal.columns = {{"16-bit / FP8 step", alignment::right}, {"where"}};
    for (const named_costs& c : costs) {
        equal.columns.push_back({c.name, alignment::right});
    }
    const auto line = [&](const std::string& id, double ratio, const std::string& where) {
        std::vector<report::cell> cells{report::format_ratio(ratio, 3), where};
        std::string text;
        for (const named_costs& c : costs) {
            const double hours = cost::equivalent_mtbf(ratio, c.hours);
            cells.emplace_back(report::format_number(hours, 2));
            out.records.push_back(make_record("V9", "equivalent_mtbf." + id + "." + c.id,
                                              "MTBF that costs as much as a step of " + report::format_ratio(ratio, 3),
                                              report::evidence_kind::modelled, hours, "h",
                                              "best effective share = 1 / ratio"));
            text += (text.empty() ? "" : ", ") + report::format_number(hours, 2);
        }
        equal.add_row(std::move(cells));
        return text;
    };
    for (const double ratio : {1.13, 1.26, 1.42}) {
        line(report::format_number(ratio, 3), ratio, "for reference");
    }
    for (const std::string_view name : policy::nvidia_chips) {
        const step_scenarios all(subject_of(how), chips_of(how).by_name(name));
        const case_seconds t = all.seconds_in(all.all().front());
        const double ratio = t[hardware_case::wide] / t[hardware_case::fp8_units];
        if (ratio > 1) {
            const std::string label = policy::chip_label(name);
            const std::string hours = line(std::string(name), ratio, "V1, centre on " + label);
            out.value += (out.value.empty() ? "" : "; ") + std::string("as ") + report::format_ratio(ratio, 3) + " (" +
                         label + "): MTBF " + hours + " h";
        }
    }
    out.range = "for fast, usual and slow restarts";
    out.tables = {std::move(equal), std::move(share)};
    add_interruptions(how, out);
    return out;
}

}  // namespace narrowfp::bench::claim
