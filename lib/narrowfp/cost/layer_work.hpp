// SPDX-License-Identifier: Apache-2.0
// What one layer does for one micro-batch on one device: its products with their shapes, the floating-point operations
// of attention, the bytes that casts and elementwise kernels move, the number of kernels. Counts only; how long it
// takes is layer_time.hpp. A dense layer of DeepSeek-V3 has the work of a mixture layer, so one kind of layer stands
// for a model. Routing is taken to be balanced. Source of the kernels: arXiv 2412.19437, 3.2 and 3.3.
#pragma once

#include <narrowfp/cost/training_flops.hpp>
#include <narrowfp/cost/training_layout.hpp>

#include <string_view>
#include <vector>

namespace narrowfp::cost {

// rows x depth by depth x columns, forward; of a group of experts each has its own weights and its share of the rows.
// The two products of the backward pass have the same three lengths in other places.
struct layer_product {
    std::string_view name;
    double rows = 0;
    double columns = 0;
    double depth = 0;
    double groups = 1;
    bool narrow = true;               // takes 8-bit operands where the recipe has them
    bool repeated = false;            // forward computed again in the backward pass
    double input_rows = 0;            // rows that are cast for its input: fewer where tokens are cast before dispatch
    double output_gradient_rows = 0;  // the same for the gradient of its output

    double flops() const { return 2 * rows * columns * depth; }
    double weights() const { return groups * columns * depth; }
};

// The products of a layer of `m`, in order of the forward pass.
inline std::vector<layer_product> layer_products(const model_shape& m, const training_layout& l) {
    const auto n = [](std::int64_t x) { return static_cast<double>(x); };
    const double tokens = n(l.micro_batch_tokens);
    const double slices = n(l.tensor_slices);
    const double up = n(m.ffn_matrices - 1);
    std::vector<layer_product> all;
    const auto add = [&](std::string_view name, double columns, double depth) -> layer_product& {
        all.push_back({.name = name,
                       .rows = tokens,
                       .columns = columns,
                       .depth = depth,
                       .input_rows = tokens,
                       .output_gradient_rows = tokens});
        return all.back();
    };
    if (m.attention == attention_kind::latent) {
        add("query and key-value down", n(m.query_rank + m.key_value_rank + m.key_rotary), n(m.hidden));
        add("query up", n(m.heads * m.key_width()) / slices, n(m.query_rank)).repeated = true;
        add("key-value up", n(m.heads * (m.key_plain + m.value_width)) / slices, n(m.key_value_rank)).repeated = true;
    } else {
        const std::int64_t columns = m.heads * m.key_width() + m.key_value_heads * (m.key_width() + m.value_width);
        add("query, key and value", n(columns) / slices, n(m.hidden));
    }
    add("attention output", n(m.hidden), n(m.heads * m.value_width) / slices);
    if (m.experts == 0) {
        add("feed-forward up", up * n(m.dense_ffn) / slices, n(m.hidden));
        add("feed-forward down", n(m.hidden), n(m.dense_ffn) / slices);
        return all;
    }
    add("router", n(m.experts), n(m.hidden)).narrow = false;
    layer_product& experts_up = add("experts up", up * n(m.expert_ffn) / slices, n(m.hidden));
    experts_up.rows = experts_up.output_gradient_rows = tokens * n(m.active_experts);
    experts_up.groups = n(l.experts_per_device);
    layer_product& experts_down = add("experts down", n(m.hidden), n(m.expert_ffn) / slices);
    experts_down.rows = experts_down.input_rows = tokens * n(m.active_experts);
    experts_down.groups = n(l.experts_per_device);
    if (m.shared_experts > 0) {
        add("shared expert up", up * n(m.shared_experts * m.expert_ffn) / slices, n(m.hidden)).input_rows = 0;
        add("shared expert down", n(m.hidden), n(m.shared_experts * m.expert_ffn) / slices).output_gradient_rows = 0;
    }
    return all;
}

// Forward, causal.
inline double layer_attention_flops(const model_shape& m, const training_layout& l) {
    return attention_flops_per_token(m, l.sequence, attention_count::causal) / static_cast<double>(m.layers) *
           static_cast<double>(l.micro_batch_tokens) / static_cast<double>(l.tensor_slices);
}

// -- casts ------------------------------------------------------------------------------------------------------------
// none: 16 bits throughout. tiles: DeepSeek-V3's, 1x128 along the summed index, and again along the other for weight
// gradients. fused: a kernel reads 16 bits once and writes the code and its transpose (per-tensor and MXFP8 recipes).
// storage: codes are only stored and sent, and widened again before the 16-bit products of the backward pass.
enum class cast_plan : std::uint8_t { none, tiles, fused, storage };

struct pass_bytes {
    double forward = 0;
    double backward = 0;

