// SPDX-License-Identifier: Apache-2.0
// The fast conversion of float to 8-bit floating-point formats on AVX-512 (F, BW, DQ, VL), for the four roundings that
// the processor has. Adding a power of two as large as 2^(23 - fraction bits) times the binade of x rounds x at the
// last place of the format, subnormal results included: in one addition, with no case distinction.
//   c = binade of x, at least that of the smallest normal value      s = c * 2^(23 - f) + x, rounded once
//   the low bits of s are the significand in units of the last place, its exponent field counts binades
// What is beyond the largest value, infinite or NaN shows in the result and is done again by the lanes of lanes.hpp.
#pragma once

#include <narrowfp/round/kernel/kernels.hpp>

#include <cmath>

namespace narrowfp::kernel {

// What happens to an element before it is rounded: one operation in binary32, with the factor of its block.
enum class prescale : std::uint8_t { none, multiply, divide };

struct block_factors {
    prescale how = prescale::none;
    const float* factors = nullptr;
    std::size_t block = SIZE_MAX;  // elements that share a factor, a multiple of 64 unless there is only one
    // Elements from those that are read to those that will be read much later, which it pays to ask for now; or 0.
    std::ptrdiff_t ahead = 0;
};

struct narrow_job {
    // All of it follows from the format.
    float smallest_normal = 0;
    float to_last_place = 0;   // 2^(23 - f)
    std::uint32_t offset = 0;  // (exponent field of smallest_normal * to_last_place) << f
    std::uint32_t max_ordinal = 0;
    float max_value = 0;
    std::uint32_t fraction_bits = 0;
    int code_bits = 0;
    bool has_negative_zero = false;
    // For what needs more care, and for code words in other sizes.
    lane_constants lanes{};
    decode_constants decoding{};
    rounding mode = rounding::ties_to_even;
};

// Whether format and rounding have this path.
bool has_narrow(const any_format& format, const rounding_rule& rule);
// Precondition: has_narrow.
narrow_job narrow_job_of(const any_format& format, rounding mode, overflow_mode overflow);

// Events of finite elements that scaling in binary32 made zero or infinite. Counting scaled elements misses them: they
// underflowed or overflowed, inexactly, and are not infinite inputs. `has_zero`: whether the format has a zero; without
// one, elements that became zero in scaling have already been counted as inexact.
inline void count_lost_by_scaling(const float* in, const float* scaled, std::size_t count, bool has_zero,
                                  event_counts& counts) {
    for (std::size_t i = 0; i < count; ++i) {
        if (scaled[i] == 0.0f && in[i] != 0.0f) {
            counts.underflowed += 1;
            counts.inexact += has_zero ? 1 : 0;
        } else if (std::isinf(scaled[i]) && !std::isinf(in[i])) {
            counts.inexact += 1;
            counts.overflowed += 1;
            counts.infinite -= 1;
        }
    }
}

#if NARROWFP_X86_KERNELS
// out[i] = scaled in[i] as a code of 8 bits. The counts, of elements as given, or only `elements` without count_events.
// `stream`: uses non-temporal stores, which the caller orders with a fence (converter.hpp, finish). Expects the default
// environment.
event_counts convert_narrow_avx512(const narrow_job& job, const float* in, std::uint8_t* out, std::size_t count,
                                   const block_factors& scale, bool count_events, bool stream);
// out[i] = in[i] rounded to the format, as a float. `out` may be `in`.
event_counts round_narrow_avx512(const narrow_job& job, const float* in, float* out, std::size_t count,
                                 bool count_events, bool stream);

// Values of 8-bit codes by table: 256 entries, of which each is a bfloat16 number (upper half of a float).
void decode_8_avx512(const std::uint16_t* table, const std::uint8_t* in, float* out, std::size_t count, bool stream);
#endif

}  // namespace narrowfp::kernel
