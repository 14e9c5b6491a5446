// SPDX-License-Identifier: Apache-2.0
// float to bfloat16 and binary16, ties to even, on AVX-512: the integer addition that rounds at bit 16, and the
// processor's own conversion (VCVTPS2PH, which keeps subnormal numbers). What overflows, is infinite or NaN is done by the
// lanes of lanes.hpp.
#pragma once

#include <narrowfp/round/kernel/kernels.hpp>

namespace narrowfp::kernel {

enum class half_kind : std::uint8_t { none, bfloat16, binary16 };

// Which of the two a format is under this rule, `none` if it has no such path.
half_kind half_kind_of(const any_format& format, const rounding_rule& rule);

#if NARROWFP_X86_KERNELS
// out[i] = in[i] as a code of 16 bits. `lanes` are the constants of the format. The counts, or only `elements` without
// count_events. `stream`: stores go past the caches, which the caller puts in order (converter.hpp, finish). Expects
// the default environment.
event_counts convert_half_avx512(half_kind kind, const lane_constants& lanes, const float* in, std::uint16_t* out,
                                 std::size_t count, bool count_events, bool stream);
#endif

}  // namespace narrowfp::kernel
