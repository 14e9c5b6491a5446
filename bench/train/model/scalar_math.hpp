// SPDX-License-Identifier: Apache-2.0
// Elementary functions whose bits do not depend on target, compiler or C library: polynomials and tables of operations
// that IEEE 754 defines (add, multiply, divide, square root, fused multiply-add), in a fixed order. Largest errors, found
// by the tests against the C library's FP64 functions and rounded up: exp_of(float) 1 ulp, fixed_exp 2, fixed_log 3,
// fixed_sin and fixed_cos 2 ulp of 1 for |x| < 1e4. For other scalars (double, dual numbers in tests) the overloads go to
// the C library or the type's own functions: those models are references, not reproduced bit for bit.
#pragma once

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

// e^x in FP64 for |x| < 700.
inline double fixed_exp(double x) {
    const double n = std::floor(std::fma(x, 0x1.71547652b82fep+0, 0.5));                          // log2 e
    const double r = std::fma(-n, 0x1.abc9e3b39803fp-56, std::fma(-n, 0x1.62e42fefa39efp-1, x));  // ln 2 in two parts
    double p = 1.0;
    for (int i = 14; i > 0; --i) {  // Taylor, innermost first
        p = std::fma(p, r / i, 1.0);
    }
    return std::ldexp(p, static_cast<int>(n));
}

// ln x for positive normal x: x = 2^n m, ln m = 2 atanh((m - 1) / (m + 1)) with m in [sqrt(1/2), sqrt(2)).
inline double fixed_log(double x) {
    int n = 0;
    double m = std::frexp(x, &n);
    if (m < 0x1.6a09e667f3bcdp-1) {  // sqrt(1/2)
        m *= 2;
        --n;
    }
    const double s = (m - 1) / (m + 1);
    const double z = s * s;
    double p = 0;
    for (int i = 23; i >= 3; i -= 2) {  // z < 0.0295: the first term left out is below 2^-60
        p = std::fma(p, z, 1.0 / i);
    }
    p = std::fma(2 * s * z, p, 2 * s);
    return std::fma(n, 0x1.62e42fefa39efp-1, std::fma(n, 0x1.abc9e3b39803fp-56, p));
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

namespace detail {

// sin r and cos r for |r| <= pi/4, Taylor.
inline double sin_near_zero(double r) {
    const double z = r * r;
    double p = 1.0;
    for (int i = 17; i > 1; i -= 2) {
        p = std::fma(p, -z / (i * (i - 1)), 1.0);
    }
    return r * p;
}
inline double cos_near_zero(double r) {
    const double z = r * r;
    double p = 1.0;
    for (int i = 18; i > 0; i -= 2) {
        p = std::fma(p, -z / (i * (i - 1)), 1.0);
    }
    return p;
}

}  // namespace detail

// sin of x + quarters * pi/2.
inline double fixed_sin(double x, int quarters = 0) {
    const double n = std::floor(std::fma(x, 0x1.45f306dc9c883p-1, 0.5));                          // 2 / pi
    const double r = std::fma(-n, 0x1.1a62633145c07p-54, std::fma(-n, 0x1.921fb54442d18p+0, x));  // pi/2 in two parts
    const int k = static_cast<int>(static_cast<std::int64_t>(n) & 3) + quarters;
    const double magnitude = (k & 1) != 0 ? detail::cos_near_zero(r) : detail::sin_near_zero(r);
    return (k & 2) != 0 ? -magnitude : magnitude;
}
inline double fixed_cos(double x) { return fixed_sin(x, 1); }

}  // namespace narrowfp::bench::train
