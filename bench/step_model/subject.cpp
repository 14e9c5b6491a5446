// SPDX-License-Identifier: Apache-2.0
#include "step_model/subject.hpp"

#include "support/json_reading.hpp"

#include <narrowfp/report/write_file.hpp>

#include <algorithm>

namespace narrowfp::bench::step_model {

namespace {

void read_model(const json_object& o, cost::model_shape& m) {
    o.allow({"vocabulary", "hidden", "layers", "dense_layers", "dense_ffn", "expert_ffn", "experts", "active_experts",
             "shared_experts", "heads", "attention", "query_rank", "key_value_rank", "key_plain", "key_rotary",
             "value_width", "key_value_heads", "gated", "tied_head"});
    m = {};
    m.vocabulary = o.count("vocabulary", 1);
    m.hidden = o.count("hidden", 1);
    m.layers = o.count("layers", 1);
    m.heads = o.count("heads", 1);
    m.key_plain = o.count("key_plain", 1);
    m.value_width = o.count("value_width", 1);
    m.key_rotary = o.count_or("key_rotary", 0, 0);
    const std::string attention = o.text("attention");
    if (attention == "latent") {
        m.query_rank = o.count("query_rank", 1);
        m.key_value_rank = o.count("key_value_rank", 1);
    } else if (attention == "grouped") {
        m.attention = cost::attention_kind::grouped;
        m.key_value_heads = o.count("key_value_heads", 1);
        if (m.heads % m.key_value_heads != 0) {
            o.fail("\"key_value_heads\" must divide \"heads\"");
        }
    } else {
        o.fail("\"attention\" is \"" + attention + "\"; known: latent, grouped");
    }
    m.experts = o.count("experts", 0);
    if (m.experts > 0) {
        m.expert_ffn = o.count("expert_ffn", 1);
        m.active_experts = o.count("active_experts", 1);
        m.shared_experts = o.count("shared_experts", 0);
        m.dense_layers = o.count("dense_layers", 0);
        if (m.active_experts > m.experts) {
            o.fail("\"active_experts\" must be at most \"experts\"");
        }
    } else {
        m.dense_layers = m.layers;
    }
    if (m.dense_layers > m.layers) {
        o.fail("\"dense_layers\" must be at most \"layers\"");
    }
    m.dense_ffn = m.dense_layers > 0 ? o.count("dense_ffn", 1) : 0;
    m.ffn_matrices = o.flag_or("gated", true) ? 3 : 2;
    m.tied_head = o.flag_or("tied_head", false);
    // All later products of these are then far inside 64 bits.
    const auto n = [](std::int64_t x) { return static_cast<double>(x); };
    const double widest = n(std::max(m.hidden, std::max(m.dense_ffn, m.expert_ffn)));
    const double heads =
        n(m.heads + m.key_value_heads) * n(m.key_width() + m.value_width + m.query_rank + m.key_value_rank);
    constexpr double most = 1e16;
    if (n(m.layers) * (n(m.experts + m.shared_experts + 2) * 3 * n(m.hidden) * widest + 2 * n(m.hidden) * heads) +
            2 * n(m.vocabulary) * n(m.hidden) >
        most) {
        o.fail("the model has more than 10^16 parameters");
    }
}

void read_layout(const json_object& o, const cost::model_shape& m, cost::training_layout& l) {
    o.allow({"devices", "stages", "layers_per_stage", "tensor_slices", "experts_per_device", "micro_batch_tokens",
             "sequence", "micro_batches", "nodes_per_token", "remote_share", "experts_across_nodes", "schedule"});
    l = {};
    l.devices = o.count("devices", 1);
    l.stages = o.count("stages", 1);
    l.layers_per_stage = o.count("layers_per_stage", 1);
    l.tensor_slices = o.count_or("tensor_slices", 1, 1);
    l.micro_batch_tokens = o.count("micro_batch_tokens", 1);
    l.sequence = o.count("sequence", 1);
    l.micro_batches = o.count("micro_batches", 1);
    const std::string schedule = o.text("schedule");
    if (schedule == "dualpipe") {
        l.schedule = cost::pipeline_schedule::dualpipe;
        l.stages_held = 2;
        if (l.stages % 2 != 0 || l.micro_batches < 2 * l.stages) {
            o.fail("dualpipe needs an even number of stages and at least twice as many micro_batches");
        }
    } else if (schedule == "zb1p") {
        l.schedule = cost::pipeline_schedule::zb1p;
    } else if (schedule != "1f1b") {
        o.fail("\"schedule\" is \"" + schedule + "\"; known: dualpipe, zb1p, 1f1b");
    }
    constexpr double most_work = 1e17;
    if (static_cast<double>(m.layers) * static_cast<double>(l.sequence) * static_cast<double>(m.heads) *
                static_cast<double>(m.key_width() + m.value_width) >
            most_work ||
        static_cast<double>(l.micro_batches) * static_cast<double>(l.micro_batch_tokens) *
                static_cast<double>(m.hidden) * static_cast<double>(l.layers_per_stage) *
                static_cast<double>(l.stages) >
            most_work * 1e3) {
        o.fail("sequence, micro_batches and micro_batch_tokens are larger than any run");
    }
    if (l.stages * l.layers_per_stage < m.layers) {
        o.fail("stages x layers_per_stage must be at least the model's layers, " + std::to_string(m.layers));
    }
    if (l.devices % (l.stages * l.tensor_slices) != 0) {
        o.fail("\"devices\" must be a multiple of stages x tensor_slices");
    }
    if (m.experts > 0) {
        l.experts_per_device = o.count("experts_per_device", 1);
        l.nodes_per_token = o.count("nodes_per_token", 1);
        l.remote_share = o.number("remote_share");
        l.experts_across_nodes = o.flag_or("experts_across_nodes", true);
        if (l.experts_per_device > m.experts || l.remote_share > 1) {
            o.fail("\"experts_per_device\" must be at most the model's experts, \"remote_share\" at most 1");
        }
    }
}

}  // namespace

void read_subject(const std::filesystem::path& file, subject& into) {
    parse_subject(report::read_file(file), file.string(), into);
}

void parse_subject(std::string_view text, const std::string& file, subject& into) {
    const json document = parse_json_object(text, file);
    const json_object top(file, "", document);
    top.allow({"name", "source", "model", "layout"});
    cost::model_shape model;
    cost::training_layout layout;
    const std::string name = top.text("name");
    const std::string source = top.text("source");
    read_model(top.object("model"), model);
    read_layout(top.object("layout"), model, layout);
    into.name = name;
    into.source = source;
    into.model = model;
    into.model.name = into.name;
    into.model.source = into.source;
    into.layout = layout;
    into.is_deepseek_v3 = false;
}

}  // namespace narrowfp::bench::step_model
