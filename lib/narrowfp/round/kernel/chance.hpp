// SPDX-License-Identifier: Apache-2.0
// Stochastic rounding of float to 8-bit floating-point formats on AVX-512, with up to 16 random bits. As in narrow.hpp one
// addition rounds at a binary place, here `bits` places (B of P3109: one more) below the last one of the format, toward
// zero (C: to nearest); the random number is added to the integer that results. Sixteen counters of Philox run side by
// side, eight to a register, and their words are the random numbers in the order of the stream.
#pragma once

#include <narrowfp/round/kernel/narrow.hpp>

namespace narrowfp::kernel {

struct chance_job {
    narrow_job format;  // what follows from the format; format.lanes for what needs more care
    rounding_rule rule;
};

// Whether format and rule have this path.
bool has_chance(const any_format& format, const rounding_rule& rule);
// Precondition: has_chance.
chance_job chance_job_of(const any_format& format, const rounding_rule& rule, overflow_mode overflow);

#if NARROWFP_X86_KERNELS
// out[i] = in[i] as a code of 8 bits, whose random bits are random.bits(first + i, bits). Expects the default environment.
event_counts convert_by_chance_avx512(const chance_job& job, const philox_stream& random, std::uint64_t first,
                                      const float* in, std::uint8_t* out, std::size_t count);
#endif

}  // namespace narrowfp::kernel
