// SPDX-License-Identifier: Apache-2.0
// Round a number to narrow formats, look at its code, and choose what happens beyond the largest value.
#include <narrowfp/format.hpp>

#include <cstdio>

int main() {
    using namespace narrowfp;

    const float8_e4m3fn x(0.3f);  // rounded to nearest, ties to even; explicit, because it may change the value
    std::printf("0.3 in e4m3fn is %g, code 0x%02x\n", double{x}, unsigned{x.bits()});
    std::printf("0.3 in bf16   is %g, code 0x%04x\n", double{bfloat16(0.3f)}, unsigned{bfloat16(0.3f).bits()});

    // Rounding comes first: 464 is a tie, and 448 is even. Only above 464 does the overflow mode decide.
    for (const float big : {464.0f, 465.0f}) {
        const auto none = round_to<e4m3fn>(big, rounding::ties_to_even, overflow_mode::none);
        const auto saturated = round_to<e4m3fn>(big, rounding::ties_to_even, overflow_mode::saturate_finite);
        std::printf("%g in e4m3fn: none %g, saturate_finite %g\n", double{big}, double{none}, double{saturated});
    }

    // Arithmetic is the exact result rounded once.
    const float8_e4m3fn sum = float8_e4m3fn(240) + float8_e4m3fn(10);
    std::printf("240 + 10 in e4m3fn is %g\n", double{sum});
}

// Output:
// 0.3 in e4m3fn is 0.3125, code 0x2a
// 0.3 in bf16   is 0.300781, code 0x3e9a
// 464 in e4m3fn: none 448, saturate_finite 448
// 465 in e4m3fn: none nan, saturate_finite 448
// 240 + 10 in e4m3fn is 256
