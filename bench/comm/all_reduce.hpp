// SPDX-License-Identifier: Apache-2.0
// Sums over ranks in a narrow format, by algorithm. What travels is always the codes of a wire format; sums are FP32, so
// the algorithms differ in how often a partial sum is rounded on its way:
//   ring                once for each hop: size - 1 times for the longest way, and once for the result
//   recursive_doubling  once for each of log2(size) rounds
//   two_step            each contribution once (all-to-all, sum in FP32 in the order of ranks), and the result once
// Every rank ends with the same bits.
#pragma once

#include "comm/wire_format.hpp"

#include <array>
#include <span>
#include <string_view>

namespace narrowfp::bench {

enum class reduction : std::uint8_t { ring, recursive_doubling, two_step };

struct reduction_info {
    reduction id;
    std::string_view name;
    std::string_view summary;
};

inline constexpr std::array<reduction_info, 3> reductions{{
    {reduction::ring, "ring", "reduce-scatter and all-gather on a ring"},
    {reduction::recursive_doubling, "recursive_doubling", "whole vectors with partners at distance 1, 2, 4"},
    {reduction::two_step, "two_step", "all-to-all, FP32 sum, all-gather"},
}};

// recursive_doubling is defined for powers of two.
bool is_defined(reduction how, int ranks);

// The sum over ranks of `x`, element by element, as the format rounds it. Throws std::invalid_argument where the algorithm is
// not defined.
void all_reduce(transport& net, const wire_format& format, reduction how, std::span<float> x);

// `parts` of all ranks, in their order, as each decodes them from the wire. All ranks give the same number.
void all_gather(transport& net, const wire_format& format, std::span<const float> part, std::span<float> all);

// Payload that one rank sends, in bytes, by closed form: what a counter must find. Chunks are those of chunk_of.
std::uint64_t all_reduce_bytes(const wire_format& format, reduction how, std::size_t numbers, int ranks, int rank);
std::uint64_t all_gather_bytes(const wire_format& format, std::size_t part, int ranks);

// The part of a vector that belongs to a rank: whole tiles of scales, spread evenly.
struct chunk {
    std::size_t first = 0;
    std::size_t count = 0;
};
chunk chunk_of(std::size_t numbers, int ranks, int rank);

}  // namespace narrowfp::bench
