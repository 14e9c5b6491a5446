// SPDX-License-Identifier: Apache-2.0
// Figures of what other programs of the project found and the claim was given with --results: loss gaps, emulated links,
// killed and resumed runs, checksums, and the roofline of the machine. Without their files there is no figure.
#include "claim/policy.hpp"
#include "claim/results_set.hpp"
#include "claim/row_records.hpp"
#include "support/equivalence.hpp"

#include <narrowfp/report/text.hpp>

#include <cmath>

namespace narrowfp::bench::claim {

using report::figure;
using report::figure_form;
using report::figure_series;
using report::record;

namespace {

double value_of(const results_set& results, const std::string& id) {
    const record* r = results.find(id);
    return r != nullptr ? row_records::number(*r) : no_value;
}

std::string text_in(const record& r, std::string_view key) {
    const report::field_value* value = report::find_field(r.parameters, key);
    const std::string* text = value != nullptr ? std::get_if<std::string>(value) : nullptr;
    return text != nullptr ? *text : std::string();
}

// -- V16: roofline ----------------------------------------------------------------------------------------------------

// A row of bench_gemm or bench_gemv that gave multiplications with addition per second.
struct product_rate {
    std::string impl;
    std::string a;
    std::string b;
    std::string recipe;
    std::string acc;
    double m = 0, n = 0, k = 0, threads = 0;
    double per_second = 0;
};

std::vector<product_rate> product_rates(const results_set& results) {
    std::vector<product_rate> all;
    for (const record* r : results.under("gemm/impl:")) {
        if (!r->id.ends_with("/macs_per_s") || !text_in(*r, "target").empty()) {
            continue;
        }
        all.push_back({text_in(*r, "impl"), text_in(*r, "a"), text_in(*r, "b"), text_in(*r, "recipe"),
                       text_in(*r, "acc"), parameter(*r, "m"), parameter(*r, "n"), parameter(*r, "k"),
                       parameter(*r, "threads"), row_records::number(*r)});
    }
    return all;
}

double bytes_of(const std::string& format) { return format == "f32" ? 4 : format == "bf16" ? 2 : 1; }

// The largest rate of the rows that `counts` accepts, 0 if none.
template <class Counts>
double best(const std::vector<product_rate>& rates, Counts counts) {
    double most = 0;
    for (const product_rate& r : rates) {
        most = counts(r) && r.per_second > most ? r.per_second : most;
    }
    return most;
}

constexpr double giga = 1e9;

void add_roofs(figure& f, const std::vector<product_rate>& rates, double threads, double bytes_per_second) {
    for (const auto& [format, name] : {std::pair{"f32", "peak of FP32 multiply-add, and memory"},
                                       {"bf16", "peak of BF16 dot products, and memory"},
                                       {"int8", "peak of INT8 dot products, and memory"}}) {
        const double peak = best(
            rates, [&](const product_rate& r) { return r.impl == "peak" && r.a == format && r.threads == threads; });
        figure_series s{name, {}};
        for (int octave = -3; octave <= 10 && peak > 0; ++octave) {
            const double intensity = std::ldexp(1.0, octave);
            s.points.push_back({intensity, std::min(peak, bytes_per_second * intensity) / giga});
        }
        if (!s.points.empty()) {
            f.series.push_back(std::move(s));
        }
    }
}

// Products from memory, whose weights are read once, and square ones: both operands and the FP32 result.
void add_products(figure& f, const std::vector<product_rate>& rates, double threads) {
    for (const auto& [a, recipe, name] : {std::tuple{"e4m3fn", "deepseek_v3", "products in FP8: 1 row, and 1024 rows"},
                                          {"bf16", "none", "the same in BF16"},
                                          {"f32", "none", "the same in FP32"}}) {
        const auto is_ours = [&, &format = a, &scaling = recipe](const product_rate& r) {
            return r.impl.starts_with("narrowfp") && r.a == format && r.b == format && r.recipe == scaling &&
                   r.acc == "sequential" && r.threads == threads;
        };
        figure_series s{name, {}};
        const double vector = best(rates, [&](const product_rate& r) { return is_ours(r) && r.m == 1 && r.n == 8192; });
        if (vector > 0) {
            s.points.push_back({1 / bytes_of(a), vector / giga});
        }
        constexpr double n = 1024;
        const double square =
            best(rates, [&](const product_rate& r) { return is_ours(r) && r.m == n && r.n == n && r.k == n; });
        if (square > 0) {
            s.points.push_back({n / (2 * bytes_of(a) + 4), square / giga});
        }
        if (!s.points.empty()) {
            f.series.push_back(std::move(s));
        }
    }
}

}  // namespace

figures roofline_figures(const results_set& results) {
    const std::vector<product_rate> rates = product_rates(results);
    double threads = 0;
    for (const product_rate& r : rates) {
        threads = r.impl == "peak" ? std::max(threads, r.threads) : threads;
    }
    const double bytes_per_second = 4 * best(rates, [&](const product_rate& r) {
                                        return r.impl == "read" && r.a == "f32" && r.n == 8192 && r.threads == threads;
                                    });
    if (!(bytes_per_second > 0)) {
        return {};
    }
    figure f;
    f.id = "v16-roofline";
    f.title = "V16: roofline of this machine";
    f.form = figure_form::points;
    f.x = {"multiply-adds for each byte moved", true};
    f.y = {"10^9 multiply-adds a second", true};
    f.summary =
        "Roofs: the slower of memory and multiplier. Left: one row of activations; right: square products, where this "
        "CPU multiplies FP8 codes as BF16. Measured; says nothing about an accelerator's speed.";
    add_roofs(f, rates, threads, bytes_per_second);
    add_products(f, rates, threads);
    return alone(std::move(f));
}

// -- V5: links --------------------------------------------------------------------------------------------------------

figures measured_link_figures(const results_set& results) {
    figure f;
    f.id = "v5-measured";
    f.title = "V5: dispatch and combine on an emulated link";
    f.form = figure_form::dots;
    f.x = {"traffic / work of a layer"};
    f.series = {{"measured, link emulated", {}}, {"by the model", {}}};
    f.summary =
        "Links slowed so that traffic over work is the chip's; 8 processes on this machine. Shares carry over, not "
        "times.";
    for (const std::string_view chip : policy::emulated_link_chips) {
        for (std::size_t c = 0; c < all_hardware_cases.size(); ++c) {
            const std::string id = "comm.link." + std::string(chip) + "." + std::string(id_of(all_hardware_cases[c]));
            const double measured = value_of(results, id + ".traffic_over_work.ranks_8");
            if (std::isfinite(measured)) {
                f.categories.push_back(policy::chip_label(chip) + " " + std::string(figure_column_names[c]));
                f.series[0].points.push_back({0, measured});
                f.series[1].points.push_back({0, value_of(results, id + ".modelled_traffic_over_work.ranks_8")});
            }
        }
    }
    return alone(std::move(f));
}

// -- V9 and V10: failures ---------------------------------------------------------------------------------------------

figures interruption_figures(const results_set& results) {
    figure f;
    f.id = "v9-measured";
    f.title = "V9: a run here that is killed and resumed";
    f.form = figure_form::ranges;
    f.x = {"effective share of the time", false, 0.0, 1.0};
    f.series = {{"measured, with standard error", {}}, {"by the formula", {}}};
    f.summary = "Kills at exponential times, checkpoints at Daly's interval, scaled time.";
    for (const std::string often : {"often", "usual", "seldom"}) {
        const std::string id = "faults.interrupted." + often + ".";
        if (const record* share = results.find(id + "share"); share != nullptr && share->low && share->high) {
            f.categories.push_back("kills " + often + ", one in " +
                                   report::format_number(value_of(results, id + "mtbf"), 2) + " s");
            f.series[0].points.push_back(point_of(*share));
            f.series[1].points.push_back({0, value_of(results, id + "formula")});
        }
    }
    return alone(std::move(f));
}

figures detection_figures(const results_set& results) {
    figure f;
    f.id = "v10-detection";
    f.title = "V10: flipped bits that checksums find";
    f.form = figure_form::dots;
    f.x = {"found, % of faults", false, 0.0, 100.0};
    f.summary =
        "Column checksums of a product, threshold from fault-free products. The table has the largest miss. Emulated.";
    constexpr std::array<std::pair<const char*, const char*>, 3> places{
        {{"codes", "fault in codes"}, {"scales", "in scales"}, {"results", "in results"}}};
    for (const auto& [place, name] : places) {
        f.series.push_back({name, {}});
    }
    for (const auto& [product, name] : {std::pair{"e4m3fn.f32", "E4M3, FP32 sums"},
                                        {"e4m3fn.h100", "E4M3 on H100"},
                                        {"e5m2.f32", "E5M2, FP32 sums"},
                                        {"mxfp8.f32", "MXFP8, FP32 sums"},
                                        {"int8.exact", "INT8, exact sums"},
                                        {"f16.f32", "FP16, FP32 sums"},
                                        {"bf16.f32", "BF16, FP32 sums"}}) {
        const std::string id = std::string("faults.checksum.") + product + ".";
        if (!std::isfinite(value_of(results, id + "codes.detected_calibrated"))) {
            continue;
        }
        f.categories.emplace_back(name);
        for (std::size_t p = 0; p < places.size(); ++p) {
            f.series[p].points.push_back({0, 100 * value_of(results, id + places[p].first + ".detected_calibrated")});
        }
    }
    return alone(std::move(f));
}

// -- V7: loss ----------------------------------------------------------------------------------------------------------

// Relative loss gaps with their 90 % intervals: ids train.gap.* and train.gap_less_null.*.
figures loss_figures(const results_set& results) {
    figure f;
    f.id = "v7-gaps";
    f.title = "V7: loss gaps with 90 % intervals";
    f.form = figure_form::ranges;
    f.x = {"relative loss gap to BF16, %"};
    f.series = {{"mean over seeds and 90 % interval", {}}};
    f.marks = {{-equivalence_margin, "-0.25 %"}, {equivalence_margin, "0.25 %: bound of equivalence"}};
    f.summary = "Equivalent: an interval between the dashed lines. Emulated, a small model; nats per byte.";
    for (const auto& [begin, name] : std::initializer_list<std::pair<std::string_view, const char*>>{
             {"train.gap_less_null.", " less null"}, {"train.gap.", ""}}) {
        for (const record* r : results.under(begin)) {
            if (r->low && r->high && std::isfinite(row_records::number(*r))) {
                f.categories.push_back(r->id.substr(begin.size()) + name);
                f.series[0].points.push_back(point_of(*r));
            }
        }
    }
    return alone(std::move(f));
}

}  // namespace narrowfp::bench::claim
