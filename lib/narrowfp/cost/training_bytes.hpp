// SPDX-License-Identifier: Apache-2.0
// Bytes that training keeps and sends, as DeepSeek-V3 organises it (arXiv 2412.19437, sections 3.2 to 3.4), with the
// format of what the linear layers read as the only difference between the columns. Master weights, gradients and
// moments are an axis of their own (optimizer_formats): no matrix format decides them. Whether it fits a device is not
// asked here, nor is time.
#pragma once

#include <narrowfp/cost/model_shape.hpp>
#include <narrowfp/cost/stored_bytes.hpp>
#include <narrowfp/cost/training_layout.hpp>
#include <narrowfp/quant/recipe.hpp>

namespace narrowfp::cost {

// How the inputs of linear layers and their weights are stored and sent; both in bytes per number.
struct linear_formats {
    std::string_view name;
    double weight = 0;            // resident
    double activation = 0;        // kept for the backward pass, and dispatched to experts
    double attention_output = 0;  // kept twice over: for attention's backward pass and the projection after it
};

// Without scales: 2 bytes.
inline linear_formats sixteen_bit() { return {"16-bit", 2, 2, 2}; }

// 8-bit codes under the recipe. DeepSeek-V3 keeps the output of attention in 12 bits, of which E5M6 is one meaning; a
// code needs no unit that multiplies it.
inline linear_formats eight_bit(std::string_view name, const recipe& r) {
    return {name, stored_bytes_per_number(r.for_b(r.element)), stored_bytes_per_number(r.for_a(r.element)), 1.5};
}

// An 8-bit copy beside the 16-bit weights, activations in 16 bits: what software does that only speeds products up.
inline linear_formats eight_bit_copy() { return {"8-bit copy beside 16-bit weights", 3, 2, 2}; }

// Bytes per parameter of what an optimizer keeps.
struct optimizer_formats {
    std::string_view name;
    double gradient = 0;
    double master = 0;
    double first_moment = 0;
    double second_moment = 0;

    constexpr double state() const { return master + first_moment + second_moment; }
};

inline constexpr optimizer_formats optimizer_bf16_moments{"FP32 gradient and master, BF16 moments (DeepSeek-V3)", 4, 4,
                                                          2, 2};
inline constexpr optimizer_formats optimizer_fp32_moments{"FP32 gradient, master and moments", 4, 4, 4, 4};
inline constexpr optimizer_formats optimizer_fp8_lm{"FP8 gradient, FP16 master, FP8 + FP16 moments (FP8-LM O3)", 1, 2,
                                                    1, 2};

// -- weights, gradients, optimizer ------------------------------------------------------------------------------------
// Parameters on a device that holds layers of one kind only, mixtures if the model has them: those that the recipe
// stores, and router and norms, which stay wide.
constexpr std::int64_t linear_parameters_held(const model_shape& m, const training_layout& l) {
    const std::int64_t ffn =
        m.experts == 0 ? dense_ffn_parameters(m) : (m.shared_experts + l.experts_per_device) * expert_parameters(m);
    return l.layers_held() * (attention_parameters(m) + ffn) / l.tensor_slices;
}
constexpr std::int64_t wide_parameters_held(const model_shape& m, const training_layout& l) {
    return l.layers_held() * (gate_parameters(m) + norm_parameters(m));
}

inline double weight_bytes(const model_shape& m, const training_layout& l, const linear_formats& f) {
    return static_cast<double>(linear_parameters_held(m, l)) * f.weight +
           static_cast<double>(wide_parameters_held(m, l)) * 2;
}

constexpr double gradient_bytes(const model_shape& m, const training_layout& l, const optimizer_formats& o) {
    return static_cast<double>(linear_parameters_held(m, l) + wide_parameters_held(m, l)) * o.gradient;
}

// Master weights and moments, shared by all devices.
constexpr double optimizer_bytes(const model_shape& m, const training_layout& l, const optimizer_formats& o) {
    return static_cast<double>(total_parameters(m)) * o.state() / static_cast<double>(l.devices);
}

// -- activations ------------------------------------------------------------------------------------------------------
// Numbers that enter feed-forward blocks and that their activation functions read, of all active experts.
constexpr std::int64_t ffn_inputs(const model_shape& m) { return (m.experts == 0 ? 1 : m.active_experts) * m.hidden; }
constexpr std::int64_t activation_inputs(const model_shape& m) {
    return (m.ffn_matrices - 1) * (m.experts == 0 ? m.dense_ffn : (m.active_experts + m.shared_experts) * m.expert_ffn);
}

// Kept for one token and layer under DeepSeek-V3's recomputation: two residuals (16 bits), the two low-rank vectors
// with the rotary key, or queries, keys and values where they are not computed again (16 bits), the output of
// attention, its log-sum-exp per head (FP32), the inputs of the routed experts, the inputs of the activation function.
inline double activation_bytes(const model_shape& m, const linear_formats& f) {
    const auto n = [](std::int64_t x) { return static_cast<double>(x); };
    const std::int64_t attention_inputs =
        m.attention == attention_kind::latent
            ? m.query_rank + m.key_value_rank + m.key_rotary
            : m.heads * m.key_width() + m.key_value_heads * (m.key_width() + m.value_width);
    return 2 * n(m.hidden) * 2 + n(attention_inputs) * 2 + n(m.heads * m.value_width) * f.attention_output +
           n(m.heads) * 4 + n(ffn_inputs(m)) * f.activation + n(activation_inputs(m)) * f.activation;
}

// With the micro-batches that DualPipe has in flight.
inline double activation_bytes_in_flight(const model_shape& m, const training_layout& l, const linear_formats& f) {
    return activation_bytes(m, f) * static_cast<double>((l.stages + 1) * l.layers_per_stage * l.micro_batch_tokens);
}

// -- traffic ----------------------------------------------------------------------------------------------------------
// One token to one node, forward, or its gradient before the down projection; and the way back, which is 16 bits wide.
inline double dispatch_bytes(const model_shape& m, const linear_formats& f) {
    return static_cast<double>(m.hidden) * f.activation;
}
constexpr double combine_bytes(const model_shape& m) { return static_cast<double>(m.hidden) * 2; }

// Per token and MoE layer, forward and backward: one dispatch and one combine each, to `nodes` nodes.
inline double expert_traffic_bytes(const model_shape& m, const linear_formats& f, std::int64_t nodes) {
    return 2 * static_cast<double>(nodes) * (dispatch_bytes(m, f) + combine_bytes(m));
}

// Per parameter and step with ZeRO-1: reduce-scatter of gradients, all-gather of the weights that layers read, without
// the factor (g - 1) / g of the group.
inline double gradient_traffic_bytes_per_parameter(const linear_formats& f, const optimizer_formats& o) {
    return o.gradient + f.weight;
}

// Activations (or their gradients) across one boundary of the pipeline, one micro-batch, one direction: 16 bits.
constexpr double pipeline_traffic_bytes(const model_shape& m, const training_layout& l) {
    return static_cast<double>(l.micro_batch_tokens * m.hidden) * 2;
}

}  // namespace narrowfp::cost
