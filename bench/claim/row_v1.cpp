// SPDX-License-Identifier: Apache-2.0
// V1, step time of 16-bit training over FP8 training on the same chip. This version has H800 alone, from DeepSeek's own
// timed step: its FP8 products and casts are replaced by 16-bit products at assumed rates. The lines borrowed from
// another model on another chip are analogies: they are shown inside the range and do not set it.
#include "claim/rows.hpp"

#include <narrowfp/cost/step_trace.hpp>
#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr double threshold = 1.10;
constexpr std::string_view te_pages = "Transformer Engine documentation, GEMM tutorial";

struct scenario {
    std::string id;
    std::string assumption;
    std::string sort;    // assumption, analogy or bound
    double seconds = 0;  // of the 16-bit products
    bool sets_range = true;
    std::string source;
};

std::vector<scenario> scenarios() {
    const cost::model_shape& m = cost::deepseek_v3;
    const cost::step_trace& t = cost::deepseek_v3_trace;
    const double peak = device::require_figure(device::chip_by_name("h800"), device::quantity::bf16).value * 1e12;
    std::vector<scenario> all;
    for (const double efficiency : {0.76, 0.65, 0.55}) {
        all.push_back({"efficiency_" + report::format_number(efficiency, 2),
                       "16-bit products at " + report::format_number(efficiency, 2) +
                           " of the BF16 peak of the 112 SMs that compute; casts fall away",
                       "assumption", cost::gemm_seconds(m, t, peak, efficiency), true, std::string(t.source)});
    }
    for (const auto& [name, factor] : {std::pair{"block scaling", 1.40},
                                       {"block scaling", 1.41},
                                       {"current scaling", 1.57},
                                       {"current scaling", 1.58}}) {
        all.push_back({"transformer_engine_" + report::format_number(factor, 3),
                       "FP8 with casts is " + report::format_ratio(factor) + " as fast as BF16 (" + name + ")",
                       "analogy", factor * (t.fp8_gemm + t.casts), false, std::string(te_pages)});
    }
    all.push_back({"exactly_twice", "16-bit products take exactly twice the FP8 ones; casts fall away", "bound",
                   2 * t.fp8_gemm, true, std::string(t.source)});
    return all;
}

report::table scenario_table() {
    const cost::step_trace& trace = cost::deepseek_v3_trace;
    report::table t;
    t.title = "V1: scenarios for H800, step of " + report::format_number(trace.span * 1e3, 4) +
              " ms in FP8 (P), of which products " + report::format_number(trace.fp8_gemm * 1e3, 4) + " and casts " +
              report::format_number(trace.casts * 1e3, 4);
    t.columns = {{"16-bit / FP8 step", alignment::right},
                 {"what is assumed"},
                 {"sort"},
                 {"products, ms", alignment::right},
                 {"pre-training, 10^6 device-hours", alignment::right},
                 {"source"}};
    for (const scenario& s : scenarios()) {
        const double ratio = cost::step_ratio(trace, s.seconds);
        t.add_row({report::format_ratio(ratio, 3),
                   s.assumption,
                   {s.sort, s.sets_range ? report::tint::plain : report::tint::faint},
                   report::format_number(s.seconds * 1e3, 4),
                   report::format_number(ratio * cost::deepseek_v3_run.pretraining_device_hours / 1e6, 3),
                   s.source});
    }
    t.notes = {
        "All modelled (M) from published times (P). Published in FP8: 2.664 million device-hours (arXiv 2412.19437, "
        "table 1). An analogy borrows a ratio that its owner measured on a dense model of width 4096 on H200 NVL; two "
        "of its pages differ, so both values stand. It lies inside the range and does not set it. Memory is taken as "
        "unlimited; with V4's cost: NOT RUN."};
    return t;
}

report::table threshold_table(const scenario_range& range) {
    report::table t;
    t.title = "V1: the rule against its threshold, had S3 passed (it decides nothing before that)";
    t.columns = {{"threshold", alignment::right}, {"by the range alone"}};
    for (int percent = 100; percent <= 150; percent += 5) {
        const double at = percent / 100.0;
        const bool ours = at == threshold;
        t.add_row({{report::format_number(at, 3), ours ? report::tint::strong : report::tint::plain},
                   {std::string(word_of(against_threshold(range, at))) + (ours ? "  (the row's threshold)" : ""),
                    ours ? report::tint::strong : report::tint::plain}});
    }
    return t;
}

}  // namespace

scenario_range h800_step_ratio() {
    std::vector<double> ratios;
    for (const scenario& s : scenarios()) {
        if (s.sets_range) {
            ratios.push_back(cost::step_ratio(cost::deepseek_v3_trace, s.seconds));
        }
    }
    const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
    return {*low, *high};
}

row_result run_v1(const row_context& how) {
    const scenario_range range = h800_step_ratio();
    row_result out;
    out.kinds = "M";
    out.word = verdict::undecided;
    out.chips = {{"h800", modelled_verdict(range, threshold, how.s3)}, {"h20", verdict::not_run}};
    out.range = report::format_number(range.low, 3) + " to " + report::format_ratio(range.high, 3);
    out.value = "H800 alone, memory unlimited; H20 NOT RUN";
    out.reason = s3_text(how.s3) + "H800 rests on assumed 16-bit rates, H20 needs the step-time model";
    const std::vector<cost_line> lines{{"step", "step time, H800", "FP8 = 1", 1.0, std::nullopt, std::nullopt,
                                        range.low, report::figure_kind::modelled,
                                        std::string(cost::deepseek_v3_trace.source), range.high}};
    out.tables = {four_column_table("V1: time of a training step of DeepSeek-V3, memory unlimited", lines),
                  scenario_table(), threshold_table(range)};
    out.records = four_column_records("V1", lines);
    report::record h800 = make_record(
        "V1", "h800", "verdict for H800", report::figure_kind::modelled, std::string(word_of(out.chips[0].word)), "1",
        "scenario range of 16-bit / FP8 step time, memory unlimited; SUPPORTED if the low end "
        "is at least 1.10");
    h800.low = range.low;
    h800.high = range.high;
    h800.source = cost::deepseek_v3_trace.source;
    h800.note = out.reason;
    out.records.push_back(std::move(h800));
    report::record h20 = make_record("V1", "h20", "verdict for H20", report::figure_kind::modelled, {}, "");
    report::set_no_value(h20, report::record_status::not_run, "needs the step-time model");
    out.records.push_back(std::move(h20));
    for (const scenario& s : scenarios()) {
        report::record r =
            make_record("V1", "h800." + s.id, s.assumption, report::figure_kind::modelled,
                        cost::step_ratio(cost::deepseek_v3_trace, s.seconds), "1", "scenario: " + s.sort);
        r.source = s.source;
        out.records.push_back(std::move(r));
    }
    return out;
}

}  // namespace narrowfp::bench::claim
