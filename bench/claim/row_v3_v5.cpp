// SPDX-License-Identifier: Apache-2.0
// V3, bytes that DeepSeek-V3's training keeps, and V5, bytes that it sends. Only what the linear layers read changes
// its format; gradients, master weights and moments are the same in every column and have a table of their own. What
// of the traffic no work hides is modelled.
#include "claim/rows.hpp"

#include "support/random_data.hpp"

#include <narrowfp/cost/training_bytes.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using cost::linear_formats;
using report::alignment;
using report::evidence_kind;

namespace {

constexpr const cost::model_shape& model = cost::deepseek_v3;
constexpr const cost::training_layout& layout = cost::deepseek_v3_layout;
constexpr const cost::optimizer_formats& optimizer = cost::optimizer_bf16_moments;
constexpr std::string_view recipe_source = "arXiv 2412.19437, 3.2 to 3.4; shape: DeepSeek-V3 config_671B.json";
constexpr std::string_view pipeline_source = "DualPipe README: two stages a device, stages + 1 micro-batches in flight";
constexpr std::int64_t nodes_per_token = 4;     // at most; arXiv 2412.19437, 2.1.2
constexpr double remote_nodes_per_token = 3.5;  // of 4, uniform routing over 8 nodes

// What each of the four hardware cases stores and multiplies.
struct case_formats {
    linear_formats fp8 = cost::eight_bit("fp8", recipes::deepseek_v3);
    linear_formats int8 = cost::eight_bit("int8", recipes::int8_tile);
    linear_formats wide = cost::sixteen_bit();
};

// 8-bit codes are stored and sent the same way whether a unit multiplies them or not.
template <class Bytes>
cost_line line_of(std::string id, std::string name, std::string unit, evidence_kind kind, std::string_view source,
                  const Bytes& bytes) {
    const case_formats c;
    return {std::move(id),      std::move(name), std::move(unit), bytes(c.fp8),
            bytes(c.fp8),       bytes(c.int8),   bytes(c.wide),   kind,
            std::string(source)};
}

std::vector<cost_line> kept_bytes() {
    const auto giga = [](double x) { return x / 1e9; };
    const double same =
        giga(cost::gradient_bytes(model, layout, optimizer) + cost::optimizer_bytes(model, layout, optimizer));
    return {
        line_of("weights", "weights that layers read, per device", "GB", evidence_kind::emulated, recipe_source,
                [&](const linear_formats& f) { return giga(cost::weight_bytes(model, layout, f)); }),
        line_of("activations", "activations kept, per token and MoE layer", "B", evidence_kind::emulated, recipe_source,
                [&](const linear_formats& f) { return cost::activation_bytes(model, f); }),
        line_of("activations_in_flight", "the same, of all micro-batches in flight", "GB", evidence_kind::modelled,
                pipeline_source,
                [&](const linear_formats& f) { return giga(cost::activation_bytes_in_flight(model, layout, f)); }),
        line_of("gradients", "gradients, FP32", "GB", evidence_kind::emulated, recipe_source,
                [&](const linear_formats&) { return giga(cost::gradient_bytes(model, layout, optimizer)); }),
        line_of("optimizer", "master weights FP32, moments BF16, over 2048 devices", "GB", evidence_kind::emulated,
                recipe_source,
                [&](const linear_formats&) { return giga(cost::optimizer_bytes(model, layout, optimizer)); }),
        line_of("sum", "sum, per device", "GB", evidence_kind::modelled, pipeline_source, [&](const linear_formats& f) {
            return same +
                   giga(cost::weight_bytes(model, layout, f) + cost::activation_bytes_in_flight(model, layout, f));
        })};
}

std::vector<cost_line> sent_bytes() {
    return {line_of("dispatch", "dispatch, per token and node", "B", evidence_kind::emulated, recipe_source,
                    [](const linear_formats& f) { return cost::dispatch_bytes(model, f); }),
            line_of("combine", "combine, per token and node, BF16", "B", evidence_kind::emulated, recipe_source,
                    [](const linear_formats&) { return cost::combine_bytes(model); }),
            line_of("expert_traffic", "both, forward and backward, 4 nodes, per token and MoE layer", "B",
                    evidence_kind::emulated, recipe_source,
                    [](const linear_formats& f) { return cost::expert_traffic_bytes(model, f, nodes_per_token); }),
            line_of("expert_traffic_remote", "the same for 4 layers x 4096 tokens, 3.5 of 4 nodes remote", "GB",
                    evidence_kind::modelled, "uniform routing over 8 nodes",
                    [](const linear_formats& f) {
                        return cost::expert_traffic_bytes(model, f, nodes_per_token) *
                               (remote_nodes_per_token / nodes_per_token) *
                               static_cast<double>(layout.layers_per_stage * layout.micro_batch_tokens) / 1e9;
                    }),
            line_of("gradients_and_weights", "gradients FP32 scattered, weights gathered, per parameter", "B",
                    evidence_kind::emulated, recipe_source,
                    [](const linear_formats& f) { return cost::gradient_traffic_bytes_per_parameter(f, optimizer); }),
            line_of("pipeline", "pipeline boundary, per micro-batch and direction, BF16", "MB", evidence_kind::emulated,
                    recipe_source,
                    [](const linear_formats&) { return cost::pipeline_traffic_bytes(model, layout) / 1e6; })};
}

struct stored_recipe {
    linear_formats formats;
    std::string hardware;
    std::string source;
};

std::vector<stored_recipe> stored_recipes() {
    return {{cost::sixteen_bit(), "16-bit only", "-"},
            {cost::eight_bit("deepseek_v3", recipes::deepseek_v3), "fp8", "arXiv 2412.19437, 3.3"},
            {cost::eight_bit("mxfp8, one copy", recipes::mxfp8), "fp8", "OCP MX 1.0"},
            {cost::eight_bit("tensor_current", recipes::tensor_current), "fp8", "Transformer Engine"},
            {cost::eight_bit("int8_tile", recipes::int8_tile), "int8", "DeepSeek-V3's tiles with INT8"},
            {cost::eight_bit_copy(), "fp8", "MindSpeed's default; activations in 16 bits"}};
}

report::table recipe_table() {
    report::table t;
    t.title = "V3: the same by recipe (E; activations in flight M)";
    t.columns = {{"recipe"},
                 {"column"},
                 {"B/weight", alignment::right},
                 {"weights, GB", alignment::right},
                 {"activations, B per token and layer", alignment::right},
                 {"in flight, GB", alignment::right},
                 {"source"}};
    for (const stored_recipe& r : stored_recipes()) {
        t.add_row({std::string(r.formats.name), r.hardware, report::format_number(r.formats.weight, 6),
                   cost_text(cost::weight_bytes(model, layout, r.formats) / 1e9),
                   cost_text(cost::activation_bytes(model, r.formats)),
                   cost_text(cost::activation_bytes_in_flight(model, layout, r.formats) / 1e9), r.source});
    }
    t.notes = {
        "One copy of each matrix. Where scales run along the summed index the backward pass needs a second, transposed "
        "copy or a new quantisation; neither is counted. All 8-bit recipes keep the output of attention in 12 bits, "
        "but "
        "for the last, whose activations stay in 16 bits. Router and norms stay in 16 bits.",
        "Published beside it (P): with stock recipes FP8 saves nothing, torchao's Llama3-8B on 8 H100 takes 47.65 GB "
        "in "
        "BF16 and 47.77 or 47.79 GB in FP8 (torchao's figures)."};
    return t;
}

report::table optimizer_table() {
    report::table t;
    t.title = "V3: the optimizer's formats are an axis of their own, the same in all four columns (E)";
    t.columns = {{"formats"},
                 {"gradient, B", alignment::right},
                 {"master, B", alignment::right},
                 {"moments, B", alignment::right},
                 {"gradients, GB", alignment::right},
                 {"master and moments, GB", alignment::right}};
    for (const cost::optimizer_formats& o :
         {cost::optimizer_bf16_moments, cost::optimizer_fp32_moments, cost::optimizer_fp8_lm}) {
        t.add_row({std::string(o.name), report::format_number(o.gradient, 2), report::format_number(o.master, 2),
                   report::format_number(o.first_moment, 2) + " + " + report::format_number(o.second_moment, 2),
                   cost_text(cost::gradient_bytes(model, layout, o) / 1e9),
                   cost_text(cost::optimizer_bytes(model, layout, o) / 1e9)});
    }
    t.notes = {
        "Per parameter, then per device of 2048. Comparing an FP8 recipe with BF16 moments against a 16-bit one with "
        "FP32 "
        "moments would book this choice to FP8. FP8-LM: arXiv 2310.18313."};
    return t;
}

// The byte formula against real quantised matrices.
std::vector<self_check> byte_checks(const options& opts) {
    std::vector<self_check> checks;
    const matrix<float> x = make_matrix(distribution::normal, 200, 300, 1, 0);
    for (const recipe& r : all_recipes) {
        const quantization q = r.for_a(r.element);
        const std::uint64_t formula = cost::stored_bytes(x.rows(), x.cols(), q);
        const std::uint64_t counted = quantize(x.view(), q, opts).bytes();
        checks.push_back({"bytes of a 200 x 300 matrix under " + std::string(r.name) + ": formula " +
                              std::to_string(formula) + ", stored " + std::to_string(counted),
                          formula == counted});
    }
    return checks;
}

row_result byte_row(std::string_view id, const std::vector<cost_line>& lines, std::string title, std::string note) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "E, M";
    out.tables.push_back(four_column_table(std::move(title), lines, {std::move(note)}));
    out.records = four_column_records(id, lines);
    return out;
}

