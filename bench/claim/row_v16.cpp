// SPDX-License-Identifier: Apache-2.0
// V16: how much of what FP8 saves comes back on a chip without FP8 units that stores and sends 8-bit codes and
// multiplies in 16 bits: bytes kept and sent (V3, V5), the cost of fitting (V4), step time, and time of memory-bound
// products. Modelled for chips; the measured part is read from a results file.
#include "claim/chip_lists.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr std::string_view ending = ".recoverable_without_fp8_units";
// What bench_gemv gives: time of a memory-bound product with 16-bit weights over 8-bit ones.
constexpr std::string_view measured_id = "claim.input.memory_bound_speed_up";

constexpr double bytes_ratio = 2;  // what FP8 units would gain on such a product: 16 bits over 8

// "100 %" or "97 to 100 %" of the shares among a row's records, and nothing else.
std::string shares_text(const row_result& row, std::string_view part) {
    std::vector<double> all;
    for (const report::record& r : row.records) {
        if (std::string_view(r.id).ends_with(ending) && r.id.find(part) != std::string::npos) {
            all.push_back(std::get<double>(r.value) * 100);
        }
    }
    if (all.empty()) {
        return "nothing to recover";
    }
    const auto [low, high] = std::minmax_element(all.begin(), all.end());
    return report::format_number(*low, 3) + (*low == *high ? "" : " to " + report::format_number(*high, 3)) + " %";
}

}  // namespace

row_result run_v16(const row_context& how) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "M, E";
    report::table t;
    t.title = "V16: share of FP8's saving that 8-bit storage with 16-bit multiplication recovers";
    t.columns = {{"cost"}, {"recoverable"}, {"kind"}};
    const row_result v3 = run_v3(how);
    const row_result v5 = run_v5(how);
    t.add_row({"bytes kept (V3)", shares_text(v3, "claim.v3."), "E"});
    t.add_row({"bytes sent (V5)", shares_text(v5, "claim.v5."), "E"});
    scenario_range step{1e300, -1e300};
    scenario_range fit{1e300, -1e300};
    for (const std::string_view name : ascend_chips) {
        const step_scenarios all(subject_of(how), chips_of(how).by_name(name), true);
        const scenario_range r = all.range_of([&](const step_scenario& s) {
            const case_seconds x = all.seconds_in(s);
            return (x[hardware_case::wide] - x[hardware_case::fp8_storage]) /
                   (x[hardware_case::wide] - x[hardware_case::fp8_units]);
        });
        step = {std::fmin(step.low, r.low), std::fmax(step.high, r.high)};
        t.add_row({"step time, memory unlimited, " + std::string(name),
                   report::format_number(r.low * 100, 3) + " to " + report::format_number(r.high * 100, 3) + " %",
                   "M"});
        report::record x = make_record("V16", "step." + std::string(name), "recoverable share of the step time",
                                       report::evidence_kind::modelled,
                                       report::format_number(r.low, 3) + " to " + report::format_number(r.high, 3), "1",
                                       "scenario range; negative: casts cost more than traffic saves");
        x.low = r.low;
        x.high = r.high;
        out.records.push_back(std::move(x));
        // With the memory as it is, at the centre: what storage saves of the whole extra cost of 16 bits.
        constexpr double usable = 0.9;
        const step_scenario& s = all.all().front();
        const auto wide = all.fit_in(s, hardware_case::wide, usable, 0);
        const auto stored = all.fit_in(s, hardware_case::fp8_storage, usable, 0);
        const auto units = all.fit_in(s, hardware_case::fp8_units, usable, 0);
        if (wide && stored && units) {
            const double share = (wide->seconds_per_token - stored->seconds_per_token) /
                                 (wide->seconds_per_token - units->seconds_per_token);
            fit = {std::fmin(fit.low, share), std::fmax(fit.high, share)};
            t.add_row({"step time with the memory as it is (V4), " + std::string(name) + ", centre",
                       report::format_number(share * 100, 3) + " %", "M"});
            out.records.push_back(make_record("V16", "step_with_fit." + std::string(name),
                                              "recoverable share of the step time, memory as it is",
                                              report::evidence_kind::modelled, share, "1", "centre of the scenarios"));
        }
    }
    // A product that waits for memory moves one byte a weight in place of two, whoever multiplies.
    t.add_row({"time of memory-bound products", "100 % (bytes alone)", "M"});
    if (const report::record* measured = result_named(how, measured_id)) {
        const double factor = number_of(*measured);
        t.add_row({"the same, measured here: 16-bit over 8-bit weights " + report::format_ratio(factor, 3),
                   report::format_percent((1 - 1 / factor) / (1 - 1 / bytes_ratio), 3), "C"});
        out.kinds = "M, E, C";
    } else {
        t.add_row({"the same, measured on this machine", "NOT RUN", "C"});
    }
    out.value = "bytes kept " + shares_text(v3, "claim.v3.") + ", sent " + shares_text(v5, "claim.v5.") +
                "; step time " + report::format_number(step.low * 100, 3) + " to " +
                report::format_number(step.high * 100, 3) + " %, with memory as it is " +
                (fit.low <= fit.high ? report::format_number(fit.low * 100, 3) + " to " +
                                           report::format_number(fit.high * 100, 3) + " %"
                                     : std::string("NOT RUN"));
    out.range = "Ascend chips, against hypothetical FP8 units";
    out.reason = how.s3 == verdict::pass ? "" : s3_text(how.s3) + "step-time figures are modelled";
    t.notes = {
        "Below 0 %: on a chip bound by its products the casts of 8-bit storage cost more than its traffic saves "
        "while memory suffices. Above 0 %: less traffic, or a schedule that fits.",
        "A measured factor is read from the record " + std::string(measured_id) +
            " of a file given by --results, which bench_gemv writes."};
    out.tables.push_back(std::move(t));
    return out;
}

}  // namespace narrowfp::bench::claim
