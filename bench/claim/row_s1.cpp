// SPDX-License-Identifier: Apache-2.0
// S1: published figures of DeepSeek-V3 that must follow from its published shape and from each other. It proves the
// arithmetic of the formulas and nothing else.
#include "claim/rows.hpp"

#include <narrowfp/cost/training_bytes.hpp>
#include <narrowfp/report/text.hpp>

#include <cmath>

namespace narrowfp::bench::claim {

namespace {

constexpr double identity_tolerance = 0.003;

struct identity {
    std::string id;
    std::string name;
    std::string unit;
    double computed = 0;
    double published = 0;
    bool to_the_digit = false;  // the published digits must come out, else within `identity_tolerance`
    std::string source;

    double difference() const { return computed / published - 1; }
    bool holds() const {
        return to_the_digit ? std::round(computed) == published : std::fabs(difference()) <= identity_tolerance;
    }
};

std::vector<identity> identities(const cost::model_shape& m, const cost::training_run& run) {
    const double flops = cost::training_flops_per_token(m, run.sequence, cost::attention_count::causal);
    const double rate = cost::token_rate_of_step(run);
    const cost::linear_formats fp8 = cost::eight_bit("fp8", recipes::deepseek_v3);
    return {
        {"parameters", "parameters, from the shape", "10^9", static_cast<double>(cost::total_parameters(m)) / 1e9, 671,
         true, m.source.data()},
        {"dispatch", "FP8 dispatch of a token to a node: codes and one FP32 scale per 128", "B",
         cost::dispatch_bytes(m, fp8), 7392, true, "hidden 7168 and 1x128 scales: arXiv 2412.19437, 3.3.2"},
        {"flops", "training work per token, causal attention", "GFLOP", flops / 1e9, run.flops_per_token / 1e9, false,
         "arXiv 2505.09343, table 2"},
        {"tokens", "tokens per second and device: from the device-hours, against the time of a step", "1/s",
         cost::token_rate_of_device_hours(run), rate, false, "arXiv 2412.19437, table 1; arXiv 2505.09343, table 4"},
        {"rate", "work per token x tokens per second, per device", "TFLOP/s", flops * rate / 1e12,
         run.flops_per_second_causal / 1e12, false, "arXiv 2505.09343, table 4"}};
}

}  // namespace

row_result check_identities(const cost::model_shape& model, const cost::training_run& run) {
    row_result out;
    out.kinds = "M, P";
    report::table t;
    t.title = "S1: identities of " + std::string(run.name);
    t.columns = {{"identity"},
                 {"unit"},
                 {"computed (M)", report::alignment::right},
                 {"published (P)", report::alignment::right},
                 {"difference", report::alignment::right},
                 {"passes if"},
                 {""},
                 {"source"}};
    std::size_t held = 0;
    double worst = 0;
    const std::vector<identity> all = identities(model, run);
    for (const identity& x : all) {
        held += x.holds();
        worst = x.to_the_digit ? worst : std::fmax(worst, std::fabs(x.difference()));
        t.add_row({x.name,
                   x.unit,
                   report::format_number(x.computed, 5),
                   report::format_number(x.published, 5),
                   report::format_number(x.difference() * 100, 2) + " %",
                   x.to_the_digit ? "same digits" : "within 0.3 %",
                   {x.holds() ? "PASS" : "FAIL", x.holds() ? report::tint::good : report::tint::bad},
                   x.source});
        report::record r = make_record("S1", x.id, x.name, report::evidence_kind::modelled, x.computed, x.unit,
                                       "by formula from the shape and the run");
        r.reference = report::exact_text(x.published);
        r.source = x.source;
        if (!x.holds()) {
            report::set_no_value(
                r, report::record_status::failed,
                "computed " + report::exact_text(x.computed) + ", published " + report::exact_text(x.published));
        }
        out.records.push_back(std::move(r));
    }
    out.word = held == all.size() ? verdict::pass : verdict::fail;
    out.value = std::to_string(held) + " of " + std::to_string(all.size()) + " identities hold";
    out.range = "within " + report::format_number(worst * 100, 2) + " %";
    out.reason = "proves the arithmetic of the formulas only";
    t.notes = {
        "The work per token leaves out the multi-token prediction module and recomputation, as the published figure "
        "does."};
    out.tables.push_back(std::move(t));
    return out;
}

row_result run_s1(const row_context&) { return check_identities(cost::deepseek_v3, cost::deepseek_v3_run); }

}  // namespace narrowfp::bench::claim
