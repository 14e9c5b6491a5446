// SPDX-License-Identifier: Apache-2.0
#include "study/footprint.hpp"

#include <narrowfp/gemm/linear_recipe.hpp>
#include <narrowfp/report/text.hpp>

#include <array>

namespace narrowfp::bench {

using cost::linear_storage;

namespace {

constexpr const cost::model_shape& model = cost::deepseek_v3;
constexpr const cost::training_layout& layout = cost::deepseek_v3_layout;
constexpr const cost::optimizer_formats& optimizer = cost::optimizer_bf16_moments;

struct totals {
    cost::linear_footprint bytes;
    cost::optimizer_footprint kept;
    cost::communication_footprint sent;
};

totals total_of(const linear_storage& f) {
    totals sum;
    for (const counted_layer& layer : deepseek_v3_layers()) {
        const cost::linear_footprint b = cost::footprint_of(layer.shape, f);
        const cost::optimizer_footprint o = cost::optimizer_bytes_of(layer.shape, optimizer);
        const auto add = [&](std::uint64_t& to, std::uint64_t one) { to += layer.count * one; };
        add(sum.bytes.weights, b.weights);
        add(sum.bytes.weight_second, b.weight_second);
        add(sum.bytes.x_kept, b.x_kept);
        add(sum.bytes.w_kept, b.w_kept);
        add(sum.bytes.x_first, b.x_first);
        add(sum.bytes.x_second, b.x_second);
        add(sum.bytes.w_first, b.w_first);
        add(sum.bytes.w_second, b.w_second);
        add(sum.bytes.dy_first, b.dy_first);
        add(sum.bytes.dy_second, b.dy_second);
        add(sum.bytes.y, b.y);
        add(sum.bytes.dx, b.dx);
        add(sum.bytes.dw, b.dw);
        add(sum.kept.gradient, o.gradient);
        add(sum.kept.master, o.master);
        add(sum.kept.moments, o.moments);
        add(sum.sent.gradient_reduce, cost::communication_of(layer.shape, f, optimizer).gradient_reduce);
        add(sum.sent.weight_gather, cost::communication_of(layer.shape, f, optimizer).weight_gather);
    }
    // Tokens go to the experts as the operand of gate and up, and come back wide.
    const cost::linear_shape dispatch{static_cast<std::uint64_t>(layout.micro_batch_tokens * model.active_experts),
                                      static_cast<std::uint64_t>(model.hidden),
                                      static_cast<std::uint64_t>(model.hidden)};
    sum.sent.dispatch = cost::communication_of(dispatch, f, optimizer).dispatch;
    sum.sent.combine = cost::communication_of(dispatch, f, optimizer).combine;
    return sum;
}

struct line {
    const char* id;
    const char* name;
    std::uint64_t (*bytes)(const totals&);
};

constexpr std::array lines{
    line{"weights", "weights held", [](const totals& t) { return t.bytes.weights; }},
    line{"activations", "activations kept for the backward pass", [](const totals& t) { return t.bytes.x_kept; }},
    line{"both_tilings", "activations and gradients, both tilings",
         [](const totals& t) { return t.bytes.both_tilings(); }},
    line{"fprop", "traffic of fprop", [](const totals& t) { return t.bytes.fprop_traffic(); }},
    line{"dgrad", "traffic of dgrad", [](const totals& t) { return t.bytes.dgrad_traffic(); }},
    line{"wgrad", "traffic of wgrad", [](const totals& t) { return t.bytes.wgrad_traffic(); }},
    line{"dispatch", "sent: dispatch to experts", [](const totals& t) { return t.sent.dispatch; }},
    line{"combine", "sent: combine", [](const totals& t) { return t.sent.combine; }},
    line{"weight_gather", "sent: weights gathered, per step", [](const totals& t) { return t.sent.weight_gather; }},
    line{"gradient_reduce", "sent: gradients reduced, per step",
         [](const totals& t) { return t.sent.gradient_reduce; }},
    line{"gradients", "gradients, FP32", [](const totals& t) { return t.kept.gradient; }},
    line{"master", "master weights, FP32, on all devices", [](const totals& t) { return t.kept.master; }},
    line{"moments", "moments, BF16, on all devices", [](const totals& t) { return t.kept.moments; }}};

struct column {
    const char* title;
    linear_storage storage;
};

std::array<column, 4> columns() {
    const linear_storage fp8 = cost::storage_of(linear_recipes::deepseek_v3);
    return {column{"fp8 units", fp8}, column{"fp8 storage, 16-bit multiply", fp8},
            column{"int8", cost::storage_of(linear_recipes::int8_tile)},
            column{"16-bit only", cost::storage_of(linear_recipes::bf16_cast, bf16)}};
}

struct named_storage {
    std::string name;
    std::string parameters;
    linear_storage storage;
};

std::vector<named_storage> storages() {
    std::vector<named_storage> all{{"bf16", "BF16", cost::storage_of(linear_recipes::bf16_cast, bf16)}};
    for (const linear_recipe& r :
         {linear_recipes::deepseek_v3, linear_recipes::deepseek_v3_ue8m0, linear_recipes::te_block,
          linear_recipes::mxfp8, linear_recipes::tensor_current, linear_recipes::int8_tile, linear_recipes::nvfp4}) {
        all.push_back({std::string(r.name), "codes", cost::storage_of(r)});
    }
    for (const linear_recipe& r : {linear_recipes::te_block, linear_recipes::mxfp8, linear_recipes::tensor_current,
                                   linear_recipes::delayed, linear_recipes::rowwise, linear_recipes::rowwise_gw_hp}) {
        all.push_back({std::string(r.name) + ", stock", "BF16 and codes", cost::storage_of(r, bf16)});
    }
    return all;
}

std::string mega(std::uint64_t bytes) { return report::format_number(static_cast<double>(bytes) / 1e6, 5); }

std::string share(std::uint64_t bytes, std::uint64_t of) {
    return report::format_ratio(static_cast<double>(bytes) / static_cast<double>(of), 3);
}

report::table column_table() {
    using report::alignment;
    report::table t;
    t.title = "Linear layers of one MoE layer of DeepSeek-V3 on one device, MB";
    t.columns = {{"what"}};
    std::vector<totals> sums;
    for (const column& c : columns()) {
        t.columns.push_back({c.title, alignment::right});
        sums.push_back(total_of(c.storage));
    }
    t.columns.push_back({"16-bit / fp8", alignment::right});
    t.columns.push_back({"recoverable without FP8 units", alignment::right});
    for (const line& l : lines) {
        std::vector<report::cell> cells{l.name};
        for (const totals& s : sums) {
            cells.emplace_back(mega(l.bytes(s)));
        }
        const std::uint64_t wide = l.bytes(sums[3]);
        const std::uint64_t fp8 = l.bytes(sums[0]);
        cells.emplace_back(share(wide, fp8));
        cells.emplace_back(wide > fp8 ? report::format_percent(static_cast<double>(wide - l.bytes(sums[1])) /
                                                               static_cast<double>(wide - fp8))
                                      : "nothing saved");
        t.add_row(std::move(cells));
    }
    t.notes = {
        "fp8: deepseek_v3, codes are the parameters; int8: int8_tile. Counted byte for byte from the shapes; traffic "
        "is each "
        "operand read once and each result written once. A chip without FP8 units stores and sends the same codes."};
    return t;
}

report::table recipe_table() {
    using report::alignment;
    report::table t;
    t.title = "The same by recipe, MB";
    t.columns = {{"recipe"},
                 {"parameters held as"},
                 {"weights", alignment::right},
                 {"activations kept", alignment::right},
                 {"both", alignment::right},
                 {"of BF16", alignment::right},
                 {"both tilings", alignment::right},
                 {"traffic, three products", alignment::right}};
    const totals wide = total_of(storages().front().storage);
    const std::uint64_t wide_kept = wide.bytes.weights + wide.bytes.x_kept;
    for (const named_storage& s : storages()) {
        const totals sum = total_of(s.storage);
        const std::uint64_t kept = sum.bytes.weights + sum.bytes.x_kept;
        t.add_row({s.name, s.parameters, mega(sum.bytes.weights), mega(sum.bytes.x_kept), mega(kept),
                   share(kept, wide_kept), mega(sum.bytes.both_tilings()),
                   mega(sum.bytes.fprop_traffic() + sum.bytes.dgrad_traffic() + sum.bytes.wgrad_traffic())});
    }
    t.notes = {
        "Stock: the framework keeps its parameters in BF16 and casts copies, kept here between uses. Where activations "
        "stay in "
        "BF16 too (rowwise) the recipe saves no byte: it takes more. Published beside it: torchao's Llama3-8B on 8 "
        "H100 takes "
        "47.65 GB in BF16 and 47.77 or 47.79 GB in FP8 (torchao's figures)."};
    return t;
}

}  // namespace

std::vector<counted_layer> deepseek_v3_layers() {
    const auto n = [](std::int64_t x) { return static_cast<std::uint64_t>(x); };
    const std::uint64_t tokens = n(layout.micro_batch_tokens);
    const std::uint64_t hidden = n(model.hidden);
    const std::uint64_t routed = tokens * n(model.active_experts) / n(layout.experts_per_device);
    const std::uint64_t experts = n(layout.experts_per_device);
    return {
        {"query and key-value down", {tokens, hidden, n(model.query_rank + model.key_value_rank + model.key_rotary)}},
        {"query up", {tokens, n(model.query_rank), n(model.heads * model.key_width())}},
        {"key-value up", {tokens, n(model.key_value_rank), n(model.heads * (model.key_plain + model.value_width))}},
        {"attention out", {tokens, n(model.heads * model.value_width), hidden}},
        {"shared expert, gate and up", {tokens, hidden, n(2 * model.expert_ffn)}, n(model.shared_experts)},
        {"shared expert, down", {tokens, n(model.expert_ffn), hidden}, n(model.shared_experts)},
        {"routed expert, gate and up", {routed, hidden, n(2 * model.expert_ffn)}, experts},
        {"routed expert, down", {routed, n(model.expert_ffn), hidden}, experts}};
}

std::vector<report::table> footprint_tables() { return {column_table(), recipe_table()}; }

report::document footprint_results(const report::field_list& context, const std::string& repro) {
    report::document doc;
    doc.context = context;
    const auto add = [&](const std::string& id, const std::string& name, std::uint64_t bytes) {
        report::record r;
        r.id = "footprint." + id;
        r.name = name;
        r.value = static_cast<std::int64_t>(bytes);
        r.unit = "B";
        r.method = "counted from the shapes";
        r.repro = repro;
        doc.records.push_back(std::move(r));
    };
    const std::array<const char*, 4> ids{"fp8_units", "fp8_storage", "int8", "wide"};
    const auto four = columns();
    for (std::size_t c = 0; c < four.size(); ++c) {
        const totals sum = total_of(four[c].storage);
        for (const line& l : lines) {
            add(std::string("column.") + ids[c] + "." + l.id, std::string(l.name) + ", " + four[c].title, l.bytes(sum));
        }
    }
    for (const named_storage& s : storages()) {
        const totals sum = total_of(s.storage);
        std::string id = s.name;
        for (char& c : id) {
            c = c == ' ' || c == ',' ? '_' : c;
        }
        add("recipe." + id + ".weights", "weights held, " + s.name, sum.bytes.weights);
        add("recipe." + id + ".activations", "activations kept, " + s.name, sum.bytes.x_kept);
    }
    return doc;
}

}  // namespace narrowfp::bench
