// SPDX-License-Identifier: Apache-2.0
// V12b: tokens a second and device of DeepSeek-V3, an H20 with FP8 over an Ascend in 16 bits and in INT8, modelled. The
// ratio of the published peaks stands beside it; it is no throughput.
#include "claim/chip_lists.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using device::quantity;
using report::alignment;

namespace {

constexpr std::array<std::string_view, 5> chips_with_peaks{"910b2", "910b3", "910b4", "910c", "910c-560"};

// The 16-bit peaks of a chip: BF16 where there are figures, else FP16.
std::vector<device::datum> wide_peaks(const device::chip& c) {
    std::vector<device::datum> found = device::data_of(c, quantity::bf16);
    return found.empty() ? device::data_of(c, quantity::fp16) : found;
}

scenario_range rate_of(const step_scenarios& all, hardware_case c) {
    return all.range_of([&](const step_scenario& s) { return 1 / all.seconds_in(s)[c]; });
}

double centre_rate(const step_scenarios& all, hardware_case c) { return 1 / all.seconds_in(all.all().front())[c]; }

scenario_range over(const scenario_range& a, const scenario_range& b) { return {a.low / b.high, a.high / b.low}; }

report::table peak_table(const chip_set& chips, std::vector<report::record>& records) {
    const device::chip& h20 = chips.by_name("h20");
    const double fp8 = device::require_datum(h20, quantity::fp8).value;
    const double wide = device::require_datum(h20, quantity::bf16).value;
    report::table t;
    t.title = "V12b: H20's FP8 peak, " + report::format_ratio(fp8 / wide, 3) + " its BF16 peak (" +
              report::format_number(fp8, 3) + " over " + report::format_number(wide, 3) +
              " TFLOP/s, P), over Ascend: ratio of peaks";
    t.columns = {{"chip"},           {"format"}, {"peak", alignment::right}, {"H20 FP8 / it", alignment::right},
                 {"kind, how sure"}, {"source"}};
    for (const std::string_view name : chips_with_peaks) {
        const device::chip& c = chips.by_name(name);
        std::vector<device::datum> peaks = wide_peaks(c);
        for (const device::datum& f : device::data_of(c, quantity::int8)) {
            peaks.push_back(f);
        }
        std::size_t n = 0;
        quantity last = quantity::power;
        for (const device::datum& f : peaks) {
            n = f.what == last ? n + 1 : 1;
            last = f.what;
            const std::string what(device::info_of(f.what).name);
            t.add_row({std::string(name), what, report::format_number(f.value, 4),
                       report::format_ratio(fp8 / f.value, 4),
                       std::string(to_string(f.from)) + ", " + std::string(to_string(f.sure)),
                       std::string(f.source) + (f.note.empty() ? "" : "; " + std::string(f.note))});
            report::record r = make_record("V12b", std::string(name) + "." + what + "." + std::to_string(n),
                                           "H20 FP8 peak over the " + what + " peak of " + std::string(c.full_name),
                                           report::evidence_kind::published, fp8 / f.value, "1",
                                           "ratio of published peaks, not of throughput");
            r.source = std::string(device::require_datum(h20, quantity::fp8).source) + "; " + std::string(f.source);
            records.push_back(std::move(r));
        }
    }
    t.notes = {"910B1: no peak could be confirmed, so it has no line. H20: " +
               std::string(device::require_datum(h20, quantity::fp8).source) +
               ". No Ascend 910 has FP8 units. Which Ascend was tried is not public."};
    return t;
}

}  // namespace

