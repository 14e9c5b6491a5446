// SPDX-License-Identifier: Apache-2.0
// Scales from an amax: exponents at and beside every power of two and every multiple of the largest element, clamps,
// zero; FP32 factors and divisors with their guards.
#include <narrowfp/quant/scale_rule.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp;
using namespace narrowfp_test;

namespace {

const any_format elements[] = {e4m3fn, e5m2, e3m2fn, e2m3fn, e2m1fn, hif8};

int clamped(int e) { return e < -127 ? -127 : (e > 127 ? 127 : e); }

// The smallest e with x <= 2^e, by comparison.
int ceil_log2(const oracle::dyadic& x) {
    int e = -300;
    while (oracle::compare_magnitudes(x, oracle::power_of_two(e)) > 0) {
        ++e;
    }
    return e;
}

// The largest e with 2^e <= x.
int floor_by_comparison(const oracle::dyadic& x) {
    int e = -300;
    while (oracle::compare_magnitudes(oracle::power_of_two(e + 1), x) <= 0) {
        ++e;
    }
    return e;
}

// fl32(a * b) of the oracle.
float product_f32(float a, float b) {
    return oracle::to_float(oracle::to_exact(oracle::product(oracle::exact_value_of(a), oracle::exact_value_of(b))));
}

// The exponent that a threshold rule gives: that of floor, and one more where amax is beyond `threshold` times the power
// of two below it (or at it, if `inclusive`). All by comparison of exact numbers.
int by_threshold(float amax, int emax, const oracle::dyadic& threshold, bool inclusive) {
    const int below = floor_by_comparison(oracle::exact_value_of(amax));
    oracle::dyadic limit = threshold;
    limit.exponent += below;
    const auto order = oracle::compare_magnitudes(oracle::exact_value_of(amax), limit);
    return clamped(below - emax + (order > 0 || (inclusive && order == 0) ? 1 : 0));
}

struct element_facts {
    any_format format;
    int emax;
    int fraction_bits;
    float middle;  // (max / 2^emax + 2) / 2
};

// By hand: max 448 = 1.75 * 2^8, 57344 = 1.75 * 2^15, 28 = 1.75 * 2^4, 7.5 = 1.875 * 2^2, 6 = 1.5 * 2^2.
const element_facts facts[] = {{e4m3fn, 8, 3, 1.875f},  {e5m2, 15, 2, 1.875f}, {e3m2fn, 4, 2, 1.875f},
                               {e2m3fn, 2, 3, 1.9375f}, {e2m1fn, 2, 1, 1.75f}, {mxint8, 0, 6, 1.9921875f}};

}  // namespace

TEST_CASE("ceil and the threshold rules at and beside every power of two and every threshold") {
    tally t("threshold rules");
    for (const element_facts& f : facts) {
        const float even = 2.0f - std::ldexp(1.0f, -(f.fraction_bits + 1));
        for (int k = -149; k <= 127; ++k) {
            for (const float significand : {1.0f, 1.5f, 1.75f, even, f.middle}) {
                const float centre = std::ldexp(significand, k);
                for (const float amax : {std::nextafter(centre, 0.0f), centre, std::nextafter(centre, HUGE_VALF)}) {
                    if (!std::isfinite(amax) || amax == 0.0f) {
                        continue;
                    }
                    const auto text = [&] {
                        return std::string(name_of(f.format)) + " amax 0x" + hex(std::bit_cast<std::uint32_t>(amax));
                    };
                    const auto found = [&](scale_rule rule) { return power_of_two_exponent(amax, f.format, rule); };
                    t.expect(found(scale_rule::ceil) == clamped(ceil_log2(oracle::exact_value_of(amax)) - f.emax),
                             text);
                    t.expect(found(scale_rule::even) == by_threshold(amax, f.emax, oracle::exact_value_of(even), true),
                             text);
                    t.expect(found(scale_rule::midmax) ==
                                 by_threshold(amax, f.emax, oracle::exact_value_of(f.middle), false),
                             text);
                    t.expect(found(scale_rule::three_quarters) ==
                                 by_threshold(amax, f.emax, oracle::exact_value_of(1.75f), true),
                             text);
                }
            }
        }
    }
    t.finish();
}

