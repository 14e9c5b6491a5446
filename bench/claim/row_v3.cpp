// SPDX-License-Identifier: Apache-2.0
// V3, bytes that DeepSeek-V3's training keeps: tables of kept_and_sent_bytes.hpp.
#include "claim/kept_and_sent_bytes.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

namespace narrowfp::bench::claim {

using report::alignment;
using report::evidence_kind;

namespace {

constexpr const char* kept_source = "arXiv 2412.19437, 3.2 to 3.4; shape: DeepSeek-V3 config_671B.json";
constexpr const char* in_flight_source = "DualPipe README: two stages a device, stages + 1 micro-batches in flight";

std::vector<cost_line> kept_lines(const kept_bytes& b) {
    using enum evidence_kind;
    return {line_of_counts("weights", "weights that layers read, per device", "GB", b.weights, emulated, kept_source),
            line_of_counts("activations", "activations kept, per token and MoE layer", "B", b.activations, emulated,
                           kept_source),
            line_of_counts("activations_in_flight", "the same, of all micro-batches in flight", "GB",
                           b.activations_in_flight, modelled, in_flight_source),
            line_of_counts("gradients", "gradients, FP32", "GB", b.gradients, emulated, kept_source),
            line_of_counts("optimizer", "master weights FP32, moments BF16, over 2048 devices", "GB", b.optimizer,
                           emulated, kept_source),
            line_of_counts("sum", "sum, per device", "GB", b.sum, modelled, in_flight_source)};
}

std::string column_of(const recipe_bytes& r) {
    switch (r.column) {
        case hardware_case::wide: return "16-bit only";
        case hardware_case::int8: return "int8";
        case hardware_case::fp8_units:
        case hardware_case::fp8_storage: break;
    }
    return "fp8";
}

report::table recipe_table(const std::vector<recipe_bytes>& recipes) {
    report::table t;
    t.title = "V3: the same by recipe (E; activations in flight M)";
    t.columns = {{"recipe"},
                 {"column"},
                 {"B/weight", alignment::right},
                 {"weights, GB", alignment::right},
                 {"activations, B per token and layer", alignment::right},
                 {"in flight, GB", alignment::right},
                 {"source"}};
    for (const recipe_bytes& r : recipes) {
        t.add_row({r.recipe, column_of(r), report::format_number(r.weight, 6), cost_text(r.weights),
                   cost_text(r.activations), cost_text(r.activations_in_flight), r.source.empty() ? "-" : r.source});
    }
    t.notes = {
        "One copy of each matrix. Where scales run along the summed index the backward pass needs a second, transposed "
        "copy or a new quantisation; neither is counted. All 8-bit recipes keep the output of attention in 12 bits, "
        "except the last, whose activations stay in 16 bits. Router and norms stay in 16 bits.",
        "Published beside it (P): with stock recipes FP8 saves nothing; torchao's Llama3-8B on 8 H100 takes 47.65 GB in "
        "BF16 and 47.77 or 47.79 GB in FP8 (torchao's figures)."};
    return t;
}

report::table optimizer_table(const std::vector<optimizer_bytes>& optimizers) {
    report::table t;
    t.title = "V3: the optimizer's formats are an axis of their own, the same in all four columns (E)";
    t.columns = {{"formats"},
                 {"gradient, B", alignment::right},
                 {"master, B", alignment::right},
                 {"moments, B", alignment::right},
                 {"gradients, GB", alignment::right},
                 {"master and moments, GB", alignment::right}};
    for (const optimizer_bytes& o : optimizers) {
        t.add_row({o.formats, report::format_number(o.gradient, 2), report::format_number(o.master, 2),
                   report::format_number(o.first_moment, 2) + " + " + report::format_number(o.second_moment, 2),
                   cost_text(o.gradients), cost_text(o.master_and_moments)});
    }
    t.notes = {
        "Per parameter, then per device of 2048. Comparing an FP8 recipe with BF16 moments against a 16-bit one with "
        "FP32 moments would credit FP8 with this choice. FP8-LM: arXiv 2310.18313."};
    return t;
}

void add_recipe_records(const recipe_bytes& r, std::vector<report::record>& records) {
    const auto add = [&](const char* what, const char* name, double value) {
        std::string id = "recipe." + r.recipe + "." + what;
        for (char& c : id) {
            c = c == ' ' || c == ',' ? '_' : c;
        }
        report::record x = make_record("V3", id, name, evidence_kind::emulated, value, "B", "by formula");
        report::add_field(x.parameters, "recipe", r.recipe);
        x.source = r.source;
        records.push_back(std::move(x));
    };
    add("weight", "bytes per weight", r.weight);
    add("activations", "activations kept, per token and MoE layer", r.activations);
}

}  // namespace

row_result present_kept_bytes(const kept_figures& figures) {
    const kept_bytes& b = figures.bytes;
    const std::vector<cost_line> lines = kept_lines(b);
    row_result out;
    out.word = verdict::value;
    out.kinds = "E, M";
    out.value = "16-bit/fp8: weights " + report::format_ratio(b.weights.wide_over_fp8(), 3) + ", activations " +
                report::format_ratio(b.activations.wide_over_fp8(), 3) + ", all with gradients and optimizer " +
                report::format_ratio(b.sum.wide_over_fp8(), 3);
    out.range = "exact counts; the sum is modelled";
    out.reason = "whether it fits a device is V4";
    out.tables = {
        four_column_table("V3: bytes kept by DeepSeek-V3's training, a device with 2 x 4 MoE layers", lines,
                          {"fp8 is the recipe deepseek_v3, int8 is int8_tile. Sources: " + std::string(kept_source) +
                           "; " + in_flight_source + ". Bytes need no FP8 units: any chip can store 8-bit codes."}),
        recipe_table(figures.recipes), optimizer_table(figures.optimizers)};
    out.records = four_column_records("V3", lines);
    for (const recipe_bytes& r : figures.recipes) {
        add_recipe_records(r, out.records);
    }
    for (const counted_matrix& c : figures.counted) {
        out.checks.push_back({"bytes of a " + std::to_string(c.rows) + " x " + std::to_string(c.columns) +
                                  " matrix under " + c.recipe + ": formula " + std::to_string(c.by_formula) +
                                  ", stored " + std::to_string(c.stored),
                              c.by_formula == c.stored});
    }
    return out;
}

}  // namespace narrowfp::bench::claim
