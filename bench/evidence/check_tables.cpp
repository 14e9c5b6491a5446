// SPDX-License-Identifier: Apache-2.0
#include "evidence/fault_list.hpp"

#include <fmt/format.h>

#include <cmath>

namespace narrowfp::bench::evidence {
namespace {

std::optional<double> real(std::optional<int> count) { return count ? std::optional<double>(*count) : std::nullopt; }

// Of losses their relative difference, of perplexities that of their logarithms.
std::optional<double> computed_gap(const loss_gap& g) {
    if (!g.wide || !g.fp8 || !(*g.wide > 0) || !(*g.fp8 > 0)) {
        return std::nullopt;
    }
    const double wide = g.what == gap_measure::perplexity ? std::log(*g.wide) : *g.wide;
    const double fp8 = g.what == gap_measure::perplexity ? std::log(*g.fp8) : *g.fp8;
    return 100 * (fp8 - wide) / wide;
}

void check_gap(fault_list& faults, const loss_gap& g) {
    constexpr double tolerance = 0.001;  // percentage points
    const auto computed = computed_gap(g);
    if (g.gap_percent && computed) {
        const double excess = *g.gap_percent - *computed;
        const bool holds = g.gap == gap_kind::upper_bound   ? excess >= -tolerance
                           : g.gap == gap_kind::lower_bound ? excess <= tolerance
                                                            : std::abs(excess) <= tolerance;
        if (!holds) {
            faults.add("gap_percent", fmt::format("{:.6g}", *g.gap_percent),
                       fmt::format("{:.4g}, as the two figures give", *computed));
        }
    }
    if (g.gap_percent && (!g.gap || *g.gap == gap_kind::divergence)) {
        faults.add("gap_kind", g.gap ? std::string(name_of(*g.gap)) : "",
                   "what the gap is: value, upper_bound, lower_bound or not_significant");
    }
    const bool figure = g.gap == gap_kind::value || g.gap == gap_kind::upper_bound || g.gap == gap_kind::lower_bound;
    if (figure && !g.gap_percent && g.note.empty()) {
        faults.add("gap_percent", "", "a number, or a note that says why there is none");
    }
    if ((g.what == gap_measure::divergence) != (g.gap == gap_kind::divergence)) {
        faults.add("gap_kind", g.gap ? std::string(name_of(*g.gap)) : "",
                   "divergence where, and only where, `what` is divergence");
    }
}

}  // namespace

std::vector<fault> check_gemm_pairs(const std::vector<gemm_pair>& pairs, std::string_view file) {
    fault_list faults(file);
    for (const gemm_pair& p : pairs) {
        faults.at(p.line, p.id);
        faults.text("source", p.source);
        faults.positive("bf16_TFLOPs", p.wide);
        faults.positive("fp8_TFLOPs", p.fp8);
        faults.ratio(p.ratio, p.note);
        faults.ratio(p.ratio_high != p.ratio ? p.ratio_high : std::nullopt, p.note);
        const bool time = p.measure == measured_as::time;
        faults.quotient(p.ratio, time ? p.wide : p.fp8, time ? p.fp8 : p.wide,
                        time ? "source or note say that the figures are times"
                             : "the figures are rates; times need ', ms' or ', us' at the end of the source");
        if (!p.wide && !p.fp8 && !p.ratio && p.note.empty()) {
            faults.add("ratio", "", "a figure, or a note that says what the row tells");
        }
    }
    return faults.take();
}

std::vector<fault> check_loss_gaps(const std::vector<loss_gap>& gaps, std::string_view file) {
    fault_list faults(file);
    for (const loss_gap& g : gaps) {
        faults.at(g.line, g.id);
        faults.text("source", g.source);
        faults.text("place", g.place);
        faults.year(g.year);
        faults.range("parameters", g.parameters, 1e3, 1e14);
        faults.range("tokens", g.tokens, 1e3, 1e16);
        faults.range("loss_16bit", g.wide, 1e-3, 1e4);
        faults.range("loss_fp8", g.fp8, 1e-3, 1e4);
        faults.whole("seeds_16bit", real(g.seeds_wide), 1, 1e6);
        faults.whole("seeds_fp8", real(g.seeds_fp8), 1, 1e6);
        check_gap(faults, g);
    }
    return faults.take();
}

std::vector<fault> check_memory_pairs(const std::vector<memory_pair>& pairs, std::string_view file) {
    fault_list faults(file);
    for (const memory_pair& p : pairs) {
        faults.at(p.line, p.id);
        faults.text("source", p.source);
        faults.whole("devices", real(p.devices), 1, 200000);
        faults.positive("bytes_16bit_gb", p.wide);
        faults.positive("bytes_fp8_gb", p.fp8);
        faults.ratio(p.ratio, p.note);
        faults.quotient(p.ratio, p.wide, p.fp8, "the ratio is bytes in 16 bits over bytes in FP8");
        if (!p.ratio && p.note.empty()) {
            faults.add("ratio", "", "a number, or a note that says why there is none");
        }
    }
    return faults.take();
}

std::vector<fault> check_wide_runs(const std::vector<wide_run>& runs, std::string_view file) {
    fault_list faults(file);
    for (const wide_run& r : runs) {
        faults.at(r.line, r.id);
        faults.text("source", r.source);
        faults.year(r.year);
        faults.range("parameters", r.parameters, 1e6, 1e14);
        faults.range("active_parameters", r.active_parameters, 1e6, r.parameters.value_or(1e14));
        faults.range("tokens", r.tokens, 1e6, 1e16);
        faults.whole("devices", real(r.devices), 1, 200000);
        faults.range("mfu_percent", r.mfu_percent, 0.1, 100);
        if (r.format_stated && r.format.empty()) {
            faults.add("format", "", "the format that the source states");
        }
    }
    return faults.take();
}

}  // namespace narrowfp::bench::evidence
