// SPDX-License-Identifier: Apache-2.0
// HiFloat8 by table. Its rounding, ties away, asks for at most four bits below the leading one, so the upper half of a
// float decides, with what is below marked in its last bit (round to odd): 2^16 entries, made by `project` itself.
// On AVX-512 there is no table of elements but of binades: half of the last place is added to the upper half of a float, and
// 64 entries tell the first code of a binade and how far its fraction goes to the right.
#pragma once

#include <narrowfp/base/target_attributes.hpp>
#include <narrowfp/round/project.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace narrowfp::kernel {

// Entry: code, and above it one bit for each event in the order of event_counts from `inexact` on. Made at the first call
// for an overflow mode (some milliseconds).
const std::uint16_t* tapered_table(overflow_mode overflow);

// The index of a float.
constexpr std::size_t tapered_index(std::uint32_t bits) { return bits >> 16 | ((bits & 0xFFFF) != 0 ? 1u : 0u); }

// Counts of up to 255 elements side by side in bytes; entry of tapered_table to summand.
constexpr std::uint64_t spread_events(std::uint16_t entry) {
    // Bit i of the upper byte to bit 0 of byte i: 7 copies at distance 7 put bit i at 8 i.
    return (static_cast<std::uint64_t>(entry >> 8) * 0x0002040810204081) & 0x0001010101010101;
}
event_counts gather_events(std::uint64_t sum, std::size_t elements);

// out[i] = in[i] as a code, by the table alone.
template <class Code>
event_counts convert_by_table(const std::uint16_t* table, const float* in, Code* out, std::size_t count) {
    event_counts counts;
    constexpr std::size_t most = 255;  // what a byte counts
    for (std::size_t first = 0; first < count; first += most) {
        const std::size_t last = first + most < count ? first + most : count;
        std::uint64_t events = 0;
        for (std::size_t i = first; i < last; ++i) {
            const std::uint16_t entry = table[tapered_index(std::bit_cast<std::uint32_t>(in[i]))];
            out[i] = static_cast<Code>(entry & 0xFF);
            events += spread_events(entry);
        }
        counts += gather_events(events, last - first);
    }
    return counts;
}

#if NARROWFP_X86_KERNELS
// The same on AVX-512. `table` serves what overflows, is infinite or NaN. `stream` as in narrow.hpp.
event_counts convert_tapered_avx512(const std::uint16_t* table, const float* in, std::uint8_t* out, std::size_t count,
                                    bool stream);
#endif

}  // namespace narrowfp::kernel
