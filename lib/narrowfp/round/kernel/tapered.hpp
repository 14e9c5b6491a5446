// SPDX-License-Identifier: Apache-2.0
// HiFloat8 by table. Its rounding, ties away, asks for at most four bits below the leading one, so the upper half of a
// float decides, with what is below marked in its last bit (round to odd): 2^16 entries, made by `project` itself.
#pragma once

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

}  // namespace narrowfp::kernel
