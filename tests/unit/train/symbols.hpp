// SPDX-License-Identifier: Apache-2.0
// Symbols for tests of the training experiment: uniform, or a stream that a model can learn.
#pragma once

#include <cstdint>
#include <vector>

#include "train/model/batch.hpp"
#include "train/model/random.hpp"

namespace narrowfp_test {

inline std::uint32_t random_word(std::uint32_t seed, std::uint32_t index) {
    return narrowfp::bench::train::random_key{.seed = seed}.block(index / 4)[index % 4];
}

inline std::vector<std::uint8_t> uniform_symbols(std::size_t count, std::uint32_t seed) {
    std::vector<std::uint8_t> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<std::uint8_t>(random_word(seed, static_cast<std::uint32_t>(i)) % 128);
    }
    return out;
}

// Each symbol follows from the one before, except for one in eight.
inline std::vector<std::uint8_t> learnable_symbols(std::size_t count, std::uint32_t seed) {
    std::vector<std::uint8_t> out = uniform_symbols(count, seed);
    for (std::size_t i = 1; i < count; ++i) {
        if (random_word(seed + 1, static_cast<std::uint32_t>(i)) % 8 != 0) {
            out[i] = static_cast<std::uint8_t>((out[i - 1] * 5 + 17) % 128);
        }
    }
    return out;
}

inline narrowfp::bench::train::batch uniform_batch(const narrowfp::bench::train::model_size& size, std::uint32_t seed) {
    return {uniform_symbols(size.tokens(), seed), uniform_symbols(size.tokens(), seed + 100)};
}

}  // namespace narrowfp_test