// Milliseconds of dispatch and combine of one stage and micro-batch, forward and backward, that nothing hides: all of
// it, or what is longer than the work beside it.
report::table exposed_table(const row_context& how, std::vector<report::record>& records) {
    report::table t;
    t.title = "V5: exposed time of dispatch and combine, a stage and micro-batch, milliseconds (M)";
    t.columns = {{"link, GB/s", alignment::right},
                 {"not overlapped, 8-bit dispatch", alignment::right},
                 {"16-bit dispatch", alignment::right}};
    const std::array<std::string_view, 4> chips{"h800", "h20", "910b3", "910c"};
    for (const std::string_view name : chips) {
        t.columns.push_back({"overlapped, " + std::string(name) + ": fp8 units", alignment::right});
        t.columns.push_back({"fp8 storage", alignment::right});
        t.columns.push_back({"16-bit only", alignment::right});
    }
    const double share = calibration::links().centre;
    const subject v3;
    for (const double link : {160.0, 50.0, 25.0}) {
        std::vector<report::cell> cells{report::format_number(link, 3)};
        const auto traffic = [&](hardware_case c) {
            return 2 * static_cast<double>(layout.layers_per_stage) *
                   cost::expert_link_bytes(model, layout, formats_of(c)) / (share * link * 1e9);
        };
        cells.emplace_back(report::format_number(traffic(hardware_case::fp8_units) * 1e3, 3));
        cells.emplace_back(report::format_number(traffic(hardware_case::wide) * 1e3, 3));
        for (const std::string_view name : chips) {
            const device::chip& chip = chips_of(how).by_name(name);
            const step_scenarios all(v3, chip, chip.vendor == "Huawei");
            const step_scenario& s = all.all().front();
            for (const hardware_case c : {hardware_case::fp8_units, hardware_case::fp8_storage, hardware_case::wide}) {
                const double exposed = std::max(0.0, traffic(c) - all.stage_in(s, c).compute());
                const bool there = c != hardware_case::fp8_units || chip.vendor != "Huawei";
                cells.emplace_back(there ? report::format_number(exposed * 1e3, 3) : "no such unit");
                if (there) {
                    records.push_back(make_record("V5",
                                                  "exposed." + report::format_number(link, 3) + "." +
                                                      std::string(name) + "." + std::string(id_of(c)),
                                                  "exposed traffic to experts, overlapped with work",
                                                  evidence_kind::modelled, exposed * 1e3, "ms",
                                                  "max(0, traffic - work), centre of the scenarios"));
                }
            }
        }
        t.add_row(std::move(cells));
    }
    t.notes = {"Dispatch and combine reach " + report::format_percent(share, 2) +
               " of the link. Work: four layers, 4096 tokens, forward and backward, centre of the scenarios."};
    return t;
}

