// SPDX-License-Identifier: Apache-2.0
// Stochastic rounding with N random bits: modes StochasticA, B and C of IEEE P3109 v4.0. With nu in [0, 1) the position of
// a magnitude between its neighbours and R uniform on 0 .. 2^N - 1, the magnitude goes to the upper neighbour iff
//   A  floor(nu * 2^N) + R >= 2^N                    probability floor(nu * 2^N) / 2^N: on average 2^-(N+1) too low
//   B  floor(nu * 2^(N+1)) + 2 R + 1 >= 2^(N+1)      probability floor((floor(nu * 2^(N+1)) + 1) / 2) / 2^N
//   C  rint(nu * 2^N) + R >= 2^N, ties to even       probability rint(nu * 2^N) / 2^N
// Values of the format stay what they are. nu is exact (from the whole input, subnormal results included), and overflow is
// decided after the rounding. No generator with a state: R is a function of (seed, tensor, index), see philox.hpp.
#pragma once

#include <narrowfp/format/bracket.hpp>
#include <narrowfp/round/rounding.hpp>

namespace narrowfp::detail {

// Preconditions: rule.is_valid(), rule is stochastic, random < 2^rule.random_bits.
constexpr bool goes_up_by_chance(const bracket& at, const rounding_rule& rule, std::uint32_t random) {
    const int n = rule.random_bits;
    const std::uint64_t whole = std::uint64_t{1} << n;
    const std::uint64_t kept = at.fraction >> (64 - n);  // floor(nu * 2^N)
    switch (rule.mode) {
        case rounding::stochastic_a: return kept + random >= whole;
        case rounding::stochastic_b: return (at.fraction >> (63 - n)) + 2 * std::uint64_t{random} + 1 >= 2 * whole;
        default: break;
    }
    const bracket rest{.lower = 0, .upper = 0, .fraction = at.fraction << n, .sticky = at.sticky};
    const bool up = rest.above_half() || (rest.at_half() && (kept & 1) != 0);
    return kept + (up ? 1 : 0) + random >= whole;
}

}  // namespace narrowfp::detail
