// SPDX-License-Identifier: Apache-2.0
// Elementary functions in FP64 whose bits do not depend on target, compiler or C library: polynomials of operations that
// IEEE 754 defines (add, multiply, divide, fused multiply-add), in a fixed order. Largest errors, found by the tests
// against the C library and rounded up: fixed_exp 2 ulp, fixed_log 3 ulp, fixed_sin and fixed_cos 2 ulp of 1 for
// |x| < 1e4. No special values: arguments outside the stated ranges give meaningless results.
#pragma once

#include <cmath>
#include <cstdint>

namespace narrowfp::bench {

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

}  // namespace narrowfp::bench
