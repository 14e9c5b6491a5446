// SPDX-License-Identifier: Apache-2.0
// + - * / of value types for every pair of codes, against the exact result rounded once by the oracle. A quotient is
// rounded by comparing |a| with threshold * |b|, so that nothing is ever divided.
#include <narrowfp/round/construct.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp_test;

namespace {

enum class result_kind { nan, infinity, finite };

struct exact_result {
    result_kind kind = result_kind::nan;
    oracle::dyadic value;  // its sign is that of an infinity, too
};

oracle::dyadic to_dyadic(const oracle::exact_value& x) {
    oracle::dyadic d{x.negative, 0, x.exponent};
    REQUIRE(x.limbs.size() <= 2);
    for (std::size_t i = 0; i < x.limbs.size(); ++i) {
        d.significand |= std::uint64_t{x.limbs[i]} << (32 * i);
    }
    return d;
}

exact_result infinity(bool negative) { return {result_kind::infinity, {negative, 0, 0}}; }

exact_result exact_sum_of(const oracle::code_value& a, const oracle::code_value& b) {
    const bool a_infinite = a.kind == oracle::value_class::infinite;
    const bool b_infinite = b.kind == oracle::value_class::infinite;
    if (a_infinite || b_infinite) {
        if (a_infinite && b_infinite && a.value.negative != b.value.negative) {
            return {};
        }
        return infinity(a_infinite ? a.value.negative : b.value.negative);
    }
    oracle::dyadic sum = to_dyadic(add(oracle::to_exact(a.value), oracle::to_exact(b.value)));
    if (sum.is_zero()) {  // -0 only from two of them (IEEE 754, 6.3)
        sum.negative = a.value.is_zero() && b.value.is_zero() && a.value.negative && b.value.negative;
    }
    return {result_kind::finite, sum};
}

exact_result exact_product_of(const oracle::code_value& a, const oracle::code_value& b) {
    const bool negative = a.value.negative != b.value.negative;
    if (a.kind == oracle::value_class::infinite || b.kind == oracle::value_class::infinite) {
        const bool zero = (a.kind == oracle::value_class::finite && a.value.is_zero()) ||
                          (b.kind == oracle::value_class::finite && b.value.is_zero());
        return zero ? exact_result{} : infinity(negative);
    }
    oracle::dyadic p = oracle::product(a.value, b.value);
    p.negative = negative;
    return {result_kind::finite, p};
}

// The code of the quotient a / b of finite numbers, b not zero.
std::uint32_t rounded_quotient(const oracle::step_function& steps, const oracle::dyadic& a, const oracle::dyadic& b) {
    const oracle::half_line& half = a.negative != b.negative ? steps.negative : steps.positive;
    const auto after =
        std::partition_point(half.breaks.begin(), half.breaks.end(), [&](const oracle::breakpoint& point) {
            const auto side = oracle::compare_magnitudes(a, oracle::product(point.at, b));
            return side > 0 || (side == 0 && point.at_belongs_to_upper);
        });
    return half.codes[static_cast<std::size_t>(after - half.breaks.begin())];
}

template <const auto& F>
void check_all_pairs() {
    using V = narrowfp::value<F>;
    const narrowfp::any_format format = F;
    const oracle::format& f = oracle_of(format);
    const projection p{narrowfp::default_rounding(F), narrowfp::overflow_mode::none};
    const oracle::step_function steps = oracle::breakpoints(f, to_oracle(p.mode), to_oracle(p.overflow));
    tally t("arithmetic of " + f.name);
    const auto expect = [&](const char* operation, std::uint32_t a, std::uint32_t b, V found,
                            const exact_result& exact) {
        const auto describe = [&] {
            return "code " + hex(a, 2) + " " + operation + " code " + hex(b, 2) + ": found code " +
                   hex(found.bits(), 2);
        };
        switch (exact.kind) {
            case result_kind::nan: t.expect(found.bits() == oracle::round_nan(f, false), describe); break;
            case result_kind::infinity:
                t.expect(found.bits() == oracle::round_infinity(f, exact.value.negative, to_oracle(p.overflow)),
                         describe);
                break;
            case result_kind::finite:
                t.expect(found.bits() == oracle::lookup_exact(steps, exact.value), describe);
                break;
        }
    };
    for (std::uint32_t i = 0; i < 256; ++i) {
        for (std::uint32_t j = 0; j < 256; ++j) {
            const V a = V::from_bits(static_cast<std::uint8_t>(i));
            const V b = V::from_bits(static_cast<std::uint8_t>(j));
            const oracle::code_value x = oracle::value_of(f, i);
            const oracle::code_value y = oracle::value_of(f, j);
            const bool nan = x.kind == oracle::value_class::not_a_number || y.kind == oracle::value_class::not_a_number;
            oracle::code_value minus_y = y;
            minus_y.value.negative = !minus_y.value.negative;
            expect("+", i, j, a + b, nan ? exact_result{} : exact_sum_of(x, y));
            expect("-", i, j, a - b, nan ? exact_result{} : exact_sum_of(x, minus_y));
            expect("*", i, j, a * b, nan ? exact_result{} : exact_product_of(x, y));
            const bool x_infinite = x.kind == oracle::value_class::infinite;
            const bool y_infinite = y.kind == oracle::value_class::infinite;
            const bool negative = x.value.negative != y.value.negative;
            const V quotient = a / b;
            if (nan || (x_infinite && y_infinite) ||
                (!x_infinite && !y_infinite && x.value.is_zero() && y.value.is_zero())) {
                expect("/", i, j, quotient, {});
            } else if (!y_infinite && y.value.is_zero()) {  // P3109: NaN where zero has no sign; else as in IEEE 754
                expect("/", i, j, quotient, f.has_negative_zero ? infinity(negative) : exact_result{});
            } else if (x_infinite) {
                expect("/", i, j, quotient, infinity(negative));
            } else if (y_infinite) {
                expect("/", i, j, quotient, {result_kind::finite, {negative, 0, 0}});
            } else {
                const std::uint32_t code = rounded_quotient(steps, x.value, y.value);
                t.expect(quotient.bits() == code, [&] {
                    return "code " + hex(i, 2) + " / code " + hex(j, 2) + ": found " + hex(quotient.bits(), 2) +
                           ", expected " + hex(code, 2);
                });
            }
        }
    }
    t.finish();
}

}  // namespace

