// SPDX-License-Identifier: Apache-2.0
// Elementary functions of the decoder's scalars. For float they are built from operations that IEEE 754 defines, in a fixed
// order (exp_of here, within 1 ulp; log_of from support/fixed_math.hpp), so their bits do not depend on target, compiler or
// C library. For other scalars (double, dual numbers in tests) the overloads go to the C library or the type's own
// functions: those models are references, not reproduced bit for bit.
#pragma once

#include "support/fixed_math.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace narrowfp::bench::train {

// a b + c, fused where the scalar has it.
inline float multiply_add(float a, float b, float c) { return std::fma(a, b, c); }
inline double multiply_add(double a, double b, double c) { return std::fma(a, b, c); }
template <class T>
T multiply_add(const T& a, const T& b, const T& c) {
    return a * b + c;
}

// e^x. Below -87.3, where results would become subnormal, 0; NaN stays NaN. Branch-free, so that loops vectorise.
inline float exp_of(float x) {
    constexpr float log2_e = 1.44269504f;
    constexpr float ln2_high = 0.693359375f;    // ln 2 to 9 bits: n times it is exact
    constexpr float ln2_low = -2.12194440e-4f;  // ln 2 - ln2_high
    constexpr float to_integer = 12582912.0f;   // 1.5 * 2^23: adding it rounds to an integer in the low bits
    constexpr float largest = 88.72284f;        // ln of the largest float, rounded up
    constexpr float smallest = -87.3f;
    const float inside = x < smallest ? smallest : (x > largest ? largest : x);
    const float shifted = inside * log2_e + to_integer;
    const float n = shifted - to_integer;
    const float r = std::fma(-n, ln2_low, std::fma(-n, ln2_high, inside));
    // e^r on |r| <= ln(2)/2: Taylor to r^7, whose remainder is below 2^-28.
    float p = 1.0f / 5040;
    p = std::fma(p, r, 1.0f / 720);
    p = std::fma(p, r, 1.0f / 120);
    p = std::fma(p, r, 1.0f / 24);
    p = std::fma(p, r, 1.0f / 6);
    p = std::fma(p, r, 0.5f);
    p = std::fma(p, r, 1.0f);
    p = std::fma(p, r, 1.0f);
    const std::int32_t k = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(to_integer);
    const std::int32_t half = k >> 1;  // in two factors, since 2^128 is not a float
    const float a = std::bit_cast<float>((half + 127) << 23);
    const float b = std::bit_cast<float>((k - half + 127) << 23);
    const float y = p * a * b;
    return x < smallest ? 0.0f : (x > largest ? std::numeric_limits<float>::infinity() : y);
}
inline double exp_of(double x) { return std::exp(x); }
template <class T>
T exp_of(const T& x) {
    return exp(x);
}

inline float log_of(float x) { return static_cast<float>(fixed_log(double{x})); }
inline double log_of(double x) { return std::log(x); }
template <class T>
T log_of(const T& x) {
    return log(x);
}

inline float sqrt_of(float x) { return std::sqrt(x); }  // correctly rounded, as IEEE 754 has it
inline double sqrt_of(double x) { return std::sqrt(x); }
template <class T>
T sqrt_of(const T& x) {
    return sqrt(x);
}

}  // namespace narrowfp::bench::train
