// SPDX-License-Identifier: Apache-2.0
// Figures of the self-checks, and of the rows on errors, failures, attribution and training.
#include "claim/policy.hpp"
#include "claim/row_records.hpp"
#include "claim/rows.hpp"
#include "evidence/loss_gap.hpp"

#include <narrowfp/report/text.hpp>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::figure;
using report::figure_form;
using report::figure_point;
using report::figure_series;
using report::record;

// -- errors: V6 -----------------------------------------------------------------------------------------------------------

figures error_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V6");
    figures all;
    figure bits;
    bits.id = "v6-bits";
    bits.title = "V6: error of a product against bits of an element";
    bits.form = figure_form::points;
    bits.x = {"bits an element, scales included", false, 2.0, 20.0};
    bits.y = {"relative error", true};
    bits.summary = "Emulated, LLM-like operands; which point is which: below.";
    figure formats;
    formats.id = "v6-formats";
    formats.title = "V6: the same by format, in the order of bits";
    formats.form = figure_form::dots;
    formats.x = {"relative error", true};
    formats.series = {{"error", {}}};
    formats.summary = "The number is the bits an element takes, codes and scales of both operands.";
    const auto family = [](const std::string& id) {
        return id.find("int8") != std::string::npos          ? "integers, 8 bits"
               : id == "tf32" || id == "f16" || id == "bf16" ? "16 and 19 bits"
               : id.starts_with("e4m3") || id.starts_with("e5m2") || id.starts_with("hif8")
                   ? "floating point, 8 bits"
                   : "floating point, 6 and 4 bits";
    };
    std::vector<std::pair<std::string, const record*>> points = records.under("bits.");
    // By bits; those of equal bits keep the order of the records, which lie in one array.
    std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
        const double bits_a = parameter(*a.second, "bits_per_element");
        const double bits_b = parameter(*b.second, "bits_per_element");
        return bits_a != bits_b ? bits_a < bits_b : a.second < b.second;
    });
    for (const auto& [id, r] : points) {
        const std::string name = family(id);
        auto s = std::find_if(bits.series.begin(), bits.series.end(), [&](auto& x) { return x.name == name; });
        if (s == bits.series.end()) {
            bits.series.push_back({name, {}});
            s = bits.series.end() - 1;
        }
        const double width = parameter(*r, "bits_per_element");
        s->points.push_back({width, row_records::number(*r)});
        formats.categories.push_back(r->name + ", " + report::format_number(width, 3));
        formats.series[0].points.push_back({0, row_records::number(*r)});
    }
    add_if_any(all, std::move(bits));
    add_if_any(all, std::move(formats));
    for (const std::string data : {"uniform01", "normal"}) {
        figure f;
        f.id = "v6-length-" + data;
        f.title = "V6: error of accumulation against K, " + std::string(data == "normal" ? "N(0,1)" : "uniform [0,1)");
        f.form = figure_form::lines;
        f.x = {"K, products in a sum", true};
        f.y = {"relative error", true};
        f.summary = data == "normal"
                        ? "Data of both signs: what Hopper's FP8 path cuts off partly cancels. Emulated."
                        : "Data of one sign: what Hopper's FP8 path cuts off adds up unless sums are promoted to FP32; "
                          "every 128 is DeepSeek's choice. Emulated.";
        for (const auto& [id, r] : records.under("length." + data + ".")) {
            auto s =
                std::find_if(f.series.begin(), f.series.end(), [&, &one = r](auto& x) { return x.name == one->name; });
            if (s == f.series.end()) {
                f.series.push_back({r->name, {}});
                s = f.series.end() - 1;
            }
            if (const double error = row_records::number(*r); error > 0) {
                s->points.push_back({parameter(*r, "k"), error});
            }
        }
        if (const double rounding = records.value("uniform01.tensor_current.h100.quantisation");
            data == "uniform01" && rounding > 0) {
            f.marks.push_back({rounding, "rounding the operands to E4M3"});
        }
        add_if_any(all, std::move(f));
    }
    return all;
}

// -- attribution: V11 -----------------------------------------------------------------------------------------------------