TEST_CASE("e4m3fn arithmetic for all pairs") { check_all_pairs<narrowfp::e4m3fn>(); }
TEST_CASE("e5m2 arithmetic for all pairs") { check_all_pairs<narrowfp::e5m2>(); }
TEST_CASE("hif8 arithmetic for all pairs") { check_all_pairs<narrowfp::hif8>(); }
TEST_CASE("e4m3fnuz arithmetic for all pairs") { check_all_pairs<narrowfp::e4m3fnuz>(); }
TEST_CASE("binary8p4sf arithmetic for all pairs") { check_all_pairs<narrowfp::binary8p4sf>(); }

// Sums of 16- and 32-bit formats need more than the oracle's 64 bits; here a double holds what float does not.
TEST_CASE("16 and 32 bit arithmetic rounds once") {
    using narrowfp::bfloat16;
    using narrowfp::float16;
    using narrowfp::float32;
    CHECK((bfloat16(256.0f) + bfloat16(1.0f)).bits() == bfloat16(256.0f).bits());        // 257, a tie, to even
    CHECK((bfloat16(258.0f) + bfloat16(1.0f)).bits() == bfloat16(260.0f).bits());        // 259, a tie, to even
    CHECK((bfloat16(256.0f) + bfloat16(1.0078125f)).bits() == bfloat16(258.0f).bits());  // above the tie
    CHECK((bfloat16(0x1p-70f) * bfloat16(0x1p-63f)).bits() == 0x0001);                   // 2^-133, subnormal
    CHECK((bfloat16(0x1p-70f) * bfloat16(0x1p-64f)).bits() == 0x0000);                   // 2^-134, a tie with zero
    CHECK((bfloat16(0x1.8p-70f) * bfloat16(0x1p-64f)).bits() == 0x0001);
    CHECK((float16(1.0f) / float16(3.0f)).bits() == 0x3555);
    CHECK((float16(65504.0f) + float16(16.0f)).bits() == 0x7C00);
    CHECK((float16(65504.0f) + float16(15.0f)).bits() == 0x7BFF);
    CHECK(float{float32(1.0f) / float32(3.0f)} == 1.0f / 3.0f);
    CHECK(float{float32(0x1p-149f) * float32(0.5f)} == 0.0f);
    CHECK(float{float32(0x1p-149f) * float32(1.5f)} == 0x1p-148f);  // a tie, to even
}
