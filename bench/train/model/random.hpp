// SPDX-License-Identifier: Apache-2.0
// The experiment's random numbers: Philox words as a function of (seed, noise key, purpose, step, tensor, index). The key
// of Philox is (seed, noise key), its counter (index / 4, step, tensor, purpose), so no two uses share a word.
#pragma once

#include <narrowfp/round/philox.hpp>

#include "support/normal_numbers.hpp"

namespace narrowfp::bench::train {

enum class purpose : std::uint32_t { first_weights = 1, batches, noise, stochastic_rounding };

struct random_key {
    std::uint32_t seed = 0;
    std::uint32_t noise_key = 0;
    purpose use = purpose::first_weights;
    std::uint32_t step = 0;
    std::uint32_t tensor = 0;

    constexpr philox_block block(std::uint32_t index) const {
        return philox4x32({index, step, tensor, static_cast<std::uint32_t>(use)}, {seed, noise_key});
    }
};

}  // namespace narrowfp::bench::train
