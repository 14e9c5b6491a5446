// SPDX-License-Identifier: Apache-2.0
#include "support/stored_parts.hpp"

#include <narrowfp/quant/recipe.hpp>

#include <utility>

namespace narrowfp::bench {

namespace {

using cost::linear_formats;
using cost::model_shape;
using cost::optimizer_formats;
using cost::training_layout;

constexpr const char* every_column = "every column";

// 12 bits: S.EEEEE.MMMMMM, as DeepSeek-V3 keeps the output of attention. Only its width matters here.
constexpr float_format e5m6{.name = "e5m6",
                            .type_name = "float12_e5m6",
                            .source = "arXiv 2412.19437, 3.3.3",
                            .exponent_bits = 5,
                            .fraction_bits = 6,
                            .bias = 15,
                            .infinity = infinity_kind::ieee,
                            .nan = nan_kind::ieee,
                            .storage_bits = 12};

// How linear layers are stored: the operands of their products, and the output of attention.
struct linear_storage {
    std::string name;
    recipe scaling;
    any_format element;
    any_format attention_output;
    linear_formats by_number;
    bool wide_weights_too = false;  // a copy in 16 bits beside the codes
    bool wide_activations = false;

    std::string hardware_case() const {
        return wide_weights_too ? "fp8 units, weights twice" : hardware_case_of(element);
    }

