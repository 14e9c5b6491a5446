// SPDX-License-Identifier: Apache-2.0
// Runs a part of a test under a setting of MXCSR that a caller might have left: flushing of subnormal numbers, another
// rounding mode. On other processors than x86 there are no settings, and nothing changes.
#pragma once

#include <doctest/doctest.h>

#include <array>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace narrowfp_test {

#if defined(__SSE2__)

inline constexpr unsigned default_setting = 0x1F80;  // all exceptions masked, to nearest
inline constexpr unsigned control_bits = 0xFFC0;     // without the six sticky flags
inline constexpr unsigned flush_to_zero = 0x8000;
inline constexpr unsigned denormals_are_zero = 0x0040;
inline constexpr unsigned round_down = 0x2000;
inline constexpr unsigned round_up = 0x4000;
inline constexpr unsigned round_toward_zero = 0x6000;
inline constexpr unsigned hostile_settings[] = {default_setting | flush_to_zero | denormals_are_zero | round_up,
                                                default_setting | flush_to_zero | denormals_are_zero,
                                                default_setting | denormals_are_zero | round_down,
                                                default_setting | round_toward_zero};

// Runs `work` under a setting; not inlined, so that nothing moves across the change.
template <class Work>
__attribute__((noinline)) auto under(unsigned setting, const Work& work) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(setting);
    asm volatile("" ::: "memory");
    auto result = work();
    asm volatile("" ::: "memory");
    const unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    CHECK((after & control_bits) == (setting & control_bits));
    return result;
}

#else

inline constexpr std::array<unsigned, 0> hostile_settings{};

template <class Work>
auto under(unsigned, const Work& work) {
    return work();
}

#endif

}  // namespace narrowfp_test
