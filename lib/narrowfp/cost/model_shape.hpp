// SPDX-License-Identifier: Apache-2.0
// A transformer as data, and its parameters by formula: attention with low-rank queries and keys (latent) or with heads
// that share keys (grouped), feed-forward blocks that are dense or a mixture of experts, with a gate or without. The
// shape of DeepSeek-V3: inference/configs/config_671B.json of its repository and arXiv 2412.19437, section 4.2. Other
// models: models.hpp. Multi-token prediction is not counted, as DeepSeek's own 671B does not count it.
#pragma once

#include <cstdint>
#include <string_view>

namespace narrowfp::cost {

enum class attention_kind : std::uint8_t { latent, grouped };

struct model_shape {
    std::string_view name;
    std::string_view source;
    std::int64_t vocabulary = 0;
    std::int64_t hidden = 0;
    std::int64_t layers = 0;
    std::int64_t dense_layers = 0;  // the first ones, without experts
    std::int64_t dense_ffn = 0;     // inner width of their feed-forward block
    std::int64_t expert_ffn = 0;
    std::int64_t experts = 0;         // routed, per layer
    std::int64_t active_experts = 0;  // routed, per token
    std::int64_t shared_experts = 0;
    std::int64_t heads = 0;
    std::int64_t query_rank = 0;  // of the low-rank query
    std::int64_t key_value_rank = 0;
    std::int64_t key_plain = 0;  // head width without rotary position
    std::int64_t key_rotary = 0;
    std::int64_t value_width = 0;
    attention_kind attention = attention_kind::latent;
    std::int64_t key_value_heads = 0;  // grouped attention
    std::int64_t ffn_matrices = 3;     // gate, up and down; 2 without a gate
    bool tied_head = false;            // the output head is the embedding

    constexpr std::int64_t key_width() const { return key_plain + key_rotary; }
    constexpr std::int64_t moe_layers() const { return layers - dense_layers; }
};

inline constexpr model_shape deepseek_v3{.name = "DeepSeek-V3",
                                         .source = "DeepSeek-V3 repository, config_671B.json",
                                         .vocabulary = 129280,
                                         .hidden = 7168,
                                         .layers = 61,
                                         .dense_layers = 3,
                                         .dense_ffn = 18432,
                                         .expert_ffn = 2048,
                                         .experts = 256,
                                         .active_experts = 8,
                                         .shared_experts = 1,
                                         .heads = 128,
                                         .query_rank = 1536,
                                         .key_value_rank = 512,
                                         .key_plain = 128,
                                         .key_rotary = 64,
                                         .value_width = 128};

// -- parameters of one part, in elements ------------------------------------------------------------------------------
// Latent: query down and up, key-value down (with the shared rotary key) and up, output. Grouped: query, keys and
// values, output.
constexpr std::int64_t attention_parameters(const model_shape& m) {
    if (m.attention == attention_kind::grouped) {
        return m.hidden * (m.heads * m.key_width() + m.key_value_heads * (m.key_width() + m.value_width)) +
               m.heads * m.value_width * m.hidden;
    }
    return m.hidden * m.query_rank + m.query_rank * m.heads * m.key_width() +
           m.hidden * (m.key_value_rank + m.key_rotary) + m.key_value_rank * m.heads * (m.key_plain + m.value_width) +
           m.heads * m.value_width * m.hidden;
}

// The part of it that DeepSeek-V3 computes again in the backward pass: query up and key-value up.
constexpr std::int64_t attention_up_parameters(const model_shape& m) {
    if (m.attention == attention_kind::grouped) {
        return 0;
    }
    return m.query_rank * m.heads * m.key_width() + m.key_value_rank * m.heads * (m.key_plain + m.value_width);
}

// Gate (if there is one), up and down projection.
constexpr std::int64_t expert_parameters(const model_shape& m) { return m.ffn_matrices * m.hidden * m.expert_ffn; }
constexpr std::int64_t dense_ffn_parameters(const model_shape& m) { return m.ffn_matrices * m.hidden * m.dense_ffn; }
// Router.
constexpr std::int64_t gate_parameters(const model_shape& m) { return m.hidden * m.experts; }
// Before attention, before the feed-forward block, and of the two low-rank vectors.
constexpr std::int64_t norm_parameters(const model_shape& m) { return 2 * m.hidden + m.query_rank + m.key_value_rank; }
// Output head; the input embedding has as many, and is the same matrix where the head is tied.
constexpr std::int64_t head_parameters(const model_shape& m) { return m.vocabulary * m.hidden; }

// -- of the whole model -----------------------------------------------------------------------------------------------
// All of them: the routing bias (one per expert) and the last norm included.
constexpr std::int64_t total_parameters(const model_shape& m) {
    const std::int64_t moe = (m.experts + m.shared_experts) * expert_parameters(m) + gate_parameters(m) + m.experts;
    return m.layers * (attention_parameters(m) + norm_parameters(m)) + m.dense_layers * dense_ffn_parameters(m) +
           m.moe_layers() * moe + m.hidden + (m.tied_head ? 1 : 2) * head_parameters(m);
}

// Weights of the linear layers that one token meets: no embedding, which is a look-up.
constexpr std::int64_t linear_parameters_per_token(const model_shape& m) {
    const std::int64_t moe = (m.active_experts + m.shared_experts) * expert_parameters(m) + gate_parameters(m);
    return m.layers * attention_parameters(m) + m.dense_layers * dense_ffn_parameters(m) + m.moe_layers() * moe +
           head_parameters(m);
}

}  // namespace narrowfp::cost