    quantization weight() const { return scaling.for_b(element); }
    quantization activation() const { return wide_activations ? plain(bf16) : scaling.for_a(element); }
    static quantization plain(const any_format& format) { return recipes::none.for_b(format); }
};

std::vector<linear_storage> storages() {
    std::vector<linear_storage> all{{"bf16", recipes::none, bf16, bf16, cost::sixteen_bit()}};
    for (const recipe& r : all_recipes) {
        if (r.a.scale.method != scale_method::none && storage_bits_of(r.element) == 8) {
            all.push_back({std::string(r.name), r, r.element, e5m6, cost::eight_bit(r.name, r)});
        }
    }
    all.push_back({"8bit_copy", recipes::none, e4m3fn, bf16, cost::eight_bit_copy(), true, true});
    return all;
}

std::uint64_t count_of(std::int64_t n) { return static_cast<std::uint64_t>(n); }

struct weight_shape {
    std::int64_t k = 0;
    std::int64_t n = 0;
    std::int64_t count = 0;  // in the layers of one device
};

// Operand B of each linear layer, k x n.
std::vector<weight_shape> linear_weights(const model_shape& m, const training_layout& l) {
    const std::int64_t layers = l.layers_held();
    const std::int64_t experts = layers * (m.shared_experts + l.experts_per_device);
    return {{m.hidden, m.query_rank, layers},
            {m.query_rank, m.heads * m.key_width(), layers},
            {m.hidden, m.key_value_rank + m.key_rotary, layers},
            {m.key_value_rank, m.heads * (m.key_plain + m.value_width), layers},
            {m.heads * m.value_width, m.hidden, layers},
            {m.hidden, m.expert_ffn, 2 * experts},
            {m.expert_ffn, m.hidden, experts}};
}

// Router and norms.
std::vector<weight_shape> wide_weights(const model_shape& m, const training_layout& l) {
    return {{m.hidden, m.experts, l.layers_held()}, {1, cost::norm_parameters(m), l.layers_held()}};
}

void add(stored_part& part, const std::vector<weight_shape>& shapes, const quantization& how, bool copy = false) {
    for (const weight_shape& s : shapes) {
        part.matrices.push_back({count_of(s.k), count_of(s.n), how, count_of(s.count), copy});
    }
}

stored_part weights(const model_shape& m, const training_layout& l, const linear_storage& s) {
    stored_part part{"weights", s.name, s.hardware_case(), {}, cost::weight_bytes(m, l, s.by_number), 0};
    add(part, linear_weights(m, l), s.weight());
    if (s.wide_weights_too) {
        add(part, linear_weights(m, l), linear_storage::plain(bf16), true);
    }
    add(part, wide_weights(m, l), linear_storage::plain(bf16));
    part.elements = count_of(cost::linear_parameters_held(m, l) + cost::wide_parameters_held(m, l));
    return part;
}

// Kept for the backward pass, as cost::activation_bytes lists them, with all micro-batches in flight.
stored_part activations(const model_shape& m, const training_layout& l, const linear_storage& s) {
    stored_part part{
        "activations", s.name, s.hardware_case(), {}, cost::activation_bytes_in_flight(m, l, s.by_number), 0};
    const std::uint64_t tokens = count_of(l.micro_batch_tokens);
    const std::uint64_t times = count_of((l.stages + 1) * l.layers_per_stage);
    const auto keep = [&](std::int64_t width, const quantization& how, std::int64_t count) {
        part.matrices.push_back({tokens, count_of(width), how, times * count_of(count)});
    };
    const quantization wide = linear_storage::plain(bf16);
    keep(m.hidden, wide, 2);
    keep(m.query_rank + m.key_value_rank + m.key_rotary, wide, 1);
    keep(m.heads * m.value_width, linear_storage::plain(s.attention_output), 1);
    keep(m.heads, linear_storage::plain(f32), 1);
    keep(m.hidden, s.activation(), m.active_experts);
    keep(m.expert_ffn, s.activation(), 2 * (m.active_experts + m.shared_experts));
    return part;
}

stored_part dispatch(const model_shape& m, const training_layout& l, const linear_storage& s) {
    const std::uint64_t tokens = count_of(l.micro_batch_tokens);
    return {"dispatch",
            s.name,
            s.hardware_case(),
            {{tokens, count_of(m.hidden), s.activation(), 1}},
            cost::dispatch_bytes(m, s.by_number) * static_cast<double>(tokens),
            tokens * count_of(m.hidden)};
}

// Of moments, gradients and master weights only the width counts here.
any_format format_of(double bytes) { return bytes == 4 ? any_format{f32} : bytes == 2 ? any_format{bf16} : e4m3fn; }

stored_part gradients(const model_shape& m, const training_layout& l, const std::string& name,
                      const optimizer_formats& o) {
    stored_part part{"gradients", name, every_column, {}, cost::gradient_bytes(m, l, o), 0};
    add(part, linear_weights(m, l), linear_storage::plain(format_of(o.gradient)));
    add(part, wide_weights(m, l), linear_storage::plain(format_of(o.gradient)));
    part.elements = count_of(cost::linear_parameters_held(m, l) + cost::wide_parameters_held(m, l));
    return part;
}

// The share of one device, rounded up to a whole element, in rows of 2^20.
stored_part optimizer(const model_shape& m, const training_layout& l, const std::string& name,
                      const optimizer_formats& o) {
    constexpr std::uint64_t row = std::uint64_t{1} << 20;
    const std::uint64_t share = count_of((cost::total_parameters(m) + l.devices - 1) / l.devices);
    stored_part part{"optimizer", name, every_column, {}, cost::optimizer_bytes(m, l, o), 3 * share};
    for (const double bytes : {o.master, o.first_moment, o.second_moment}) {
        const quantization how = linear_storage::plain(format_of(bytes));
        part.matrices.push_back({1, row, how, share / row});
        part.matrices.push_back({1, share % row, how, 1});
    }
    return part;
}

}  // namespace

std::string hardware_case_of(const any_format& element) {
    if (storage_bits_of(element) >= 16) {
        return storage_bits_of(element) == 16 ? "16-bit only" : "32-bit";
    }
    return std::holds_alternative<fixed_format>(element) ? "int8" : "fp8 units | fp8 storage, 16-bit multiply";
}

std::vector<stored_part> parts_of_step(const model_shape& m, const training_layout& l) {
    std::vector<stored_part> all;
    const std::vector<linear_storage> ways = storages();
    for (const auto part : {&weights, &activations, &dispatch}) {
        for (const linear_storage& s : ways) {
            all.push_back(part(m, l, s));
        }
    }
    const std::uint64_t tokens = count_of(l.micro_batch_tokens);
    const quantization wide = linear_storage::plain(bf16);
    all.push_back({"combine",
                   "bf16",
                   every_column,
                   {{tokens, count_of(m.hidden), wide, 1}},
                   cost::combine_bytes(m) * static_cast<double>(tokens),
                   tokens * count_of(m.hidden)});
    all.push_back({"pipeline",
                   "bf16",
                   every_column,
                   {{tokens, count_of(m.hidden), wide, 1}},
                   cost::pipeline_traffic_bytes(m, l),
                   tokens * count_of(m.hidden)});
    const std::vector<std::pair<std::string, optimizer_formats>> optimizers{
        {"bf16_moments", cost::optimizer_bf16_moments},
        {"fp32_moments", cost::optimizer_fp32_moments},
        {"fp8_lm", cost::optimizer_fp8_lm}};
    for (const auto part : {&gradients, &optimizer}) {
        for (const auto& [name, formats] : optimizers) {
            all.push_back(part(m, l, name, formats));
        }
    }
    return all;
}

double edge_bytes(const stored_part& part) {
    double bytes = 0;
    for (const stored_matrix& x : part.matrices) {
        double cut = 1;  // the last byte of the codes
        if (x.how.scale.method != scale_method::none) {
            const std::uint64_t grid =
                block_count(x.rows, x.how.blocks.block_rows) + block_count(x.cols, x.how.blocks.block_cols);
            cut += static_cast<double>(grid) * scale_format(x.how.scale).storage_bits / 8.0 + 1;
        }
        bytes += cut * static_cast<double>(x.count);
    }
    return bytes + 16;  // one element of each array of the optimizer: 4 + 4 + 4 bytes at most
}

}  // namespace narrowfp::bench
