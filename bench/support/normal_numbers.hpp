// SPDX-License-Identifier: Apache-2.0
// Standard normal and uniform numbers from a block of random words, with the same bits on every machine. The block comes
// from Philox (narrowfp/round/philox.hpp): a number is a function of key and counter, no generator has a state.
#pragma once

#include <narrowfp/round/philox.hpp>

#include "support/fixed_math.hpp"

#include <array>

namespace narrowfp::bench {

// A number in (0, 1): the middle of the word's interval of 2^-32.
constexpr double unit_number(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

// Four independent standard normal numbers by Box and Muller; words of 32 bits in the middle of their interval.
inline std::array<double, 4> normals(const philox_block& words) {
    std::array<double, 4> out{};
    for (std::size_t pair = 0; pair < 2; ++pair) {
        constexpr double two_pi = 0x1.921fb54442d18p+2;
        const double u = unit_number(words[2 * pair]);
        const double v = unit_number(words[2 * pair + 1]);
        const double radius = std::sqrt(-2 * fixed_log(u));
        out[2 * pair] = radius * fixed_cos(two_pi * v);
        out[2 * pair + 1] = radius * fixed_sin(two_pi * v);
    }
    return out;
}

}  // namespace narrowfp::bench
