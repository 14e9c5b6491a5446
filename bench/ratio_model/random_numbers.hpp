// SPDX-License-Identifier: Apache-2.0
// The random numbers of the ratio model: Philox words as a function of (seed, stream, draw, place, purpose). The key of
// Philox is (seed, stream), its counter (draw, place, purpose, 0), so no two uses under one key share a word and no result
// depends on the order of evaluation.
#pragma once

#include <narrowfp/round/philox.hpp>

#include "support/normal_numbers.hpp"

#include <cmath>
#include <cstdint>

namespace narrowfp::bench::ratio_model {

enum class purpose : std::uint32_t {
    start = 1,
    proposal,
    acceptance,
    prediction,
    extrapolation,
    permutation,
    simulation
};

struct random_key {
    std::uint32_t seed = 1;
    std::uint32_t stream = 0;

    constexpr philox_block block(purpose use, std::uint64_t draw, std::uint32_t place = 0) const {
        return philox4x32({static_cast<std::uint32_t>(draw), place, static_cast<std::uint32_t>(use),
                           static_cast<std::uint32_t>(draw >> 32)},
                          {seed, stream});
    }
};

// Degrees of freedom of the residuals. Chi-square with 4 degrees is -2 ln(u1 u2) for two uniform numbers.
inline constexpr int degrees_of_freedom = 4;

// sqrt(4 / chi-square): a normal number times it has Student's t distribution with 4 degrees of freedom.
inline double t_factor(std::uint32_t word_1, std::uint32_t word_2) {
    return std::sqrt(degrees_of_freedom / (-2 * fixed_log(unit_number(word_1) * unit_number(word_2))));
}

}  // namespace narrowfp::bench::ratio_model
