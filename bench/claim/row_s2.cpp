// SPDX-License-Identifier: Apache-2.0
// S2: the model on the data it is calibrated with. A class of the profile that one constant is fitted to has no error
// by construction and says so. It is a fit, no test.
#include "claim/rows.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr double profile_tolerance = 0.10;

struct fit_line {
    std::string id;
    std::string name;
    std::string unit;
    double model = 0;
    double published = 0;
    std::string source;
    bool by_construction = false;

    double error() const { return model / published - 1; }
    bool holds() const { return std::fabs(error()) <= profile_tolerance; }
};

cost::machine h800() { return cost::machine_of(device::chip_by_name("h800"), device::quantity::fp8); }

cost::efficiency fitted() {
    cost::efficiency e = calibration::hopper();
    e.narrow_products = calibration::deepgemm_share;
    e.wide_products = calibration::cublas_share();
    e.narrow_slowdown = calibration::profile_slowdown();
    e.compute_share = calibration::traced_compute_share;
    e.links = calibration::links().low;
    return e;
}

std::vector<fit_line> class_lines() {
    const cost::layer_seconds layer = cost::layer_time(cost::deepseek_v3, cost::deepseek_v3_layout, h800(), fitted(),
                                                       cost::arithmetic::narrow_units, cost::cast_plan::tiles);
    const calibration::profile_classes& p = calibration::deepseek_profile;
    const std::string source(calibration::profile);
    constexpr double layers = 4;
    constexpr double ms = 1e3;
    const auto line = [&](const char* id, const char* name, double model, double published, bool by_construction) {
        return fit_line{
            std::string("class.") + id, name, "ms", layers * model * ms, published * ms, source, by_construction};
    };
    return {line("products", "FP8 products", layer.products(), p.products, true),
            line("attention", "attention", layer.attention(), p.attention, false),
            line("casts", "casts and transposes", layer.casts(), p.casts, true),
            line("elementwise", "elementwise", layer.elementwise(), p.elementwise, true),
            line("router", "router, 16 bits", layer.wide_products, p.router, false),
            line("idle", "idle", layer.gaps, p.idle, true)};
}

std::vector<fit_line> phase_lines() {
    const cost::efficiency e = fitted();
    const cost::linear_formats f = formats_of(hardware_case::fp8_units);
    const cost::training_layout& l = cost::deepseek_v3_layout;
    const cost::layer_seconds layer =
        cost::layer_time(cost::deepseek_v3, l, h800(), e, cost::arithmetic::narrow_units, cost::cast_plan::tiles);
    const cost::step_parts s =
        cost::step_time(l, cost::stage_time(cost::deepseek_v3, l, h800(), e, layer, f),
                        cost::optimizer_seconds(cost::deepseek_v3, l, h800(), e, f, cost::optimizer_bf16_moments));
    const calibration::step_phases& p = calibration::deepseek_phases;
    const std::string source(calibration::isca_table_4);
    return {{"phase.overlapped", "forward and backward overlapped (its 1F1B)", "s", s.overlapped, p.overlapped, source},
            {"phase.forward", "forward alone (its 1F)", "s", s.forward, p.forward, source},
            {"phase.backward", "backward alone (its 1B)", "s", s.backward, p.backward, source},
            {"phase.weights", "weight gradients alone (its 1W)", "s", s.weights, p.weights, source},
            {"phase.bubble", "bubble", "s", s.bubble, p.bubble, source},
            {"phase.optimizer", "optimizer", "s", s.optimizer, p.optimizer, source}};
}

std::vector<fit_line> product_lines() {
    std::vector<fit_line> all;
    for (const calibration::product_rate& p : calibration::deepgemm_products) {
        const double seconds = cost::product_seconds(p.rows, p.columns, p.depth, p.groups, h800().narrow_peak,
                                                     calibration::deepgemm_share, 1, 2, h800(), calibration::hopper());
        const std::string shape = report::format_count(std::llround(p.rows)) + " x " +
                                  report::format_count(std::llround(p.columns)) + " x " +
                                  report::format_count(std::llround(p.depth)) +
                                  (p.groups > 1 ? ", " + report::format_number(p.groups, 1) + " groups" : "");
        all.push_back({"product." + report::format_number(p.rows, 6) + "x" + report::format_number(p.columns, 6) + "x" +
                           report::format_number(p.depth, 6),
                       "product of " + shape, "TFLOP/s", 2 * p.rows * p.columns * p.depth / seconds / 1e12, p.teraflops,
                       std::string(calibration::deepgemm)});
    }
    return all;
}

}  // namespace

row_result run_s2(const row_context&) {
    row_result out;
    out.kinds = "M, P";
    report::table t;
    t.title = "S2: fit of the model to its calibration data";
    t.columns = {{"what"},
                 {"unit"},
                 {"model (M)", alignment::right},
                 {"published (P)", alignment::right},
                 {"error", alignment::right},
                 {""},
                 {"source"}};
    int held = 0;
    int all = 0;
    std::string beyond;
    for (const auto& lines : {class_lines(), phase_lines(), product_lines()}) {
        t.add_rule();
        for (const fit_line& x : lines) {
            ++all;
            held += x.holds();
            if (!x.holds()) {
                beyond +=
                    (beyond.empty() ? "" : ", ") + x.name + " " + report::format_number(x.error() * 100, 2) + " %";
            }
            t.add_row({x.name,
                       x.unit,
                       report::format_number(x.model, 4),
                       report::format_number(x.published, 4),
                       x.by_construction ? "0 by construction" : report::format_number(x.error() * 100, 2) + " %",
                       {x.holds() ? "PASS" : "FAIL", x.holds() ? report::tint::good : report::tint::bad},
                       x.source});
            report::record r = make_record("S2", x.id, x.name, report::evidence_kind::modelled, x.model, x.unit, "fit");
            r.reference = report::exact_text(x.published);
            r.source = x.source;
            report::add_field(r.parameters, "error", x.error());
            report::add_field(r.parameters, "by_construction", x.by_construction);
            out.records.push_back(std::move(r));
        }
    }
    out.word = held == all ? verdict::pass : verdict::fail;
    out.value = std::to_string(held) + " of " + std::to_string(all) + " within 10 %";
    out.range = "a fit, no test";
    out.reason = beyond.empty() ? "" : "beyond 10 %: " + beyond;
    t.notes = {
        "One constant each is fitted to products (their slowdown within the step), casts, elementwise kernels "
        "and idle time, so these have no error. Phases follow from the profile of four layers and the order of "
        "DualPipe's chunks, mean over ranks; traffic of a chunk that runs alone is taken to be wholly exposed, "
        "and the traffic of the pipeline, the output head and imbalance are not in the model. What the model "
        "does not explain of the step is " +
        report::format_percent(unexplained_share(), 3) + " of it."};
    out.tables.push_back(std::move(t));
    return out;
}

}  // namespace narrowfp::bench::claim
