// SPDX-License-Identifier: Apache-2.0
// Time of a training step on one device: the work of its layers over all micro-batches, the bubbles of the pipeline,
// traffic to experts where nothing hides it, optimizer and gathered weights. Schedules: DualPipe's README (bubbles,
// stages held) and its order of chunks; ZB1P and 1F1B: the same README. The last stage's head and imbalance between
// stages are left out. Seconds; pure functions.
#pragma once

#include <narrowfp/cost/layer_time.hpp>
#include <narrowfp/cost/training_bytes.hpp>

namespace narrowfp::cost {

// Seconds of one stage and micro-batch.
struct stage_seconds {
    double forward = 0;
    double backward_without_weights = 0;
    double weights = 0;
    double dispatch_and_combine_forward = 0;
    double dispatch_and_combine_backward = 0;

    double links() const { return dispatch_and_combine_forward + dispatch_and_combine_backward; }
    double compute() const { return forward + backward_without_weights + weights; }
};

// Bytes to experts on other nodes (or other devices, if experts lie within one node), per layer and micro-batch,
// forward; backward sends as many.
inline double expert_link_bytes(const model_shape& m, const training_layout& l, const linear_formats& f) {
    if (m.experts == 0) {
        return 0;
    }
    return static_cast<double>(l.nodes_per_token) * l.remote_share * static_cast<double>(l.micro_batch_tokens) *
           (dispatch_bytes(m, f) + combine_bytes(m));
}

inline stage_seconds stage_time(const model_shape& m, const training_layout& l, const machine& c, const efficiency& e,
                                const layer_seconds& layer, const linear_formats& f) {
    const double layers = static_cast<double>(l.layers_per_stage);
    const double link = l.experts_across_nodes ? c.scale_out : c.scale_up;
    const double links = m.experts == 0 ? 0 : layers * expert_link_bytes(m, l, f) / (e.links * link);
    return {layers * layer.forward(), layers * layer.backward_without_weights(), layers * layer.weights(), links,
            links};
}

struct step_parts {
    double overlapped = 0;  // forward and backward of two micro-batches at once (DualPipe), else all work
    double forward = 0;     // alone
    double backward = 0;
    double weights = 0;
    double bubble = 0;
    double optimizer = 0;

    double sum() const { return overlapped + forward + backward + weights + bubble + optimizer; }
};

// How many chunks of each sort a device runs in a step of DualPipe, mean over ranks: from the order in its code, with p
// stages, m micro-batches and r = 0 .. p/2 - 1: m - 3p/2 + 1 + r pairs, 3p/2 - 1 - r forward and as many backward
// chunks alone, p/2 full backward ones among them, p - 1 - r weight chunks.
struct dualpipe_chunks {
    double pairs = 0;
    double forward = 0;
    double backward_full = 0;
    double backward_without_weights = 0;
    double weights = 0;
};

constexpr dualpipe_chunks chunks_of_dualpipe(const training_layout& l) {
    const double p = static_cast<double>(l.stages);
    const double micro = static_cast<double>(l.micro_batches);
    const double rank = (p / 2 - 1) / 2;  // the mean of r
    const double alone = 3 * p / 2 - 1 - rank;
    const double weights = p - 1 - rank;
    return {micro - alone, alone, alone - weights, weights, weights};
}

// Optimizer: its state and the gradients are read and written once, and the weights that layers read are gathered.
inline double optimizer_seconds(const model_shape& m, const training_layout& l, const machine& c, const efficiency& e,
                                const linear_formats& f, const optimizer_formats& o) {
    const double memory = (2 * optimizer_bytes(m, l, o) + gradient_bytes(m, l, o)) / (e.elementwise * c.bandwidth);
    const double link = c.scale_out > 0 ? c.scale_out : c.scale_up;
    return memory + weight_bytes(m, l, f) / (e.links * link);
}

inline step_parts step_time(const training_layout& l, const stage_seconds& s, double optimizer) {
    const double p = static_cast<double>(l.stages);
    const double micro = static_cast<double>(l.micro_batches);
    const double backward = s.backward_without_weights + s.weights;
    step_parts out;
    out.optimizer = optimizer;
    switch (l.schedule) {
        case pipeline_schedule::dualpipe: {
            const dualpipe_chunks n = chunks_of_dualpipe(l);
            const double pair = std::max(s.compute(), s.links());
            out.overlapped = n.pairs * pair;
            out.forward = n.forward * (s.forward + s.dispatch_and_combine_forward);
            out.backward = n.backward_full * (backward + s.dispatch_and_combine_backward) +
                           n.backward_without_weights * (s.backward_without_weights + s.dispatch_and_combine_backward);
            out.weights = n.weights * s.weights;
            out.bubble = (p / 2 - 1) * std::max(0.0, pair + backward - 3 * s.weights);
            break;
        }
        case pipeline_schedule::zb1p:
            out.overlapped = micro * (s.compute() + s.links());
            out.bubble = (p - 1) * std::max(0.0, s.forward + backward + s.links() - 2 * s.weights);
            break;
        case pipeline_schedule::one_f_one_b:
            out.overlapped = micro * (s.compute() + s.links());
            out.bubble = (p - 1) * (s.compute() + s.links());
            break;
    }
    return out;
}

// Tokens a second and device.
constexpr double token_rate(const training_layout& l, double step_seconds) {
    return static_cast<double>(l.micro_batches * l.micro_batch_tokens) /
           static_cast<double>(l.stages * l.tensor_slices) / step_seconds;
}

// Work of one layer and micro-batch spread over all tokens and layers: seconds of a device for each token.
constexpr double device_seconds_per_token(const model_shape& m, const training_layout& l, double layer_seconds) {
    return layer_seconds * static_cast<double>(m.layers * l.tensor_slices) / static_cast<double>(l.micro_batch_tokens);
}

}  // namespace narrowfp::cost
