// SPDX-License-Identifier: Apache-2.0
// The sizes of the training experiment's model: a decoder over bytes (RMSNorm, rotary positions, causal attention, SwiGLU,
// head tied to the embedding). Every product of a linear layer has at least two tiles of 128 each
// way in M and M+, and at least one in S; `tiny` is for tests and the study of faults. The model itself is decoder.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace narrowfp::bench::train {

struct model_size {
    std::string_view name{};
    std::size_t width = 0;  // d: channels of the residual stream
    std::size_t layers = 0;
    std::size_t heads = 0;
    std::size_t hidden = 0;     // f: channels inside the SwiGLU
    std::size_t context = 0;    // T: tokens of a sequence
    std::size_t sequences = 0;  // of a batch
    std::size_t vocabulary = 128;

    constexpr std::size_t head_width() const { return width / heads; }
    constexpr std::size_t tokens() const { return sequences * context; }  // of a batch
    // Weights of the linear layers (QKV, attention output, gate and up, down), without embedding and norms.
    constexpr std::size_t linear_parameters() const { return layers * (4 * width * width + 3 * width * hidden); }
    // Forward and backward: 6 per weight of a linear layer, the full attention matrix, the head.
    constexpr std::size_t flops_per_token() const {
        return 6 * linear_parameters() + 12 * layers * context * width + 6 * vocabulary * width;
    }

    friend constexpr bool operator==(const model_size&, const model_size&) = default;
};

inline constexpr model_size size_tiny{
    .name = "tiny", .width = 32, .layers = 1, .heads = 2, .hidden = 64, .context = 16, .sequences = 4};
inline constexpr model_size size_s{
    .name = "S", .width = 128, .layers = 2, .heads = 2, .hidden = 384, .context = 128, .sequences = 16};
inline constexpr model_size size_m{
    .name = "M", .width = 256, .layers = 2, .heads = 4, .hidden = 768, .context = 128, .sequences = 16};
inline constexpr model_size size_m_plus{
    .name = "M+", .width = 256, .layers = 4, .heads = 4, .hidden = 768, .context = 128, .sequences = 16};

inline constexpr std::array all_sizes{size_tiny, size_s, size_m, size_m_plus};

// Throws std::invalid_argument for an unknown name.
inline model_size size_by_name(std::string_view name) {
    for (const model_size& size : all_sizes) {
        if (size.name == name) {
            return size;
        }
    }
    std::string known;
    for (const model_size& size : all_sizes) {
        known += (known.empty() ? "" : ", ") + std::string(size.name);
    }
    throw std::invalid_argument("unknown model size '" + std::string(name) + "'; known: " + known);
}

}  // namespace narrowfp::bench::train
