// SPDX-License-Identifier: Apache-2.0
// Value types: codes in and out, conversions, comparisons, negation; everything also at compile time.
#include <narrowfp/format.hpp>
#include <narrowfp/round/construct.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "support/bridge.hpp"

using namespace narrowfp;
using narrowfp_test::tally;

namespace {

template <class Value>
void check_type(tally& t) {
    static_assert(std::is_trivially_copyable_v<Value> && std::is_standard_layout_v<Value>);
    static_assert(sizeof(Value) == sizeof(typename Value::bits_type));
    static_assert(std::is_convertible_v<Value, float>);   // exact, hence implicit
    static_assert(!std::is_convertible_v<float, Value>);  // rounds, hence explicit
    static_assert(!std::is_convertible_v<double, Value>);
    static_assert(std::is_constructible_v<Value, float> && std::is_constructible_v<Value, double>);
    static_assert(Value{}.bits() == 0);
    const std::uint64_t codes = std::uint64_t{1} << (Value::format.code_bits() > 16 ? 16 : Value::format.code_bits());
    for (std::uint64_t code = 0; code < codes; ++code) {
        const auto v = Value::from_bits(static_cast<typename Value::bits_type>(code));
        const float x = v;
        t.expect(v.bits() == code, [&] { return "bits of " + std::to_string(code); });
        t.expect(std::isnan(x) ? v.exact().is_nan() : Value(x).bits() == code && Value(double{x}).bits() == code,
                 [&] { return std::string(Value::format.name) + " float round trip of code " + std::to_string(code); });
        // Comparison is that of the floats: NaN is unordered, zeros are equal.
        t.expect(
            (v == v) == !std::isnan(x) && (v != v) == std::isnan(x) && !(v < v) && (v <= v) == !std::isnan(x),
            [&] { return std::string(Value::format.name) + " compared with itself, code " + std::to_string(code); });
        // Negation changes the sign bit of what has a twin and nothing else.
        const auto negated = -v;
        if (std::isnan(x)) {
            t.expect(negated.exact().is_nan(), [&] { return "negated NaN, code " + std::to_string(code); });
        } else if (Value::format.is_signed && !(x == 0 && !Value::format.has_negative_zero)) {
            t.expect(negated.bits() == (code ^ Value::format.sign_mask()),
                     [&] { return std::string(Value::format.name) + " negation of code " + std::to_string(code); });
        } else {
            t.expect(Value::format.is_signed ? negated.bits() == 0
                                             : negated.exact().is_nan() || Value::format.nan_code(false) == 0,
                     [&] { return std::string(Value::format.name) + " negation of code " + std::to_string(code); });
        }
    }
}

}  // namespace

TEST_CASE("value types hold every code and convert exactly") {
    tally t("codes of value types");
    check_type<float8_e4m3fn>(t);
    check_type<float8_e5m2>(t);
    check_type<float8_e4m3ieee>(t);
    check_type<float8_e3m4ieee>(t);
    check_type<float8_e4m3fnuz>(t);
    check_type<float8_e5m2fnuz>(t);
    check_type<float8_e4m3b11fnuz>(t);
    check_type<value<binary8p3se>>(t);
    check_type<value<binary8p4se>>(t);
    check_type<value<binary8p3sf>>(t);
    check_type<value<binary8p4sf>>(t);
    check_type<hifloat8>(t);
    check_type<float8_e8m0fnu>(t);
    check_type<float6_e3m2fn>(t);
    check_type<float6_e2m3fn>(t);
    check_type<float4_e2m1fn>(t);
    check_type<bfloat16>(t);
    check_type<float16>(t);
    check_type<float32>(t);
    t.finish();
}

TEST_CASE("formats with equal fields stay distinct types") {
    CHECK_FALSE(std::is_same_v<value<e4m3fnuz>, value<binary8p4sf>>);
    CHECK_FALSE(std::is_convertible_v<float8_e4m3fn, float8_e5m2>);
    CHECK(sizeof(float8_e4m3fn) == 1);
    CHECK(sizeof(bfloat16) == 2);
    CHECK(sizeof(float32) == 4);
}

TEST_CASE("NaN is unordered and minus zero equals zero") {
    const auto nan = float8_e4m3fn::from_bits(0x7F);
    const float8_e4m3fn one(1.0f);
    CHECK_FALSE(nan == nan);
    CHECK(nan != nan);
    CHECK_FALSE(nan < one);
    CHECK_FALSE(nan > one);
    CHECK((nan <=> one) == std::partial_ordering::unordered);
    const auto minus_zero = float8_e4m3fn::from_bits(0x80);
    CHECK(minus_zero == float8_e4m3fn{});
    CHECK((minus_zero <=> float8_e4m3fn{}) == std::partial_ordering::equivalent);
    CHECK(std::signbit(float{minus_zero}));
    CHECK(-one < one);
    CHECK(float8_e5m2::from_bits(0xFC) < float8_e5m2::from_bits(0xFB));  // -infinity < -57344
}