TEST_CASE("the worked exponents of the threshold rules") {
    // e4m3fn: 2^8 scaled to 1. even adds 2^-4 of the binade and cuts: 1.9375 * 2^8 = 496. midmax: (448 + 512) / 2 = 480.
    const auto exponent = [](float amax, scale_rule rule) { return power_of_two_exponent(amax, e4m3fn, rule); };
    CHECK(exponent(496.0f, scale_rule::even) == 1);
    CHECK(exponent(495.0f, scale_rule::even) == 0);
    CHECK(exponent(480.0f, scale_rule::midmax) == 0);
    CHECK(exponent(481.0f, scale_rule::midmax) == 1);
    CHECK(exponent(448.0f, scale_rule::three_quarters) == 1);
    CHECK(exponent(447.0f, scale_rule::three_quarters) == 0);
    CHECK(exponent(256.0f, scale_rule::ceil) == 0);
    CHECK(exponent(257.0f, scale_rule::ceil) == 1);
    // For e2m1fn even and three_quarters are the same rule, and midmax differs from them only at 7 = (6 + 8) / 2 itself.
    CHECK(power_of_two_exponent(7.0f, e2m1fn, scale_rule::even) == 1);
    CHECK(power_of_two_exponent(7.0f, e2m1fn, scale_rule::three_quarters) == 1);
    CHECK(power_of_two_exponent(7.0f, e2m1fn, scale_rule::midmax) == 0);
}

TEST_CASE("floor and rceil at and beside every power of two and every multiple of the largest element") {
    tally t("scale exponents");
    for (const any_format& element : elements) {
        const float largest = max_finite(element);
        const int emax = floor_by_comparison(oracle::exact_value_of(largest));
        for (int k = -149; k <= 127; ++k) {
            for (const float centre : {std::ldexp(1.0f, k), std::ldexp(largest, k)}) {
                for (const float amax : {std::nextafter(centre, 0.0f), centre, std::nextafter(centre, HUGE_VALF)}) {
                    if (!std::isfinite(amax) || amax == 0.0f) {
                        continue;
                    }
                    const auto text = [&] {
                        return std::string(name_of(element)) + " amax 0x" + hex(std::bit_cast<std::uint32_t>(amax));
                    };
                    const int floor_e = clamped(floor_by_comparison(oracle::exact_value_of(amax)) - emax);
                    t.expect(power_of_two_exponent(amax, element, scale_rule::floor) == floor_e, text);
                    // 1 / max in FP32: max is at most 5 bits wide, so the double quotient rounds innocuously.
                    const auto reciprocal = static_cast<float>(1.0 / static_cast<double>(largest));
                    const float ratio = product_f32(amax, reciprocal);
                    const int up = ratio == 0.0f ? -127 : clamped(ceil_log2(oracle::exact_value_of(ratio)));
                    t.expect(power_of_two_exponent(amax, element, scale_rule::rceil) == up, text);
                }
            }
        }
    }
    t.finish();
}

TEST_CASE("the worked exponents of the rules for e4m3fn") {
    const any_format f = e4m3fn;  // max 448, emax 8
    const float above = std::nextafter(448.0f, HUGE_VALF);
    const float below = std::nextafter(448.0f, 0.0f);
    CHECK(power_of_two_exponent(448.0f, f, scale_rule::floor) == 0);
    CHECK(power_of_two_exponent(511.0f, f, scale_rule::floor) ==
          0);  // elements above 448 clip: the rule's known defect
    CHECK(power_of_two_exponent(512.0f, f, scale_rule::floor) == 1);
    CHECK(power_of_two_exponent(std::nextafter(512.0f, 0.0f), f, scale_rule::floor) == 0);
    CHECK(power_of_two_exponent(255.0f, f, scale_rule::floor) == -1);
    CHECK(power_of_two_exponent(448.0f, f, scale_rule::rceil) == 0);
    CHECK(power_of_two_exponent(below, f, scale_rule::rceil) == 0);
    CHECK(power_of_two_exponent(above, f, scale_rule::rceil) == 1);
    CHECK(power_of_two_exponent(896.0f, f, scale_rule::rceil) == 1);
    CHECK(power_of_two_exponent(224.0f, f, scale_rule::rceil) == -1);
    CHECK(power_of_two_exponent(6.0f, e2m1fn, scale_rule::rceil) == 0);
    CHECK(power_of_two_exponent(6.0f, e2m1fn, scale_rule::floor) == 0);
    CHECK(power_of_two_exponent(4.0f, e2m1fn, scale_rule::floor) == 0);
}

