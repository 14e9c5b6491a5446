// SPDX-License-Identifier: Apache-2.0
// Models as data. Shapes from the configuration files of their owners; what is checked against a published count is in
// the tests. Any other model: a JSON file (narrowfp claim --model) or one more object here.
#pragma once

#include <narrowfp/cost/model_shape.hpp>

#include <array>

namespace narrowfp::cost {

// 718B parameters, 39B active (arXiv 2505.04519); the widths are those of the published openPangu-Ultra-MoE-718B.
inline constexpr model_shape pangu_ultra_moe{.name = "Pangu Ultra MoE",
                                             .source = "openPangu-Ultra-MoE-718B configuration; arXiv 2505.04519",
                                             .vocabulary = 153600,
                                             .hidden = 7680,
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

inline constexpr model_shape llama3_8b{.name = "Llama-3-8B",
                                       .source = "arXiv 2407.21783, table 3",
                                       .vocabulary = 128256,
                                       .hidden = 4096,
                                       .layers = 32,
                                       .dense_layers = 32,
                                       .dense_ffn = 14336,
                                       .heads = 32,
                                       .key_plain = 128,
                                       .value_width = 128,
                                       .attention = attention_kind::grouped,
                                       .key_value_heads = 8};

inline constexpr model_shape llama3_405b{.name = "Llama-3-405B",
                                         .source = "arXiv 2407.21783, table 3",
                                         .vocabulary = 128256,
                                         .hidden = 16384,
                                         .layers = 126,
                                         .dense_layers = 126,
                                         .dense_ffn = 53248,
                                         .heads = 128,
                                         .key_plain = 128,
                                         .value_width = 128,
                                         .attention = attention_kind::grouped,
                                         .key_value_heads = 8};

inline constexpr std::array all_models{deepseek_v3, pangu_ultra_moe, llama3_8b, llama3_405b};

}  // namespace narrowfp::cost
