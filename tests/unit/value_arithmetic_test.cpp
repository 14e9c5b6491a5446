// SPDX-License-Identifier: Apache-2.0
// + - * / of value types for every pair of codes, against the exact result rounded once by the oracle. A quotient is
// rounded by comparing |a| with threshold * |b|, so that nothing is ever divided.
#include <narrowfp/format/types.hpp>
#include <narrowfp/round/construct.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
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

// Numbers of more than 64 bits: the leading 33 to 64 and, for all below, one more bit that is set. No breakpoint of a format
// of 8 bits has so many significant bits, so this number lies on the same side of each as the exact one.
oracle::dyadic to_dyadic(const oracle::exact_value& x) {
    if (x.limbs.size() <= 2) {
        oracle::dyadic d{x.negative, 0, x.exponent};
        for (std::size_t i = 0; i < x.limbs.size(); ++i) {
            d.significand |= std::uint64_t{x.limbs[i]} << (32 * i);
        }
        return d;
    }
    const std::size_t top = x.limbs.size() - 1;
    const std::uint64_t leading = std::uint64_t{x.limbs[top]} << 32 | x.limbs[top - 1];
    // x is odd, so something was cut off: as 2 * leading + 1 in units of half, if that fits, else with the last bit set.
    const int exponent = x.exponent + 32 * static_cast<int>(top - 1);
    return leading >> 63 == 0 ? oracle::dyadic{x.negative, 2 * leading + 1, exponent - 1}
                              : oracle::dyadic{x.negative, leading | 1, exponent};
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

// The operators of one value type on codes, so that one checker serves all formats.
struct operators {
    narrowfp::any_format format;
    using binary = std::uint32_t (*)(std::uint32_t, std::uint32_t);
    binary plus, minus, times, over;
};

template <const auto& F>
narrowfp::value<F> of(std::uint32_t code) {
    return narrowfp::value<F>::from_bits(static_cast<narrowfp::code_type<F>>(code));
}

template <const auto& F>
operators operators_of() {
    return {F, [](std::uint32_t a, std::uint32_t b) { return std::uint32_t{(of<F>(a) + of<F>(b)).bits()}; },
            [](std::uint32_t a, std::uint32_t b) { return std::uint32_t{(of<F>(a) - of<F>(b)).bits()}; },
            [](std::uint32_t a, std::uint32_t b) { return std::uint32_t{(of<F>(a) * of<F>(b)).bits()}; },
            [](std::uint32_t a, std::uint32_t b) { return std::uint32_t{(of<F>(a) / of<F>(b)).bits()}; }};
}

// What the quotient x / y is, if it is decided by the classes of x and y; none if both are finite and y is not zero.
std::optional<exact_result> special_quotient(const oracle::format& f, const oracle::code_value& x,
                                             const oracle::code_value& y) {
    const bool x_infinite = x.kind == oracle::value_class::infinite;
    const bool y_infinite = y.kind == oracle::value_class::infinite;
    const bool negative = x.value.negative != y.value.negative;
    if ((x_infinite && y_infinite) || (!x_infinite && !y_infinite && x.value.is_zero() && y.value.is_zero())) {
        return exact_result{};
    }
    if (!y_infinite && y.value.is_zero()) {  // P3109: NaN where zero has no sign; else as in IEEE 754
        return f.has_negative_zero ? infinity(negative) : exact_result{};
    }
    if (x_infinite) {
        return infinity(negative);
    }
    if (y_infinite) {
        return exact_result{result_kind::finite, {negative, 0, 0}};
    }
    return std::nullopt;
}

// + - * / of every pair of codes. Returns the number of results compared.
std::uint64_t check_all_pairs(const operators& op, tally& t) {
    const oracle::format& f = oracle_of(op.format);
    const projection p{narrowfp::default_rounding(op.format), narrowfp::overflow_mode::none};
    const oracle::step_function steps = oracle::breakpoints(f, to_oracle(p.mode), to_oracle(p.overflow));
    const auto code_of = [&](const exact_result& exact) {
        switch (exact.kind) {
            case result_kind::nan: return oracle::round_nan(f, false);
            case result_kind::infinity: return oracle::round_infinity(f, exact.value.negative, to_oracle(p.overflow));
            case result_kind::finite: break;
        }
        return oracle::lookup_exact(steps, exact.value);
    };
    std::uint64_t compared = 0;
    const std::uint32_t codes = std::uint32_t{1} << f.width;
    for (std::uint32_t i = 0; i < codes; ++i) {
        for (std::uint32_t j = 0; j < codes; ++j) {
            const auto expect = [&](const char* operation, std::uint32_t found, std::uint32_t expected) {
                ++compared;
                t.expect(found == expected, [&] {
                    return f.name + ": code " + hex(i, 2) + " " + operation + " code " + hex(j, 2) + ": found code " +
                           hex(found, 2) + ", expected " + hex(expected, 2);
                });
            };
            const oracle::code_value x = oracle::value_of(f, i);
            const oracle::code_value y = oracle::value_of(f, j);
            const bool nan = x.kind == oracle::value_class::not_a_number || y.kind == oracle::value_class::not_a_number;
            oracle::code_value minus_y = y;
            minus_y.value.negative = !minus_y.value.negative;
            expect("+", op.plus(i, j), code_of(nan ? exact_result{} : exact_sum_of(x, y)));
            expect("-", op.minus(i, j), code_of(nan ? exact_result{} : exact_sum_of(x, minus_y)));
            expect("*", op.times(i, j), code_of(nan ? exact_result{} : exact_product_of(x, y)));
            const std::optional<exact_result> special = nan ? exact_result{} : special_quotient(f, x, y);
            expect("/", op.over(i, j), special ? code_of(*special) : rounded_quotient(steps, x.value, y.value));
        }
    }
    return compared;
}

using namespace narrowfp;  // the formats

// Those of IEEE P3109 with 8 bits that the catalogue does not have as objects.
#define NARROWFP_P3109(name) inline constexpr float_format name = p3109_format(#name)
NARROWFP_P3109(binary8p1se);
NARROWFP_P3109(binary8p1sf);
NARROWFP_P3109(binary8p1ue);
NARROWFP_P3109(binary8p2se);
NARROWFP_P3109(binary8p2sf);
NARROWFP_P3109(binary8p2ue);
NARROWFP_P3109(binary8p2uf);
NARROWFP_P3109(binary8p3ue);
NARROWFP_P3109(binary8p3uf);
NARROWFP_P3109(binary8p4ue);
NARROWFP_P3109(binary8p4uf);
NARROWFP_P3109(binary8p5se);
NARROWFP_P3109(binary8p5sf);
NARROWFP_P3109(binary8p5ue);
NARROWFP_P3109(binary8p5uf);
NARROWFP_P3109(binary8p6se);
NARROWFP_P3109(binary8p6sf);
NARROWFP_P3109(binary8p6ue);
NARROWFP_P3109(binary8p6uf);
NARROWFP_P3109(binary8p7se);
NARROWFP_P3109(binary8p7sf);
NARROWFP_P3109(binary8p7ue);
NARROWFP_P3109(binary8p7uf);
NARROWFP_P3109(binary8p8ue);
NARROWFP_P3109(binary8p8uf);
#undef NARROWFP_P3109

}  // namespace