    double sum() const { return forward + backward; }
};

// Bytes read and written. Weights count only with `weights_too`: a recipe may keep their codes over all micro-batches.
inline pass_bytes layer_cast_bytes(const std::vector<layer_product>& products, cast_plan plan, bool weights_too) {
    constexpr double scale = 4.0 / 128;  // bytes per number of a 1x128 tile's FP32 scale
    pass_bytes all;
    for (const layer_product& p : products) {
        if (!p.narrow || plan == cast_plan::none) {
            continue;
        }
        const double in = p.input_rows * p.depth;
        const double gradient = p.output_gradient_rows * p.columns;
        switch (plan) {
            case cast_plan::none: break;
            case cast_plan::tiles:
                all.forward += in * (2 + 1 + scale);
                all.backward +=
                    p.rows * p.depth * (1 + 1 + 2 * scale) + gradient * (2 + 1 + scale) +
                    p.rows * p.columns * (p.output_gradient_rows < p.rows ? 1 + 1 + 2 * scale : 2 + 1 + scale);
                break;
            case cast_plan::fused:
                all.forward += p.rows * p.depth * (2 + 1 + 1) + (weights_too ? p.weights() * (2 + 1 + 1) : 0);
                all.backward += p.rows * p.columns * (2 + 1 + 1);
                break;
            case cast_plan::storage:
                all.forward += in * (2 + 1 + scale) + p.weights() * (1 + 2);
                all.backward += p.rows * p.depth * (1 + 2 + scale) + p.weights() * (1 + 2);
                break;
        }
    }
    return all;
}

// -- elementwise kernels ----------------------------------------------------------------------------------------------
// Norms, residual sums, rotary positions, activation functions, permutation of dispatched tokens, all in 16 bits. The
// backward pass moves twice as much, and norms and activation are computed again.
inline pass_bytes layer_elementwise_bytes(const model_shape& m, const training_layout& l) {
    const auto n = [](std::int64_t x) { return static_cast<double>(x); };
    const double slices = n(l.tensor_slices);
    const double norms = 2 * 4 * n(m.hidden) + 4 * n(m.query_rank + m.key_value_rank);
    const double residuals = 2 * 6 * n(m.hidden);
    const double heads = m.attention == attention_kind::latent ? 2 * n(m.heads) : n(m.heads + m.key_value_heads);
    const double rotary = 4 * heads * n(m.key_width()) / slices;
    const double inner = m.experts > 0 ? n((m.active_experts + m.shared_experts) * m.expert_ffn) : n(m.dense_ffn);
    const double activation = 2 * n(m.ffn_matrices) * inner / slices;
    const double permutation = m.experts > 0 ? n(m.active_experts) * n(m.hidden) * (4 + 2) + 2 * n(m.hidden) : 0;
    const double forward = (norms + residuals + rotary + activation + permutation) * n(l.micro_batch_tokens);
    return {forward, 2 * forward + (norms + activation) * n(l.micro_batch_tokens)};
}

// Kernels of a layer, forward and backward: three products each, its casts, attention, and the elementwise ones.
inline double layer_kernels(const std::vector<layer_product>& products, cast_plan plan) {
    const double casts = plan == cast_plan::tiles ? 4 : plan == cast_plan::none ? 0 : 2;
    constexpr double attention = 3;
    constexpr double elementwise = 40;
    return static_cast<double>(products.size()) * (3 + casts) + attention + elementwise;
}

}  // namespace narrowfp::cost
