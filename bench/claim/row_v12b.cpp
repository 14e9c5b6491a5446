// SPDX-License-Identifier: Apache-2.0
// V12b, throughput of an H20 with FP8 over an Ascend in 16 bits. This version has the ratio of published peaks alone,
// which is no throughput: efficiency, links and memory are not in it.
#include "claim/rows.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using device::quantity;
using report::alignment;

namespace {

constexpr std::array<std::string_view, 5> ascend_chips{"910b2", "910b3", "910b4", "910c", "910c-560"};

// The 16-bit peaks of a chip: BF16 where there are figures, else FP16.
std::vector<device::figure> wide_peaks(const device::chip& c) {
    std::vector<device::figure> found = device::figures_of(c, quantity::bf16);
    return found.empty() ? device::figures_of(c, quantity::fp16) : found;
}

std::string sure_text(const device::figure& f) {
    return std::string(to_string(f.from)) + ", " + std::string(to_string(f.sure));
}

}  // namespace

row_result run_v12b(const row_context& how) {
    const device::chip& h20 = device::chip_by_name("h20");
    const double fp8 = device::require_figure(h20, quantity::fp8).value;
    const double wide = device::require_figure(h20, quantity::bf16).value;
    row_result out;
    report::table t;
    t.title = "V12b: H20's FP8 peak, " + report::format_ratio(fp8 / wide, 3) + " its BF16 peak (" +
              report::format_number(fp8, 3) + " over " + report::format_number(wide, 3) +
              " TFLOP/s, P), over Ascend: ratio of peaks";
    t.columns = {{"chip"},
                 {"16-bit", alignment::right},
                 {"H20 BF16 / it", alignment::right},
                 {"H20 FP8 / it", alignment::right},
                 {"INT8", alignment::right},
                 {"H20 FP8 / it", alignment::right},
                 {"kind, how sure"},
                 {"source"}};
    std::vector<double> ratios;
    std::vector<double> integer_ratios;
    // One ratio: its cell, its place in the range, its record.
    const auto ratio_to = [&](const device::chip& c, const device::figure& f, std::size_t n, std::vector<double>& all) {
        all.push_back(fp8 / f.value);
        const std::string what(device::info_of(f.what).name);
        report::record r = make_record("V12b", std::string(c.name) + "." + what + "." + std::to_string(n + 1),
                                       "H20 FP8 peak over the " + what + " peak of " + std::string(c.full_name),
                                       report::figure_kind::published, fp8 / f.value, "1",
                                       "ratio of published peaks, not of throughput");
        report::add_field(r.parameters, "h20_fp8_over_bf16", fp8 / wide);
        report::add_field(r.parameters, "h20_fp8_peak", fp8);
        report::add_field(r.parameters, "ascend_peak", f.value);
        report::add_field(r.parameters, "origin", std::string(to_string(f.from)));
        report::add_field(r.parameters, "certainty", std::string(to_string(f.sure)));
        r.source = std::string(device::require_figure(h20, quantity::fp8).source) + "; " + std::string(f.source);
        out.records.push_back(std::move(r));
        return report::format_ratio(fp8 / f.value, 4);
    };
    for (const std::string_view name : ascend_chips) {
        const device::chip& c = device::chip_by_name(name);
        const std::vector<device::figure> peaks = wide_peaks(c);
        const std::vector<device::figure> integers = device::figures_of(c, quantity::int8);
        for (std::size_t n = 0; n < std::max(peaks.size(), integers.size()); ++n) {
            std::vector<report::cell> cells{n == 0 ? std::string(name) : ""};
            if (n < peaks.size()) {
                cells.insert(cells.end(),
                             {report::format_number(peaks[n].value, 4), report::format_ratio(wide / peaks[n].value, 4),
                              ratio_to(c, peaks[n], n, ratios)});
            } else {
                cells.insert(cells.end(), {"", "", ""});
            }
            if (n < integers.size()) {
                cells.insert(cells.end(), {report::format_number(integers[n].value, 4),
                                           ratio_to(c, integers[n], n, integer_ratios)});
            } else {
                cells.insert(cells.end(), {"", ""});
            }
            const device::figure& f = n < peaks.size() ? peaks[n] : integers[n];
            cells.insert(cells.end(),
                         {sure_text(f), std::string(f.source) + (f.note.empty() ? "" : "; " + std::string(f.note))});
            t.add_row(std::move(cells));
        }
    }
    t.notes = {
        "Peaks are TFLOP/s (TOP/s for INT8), dense. Disputed peaks have one line each; kind and source are those of "
        "the 16-bit "
        "peak (INT8: msmodeling; 1054 is a secondary note's). 910B1: no peak could be "
        "confirmed, so it has no line. H20: " +
            std::string(device::require_figure(h20, quantity::fp8).source) + ".",
        "No Ascend 910 has FP8 units (" +
            std::string(device::find_figure(device::chip_by_name("910b2"), quantity::fp8)->source) +
            "), the 950 generation has. Which Ascend was tried is not public."};
    const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
    const auto [int_low, int_high] = std::minmax_element(integer_ratios.begin(), integer_ratios.end());
    out.word = verdict::undecided;
    out.kinds = "P";
    out.range = report::format_number(*low, 3) + " to " + report::format_ratio(*high, 3);
    out.value = "ratio of peaks only, to 16-bit; to INT8 " + report::format_number(*int_low, 3) + " to " +
                report::format_ratio(*int_high, 3);
    out.reason = s3_text(how.s3) + "a ratio of peaks is no throughput, which the rule asks for";
    out.tables.push_back(std::move(t));
    report::record all =
        make_record("V12b", "peaks", "H20 FP8 peak over 16-bit peaks of Ascend", report::figure_kind::published,
                    out.range, "1", "range of the ratios of published peaks, not of throughput");
    all.low = *low;
    all.high = *high;
    all.source = "the sources of the single ratios";
    out.records.push_back(std::move(all));
    return out;
}

}  // namespace narrowfp::bench::claim