figures attribution_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V11");
    constexpr std::array<const char*, 4> factors{"peak", "format", "efficiency", "links"};
    figure range;
    range.id = "v11-factors";
    range.title = "V11: factors from 910B in 16 bits to H20 in FP8, all cases";
    range.form = figure_form::dots;
    range.x = {"factor in achieved FLOP/s of a device", true};
    range.marks = {{1, "no change"}};
    range.series = {{"lowest", {}}, {"median", {}}, {"highest", {}}};
    range.summary = "Over every order, bin, MFU, sequence length and scenario. ";
    for (const char* name : factors) {
        if (const record* r = records.find(name); r != nullptr && r->low && r->high) {
            range.categories.emplace_back(name);
            range.series[0].points.push_back({0, *r->low});
            range.series[1].points.push_back({0, parameter(*r, "median")});
            range.series[2].points.push_back({0, *r->high});
            range.summary += std::string(name) + " is the largest in " +
                             share_text(records.value(std::string(name) + ".share_largest")) + " of the cases; ";
        }
    }
    range.summary += "modelled.";
    figure orders;
    orders.id = "v11-orders";
    orders.title = "V11: every order, 910B3 at 30 % to H20 at the centre";
    orders.form = figure_form::dots;
    orders.x = {"factor", true};
    orders.marks = {{1, "no change"}};
    orders.summary =
        "Orders by first letters: p peak, f format, e efficiency, l links; what is changed first stands first. "
        "The farthest dot from 1 is the largest factor. Modelled.";
    for (const char* name : factors) {
        orders.series.push_back({name, {}});
    }
    for (const auto& [id, r] : records.under("order.")) {
        const std::size_t dot = id.rfind('.');
        std::string letters;
        for (std::size_t at = 0; at < dot; at = id.find('-', at) == std::string::npos ? dot : id.find('-', at) + 1) {
            letters += letters.empty() ? "" : " ";
            letters += id[at];
        }
        if (orders.categories.empty() || orders.categories.back() != letters) {
            orders.categories.push_back(letters);
        }
        for (figure_series& s : orders.series) {
            if (s.name == id.substr(dot + 1)) {
                s.points.push_back({0, row_records::number(*r)});
            }
        }
    }
    figures all;
    add_if_any(all, std::move(range));
    add_if_any(all, std::move(orders));
    return all;
}

// -- failures and flips ---------------------------------------------------------------------------------------------------

figures failure_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V9");
    figure f;
    f.id = "v9-share";
    f.title = "V9: effective training time against the MTBF of the job";
    f.form = figure_form::lines;
    f.x = {"hours between failures", true};
    f.y = {"effective share of time", false, 0.0, 1.0};
    f.summary = "Failures at the height of a dashed line cost as much as lacking FP8 does there. Modelled.";
    for (const auto& [id, name] : std::initializer_list<std::pair<std::string, std::string>>{
             {"fast", "restart in 5 min"}, {"usual", "restart in 10 min"}, {"slow", "restart in 30 min"}}) {
        figure_series s{name, {}};
        for (const auto& [hours, r] : records.under("share." + id + ".")) {
            s.points.push_back({std::stod(hours), row_records::number(*r)});
        }
        f.series.push_back(std::move(s));
    }
    for (const std::string_view chip : policy::nvidia_chips) {
        if (const record* r = row_records(outcome, "V1").find(chip)) {
            const double ratio = row_records::number(*r);
            f.marks.push_back(
                {1 / ratio, "a 16-bit step on " + chip_label(chip) + ", " + report::format_ratio(ratio, 3)});
        }
    }
    return alone(std::move(f));
}

figures flip_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V10");
    figure f;
    f.id = "v10-flips";
    f.title = "V10: what one flipped bit does";
    f.form = figure_form::stacked_bars;
    f.x = {"share of flips, %"};
    f.series = {{"larger than anything before", {}}, {"NaN or infinity", {}}};
    f.summary = "Counted over every bit of a sample.";
    for (const auto& [id, name] : std::initializer_list<std::pair<std::string, std::string>>{
             {"e4m3fn", "E4M3 1x128"}, {"mxfp8", "MXFP8"}, {"e5m2", "E5M2 1x128"}, {"f16", "FP16"}, {"bf16", "BF16"}}) {
        f.categories.push_back(name);
        f.series[0].points.push_back({0, 100 * records.value(id + ".above_largest")});
        f.series[1].points.push_back({0, 100 * records.value(id + ".not_finite")});
    }
    return alone(std::move(f));
}

// -- loss: V7 -------------------------------------------------------------------------------------------------------------

