// SPDX-License-Identifier: Apache-2.0
#include "train/model/parameters.hpp"

#include <cmath>

namespace narrowfp::bench::train {

parameter_layout::parameter_layout(const model_size& size) {
    if (size.width == 0 || size.heads == 0 || size.width % (2 * size.heads) != 0 || size.hidden == 0 ||
        size.context == 0 || size.sequences == 0 || size.vocabulary < 2 || size.vocabulary > 256) {
        throw std::invalid_argument("model size '" + std::string(size.name) +
                                    "': the width must be a multiple of twice the heads, the vocabulary 2 to 256, the "
                                    "rest positive");
    }
    std::size_t offset = 0;
    const auto append = [&](std::string name, std::size_t rows, std::size_t cols, bool is_matrix, bool in_block,
                            double deviation) {
        tensors_.push_back({std::move(name), offset, rows, cols, is_matrix, in_block, deviation});
        offset += rows * cols;
    };
    const auto gain = [&](std::string name) { append(std::move(name), 1, size.width, false, false, 0); };
    // 1 / (2 sqrt(inputs)); what adds to the residual stream by 1 / sqrt(2 layers) less.
    const auto deviation = [](std::size_t inputs) { return 0.5 / std::sqrt(static_cast<double>(inputs)); };
    const double residual = 1 / std::sqrt(2.0 * static_cast<double>(size.layers == 0 ? 1 : size.layers));
    const std::size_t d = size.width;
    // Logits of a deviation of 0.2, so that the first loss is ln V + 0.2^2 / 2.
    append("embedding", size.vocabulary, d, true, false, 0.2 / std::sqrt(static_cast<double>(d)));
    for (std::size_t n = 0; n < size.layers; ++n) {
        const std::string prefix = "layer" + std::to_string(n) + ".";
        gain(prefix + "attention_gain");
        gain(prefix + "hidden_gain");
        append(prefix + "qkv", 3 * d, d, true, true, deviation(d));
        append(prefix + "attention_output", d, d, true, true, deviation(d) * residual);
        append(prefix + "gate_up", 2 * size.hidden, d, true, true, deviation(d));
        append(prefix + "down", d, size.hidden, true, true, deviation(size.hidden) * residual);
    }
    gain("final_gain");
}

}  // namespace narrowfp::bench::train