TEST_CASE("arithmetic for all pairs of codes of every format of up to 8 bits") {
    const std::vector<operators> all{
        operators_of<e4m3fn>(),      operators_of<e5m2>(),        operators_of<e4m3ieee>(),
        operators_of<e3m4ieee>(),    operators_of<e3m4fn>(),      operators_of<e4m3fnuz>(),
        operators_of<e5m2fnuz>(),    operators_of<e4m3b11fnuz>(), operators_of<hif8>(),
        operators_of<e8m0fnu>(),     operators_of<e3m2fn>(),      operators_of<e2m3fn>(),
        operators_of<e2m1fn>(),      operators_of<int8>(),        operators_of<mxint8>(),
        operators_of<binary4p2sf>(), operators_of<binary8p1se>(), operators_of<binary8p1sf>(),
        operators_of<binary8p1ue>(), operators_of<binary8p1uf>(), operators_of<binary8p2se>(),
        operators_of<binary8p2sf>(), operators_of<binary8p2ue>(), operators_of<binary8p2uf>(),
        operators_of<binary8p3se>(), operators_of<binary8p3sf>(), operators_of<binary8p3ue>(),
        operators_of<binary8p3uf>(), operators_of<binary8p4se>(), operators_of<binary8p4sf>(),
        operators_of<binary8p4ue>(), operators_of<binary8p4uf>(), operators_of<binary8p5se>(),
        operators_of<binary8p5sf>(), operators_of<binary8p5ue>(), operators_of<binary8p5uf>(),
        operators_of<binary8p6se>(), operators_of<binary8p6sf>(), operators_of<binary8p6ue>(),
        operators_of<binary8p6uf>(), operators_of<binary8p7se>(), operators_of<binary8p7sf>(),
        operators_of<binary8p7ue>(), operators_of<binary8p7uf>(), operators_of<binary8p8ue>(),
        operators_of<binary8p8uf>()};
    tally t("arithmetic of all pairs");
    std::size_t of_8_bits = 0;
    for (const operators& op : all) {
        const std::uint64_t pairs = std::uint64_t{1} << (2 * code_bits_of(op.format));
        CHECK(check_all_pairs(op, t) == 4 * pairs);
        of_8_bits += code_bits_of(op.format) == 8 ? 1U : 0U;
    }
    // None is left out: every format that conversions are proven for.
    std::size_t expected = 0;
    for (const any_format& format : formats_to_prove()) {
        expected += code_bits_of(format) == 8 ? 1U : 0U;
    }
    CHECK(of_8_bits == expected);
    MESSAGE(of_8_bits << " formats of 8 bits");
    t.finish();
}

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
