// SPDX-License-Identifier: Apache-2.0
// Symbols for training runs that are hit by faults: a chain in which each symbol is drawn from a few that may follow the
// last two, so that there is something to learn and nothing to download. A function of (seed, index).
#pragma once

#include "train/model/batch.hpp"

#include <cstdint>
#include <vector>

namespace narrowfp::bench {

// `count` symbols below 64. After each pair of symbols one of four follows, the first of them half of the time.
std::vector<std::uint8_t> chain_symbols(std::size_t count, std::uint32_t seed);

// The last tenth validates.
struct chain_text {
    std::vector<std::uint8_t> symbols;
    explicit chain_text(std::uint32_t seed) : symbols(chain_symbols(1 << 16, seed)) {}
    train::token_streams streams() const {
        const std::size_t tenth = symbols.size() / 10;
        return {std::span(symbols).first(symbols.size() - tenth), std::span(symbols).last(tenth)};
    }
};

}  // namespace narrowfp::bench
