// SPDX-License-Identifier: Apache-2.0
// The experiment's random numbers: Philox words as a function of (seed, noise key, purpose, step, tensor, index). The key
// of Philox is (seed, noise key), its counter (index / 4, step, tensor, purpose), so no two uses share a word.
#pragma once

#include <narrowfp/round/philox.hpp>

#include "train/model/scalar_math.hpp"

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

// Four independent standard normal numbers by Box and Muller; words of 32 bits in the middle of their interval.
inline std::array<double, 4> normals(const philox_block& words) {
    std::array<double, 4> out{};
    for (std::size_t pair = 0; pair < 2; ++pair) {
        constexpr double two_pi = 0x1.921fb54442d18p+2;
        const double u = (words[2 * pair] + 0.5) * 0x1p-32;
        const double v = (words[2 * pair + 1] + 0.5) * 0x1p-32;
        const double radius = std::sqrt(-2 * fixed_log(u));
        out[2 * pair] = radius * fixed_cos(two_pi * v);
        out[2 * pair + 1] = radius * fixed_sin(two_pi * v);
    }
    return out;
}

}  // namespace narrowfp::bench::train
