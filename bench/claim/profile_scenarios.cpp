// SPDX-License-Identifier: Apache-2.0
// A cross-check of V1 for H800 without the step-time model: DeepSeek's own timed step, with its FP8 products and casts
// replaced by 16-bit products at assumed rates. The lines borrowed from another model on another chip are analogies:
// they are shown inside the range and do not set it.
#include "claim/rows.hpp"

#include <narrowfp/cost/step_trace.hpp>
#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

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
    const double peak = device::require_datum(device::chip_by_name("h800"), device::quantity::bf16).value * 1e12;
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

}  // namespace

report::table profile_scenario_table() {
    const cost::step_trace& trace = cost::deepseek_v3_trace;
    report::table t;
    t.title = "V1: a cross-check for H800 from the profile alone, step of " +
              report::format_number(trace.span * 1e3, 4) + " ms in FP8 (P), of which products " +
              report::format_number(trace.fp8_gemm * 1e3, 4) + " and casts " +
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
        "unlimited; This table decides nothing: it is the same question asked of the profile alone."};
    return t;
}

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

std::vector<report::record> profile_scenario_records() {
    std::vector<report::record> all;
    for (const scenario& s : scenarios()) {
        report::record r =
            make_record("V1", "h800.profile." + s.id, s.assumption, report::evidence_kind::modelled,
                        cost::step_ratio(cost::deepseek_v3_trace, s.seconds), "1", "scenario: " + s.sort);
        r.source = s.source;
        all.push_back(std::move(r));
    }
    return all;
}

}  // namespace narrowfp::bench::claim