figures loss_by_size_figures(const claim_outcome& outcome) {
    using evidence::gap_kind;
    const training_figures& ours = outcome.values.training;
    figure f;
    f.id = "v7-size";
    f.title = "V7: loss gap of FP8 against the size of the model";
    f.form = figure_form::points;
    f.x = {"parameters", true, 1e5, 1e13};
    f.y = {"loss in FP8 over loss in 16 bits, less 1, %", false, -0.8, 0.8};
    f.series = {{"here: mean and 95 % interval", {}}, {"published: a figure", {}}, {"published: at most", {}}};
    f.marks = {{equivalence_margin, "0.25 %"}, {0, "no gap"}};
    f.summary =
        "A small model proves nothing about a large one: ours stands at the left end, and recipes, texts and measures of "
        "the others differ. Sources: bench/evidence/data/loss_gaps.csv. Runs that diverged have no point.";
    if (ours.fp8 && ours.weights > 0) {
        figure_point p{ours.weights, ours.fp8->gap.mean};
        if (ours.fp8->gap.interval_95) {
            p.low = ours.fp8->gap.interval_95->low;
            p.high = ours.fp8->gap.interval_95->high;
        }
        f.series[0].points.push_back(p);
    }
    for (const evidence::loss_gap& g : evidence::published_loss_gaps()) {
        if (g.parameters && g.gap_percent && g.gap && *g.gap != gap_kind::divergence) {
            f.series[*g.gap == gap_kind::upper_bound ? 2 : 1].points.push_back({*g.parameters, *g.gap_percent});
        }
    }
    return alone(std::move(f));
}

// -- self-checks ----------------------------------------------------------------------------------------------------------

figures hold_out_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "S3");
    figure f;
    f.id = "s3-pairs";
    f.title = "S3: the model's ranges and what was measured";
    f.form = figure_form::ranges;
    f.x = {"16-bit time / FP8 time"};
    f.series = {{"model, centre and scenario range", {}}, {"measured (published)", {}}};
    f.summary = "The ranges were committed before the measured ratios were looked at.";
    for (const auto& [id, name] :
         std::initializer_list<std::pair<const char*, const char*>>{{"gpt_7b_h100", "GPT-7B, H100"},
                                                                    {"gpt_13b_h100", "GPT-13B, H100"},
                                                                    {"gpt_175b_h100", "GPT-175B, H100"},
                                                                    {"deepseek_v3_gb300", "DeepSeek-V3, GB300"}}) {
        if (const record* r = records.find(id)) {
            f.categories.emplace_back(name);
            f.series[0].points.push_back(point_of(*r));
            f.series[1].points.push_back({0, parameter(*r, "measured")});
        }
    }
    return alone(std::move(f));
}

figures fit_error_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "S2");
    figure f;
    f.id = "s2-fit";
    f.title = "S2: error of the fit";
    f.form = figure_form::bars;
    f.x = {"model over published, %"};
    f.series = {{"error", {}}};
    f.marks = {{10, "10 %, the bar of S2"}, {-10, "-10 %"}};
    f.summary = "On the data that the model was calibrated with: a fit, no test. The table has the products, too.";
    for (const auto& [id, r] : records.under("")) {
        const double error = parameter(*r, "error");
        if (std::isfinite(error) && !id.starts_with("product.")) {
            const std::string whole = r->name.substr(0, r->name.find(" ("));
            f.categories.push_back(whole.substr(0, whole.find(" and ")));
            f.series[0].points.push_back({0, 100 * error});
        }
    }
    return alone(std::move(f));
}

figures int8_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V15");
    figure f;
    f.id = "v15-speed";
    f.title = "V15: INT8 in place of 16 bits, modelled speed";
    f.form = figure_form::dots;
    f.x = {"16-bit step time / INT8 step time"};
    f.marks = {{1, "no gain"}};
    f.series = {{"lowest", {}}, {"highest", {}}};
    f.summary =
        "Scenario ranges. What matters is whether a model trains equally well; the training experiment tests that.";
    for (const auto& [id, r] : records.under("")) {
        if (id.ends_with(".speed") && r->low && r->high) {
            f.categories.push_back(chip_label(id.substr(0, id.find('.'))));
            f.series[0].points.push_back({0, *r->low});
            f.series[1].points.push_back({0, *r->high});
        }
    }
    return alone(std::move(f));
}

figures recoverable_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V16");
    figure f;
    f.id = "v16-recoverable";
    f.title = "V16: recoverable without FP8 units";
    f.form = figure_form::bars;
    f.x = {"% of the difference to FP8 units"};
    f.series = {{"8-bit storage, 16-bit multiply", {}}};
    f.summary =
        "Products stay 16-bit and casts cost time; where memory is short, not recomputing gives time back. "
        "Below 0: slower than 16 bits alone. Counted bytes, modelled time.";
    const auto add = [&](std::string name, double value) {
        f.categories.push_back(std::move(name));
        f.series[0].points.push_back({0, value});
    };
    const row_records v3(outcome, "V3"), v5(outcome, "V5");
    add("bytes kept (V3)", 100 * v3.value("sum.recoverable_without_fp8_units"));
    add("bytes sent (V5)", 100 * v5.value("expert_traffic.recoverable_without_fp8_units"));
    for (const auto& [id, r] : records.under("step_with_fit.")) {
        add("step time, " + chip_label(id), 100 * row_records::number(*r));
    }
    return alone(std::move(f));
}

}  // namespace narrowfp::bench::claim
