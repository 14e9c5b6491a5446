// SPDX-License-Identifier: Apache-2.0
// Randomness as a function: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC'11). The word at an index follows from (key, index) alone, so the order of evaluation and the number of threads have
// no influence. No state, no distribution.
#pragma once

#include <narrowfp/base/config.hpp>

#include <array>
#include <cstdint>

namespace narrowfp {

using philox_block = std::array<std::uint32_t, 4>;

// Ten rounds of Philox4x32 on a 128-bit counter under a 64-bit key.
constexpr philox_block philox4x32(philox_block counter, std::array<std::uint32_t, 2> key) {
    constexpr std::uint64_t multiplier_0 = 0xD2511F53;  // SC'11, table 2
    constexpr std::uint64_t multiplier_1 = 0xCD9E8D57;
    constexpr std::uint32_t weyl_0 = 0x9E3779B9;  // golden ratio
    constexpr std::uint32_t weyl_1 = 0xBB67AE85;  // sqrt(3) - 1
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = multiplier_0 * counter[0];
        const std::uint64_t p1 = multiplier_1 * counter[2];
        counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
                   static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
        key[0] += weyl_0;
        key[1] += weyl_1;
    }
    return counter;
}

// The stream of 32-bit words of one tensor under one seed.
struct philox_stream {
    std::uint32_t seed = 0;
    std::uint32_t tensor = 0;

    // Word `index`: word index mod 4 of block index / 4.
    constexpr std::uint32_t word(std::uint64_t index) const {
        const std::uint64_t block = index / 4;
        const philox_block out = philox4x32(
            {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0}, {seed, tensor});
        return out[index % 4];
    }

    // `count` random bits for element `index`, 1 <= count <= 32: the low bits of a word of its own (count > 16), of half a
    // word (count > 8) or of a byte, the lower ones first. A block so serves 4, 8 or 16 elements: block index / 4, / 8, / 16.
    constexpr std::uint32_t bits(std::uint64_t index, int count) const {
        const int log2_share = count > 16 ? 0 : (count > 8 ? 1 : 2);  // elements that share a word
        const auto place = static_cast<int>(index & ((1u << log2_share) - 1));
        return word(index >> log2_share) >> (place * (32 >> log2_share)) & ~std::uint32_t{0} >> (32 - count);
    }
};

}  // namespace narrowfp
