// SPDX-License-Identifier: Apache-2.0
// A cross-check of V1 for H800 without the step-time model: DeepSeek's own timed step, with its FP8 products and casts
// replaced by 16-bit products at assumed rates. The lines borrowed from another model on another chip are analogies:
// they are shown inside the range and do not set it.
#include "claim/policy.hpp"
#include "claim/rows.hpp"
#include "claim/step_times.hpp"

#include <narrowfp/cost/step_trace.hpp>
#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

using profile_kind = profile_scenario::kind;

constexpr std::string_view te_pages = "Transformer Engine documentation, GEMM tutorial";

std::string_view sort_of(profile_kind k) {
    switch (k) {
        case profile_kind::share_of_peak: return "assumption";
        case profile_kind::measured_elsewhere: return "analogy";
        case profile_kind::exactly_twice: return "bound";
    }
    return "?";
}

std::string assumption_of(const profile_scenario& s) {
    switch (s.sort) {
        case profile_kind::share_of_peak:
            return "16-bit products at " + report::format_number(s.factor, 2) +
                   " of the BF16 peak of the 112 SMs that compute; casts fall away";
        case profile_kind::measured_elsewhere:
            return "FP8 with casts is " + report::format_ratio(s.factor) + " as fast as BF16 (" +
                   std::string(s.scaling) + ")";
        case profile_kind::exactly_twice: return "16-bit products take exactly twice the FP8 ones; casts fall away";
    }
    return "?";
}

std::string source_of(const profile_scenario& s) {
    return std::string(s.sort == profile_kind::measured_elsewhere ? te_pages : cost::deepseek_v3_trace.source);
}

}  // namespace

std::vector<profile_scenario> profile_scenarios() {
    const cost::model_shape& m = cost::deepseek_v3;
    const cost::step_trace& t = cost::deepseek_v3_trace;
    const double peak =
        device::require_datum(device::chip_by_name(policy::trained_on), device::quantity::bf16).value * 1e12;
    std::vector<profile_scenario> all;
    const auto add = [&](std::string id, profile_kind sort, double factor, std::string_view scaling, double seconds) {
        all.push_back({std::move(id), sort, factor, scaling, seconds, cost::step_ratio(t, seconds)});
    };
    for (const double share : {0.76, 0.65, 0.55}) {
        add("efficiency_" + report::format_number(share, 2), profile_kind::share_of_peak, share, "",
            cost::gemm_seconds(m, t, peak, share));
    }
    for (const auto& [scaling, factor] : {std::pair{"block scaling", 1.40},
                                          {"block scaling", 1.41},
                                          {"current scaling", 1.57},
                                          {"current scaling", 1.58}}) {
        add("transformer_engine_" + report::format_number(factor, 3), profile_kind::measured_elsewhere, factor, scaling,
            factor * (t.fp8_gemm + t.casts));
    }
    add("exactly_twice", profile_kind::exactly_twice, 2, "", 2 * t.fp8_gemm);
    return all;
}

scenario_range range_of(const std::vector<profile_scenario>& scenarios) {
    std::vector<double> ratios;
    for (const profile_scenario& s : scenarios) {
        if (s.sets_range()) {
            ratios.push_back(s.ratio);
        }
    }
    return scenario_distribution(std::move(ratios)).range();
}

report::table profile_table(const std::vector<profile_scenario>& scenarios) {
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
    for (const profile_scenario& s : scenarios) {
        t.add_row({report::format_ratio(s.ratio, 3),
                   assumption_of(s),
                   {std::string(sort_of(s.sort)), s.sets_range() ? report::tint::plain : report::tint::faint},
                   report::format_number(s.product_seconds * 1e3, 4),
                   report::format_number(s.ratio * cost::deepseek_v3_run.pretraining_device_hours / 1e6, 3),
                   source_of(s)});
    }
    t.notes = {
        "All modelled (M) from published times (P). Published in FP8: 2.664 million device-hours (arXiv 2412.19437, "
        "table 1). An analogy borrows a ratio that its owner measured on a dense model of width 4096 on H200 NVL; two "
        "of its pages differ, so both values are listed. It lies inside the range and does not set it. Memory is "
        "unlimited. This table decides nothing: it asks the profile alone the same question."};
    return t;
}

std::vector<report::record> profile_records(const std::vector<profile_scenario>& scenarios) {
    std::vector<report::record> all;
    for (const profile_scenario& s : scenarios) {
        report::record r =
            make_record("V1", std::string(policy::trained_on) + ".profile." + s.id, assumption_of(s),
                        report::evidence_kind::modelled, s.ratio, "1", "scenario: " + std::string(sort_of(s.sort)));
        r.source = source_of(s);
        all.push_back(std::move(r));
    }
    return all;
}

}  // namespace narrowfp::bench::claim