TEST_CASE("scale exponents are clamped to the range of E8M0 and zero blocks get the lowest") {
    for (const scale_rule rule : {scale_rule::floor, scale_rule::rceil}) {
        CHECK(power_of_two_exponent(0.0f, e4m3fn, rule) == -127);
        CHECK(power_of_two_exponent(0x1p-149f, e4m3fn, rule) == -127);
        CHECK(power_of_two_exponent(0x1p-126f, e4m3fn, rule) == -127);
        CHECK(power_of_two_exponent(std::numeric_limits<float>::max(), e4m3fn, rule) <= 120);
    }
    CHECK(power_of_two_exponent(std::numeric_limits<float>::max(), e2m1fn, scale_rule::floor) == 125);
    CHECK(power_of_two_exponent(std::numeric_limits<float>::max(), e2m1fn, scale_rule::rceil) == 126);
    CHECK(name_of(scale_rule::floor) == "floor");
    CHECK(name_of(scale_rule::rceil) == "rceil");
}

TEST_CASE("factors and divisors of FP32 scales") {
    const scaling multiplier{.method = scale_method::multiplier};
    const scaling divisor{.method = scale_method::divisor, .amax_floor = 1e-4f};
    const float largest_float = std::numeric_limits<float>::max();
    CHECK(float_scale_of(448.0f, e4m3fn, multiplier).apply == 1.0f);
    CHECK(float_scale_of(1.0f, e4m3fn, multiplier).apply == 448.0f);
    CHECK(float_scale_of(1.0f, e4m3fn, multiplier).restore == 1.0f / 448.0f);
    CHECK(float_scale_of(3.0f, e5m2, multiplier).apply == 57344.0f / 3.0f);
    CHECK(float_scale_of(3.0f, e5m2, multiplier).restore == 1.0f / (57344.0f / 3.0f));
    CHECK(float_scale_of(0.0f, e4m3fn, multiplier).apply == 1.0f);
    CHECK(float_scale_of(0.0f, e4m3fn, multiplier).restore == 1.0f);
    CHECK(float_scale_of(0x1p-149f, e4m3fn, multiplier).apply == largest_float);  // 448 * 2^149 is beyond FP32
    CHECK(float_scale_of(0.0f, e4m3fn, {.method = scale_method::multiplier, .amax_floor = 1e-12f}).apply ==
          448.0f / 1e-12f);
    CHECK(float_scale_of(7.0f, e4m3fn, divisor).apply == 7.0f / 448.0f);
    CHECK(float_scale_of(7.0f, e4m3fn, divisor).restore == 7.0f / 448.0f);
    CHECK(float_scale_of(1e-6f, e4m3fn, divisor).apply == 1e-4f / 448.0f);
    CHECK(float_scale_of(0.0f, e4m3fn, divisor).restore == 1e-4f / 448.0f);
    CHECK(float_scale_of(0.0f, e4m3fn, {.method = scale_method::divisor}).apply == 1.0f);
    CHECK(scale_format(scaling{.method = scale_method::power_of_two}) == e8m0fnu);
    CHECK(scale_format(multiplier) == f32);
    CHECK(scale_format(divisor) == f32);
    CHECK(scale_format(scaling{.method = scale_method::divisor, .round_to_power = true}) == e8m0fnu);
    CHECK(scale_format(scaling{.method = scale_method::multiplier, .round_to_power = true}) == f32);
    CHECK(scale_format(scaling{.method = scale_method::two_level}) == e4m3fn);
}

TEST_CASE("FP32 products and quotients round once") {
    tally t("fl32 products and quotients");
    random_bits random(run_seed());
    for (int i = 0; i < 200000; ++i) {
        const float a = random.finite(-126, 127);
        const float b = random.finite(-126, 127);
        t.expect(std::bit_cast<std::uint32_t>(multiply_f32(a, b)) == std::bit_cast<std::uint32_t>(product_f32(a, b)),
                 [&] { return "product of " + std::to_string(a) + " and " + std::to_string(b) + reproducer(); });
        // A correctly rounded quotient q has |a - q b| <= |a - q' b| for both neighbours q'.
        const float q = divide_f32(a, b);
        if (std::fabs(q) > 0x1p-126f && std::fabs(q) < 0x1p127f) {
            const auto residual = [&](float candidate) {
                return oracle::absolute(
                    oracle::subtract(oracle::to_exact(oracle::exact_value_of(a)),
                                     oracle::multiply(oracle::to_exact(oracle::exact_value_of(candidate)),
                                                      oracle::to_exact(oracle::exact_value_of(b)))));
            };
            if (i % 16 == 0) {
                const auto here = residual(q);
                t.expect(
                    oracle::compare(here, residual(std::nextafter(q, HUGE_VALF))) <= 0 &&
                        oracle::compare(here, residual(std::nextafter(q, -HUGE_VALF))) <= 0,
                    [&] { return "quotient of " + std::to_string(a) + " and " + std::to_string(b) + reproducer(); });
            }
        }
    }
    t.finish();
}
