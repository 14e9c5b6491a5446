// SPDX-License-Identifier: Apache-2.0
#include "study/cast_share.hpp"

#include "support/median.hpp"
#include "support/random_data.hpp"

#include <narrowfp/base/target.hpp>
#include <narrowfp/cost/step_trace.hpp>
#include <narrowfp/gemm/linear.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace narrowfp::bench {

namespace {

// Seconds that `work` takes; its result is kept in `out`.
template <class Out, class Work>
double timed(Out& out, Work work) {
    const auto start = std::chrono::steady_clock::now();
    out = work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// One pass through the layer, part by part, as linear_forward and linear_backward take it.
std::array<product_parts, 3> one_pass(const matrix<float>& x, const matrix<float>& w, const matrix<float>& dy,
                                      const linear_recipe& r, const compiled_engine& engine) {
    std::array<product_parts, 3> parts{product_parts{.name = "fprop"}, {.name = "dgrad"}, {.name = "wgrad"}};
    quantized_matrix xq, wq, w_back, dyq, dy_again, x_again;
    matrix<float> wide;
    matrix<float> result;
    parts[0].quantize = timed(xq, [&] { return engine.quantize(x.view(), r.x.first.as_a()); }) +
                        timed(wq, [&] { return engine.quantize(w.view().transposed(), r.w.first.as_b()); });
    parts[0].multiply = timed(result, [&] { return engine.multiply(xq, wq, r.fprop); });
    parts[1].quantize = timed(dyq, [&] { return engine.quantize(dy.view(), r.dy.first.as_a()); });
    parts[1].transpose = timed(w_back, [&] { return transposed(wq); });
    parts[1].multiply = timed(result, [&] { return engine.multiply(dyq, w_back, r.dgrad); });
    parts[2].restore = timed(wide, [&] { return engine.restore(xq); });
    parts[2].quantize = timed(x_again, [&] { return engine.quantize(wide.view(), r.x.second.as_b()); }) +
                        timed(dy_again, [&] { return engine.quantize(dy.view().transposed(), r.dy.second.as_a()); });
    parts[2].multiply = timed(result, [&] { return engine.multiply(dy_again, x_again, r.wgrad); });
    return parts;
}

double published_share() { return cost::deepseek_v3_trace.casts / cost::deepseek_v3_trace.span; }

}  // namespace

cast_study run_cast_study(const cast_options& options) {
    const std::size_t n = options.size;
    const matrix<float> x = make_matrix(distribution::normal, n, n, options.seed, 0);
    const matrix<float> w = make_matrix(distribution::normal, n, n, options.seed, 1);
    const matrix<float> dy = make_matrix(distribution::normal, n, n, options.seed, 2);
    const compiled_engine engine{{.threads = options.threads, .count_events = false}};
    const linear_recipe& recipe = linear_recipes::deepseek_v3;
    one_pass(x, w, dy, recipe, engine);  // pages and caches
    std::vector<std::array<product_parts, 3>> passes;
    for (int pass = 0; pass < options.repetitions; ++pass) {
        passes.push_back(one_pass(x, w, dy, recipe, engine));
    }
    cast_study study{.options = options, .products = passes.front(), .all = {.name = "all three"}};
    for (std::size_t p = 0; p < study.products.size(); ++p) {
        for (double product_parts::*part :
             {&product_parts::quantize, &product_parts::restore, &product_parts::transpose, &product_parts::multiply}) {
            std::vector<double> seconds;
            for (const auto& pass : passes) {
                seconds.push_back(pass[p].*part);
            }
            study.products[p].*part = median_of(std::move(seconds));
            study.all.*part += study.products[p].*part;
        }
    }
    return study;
}

report::table cast_table(const cast_study& study) {
    using report::alignment;
    report::table t;
    t.title =
        fmt::format("Casts and transposes of a linear layer, {0} x {0} x {0}, deepseek_v3 (measured on this machine)",
                    study.options.size);
    t.columns = {{"product"},
                 {"quantise, ms", alignment::right},
                 {"restore, ms", alignment::right},
                 {"transpose, ms", alignment::right},
                 {"multiply, ms", alignment::right},
                 {"share of casts", alignment::right}};
    const auto add = [&](const product_parts& p) {
        const auto ms = [](double seconds) { return report::format_number(seconds * 1e3); };
        t.add_row({p.name, ms(p.quantize), ms(p.restore), ms(p.transpose), ms(p.multiply),
                   report::format_percent(p.share())});
    };
    for (const product_parts& p : study.products) {
        add(p);
    }
    t.add_rule();
    add(study.all);
    t.notes = {
        fmt::format(
            "Medians of {} passes, target {}. The products are bit for bit those of the reference; operands are "
            "decoded and packed within 'multiply'.",
            study.options.repetitions, name_of(active_target())),
        fmt::format(
            "Published beside it: {:.1f} % of a training step on an H800 (DeepSeek's profile: {:.2f} of {:.1f} ms). "
            "That is of the whole step, attention and communication included; ours is of the linear layer alone.",
            100 * published_share(), cost::deepseek_v3_trace.casts * 1e3, cost::deepseek_v3_trace.span * 1e3)};
    return t;
}

std::vector<std::string> cast_findings(const cast_study& study) {
    const double of_products =
        cost::deepseek_v3_trace.casts / (cost::deepseek_v3_trace.casts + cost::deepseek_v3_trace.fp8_gemm);
    std::vector<std::string> all{
        fmt::format("Of the linear layer alone, casts are {} here and {} in the published profile (casts over casts "
                    "and FP8 products).",
                    report::format_percent(study.all.share()), report::format_percent(of_products))};
    const product_parts& most = *std::max_element(study.products.begin(), study.products.end(),
                                                  [](const auto& a, const auto& b) { return a.share() < b.share(); });
    const double parts[] = {most.quantize, most.restore, most.transpose};
    const char* names[] = {"quantising", "restoring stored codes", "transposing codes"};
    const auto largest = static_cast<std::size_t>(std::max_element(parts, parts + 3) - parts);
    all.push_back(fmt::format("The share is largest in {}, where {} takes {} ms of {} ms of casts.", most.name,
                              names[largest], report::format_number(parts[largest] * 1e3),
                              report::format_number(most.casts() * 1e3)));
    return all;
}

report::document cast_timings(const cast_study& study, const report::field_list& context, const std::string& repro) {
    report::document doc;
    doc.context = context;
    const auto add = [&](const product_parts& p, const char* id, const char* name, double value, const char* unit) {
        report::record r;
        r.id = "casts." + p.name.substr(0, p.name.find(' ')) + "." + id;
        r.name = p.name + ", " + name;
        r.kind = report::evidence_kind::measured;
        report::add_field(r.parameters, "size", study.options.size);
        report::add_field(r.parameters, "recipe", std::string(linear_recipes::deepseek_v3.name));
        report::add_field(r.parameters, "threads", study.options.threads);
        r.value = value;
        r.unit = unit;
        r.n = study.options.repetitions;
        r.method = "median";
        r.repro = repro;
        doc.records.push_back(std::move(r));
    };
    const auto add_all = [&](const product_parts& p) {
        add(p, "quantise", "quantising", p.quantize, "s");
        add(p, "restore", "restoring stored codes", p.restore, "s");
        add(p, "transpose", "transposing codes", p.transpose, "s");
        add(p, "multiply", "multiplying", p.multiply, "s");
        add(p, "share", "share of casts and transposes", p.share(), "1");
    };
    for (const product_parts& p : study.products) {
        add_all(p);
    }
    add_all(study.all);
    return doc;
}

}  // namespace narrowfp::bench