const cost_line& line_named(const std::vector<cost_line>& lines, std::string_view id) {
    for (const cost_line& line : lines) {
        if (line.id == id) {
            return line;
        }
    }
    throw std::logic_error("no cost line " + std::string(id));
}

// 16-bit over FP8.
std::string ratio_of(const std::vector<cost_line>& lines, std::string_view id) {
    const cost_line& line = line_named(lines, id);
    return report::format_ratio(*line.wide / *line.fp8_units, 3);
}

// -- what narrowfp comm counted and measured --------------------------------------------------------------------------
// The record of the largest number of ranks.
const report::record* counted(const row_context& how, const std::string& what) {
    for (const char* ranks : {"8", "4", "2"}) {
        if (const report::record* r = result_named(how, "comm." + what + ".ranks_" + ranks)) {
            return r;
        }
    }
    return nullptr;
}

// Payload of real messages, which must be that of the formula.
void add_counted_bytes(const row_context& how, row_result& out) {
    report::table t;
    t.title = "V5: payload counted in messages, for each token and destination (E)";
    t.columns = {{"dispatch in"},
                 {"dispatch, B", alignment::right},
                 {"by the formula", alignment::right},
                 {"combine, B", alignment::right}};
    for (const auto& [id, formats] : {std::pair{"fp8", cost::eight_bit("fp8", recipes::deepseek_v3)},
                                      {"int8", cost::eight_bit("int8", recipes::int8_tile)},
                                      {"bf16", cost::sixteen_bit()}}) {
        const std::string name = std::string("exchange.") + id;
        const report::record* there = counted(how, name + ".dispatch_bytes");
        const report::record* back = counted(how, name + ".combine_bytes");
        if (there == nullptr || back == nullptr) {
            continue;
        }
        const double formula = cost::dispatch_bytes(model, formats);
        t.add_row({id, cost_text(number_of(*there)), cost_text(formula), cost_text(number_of(*back))});
        out.checks.push_back({std::string("dispatch in ") + id + ": counted payload is that of the formula",
                              number_of(*there) == formula});
        out.checks.push_back({std::string("combine beside ") + id + ": counted payload is that of the formula",
                              number_of(*back) == cost::combine_bytes(model)});
    }
    if (!t.rows.empty()) {
        out.tables.push_back(std::move(t));
    }
}