TEST_CASE("negation of zero and NaN without a twin changes nothing") {
    CHECK((-float8_e4m3fnuz{}).bits() == 0x00);
    CHECK((-float8_e4m3fnuz::from_bits(0x80)).bits() == 0x80);
    CHECK((-value<binary8p4sf>{}).bits() == 0x00);
    CHECK((-hifloat8{}).bits() == 0x00);
    CHECK((-hifloat8::from_bits(0x80)).bits() == 0x80);
    CHECK((-float8_e4m3fn{}).bits() == 0x80);
    CHECK((-float8_e4m3fn::from_bits(0x7F)).bits() == 0xFF);
    CHECK((-float8_e5m2::from_bits(0x7C)).bits() == 0xFC);
    CHECK((-float8_e8m0fnu(1.0f)).bits() == 0xFF);  // unsigned: NaN
}

TEST_CASE("construction is the default rounding with overflow none") {
    CHECK(float8_e4m3fn(464.0f).bits() == 0x7E);
    CHECK(float8_e4m3fn(464.0625f).bits() == 0x7F);
    CHECK(float8_e4m3fn(-0.0f).bits() == 0x80);
    CHECK(float8_e4m3fnuz(-0.0f).bits() == 0x00);
    CHECK(float8_e5m2(61440.0f).bits() == 0x7C);
    CHECK(float4_e2m1fn(1e30f).bits() == 0x7);
    CHECK(float4_e2m1fn(std::numeric_limits<float>::quiet_NaN()).bits() == 0x7);
    CHECK(float8_e4m3fn(std::bit_cast<float>(0xFFC00000U)).bits() == 0xFF);  // NaN keeps its sign
    CHECK(float8_e4m3fn(std::bit_cast<float>(0x7F800001U)).bits() == 0x7F);  // also a signalling one
    CHECK(bfloat16(1.00390625f).bits() == 0x3F80);                           // 1 + 2^-8: tie to even
    CHECK(bfloat16(1.01171875f).bits() == 0x3F82);                           // 1 + 3 * 2^-8: tie to even
    // A double goes straight to the format: 1 + 2^-4 + 2^-40 is above the tie that a float would make of it.
    CHECK(float8_e4m3fn(1.0625 + 0x1p-40).bits() == 0x39);
    CHECK(float8_e4m3fn(static_cast<float>(1.0625 + 0x1p-40)).bits() == 0x38);
}

TEST_CASE("policies in the type of the call") {
    CHECK(round_to<e4m3fn>(1.0625f, rounding::ties_to_away, overflow_mode::none).bits() == 0x39);
    CHECK(round_to<e4m3fn>(1.07, rounding::toward_zero, overflow_mode::none).bits() == 0x38);
    CHECK(round_to<e4m3fn>(1000.0f, rounding::ties_to_even, overflow_mode::saturate_finite).bits() == 0x7E);
    CHECK(round_to<e4m3fn>(1000.0f, rounding::toward_zero, overflow_mode::none).bits() == 0x7E);
    CHECK(round_to<e5m2>(HUGE_VALF, rounding::ties_to_even, overflow_mode::saturate_propagate).bits() == 0x7C);
    CHECK_THROWS_WITH_AS(round_to<hif8>(1.0f, rounding::ties_to_even, overflow_mode::none),
                         "hif8 does not define rounding ties_to_even; it defines ties_to_away and stochastic rounding",
                         std::invalid_argument);
    CHECK(round_to<hif8>(18.0f, rounding::ties_to_away, overflow_mode::none).bits() == 0x41);
}

TEST_CASE("values are constant expressions") {
    static_assert(float8_e4m3fn(1.0f).bits() == 0x38);
    static_assert(float{float8_e4m3fn::from_bits(0x7E)} == 448.0f);
    static_assert((float8_e4m3fn(1.5f) + float8_e4m3fn(0.25f)).bits() == float8_e4m3fn(1.75f).bits());
    static_assert(float8_e4m3fn(2.0f) * float8_e4m3fn(3.0f) == float8_e4m3fn(6.0f));
    static_assert(float8_e5m2(1.0f) / float8_e5m2(4.0f) == float8_e5m2(0.25f));
    static_assert(-float8_e4m3fnuz{} == float8_e4m3fnuz{});
    static_assert(float8_e4m3fn(1.0f) < float8_e4m3fn(1.125f));
    static_assert(round_to<hif8>(1e6, rounding::ties_to_away, overflow_mode::saturate_finite).bits() == 0x6E);
    CHECK(true);  // the compiler has checked them
}