row_result run_v12b(const row_context& how) {
    const chip_set& chips = chips_of(how);
    const subject& what = subject_of(how);
    const step_scenarios h20(what, chips.by_name("h20"));
    const scenario_range h20_rate = rate_of(h20, hardware_case::fp8_units);
    row_result out;
    out.kinds = "M, P";
    report::table t;
    t.title = "V12b: tokens a second and device, " + what.name;
    t.columns = {{"chip"},      {"16-bit rate"},  {"H20 FP8 / it"}, {"centre", alignment::right},
                 {"INT8 rate"}, {"H20 FP8 / it"}, {"verdict"},      {"by the range alone"}};
    t.add_row({"h20, FP8", report::format_number(h20_rate.low, 3) + " to " + report::format_number(h20_rate.high, 3),
               "", "", "", "", "", ""});
    std::vector<cost_line> lines;
    scenario_range all_ratios{1e300, 0};
    std::vector<verdict> words;
    for (const std::string_view name : ascend_chips) {
        const step_scenarios ascend(what, chips.by_name(name), true);
        const scenario_range wide = rate_of(ascend, hardware_case::wide);
        const scenario_range ratio = over(h20_rate, wide);
        const verdict by_range = throughput_verdict(ratio);
        words.push_back(by_range);
        all_ratios = {std::fmin(all_ratios.low, ratio.low), std::fmax(all_ratios.high, ratio.high)};
        const verdict word = how.s3 == verdict::pass ? by_range : verdict::undecided;
        out.chips.push_back({std::string(name), word});
        const double centre = centre_rate(h20, hardware_case::fp8_units) / centre_rate(ascend, hardware_case::wide);
        const scenario_range integer = rate_of(ascend, hardware_case::int8);
        t.add_row({std::string(name),
                   report::format_number(wide.low, 3) + " to " + report::format_number(wide.high, 3),
                   {range_text(ratio), report::tint::strong},
                   report::format_ratio(centre, 3),
                   report::format_number(integer.low, 3) + " to " + report::format_number(integer.high, 3),
                   range_text(over(h20_rate, integer)),
                   std::string(word_of(word)),
                   {std::string(word_of(by_range)), report::tint::faint}});
        report::record r = make_record("V12b", std::string(name) + ".rate",
                                       "rate of an H20 with FP8 over " + std::string(name) + " in 16 bits",
                                       report::evidence_kind::modelled, centre, "1", "scenario range");
        r.low = ratio.low;
        r.high = ratio.high;
        report::add_field(r.parameters, "verdict_by_range_alone", std::string(word_of(by_range)));
        out.records.push_back(std::move(r));
        out.value += (out.value.empty() ? "" : ", ") + std::string(name) + " " + range_text(ratio);
        // Time of one step on this chip, H20's FP8 = 1.
        const double h20_seconds = 1 / centre_rate(h20, hardware_case::fp8_units);
        const case_seconds s = ascend.seconds_in(ascend.all().front());
        lines.push_back({"step." + std::string(name), "step time, " + std::string(name), "H20 FP8 = 1", std::nullopt,
                         s[hardware_case::fp8_storage] / h20_seconds, s[hardware_case::int8] / h20_seconds,
                         s[hardware_case::wide] / h20_seconds, report::evidence_kind::modelled,
                         "step-time model, centre", std::nullopt, "no such unit"});
    }
    const auto all_are = [&](verdict w) {
        return std::all_of(words.begin(), words.end(), [&](verdict v) { return v == w; });
    };
    const verdict by_range = all_are(verdict::supported)       ? verdict::supported
                             : all_are(verdict::not_supported) ? verdict::not_supported
                                                               : verdict::undecided;
    out.word = how.s3 == verdict::pass ? by_range : verdict::undecided;
    out.range = "scenario ranges of both chips apart";
    out.reason = modelled_reason(how.s3, by_range);
    t.notes = {
        "SUPPORTED if the low end is above 1, NOT SUPPORTED if the high end is below 1, on every chip. Low and "
        "high put the worst scenario of one chip against the best of the other. Same layout and model on both; "
        "memory unlimited. 910C: both dies as one device."};
    out.tables = {std::move(t), four_column_table("V12b: step time on Ascend, centre of the scenarios", lines)};
    for (report::record& r : four_column_records("V12b", lines)) {
        out.records.push_back(std::move(r));
    }
    out.tables.push_back(peak_table(chips, out.records));
    return out;
}

}  // namespace narrowfp::bench::claim