void add_measured_links(const row_context& how, row_result& out) {
    report::table t;
    t.title = "V5: dispatch and combine on an emulated link here, over the layer's work (C)";
    t.columns = {{"chip"},
                 {"column"},
                 {"measured", alignment::right},
                 {"by the model", alignment::right},
                 {"exposed with overlap", alignment::right}};
    for (const std::string chip : {"h800", "910b3", "910c"}) {
        for (const hardware_case at : all_hardware_cases) {
            const std::string c(id_of(at));
            const std::string id = "link." + chip + "." + c;
            const report::record* ratio = counted(how, id + ".traffic_over_work");
            const report::record* exposed = counted(how, id + ".exposed_over_work");
            const report::record* modelled = counted(how, id + ".modelled_traffic_over_work");
            if (ratio == nullptr || exposed == nullptr) {
                continue;
            }
            t.add_row({chip, c, report::format_number(number_of(*ratio), 3),
                       modelled == nullptr ? "-" : report::format_number(number_of(*modelled), 3),
                       report::format_percent(number_of(*exposed), 3)});
        }
    }
    if (!t.rows.empty()) {
        t.notes = {
            "Link emulated by a paced sender, as many times slower than the chip's as products here are slower than its "
            "work; the work is modelled. From narrowfp comm."};
        out.kinds = "E, M, C";
        out.whole = true;
        out.tables.push_back(std::move(t));
    }
}

}  // namespace

row_result run_v3(const row_context& how) {
    const std::vector<cost_line> lines = kept_bytes();
    row_result out =
        byte_row("V3", lines, "V3: bytes kept by DeepSeek-V3's training, a device with 2 x 4 MoE layers",
                 "fp8 is the recipe deepseek_v3, int8 is int8_tile. Sources: " + std::string(recipe_source) + "; " +
                     std::string(pipeline_source) + ". Bytes need no FP8 units: any chip can store 8-bit codes.");
    out.value = "16-bit/fp8: weights " + ratio_of(lines, "weights") + ", activations " +
                ratio_of(lines, "activations") + ", all with gradients and optimizer " + ratio_of(lines, "sum");
    out.range = "exact counts; the sum is modelled";
    out.reason = "whether it fits a device is V4";
    out.tables.push_back(recipe_table());
    out.tables.push_back(optimizer_table());
    out.checks = byte_checks({how.threads});
    for (const stored_recipe& r : stored_recipes()) {
        const auto add = [&](const char* what, const char* name, double value) {
            std::string id = "recipe." + std::string(r.formats.name) + "." + what;
            for (char& c : id) {
                c = c == ' ' || c == ',' ? '_' : c;
            }
            report::record x = make_record("V3", id, name, evidence_kind::emulated, value, "B", "by formula");
            report::add_field(x.parameters, "recipe", std::string(r.formats.name));
            x.source = r.source == "-" ? "" : r.source;
            out.records.push_back(std::move(x));
        };
        add("weight", "bytes per weight", r.formats.weight);
        add("activations", "activations kept, per token and MoE layer", cost::activation_bytes(model, r.formats));
    }
    return out;
}

row_result run_v5(const row_context& how) {
    const std::vector<cost_line> lines = sent_bytes();
    row_result out =
        byte_row("V5", lines, "V5: bytes sent by DeepSeek-V3's training",
                 "Combine is 16 bits wide in every column, so 16 bits send " + ratio_of(lines, "expert_traffic") +
                     " as much, not " + ratio_of(lines, "dispatch") +
                     ". The factor (g - 1) / g of a group is left out. Sources: " + std::string(recipe_source) +
                     "; at most 4 nodes a token: 2.1.2. Published beside it (P): DeepEP's low-latency combine in "
                     "BF16 takes 1.5 to 1.9 times its dispatch in FP8 (DeepEP's figures).");
    out.value = "16-bit/fp8: dispatch " + ratio_of(lines, "dispatch") + ", with combine " +
                ratio_of(lines, "expert_traffic") + ", gradients " + ratio_of(lines, "gradients_and_weights");
    out.range = "exact counts; exposed time modelled";
    out.tables.push_back(exposed_table(how, out.records));
    add_counted_bytes(how, out);
    add_measured_links(how, out);
    if (!out.whole) {
        out.notes.push_back("On an emulated link here: NOT RUN.");
    }
    return out;
}

}  // namespace narrowfp::bench::claim
