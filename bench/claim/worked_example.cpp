// SPDX-License-Identifier: Apache-2.0
#include "claim/worked_example.hpp"

#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <stdexcept>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

// Appends lines and finds earlier ones by their letter, so that each value is computed from what is printed above it.
class worked_lines {
public:
    double input(std::string letter, std::string what, std::string unit, double value) {
        return add(std::move(letter), std::move(what), std::move(unit), "input", value);
    }
    double add(std::string letter, std::string what, std::string unit, std::string formula, double value) {
        lines.push_back({std::move(letter), std::move(what), std::move(unit), std::move(formula), value});
        return value;
    }
    std::vector<worked_line> lines;
};

double product_flops(const subject& what) {
    double flops = 0;
    for (const cost::layer_product& p : cost::layer_products(what.model, what.layout)) {
        flops += p.narrow ? p.flops() * (p.repeated ? 4 : 3) : 0;
    }
    return flops * static_cast<double>(what.layout.layers_per_stage);
}

}  // namespace

worked_column worked_on(const step_scenarios& all) {
    const subject& what = all.what();
    const cost::training_layout& l = what.layout;
    const step_scenario& s = all.all().front();
    worked_column out;
    out.chip = all.chip().name;
    for (const hardware_case c : all_hardware_cases) {
        const auto n = static_cast<std::size_t>(c);
        out.there[n] = arithmetic_of(c) != cost::arithmetic::narrow_units || all.machine_in(s, c).narrow_peak > 0;
        if (out.there[n]) {
            out.layers[n] = all.layer_in(s, c);
            const cost::stage_seconds stage = all.stage_in(s, c);
            out.links[n] = stage.links() / static_cast<double>(l.layers_per_stage);
        }
    }
    const cost::machine m = all.machine_in(s, hardware_case::fp8_units);
    const cost::layer_seconds fp8 = all.layer_in(s, hardware_case::fp8_units);
    const cost::layer_seconds wide = all.layer_in(s, hardware_case::wide);
    const double layers = static_cast<double>(l.layers_per_stage);
    worked_lines w;
    const double work = w.input("a", "products of one stage and micro-batch, forward and backward", "TFLOP",
                                product_flops(what) / 1e12);
    const double peak8 = w.input("b", "FP8 peak", "TFLOP/s", m.narrow_peak / 1e12);
    const double peak16 = w.input("c", "16-bit peak", "TFLOP/s", m.wide_peak / 1e12);
    const double share8 = w.input("d", "share of b that the shapes reach, within the step", "1",
                                  work / (layers * fp8.products()) / peak8);
    const double share16 = w.input("e", "share of c that the shapes reach, within the step", "1",
                                   work / (layers * wide.products()) / peak16);
    const double products8 = w.add("f", "FP8 products", "ms", "1000 a / (b d)", 1e3 * work / (peak8 * share8));
    const double products16 = w.add("g", "16-bit products", "ms", "1000 a / (c e)", 1e3 * work / (peak16 * share16));
    const double bytes = w.input("h", "bytes that casts read and write", "GB",
                                 layers * fp8.casts() * s.shares.casts * m.bandwidth / 1e9);
    const double bandwidth =
        w.input("i", "memory bandwidth x share that casts reach", "TB/s", s.shares.casts * m.bandwidth / 1e12);
    const double casts = w.add("j", "casts, FP8 only", "ms", "h / i", bytes / bandwidth);
    const double attention = w.input("k", "attention, 16 bits in both", "ms", 1e3 * layers * fp8.attention());
    const double elementwise =
        w.input("l", "elementwise kernels and router", "ms", 1e3 * layers * (fp8.elementwise() + fp8.wide_products));
    const double gaps8 = w.input("m", "gaps between kernels, FP8", "ms", 1e3 * layers * fp8.gaps);
    const double gaps16 = w.input("n", "gaps between kernels, 16 bits", "ms", 1e3 * layers * wide.gaps);
    const double stage8 =
        w.add("o", "stage, FP8", "ms", "f + j + k + l + m", products8 + casts + attention + elementwise + gaps8);
    const double stage16 =
        w.add("p", "stage, 16 bits", "ms", "g + k + l + n", products16 + attention + elementwise + gaps16);
    w.add("q", "ratio of the stages", "1", "p / o", stage16 / stage8);
    const double links8 = w.input("r", "traffic to experts in that time, FP8 dispatch", "ms",
                                  1e3 * all.stage_in(s, hardware_case::fp8_units).links());
    const double links16 =
        w.input("s", "the same, 16-bit dispatch", "ms", 1e3 * all.stage_in(s, hardware_case::wide).links());
    const cost::step_parts step8 = all.step_in(s, hardware_case::fp8_units);
    const cost::step_parts step16 = all.step_in(s, hardware_case::wide);
    if (l.schedule == cost::pipeline_schedule::dualpipe) {
        const double pairs =
            w.input("t", "overlapped pairs a step, mean over ranks", "1", cost::chunks_of_dualpipe(l).pairs);
        w.add("u", "overlapped, FP8", "s", "t max(o, r) / 1000", pairs * std::max(stage8, links8) / 1e3);
        w.add("v", "overlapped, 16 bits", "s", "t max(p, s) / 1000", pairs * std::max(stage16, links16) / 1e3);
    } else {
        const double micro = w.input("t", "micro-batches a step", "1", static_cast<double>(l.micro_batches));
        w.add("u", "work and traffic, FP8", "s", "t (o + r) / 1000", micro * (stage8 + links8) / 1e3);
        w.add("v", "work and traffic, 16 bits", "s", "t (p + s) / 1000", micro * (stage16 + links16) / 1e3);
    }
    const double rest8 = w.input("w", "chunks alone, bubble, optimizer, FP8", "s", step8.sum() - step8.overlapped);
    const double rest16 = w.input("x", "the same, 16 bits", "s", step16.sum() - step16.overlapped);
    const double tokens =
        static_cast<double>(l.micro_batches * l.micro_batch_tokens) / static_cast<double>(l.stages * l.tensor_slices);
    const double other = w.input(
        "y", all.anchored() ? "rest of the published FP8 step, the same in 16 bits" : "rest that no model explains",
        "s", s.other * tokens);
    const double all8 = w.add("z", "step, FP8", "s", "u + w + y", step8.overlapped + rest8 + other);
    const double all16 = w.add("aa", "step, 16 bits", "s", "v + x + y", step16.overlapped + rest16 + other);
    w.add("ab", "ratio of the steps", "1", "aa / z", all16 / all8);
    const double per_device = w.input("ac", "tokens a device and step", "1", tokens);
    w.add("ad", "rate, FP8", "tokens/s", "ac / z", per_device / all8);
    w.add("ae", "rate, 16 bits", "tokens/s", "ac / aa", per_device / all16);
    out.lines = std::move(w.lines);
    return out;
}

