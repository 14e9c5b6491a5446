// SPDX-License-Identifier: Apache-2.0
#include "faults/training_text.hpp"

#include <narrowfp/round/philox.hpp>

namespace narrowfp::bench {

std::vector<std::uint8_t> chain_symbols(std::size_t count, std::uint32_t seed) {
    constexpr std::uint32_t table_stream = 8100;
    constexpr std::uint32_t choice_stream = 8101;
    constexpr std::uint32_t symbols = 64;
    const philox_stream table{seed, table_stream};
    const philox_stream choice{seed, choice_stream};
    std::vector<std::uint8_t> out(count);
    std::uint32_t before = 0;
    std::uint32_t last = 0;
    for (std::size_t n = 0; n < count; ++n) {
        const std::uint32_t draw = choice.word(n);
        const std::uint32_t follower = draw % 8 < 4 ? 0 : draw % 8 < 6 ? 1 : draw % 8 - 4;  // 1/2, 1/4, 1/8, 1/8
        const std::uint32_t next = table.word((before * symbols + last) * 4 + follower) % symbols;
        before = last;
        last = next;
        out[n] = static_cast<std::uint8_t>(next);
    }
    return out;
}

}  // namespace narrowfp::bench
