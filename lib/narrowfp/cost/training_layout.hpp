// SPDX-License-Identifier: Apache-2.0
// How a training run is spread over devices: stages of the pipeline, experts, tensor slices, micro-batches. Data only;
// bytes follow in training_bytes.hpp, times in step_time.hpp. DeepSeek-V3's: arXiv 2412.19437, 3.2, and arXiv
// 2505.09343, section 4.
#pragma once

#include <cstdint>

namespace narrowfp::cost {

// dualpipe: two stages on each device, forward and backward of different micro-batches overlap, traffic to experts
// hides behind them. zb1p: one stage, weight gradients fill bubbles. one_f_one_b: one stage, nothing overlaps.
enum class pipeline_schedule : std::uint8_t { dualpipe, zb1p, one_f_one_b };

struct training_layout {
    std::int64_t stages = 1;  // of the pipeline
    std::int64_t layers_per_stage = 0;
    std::int64_t stages_held = 1;         // on one device
    std::int64_t experts_per_device = 0;  // routed, per layer
    std::int64_t devices = 1;             // that share the optimizer's state (ZeRO-1)
    std::int64_t micro_batch_tokens = 0;
    std::int64_t sequence = 4096;       // tokens
    std::int64_t micro_batches = 1;     // per step, that each device takes part in
    std::int64_t tensor_slices = 1;     // devices that share one layer
    std::int64_t nodes_per_token = 1;   // that a token is dispatched to, at most
    double remote_share = 0;            // of them on other nodes
    bool experts_across_nodes = false;  // dispatch runs over the links between nodes
    pipeline_schedule schedule = pipeline_schedule::one_f_one_b;

    constexpr std::int64_t layers_held() const { return stages_held * layers_per_stage; }
};

// Of 15360 sequences over 2048 / 16 = 128 replicas each takes 120. Uniform routing over 8 nodes leaves 3.5 of 4
// remote.
inline constexpr training_layout deepseek_v3_layout{.stages = 16,
                                                    .layers_per_stage = 4,
                                                    .stages_held = 2,
                                                    .experts_per_device = 4,  // 256 over 64
                                                    .devices = 2048,
                                                    .micro_batch_tokens = 4096,
                                                    .sequence = 4096,
                                                    .micro_batches = 120,
                                                    .tensor_slices = 1,
                                                    .nodes_per_token = 4,
                                                    .remote_share = 3.5 / 4,
                                                    .experts_across_nodes = true,
                                                    .schedule = pipeline_schedule::dualpipe};

}  // namespace narrowfp::cost