report::table worked_table(std::string_view row, const std::string& model, const std::vector<worked_column>& columns) {
    report::table t;
    t.title =
        std::string(row) + ": " + model + " in FP8 and in 16 bits, worked line by line at the centre of the scenarios";
    t.columns = {{""}, {"line"}, {"formula"}, {"unit"}};
    for (const worked_column& c : columns) {
        t.columns.push_back({policy::chip_label(c.chip), alignment::right});
    }
    if (columns.empty()) {
        return t;
    }
    for (std::size_t n = 0; n < columns.front().lines.size(); ++n) {
        const worked_line& line = columns.front().lines[n];
        std::vector<report::cell> cells{line.letter, line.what, line.formula, line.unit};
        for (const worked_column& c : columns) {
            cells.emplace_back(report::format_number(c.lines[n].value, 4));
        }
        t.add_row(std::move(cells));
    }
    t.notes = {
        "Lines d and e fold the model of single products (shape, waves of tiles, output, slowdown within the "
        "step, processors that move data) into one share each; w and x the order of the pipeline's chunks. "
        "Everything else follows from the lines above with the four operations."};
    return t;
}

report::table breakdown_table(std::string_view row, const std::vector<worked_column>& columns) {
    report::table t;
    t.title = std::string(row) + ": one layer and micro-batch, milliseconds, centre of the scenarios";
    t.columns = {{"chip"}, {"column"}};
    for (const char* name :
         {"products", "casts", "attention", "elementwise, router", "gaps", "sum", "traffic to experts, hidden"}) {
        t.columns.push_back({name, alignment::right});
    }
    for (const worked_column& c : columns) {
        t.add_rule();
        for (std::size_t n = 0; n < all_hardware_cases.size(); ++n) {
            std::vector<report::cell> cells{policy::chip_label(c.chip), std::string(name_of(all_hardware_cases[n]))};
            const cost::layer_seconds& s = c.layers[n];
            for (const double x : {s.products(), s.casts(), s.attention(), s.elementwise() + s.wide_products, s.gaps,
                                   s.sum(), c.links[n]}) {
                cells.emplace_back(c.there[n] ? report::format_number(x * 1e3, 3) : "no such unit");
            }
            t.add_row(std::move(cells));
        }
    }
    return t;
}

std::vector<report::record> worked_records(std::string_view row, const std::vector<worked_column>& columns) {
    std::vector<report::record> all;
    for (const worked_column& c : columns) {
        for (const worked_line& line : c.lines) {
            all.push_back(make_record(row, c.chip + ".worked." + line.letter, line.what,
                                      report::evidence_kind::modelled, line.value, line.unit, line.formula));
        }
        for (std::size_t n = 0; n < all_hardware_cases.size(); ++n) {
            if (!c.there[n]) {
                continue;
            }
            const cost::layer_seconds& s = c.layers[n];
            for (const auto& [what, seconds] : std::initializer_list<std::pair<const char*, double>>{
                     {"products", s.products()},
                     {"casts", s.casts()},
                     {"attention", s.attention()},
                     {"elementwise", s.elementwise() + s.wide_products},
                     {"gaps", s.gaps},
                     {"links", c.links[n]}}) {
                all.push_back(make_record(
                    row, c.chip + ".layer." + std::string(id_of(all_hardware_cases[n])) + "." + what,
                    std::string(what) + " of one layer and micro-batch, " + std::string(name_of(all_hardware_cases[n])),
                    report::evidence_kind::modelled, seconds * 1e3, "ms", "step-time model"));
            }
        }
    }
    return all;
}

}  // namespace narrowfp::bench::claim
