// SPDX-License-Identifier: Apache-2.0
// V12b: tokens a second and device of DeepSeek-V3, an H20 with FP8 over an Ascend in 16 bits and in INT8, modelled. The
// ratio of the published peaks is printed beside it; it is no throughput.
#include "claim/policy.hpp"
#include "claim/rate_ratios.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using device::quantity;
using policy::chip_label;
using report::alignment;

namespace {

// -- figures ----------------------------------------------------------------------------------------------------------

// The 16-bit peaks of a chip: BF16 where there are figures, else FP16.
std::vector<device::datum> wide_peaks(const device::chip& c) {
    std::vector<device::datum> found = device::data_of(c, quantity::bf16);
    return found.empty() ? device::data_of(c, quantity::fp16) : found;
}

scenario_distribution rate_of(const step_scenarios& all, hardware_case c) {
    return over_scenarios(all, [&](const step_scenario& s) { return 1 / all.seconds_in(s)[c]; });
}

scenario_distribution rates_over(const scenario_distribution& h20, const scenario_distribution& ascend) {
    return over_pairs(h20, ascend, [](double a, double b) { return a / b; });
}

rate_ratio ratio_to(const scenario_distribution& h20_rate, double h20_seconds, const step_scenarios& ascend) {
    rate_ratio out;
    out.chip = ascend.chip().name;
    out.seconds = ascend.seconds_in(ascend.all().front());
    out.wide_rate = rate_of(ascend, hardware_case::wide);
    const auto over_centre = [&](hardware_case c) { return (1 / h20_seconds) / (1 / out.seconds[c]); };
    out.centre_over_wide = over_centre(hardware_case::wide);
    out.over_wide = rates_over(h20_rate, out.wide_rate);
    if (ascend.machine_in(ascend.all().front(), hardware_case::int8).narrow_peak > 0) {
        out.int8_rate = rate_of(ascend, hardware_case::int8);
        out.centre_over_int8 = over_centre(hardware_case::int8);
        out.over_int8 = rates_over(h20_rate, out.int8_rate);
    }
    return out;
}

std::vector<peak_ratio> peak_ratios(const chip_set& chips, double h20_fp8) {
    std::vector<peak_ratio> all;
    for (const std::string_view name : policy::ascend_peaks) {
        const device::chip& c = chips.by_name(name);
        std::vector<device::datum> peaks = wide_peaks(c);
        append(peaks, device::data_of(c, quantity::int8));
        int n = 0;
        quantity last = quantity::power;
        for (const device::datum& f : peaks) {
            n = f.what == last ? n + 1 : 1;
            last = f.what;
            if (f.value > 0) {  // 0: no such unit
                all.push_back({std::string(name), std::string(c.full_name), f, n, h20_fp8 / f.value});
            }
        }
    }
    return all;
}

// -- tables and records -----------------------------------------------------------------------------------------------

std::string rate_text(const scenario_distribution& rate) {
    return report::format_number(rate.low(), 3) + " to " + report::format_number(rate.high(), 3);
}

// The Ascend's rate, then the H20's over it.
void add_ratio_cells(std::vector<report::cell>& cells, const scenario_distribution& rate,
                     const scenario_distribution& ratio, double centre) {
    if (ratio.empty()) {
        cells.insert(cells.end(), 5, "no such unit");
        return;
    }
    append(cells, std::vector<report::cell>{rate_text(rate),
                                            {range_text(ratio.range()), report::tint::strong},
                                            report::format_ratio(centre, 3),
                                            report::format_ratio(ratio.median(), 3),
                                            share_text(ratio.share_above(policy::as_fast))});
}

report::table rate_table(const rate_ratios& figures) {
    report::table t;
    t.title = "V12b: tokens a second and device, " + figures.model + ", range of scenarios, no probability";
    t.columns = {{"chip"}};
    for (const char* format : {"16-bit", "INT8"}) {
        append(t.columns, std::vector<report::column>{{std::string(format) + " rate"},
                                                      {"H20 FP8 / it"},
                                                      {"centre", alignment::right},
                                                      {"median", alignment::right},
                                                      {"H20 faster", alignment::right}});
    }
    std::vector<report::cell> h20(t.columns.size(), "");
    h20[0] = chip_label(policy::returned_to) + ", FP8";
    h20[1] = rate_text(figures.h20_rate);
    t.add_row(std::move(h20));
    for (const rate_ratio& r : figures.chips) {
        std::vector<report::cell> cells{chip_label(r.chip)};
        add_ratio_cells(cells, r.wide_rate, r.over_wide, r.centre_over_wide);
        add_ratio_cells(cells, r.int8_rate, r.over_int8, r.centre_over_int8);
        t.add_row(std::move(cells));
    }
    t.notes = {
        "H20 faster: share of all pairs of a scenario of the H20 with one of the Ascend. Low and high pair the worst "
        "scenario of one chip with the best of the other. Same layout and model on both; memory unlimited. 910C: both "
        "dies as one device."};
    return t;
}

report::table peak_table(const rate_ratios& figures) {
    report::table t;
    t.title = "V12b: H20's FP8 peak, " + report::format_ratio(figures.h20_fp8_peak / figures.h20_wide_peak, 3) +
              " its BF16 peak (" + report::format_number(figures.h20_fp8_peak, 3) + " over " +
              report::format_number(figures.h20_wide_peak, 3) + " TFLOP/s, P), over Ascend: ratio of peaks";
    t.columns = {{"chip"},           {"format"}, {"peak", alignment::right}, {"H20 FP8 / it", alignment::right},
                 {"kind, how sure"}, {"source"}};
    for (const peak_ratio& p : figures.peaks) {
        t.add_row({chip_label(p.chip), std::string(device::info_of(p.peak.what).name),
                   report::format_number(p.peak.value, 4), report::format_ratio(p.ratio, 4),
                   std::string(to_string(p.peak.from)) + ", " + std::string(to_string(p.peak.sure)),
                   std::string(p.peak.source) + (p.peak.note.empty() ? "" : "; " + std::string(p.peak.note))});
    }
    t.notes = {"910B1: no peak could be confirmed, so it has no line. H20: " + figures.h20_peak_source +
               ". No Ascend 910 has FP8 units. Which Ascend was tried is not public."};
    return t;
}

std::vector<cost_line> cost_lines(const rate_ratios& figures) {
    std::vector<cost_line> lines;
    for (const rate_ratio& r : figures.chips) {
        const auto over_h20 = [&](hardware_case c) { return r.seconds[c] / figures.h20_seconds; };
        lines.push_back({"step." + r.chip, "step time, " + chip_label(r.chip), "H20 FP8 = 1", std::nullopt,
                         over_h20(hardware_case::fp8_storage),
                         r.over_int8.empty() ? std::nullopt : std::optional(over_h20(hardware_case::int8)),
                         over_h20(hardware_case::wide), report::evidence_kind::modelled, "step-time model, centre",
                         std::nullopt, "no such unit"});
    }
    return lines;
}

// `id` is "rate" (over 16 bits) or "rate_over_int8".
void add_ratio_records(const rate_ratio& r, const std::string& id, const std::string& format,
                       const scenario_distribution& ratio, double centre, std::vector<report::record>& records) {
    const std::string name = "rate of an H20 with FP8 over " + chip_label(r.chip) + " in " + format;
    report::record x =
        make_record("V12b", r.chip + "." + id, name, report::evidence_kind::modelled, centre, "1", "scenario range");
    x.low = ratio.low();
    x.high = ratio.high();
    x.n = static_cast<std::int64_t>(ratio.count());
    report::add_field(x.parameters, "median", ratio.median());
    records.push_back(std::move(x));
    report::record share = make_record("V12b", r.chip + "." + id + ".share_above_1", name + ": share above 1",
                                       report::evidence_kind::modelled, ratio.share_above(policy::as_fast), "1",
                                       "count of pairs of scenarios; no probability");
    share.n = static_cast<std::int64_t>(ratio.count());
    records.push_back(std::move(share));
}

void add_peak_records(const rate_ratios& figures, std::vector<report::record>& records) {
    for (const peak_ratio& p : figures.peaks) {
        const std::string what(device::info_of(p.peak.what).name);
        report::record r =
            make_record("V12b", p.chip + "." + what + "." + std::to_string(p.number),
                        "H20 FP8 peak over the " + what + " peak of " + p.full_name, report::evidence_kind::published,
                        p.ratio, "1", "ratio of published peaks, not of throughput");
        r.source = figures.h20_peak_source + "; " + std::string(p.peak.source);
        records.push_back(std::move(r));
    }
}

}  // namespace

