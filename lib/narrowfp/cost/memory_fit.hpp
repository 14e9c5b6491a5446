// SPDX-License-Identifier: Apache-2.0
// Does a training step fit into a device's memory, and what does the cheapest schedule that fits cost? Choices: the
// pipeline's schedule, twice as many stages, experts over twice as many devices, more recomputation, activations moved
// to the host. Gradient and optimizer formats stay as they are: they are an axis of their own. An exhaustive search
// over these choices; a schedule that is not among them may still be cheaper.
#pragma once

#include <narrowfp/cost/step_time.hpp>

#include <optional>
#include <string>

namespace narrowfp::cost {

// What is computed again in the backward pass, beyond DeepSeek-V3's norms, up projections and activation outputs.
enum class recomputation : std::uint8_t { none, up, up_and_attention, whole_layer };

constexpr std::string_view to_string(recomputation r) {
    switch (r) {
        case recomputation::none: return "no further recomputation";
        case recomputation::up: return "up projections again";
        case recomputation::up_and_attention: return "up projections and attention again";
        case recomputation::whole_layer: return "whole layers again";
    }
    return "?";
}

constexpr std::string_view to_string(pipeline_schedule s) {
    switch (s) {
        case pipeline_schedule::dualpipe: return "DualPipe";
        case pipeline_schedule::zb1p: return "ZB1P";
        case pipeline_schedule::one_f_one_b: return "1F1B";
    }
    return "?";
}

// Bytes kept for one token and layer.
inline double kept_activation_bytes(const model_shape& m, const linear_formats& f, recomputation r) {
    const auto n = [](std::int64_t x) { return static_cast<double>(x); };
    double bytes = activation_bytes(m, f);
    const double inner = n(activation_inputs(m)) * f.activation;
    switch (r) {
        case recomputation::none: return bytes;
        case recomputation::up: return bytes - inner;
        case recomputation::up_and_attention:
            return bytes - inner - n(m.heads * m.value_width) * f.attention_output - n(m.heads) * 4;
        case recomputation::whole_layer: return n(m.hidden) * 2;
    }
    return bytes;
}

// Seconds of one layer and micro-batch that a recomputation adds; traffic to experts runs again for whole layers.
inline double recomputed_seconds(const model_shape& m, const training_layout& l, const layer_seconds& layer,
                                 double links_forward, recomputation r) {
    if (r == recomputation::none) {
        return 0;
    }
    double up = 0;
    double all = 0;
    for (const layer_product& p : layer_products(m, l)) {
        up += p.name == "experts up" || p.name == "shared expert up" || p.name == "feed-forward up" ? p.flops() : 0;
        all += p.narrow ? p.flops() : 0;
    }
    const double up_again = layer.forward_products * up / all;
    switch (r) {
        case recomputation::none: return 0;
        case recomputation::up: return up_again;
        case recomputation::up_and_attention: return up_again + layer.attention_forward;
        case recomputation::whole_layer: return layer.forward() - layer.elementwise_forward / 2 + links_forward;
    }
    return 0;
}

struct schedule_choice {
    training_layout layout;
    recomputation again = recomputation::none;
    double offloaded = 0;  // share of the activations that lies in the host's memory
    double bytes = 0;      // on the device
    double seconds_per_token = 0;
};

inline double memory_bytes(const model_shape& m, const training_layout& l, const linear_formats& f,
                           const optimizer_formats& o, recomputation r, double offloaded) {
    const double in_flight = static_cast<double>((l.stages + (l.schedule == pipeline_schedule::dualpipe ? 1 : 0)) *
                                                 l.layers_per_stage * l.micro_batch_tokens);
    return weight_bytes(m, l, f) + gradient_bytes(m, l, o) + optimizer_bytes(m, l, o) +
           in_flight * kept_activation_bytes(m, f, r) * (1 - offloaded);
}

struct fit_inputs {
    linear_formats formats;
    optimizer_formats optimizer = optimizer_bf16_moments;
    arithmetic products = arithmetic::wide;
    cast_plan casts = cast_plan::none;
    double usable = 0.9;         // share of the memory that training may fill
    double offload_exposed = 0;  // share of the transfers to the host that nothing hides
    double other_per_token = 0;  // seconds of the step that the model does not know, for each token and device
};

// What all choices on one layout share, computed once.
struct layout_times {
    layer_seconds layer;
    stage_seconds stage;
    double optimizer = 0;
};

inline layout_times times_of(const model_shape& m, const training_layout& l, const machine& c, const efficiency& e,
                             const fit_inputs& in) {
    const layer_seconds layer = layer_time(m, l, c, e, in.products, in.casts);
    return {layer, stage_time(m, l, c, e, layer, in.formats), optimizer_seconds(m, l, c, e, in.formats, in.optimizer)};
}

// The choice for one layout; `memory` in bytes, nothing if it does not fit.
inline std::optional<schedule_choice> choose(const model_shape& m, const training_layout& l, const machine& c,
                                             const layout_times& t, const fit_inputs& in, recomputation r,
                                             double offloaded, double memory) {
    const double bytes = memory_bytes(m, l, in.formats, in.optimizer, r, offloaded);
    if (bytes > memory || (offloaded > 0 && c.host_link <= 0)) {
        return std::nullopt;
    }
    const double layers = static_cast<double>(l.layers_per_stage);
    stage_seconds stage = t.stage;
    stage.backward_without_weights +=
        layers * recomputed_seconds(m, l, t.layer, stage.dispatch_and_combine_forward / layers, r);
    if (offloaded > 0) {
        // Out once and in once, at the same time as work; what the link cannot hide is exposed in any case.
        const double moved = offloaded * kept_activation_bytes(m, in.formats, r) *
                             static_cast<double>(l.layers_per_stage * l.micro_batch_tokens);
        const double seconds = moved / c.host_link;
        stage.backward_without_weights +=
            std::max(2 * seconds * in.offload_exposed, 2 * seconds - stage.compute()) + 2 * moved / c.bandwidth;
    }
    const double step = step_time(l, stage, t.optimizer).sum();
    return schedule_choice{l, r, offloaded, bytes, 1 / token_rate(l, step) + in.other_per_token};
}

inline std::optional<schedule_choice> choose(const model_shape& m, const training_layout& l, const machine& c,
                                             const efficiency& e, const fit_inputs& in, recomputation r,
                                             double offloaded, double memory) {
    return choose(m, l, c, times_of(m, l, c, e, in), in, r, offloaded, memory);
}

// The cheapest choice that fits `memory` bytes; nothing if none does. With unlimited memory: the layout as it is.
inline std::optional<schedule_choice> cheapest_schedule(const model_shape& m, const training_layout& base,
                                                        const machine& c, const efficiency& e, const fit_inputs& in,
                                                        double memory) {
    std::optional<schedule_choice> best;
    using enum recomputation;
    for (const pipeline_schedule schedule :
         {pipeline_schedule::dualpipe, pipeline_schedule::zb1p, pipeline_schedule::one_f_one_b}) {
        for (const std::int64_t more_stages : {1, 2}) {
            for (const std::int64_t more_devices : {1, 2}) {
                training_layout l = base;
                l.schedule = schedule;
                l.stages_held = schedule == pipeline_schedule::dualpipe ? 2 : 1;
                if (l.layers_per_stage % more_stages != 0 || l.experts_per_device % more_devices != 0) {
                    continue;
                }
                l.stages *= more_stages;  // half as many replicas share the batch
                l.layers_per_stage /= more_stages;
                l.micro_batches *= more_stages;
                l.experts_per_device /= more_devices;
                const layout_times t = times_of(m, l, c, e, in);
                for (const recomputation r : {none, up, up_and_attention, whole_layer}) {
                    for (int percent = 0; percent <= (c.host_link > 0 ? 100 : 0); percent += 5) {
                        const auto one = choose(m, l, c, t, in, r, percent / 100.0, memory);
                        if (one && (!best || one->seconds_per_token < best->seconds_per_token)) {
                            best = one;
                        }
                    }
                }
            }
        }
    }
    return best;
}

}  // namespace narrowfp::cost