rate_ratios compute_rate_ratios(const row_context& how) {
    const chip_set& chips = chips_of(how);
    const subject& what = subject_of(how);
    const device::chip& chip = chips.by_name(policy::returned_to);
    const device::datum fp8 = device::require_datum(chip, quantity::fp8);
    const step_scenarios h20(what, chip);
    rate_ratios out;
    out.model = what.name;
    out.h20_rate = rate_of(h20, hardware_case::fp8_units);
    out.h20_seconds = h20.seconds_in(h20.all().front())[hardware_case::fp8_units];
    for (const std::string_view name : policy::ascend_chips) {
        out.chips.push_back(ratio_to(out.h20_rate, out.h20_seconds, step_scenarios(what, chips.by_name(name), true)));
    }
    out.h20_fp8_peak = fp8.value;
    out.h20_wide_peak = device::require_datum(chip, quantity::bf16).value;
    out.h20_peak_source = fp8.source;
    out.peaks = peak_ratios(chips, fp8.value);
    return out;
}

row_result present_rate_ratios(const rate_ratios& figures) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "M, P";
    for (const rate_ratio& r : figures.chips) {
        const std::string label = chip_label(r.chip);
        out.value += (out.value.empty() ? "" : ", ") + label + " " + range_text(r.over_wide.range());
        const std::string share = share_text(r.over_wide.share_above(policy::as_fast));
        out.reason += out.reason.empty()
                          ? "H20 in FP8 is faster than 16 bits in " + share + " of the pairs of scenarios on " + label
                          : ", " + share + " on " + label;
        add_ratio_records(r, "rate", "16 bits", r.over_wide, r.centre_over_wide, out.records);
        if (!r.over_int8.empty()) {
            add_ratio_records(r, "rate_over_int8", "INT8", r.over_int8, r.centre_over_int8, out.records);
        }
    }
    out.reason += ", modelled";
    out.range = "scenario ranges of both chips apart, no probability";
    const std::vector<cost_line> lines = cost_lines(figures);
    out.tables = {rate_table(figures), four_column_table("V12b: step time on Ascend, centre of the scenarios", lines),
                  peak_table(figures)};
    append(out.records, four_column_records("V12b", lines));
    add_peak_records(figures, out.records);
    return out;
}

}  // namespace narrowfp::bench::claim
