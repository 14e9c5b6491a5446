// SPDX-License-Identifier: Apache-2.0
// Published facts about conversions, and the mistakes that other implementations have made, as fixed numbers.
#include <narrowfp/format.hpp>
#include <narrowfp/round/construct.hpp>
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

using namespace narrowfp;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <const auto& F>
unsigned code(double x, overflow_mode overflow = overflow_mode::none) {
    return round_to<F>(x, default_rounding(F), overflow).bits();
}

}  // namespace

TEST_CASE("E4M3 names at least six formats with different limits") {
    std::set<float> limits;
    for (const any_format& f : {any_format{e4m3fn}, any_format{e4m3ieee}, any_format{e4m3fnuz}, any_format{e4m3b11fnuz},
                                any_format{binary8p4se}, any_format{binary8p4sf}}) {
        limits.insert(max_finite(f));
    }
    CHECK(limits == std::set<float>{30, 224, 240, 448});
    CHECK(max_finite(e3m4ieee) == 15.5f);
    CHECK(max_finite(e3m4fn) == 30.0f);
}

TEST_CASE("Binary8p1uf is not E8M0") {
    CHECK(binary8p1uf.bias == 128);
    CHECK(binary8p1uf.decode(0x00).is_zero());
    CHECK(decode_float(binary8p1uf, 0x80) == 1.0f);
    CHECK(decode_float(e8m0fnu, 0x80) == 2.0f);
    CHECK(max_finite(binary8p1uf) == 0x1p126f);
}

TEST_CASE("bfloat16 with and without subnormals") {
    CHECK(code<bf16>(0x1p-127) == 0x0040);
    CHECK(code<bf16ftz>(0x1p-127) == 0x0000);
    CHECK(code<bf16ftz>(-0x1.fffffcp-127) == 0x8000);  // flushed before it could round to 2^-126
    CHECK(code<bf16>(-0x1.fffffcp-127) == 0x8080);
    CHECK(code<bf16ftz>(0x1p-126) == 0x0080);
    CHECK(decode(bf16ftz, 0x807F) == real::make_zero(true));
    CHECK(decode_float(bf16, 0x007F) == 0x1.fcp-127f);
    CHECK(project(bf16ftz, to_real(0x1p-130), rounding::toward_positive, overflow_mode::none).code == 0);
    CHECK(project(bf16ftz, to_real(0x1p-130), rounding::toward_positive, overflow_mode::none).underflowed);
}

TEST_CASE("TF32 is a binary32 pattern whose low 13 bits are zero and are ignored") {
    CHECK(code<tf32>(1.0) == 0x3F800000U);
    CHECK(code<tf32>(1.0 + 0x1p-10) == 0x3F802000U);
    CHECK(decode_float(tf32, 0x3F801FFF) == 1.0f);  // a matrix unit fed raw FP32 truncates
    CHECK(decode_float(tf32, 0x00002000) == 0x1p-136f);
    CHECK(code<tf32>(1.0 + 0x1p-11) == 0x3F800000U);      // a tie, to even
    CHECK(code<tf32>(1.0 + 3 * 0x1p-11) == 0x3F804000U);  // the next tie
    CHECK(project(tf32, to_real(1.0f + 0x1p-11f), rounding::ties_to_away, overflow_mode::none).code == 0x3F802000U);
    CHECK(project(tf32, to_real(1.0f + 0x1.ffcp-11f), rounding::toward_zero, overflow_mode::none).code == 0x3F800000U);
    CHECK(project(tf32, to_real(1.0f + 0x1p-12f), rounding::to_odd, overflow_mode::none).code == 0x3F802000U);
    // From double in one rounding: a detour through float makes a tie of it and then goes to even.
    CHECK(code<tf32>(1.0 + 0x1p-11 + 0x1p-40) == 0x3F802000U);
    CHECK(code<tf32>(double{static_cast<float>(1.0 + 0x1p-11 + 0x1p-40)}) == 0x3F800000U);
}

TEST_CASE("rounding comes before the overflow test") {
    CHECK(code<e4m3fn>(464.0) == 0x7E);
    CHECK(code<e4m3fn>(std::nextafter(464.0, infinity)) == 0x7F);
    CHECK(code<e4m3fn>(-464.0) == 0xFE);
    CHECK(code<e4m3fn>(-465.0) == 0xFF);
    CHECK(code<e5m2>(std::nextafter(61440.0, 0.0)) == 0x7B);
    CHECK(code<e5m2>(61440.0) == 0x7C);
    CHECK(code<e5m2>(57344.5) == 0x7B);
    CHECK(code<e5m2>(61440.0, overflow_mode::saturate_finite) == 0x7B);
    CHECK(code<hif8>(40960.0) == 0x6F);
    CHECK(code<hif8>(std::nextafter(40960.0, 0.0)) == 0x6E);
    CHECK(code<hif8>(40960.0, overflow_mode::saturate_finite) == 0x6E);
}

TEST_CASE("the published table of overflow results") {
    const auto none = overflow_mode::none;
    const auto finite = overflow_mode::saturate_finite;
    const auto propagate = overflow_mode::saturate_propagate;
    CHECK(code<e4m3fn>(1e9, none) == 0x7F);
    CHECK(code<e4m3fn>(1e9, finite) == 0x7E);
    CHECK(code<e4m3fn>(infinity, none) == 0x7F);
    CHECK(code<e4m3fn>(infinity, finite) == 0x7E);
    CHECK(code<e4m3fn>(infinity, propagate) == 0x7F);
    CHECK(code<e5m2>(1e9, none) == 0x7C);
    CHECK(code<e5m2>(1e9, propagate) == 0x7B);
    CHECK(code<e5m2>(-infinity, none) == 0xFC);
    CHECK(code<e5m2>(-infinity, finite) == 0xFB);
    CHECK(code<e5m2>(-infinity, propagate) == 0xFC);
    CHECK(code<e4m3fnuz>(1e9, none) == 0x80);
    CHECK(code<e4m3fnuz>(1e9, finite) == 0x7F);
    CHECK(code<e4m3fnuz>(infinity, none) == 0x80);
    CHECK(code<e4m3fnuz>(infinity, propagate) == 0x80);
    CHECK(code<binary8p4se>(1e9, none) == 0x7F);
    CHECK(code<binary8p4se>(1e9, finite) == 0x7E);
    CHECK(code<binary8p4se>(1e9, propagate) == 0x7E);
    CHECK(code<binary8p4se>(infinity, none) == 0x7F);
    CHECK(code<binary8p4se>(infinity, finite) == 0x7E);
    CHECK(code<binary8p4se>(infinity, propagate) == 0x7F);
    CHECK(code<binary8p4sf>(1e9, none) == 0x7F);
    CHECK(code<binary8p4sf>(infinity, none) == 0x7F);
    CHECK(code<e2m1fn>(-1e9, none) == 0xF);
    CHECK(code<e3m2fn>(infinity, none) == 0x1F);
    CHECK(code<e2m3fn>(-infinity, none) == 0x3F);
}

TEST_CASE("P3109 puts one at code 0x40 and NaN at 0x80 and has no minus zero") {
    CHECK(code<binary8p3se>(1.0) == 0x40);
    CHECK(code<binary8p4se>(1.0) == 0x40);
    CHECK(code<binary8p4sf>(1.0) == 0x40);
    CHECK(code<binary8p3sf>(1.0) == 0x40);
    CHECK(code<binary8p4sf>(-0.0) == 0x00);
    CHECK(value<binary8p4se>::from_bits(0x80).exact().is_nan());
    CHECK(max_finite(binary8p3se) == 49152.0f);
    CHECK(max_finite(binary8p4se) == 224.0f);
}

TEST_CASE("480 is not a value of e4m3fn") {
    // A preset with 4 significant bits and emax 8 but no code for NaN reaches 480 and overflows at 496.
    for (const double x : {480.0, 479.0, 495.9}) {
        CHECK(code<e4m3fn>(x, overflow_mode::saturate_finite) == 0x7E);
        CHECK(code<e4m3fn>(x) == 0x7F);
    }
    for (unsigned c = 0; c < 256; ++c) {
        const float x = float8_e4m3fn::from_bits(static_cast<std::uint8_t>(c));
        CHECK_FALSE(std::fabs(x) > 448.0f);
    }
}

TEST_CASE("double rounding through a wider narrow type is wrong and is not done") {
    const float witness = 1.0625f + 0x1p-13f;
    CHECK(code<e4m3fn>(double{witness}) == 0x39);
    CHECK(float8_e4m3fn(witness).bits() == 0x39);
    CHECK(float8_e4m3fn(float{float16(witness)}).bits() == 0x38);  // what the detour gives
    CHECK(float8_e4m3fn(464.0625f).bits() == 0x7F);
    CHECK(float8_e4m3fn(float{float16(464.0625f)}).bits() == 0x7E);
    CHECK(float{float8_e4m3fn(1.31640625f)} == 1.375f);
    CHECK(float{float8_e4m3fn(float{bfloat16(1.31640625f)})} == 1.25f);
    // From double not through float: 1 + 2^-11 + 2^-40 is above the tie of binary16.
    CHECK(float16(1.0 + 0x1p-11 + 0x1p-40).bits() == 0x3C01);
    CHECK(float16(static_cast<float>(1.0 + 0x1p-11 + 0x1p-40)).bits() == 0x3C00);
    CHECK(bfloat16(1.0 + 0x1p-8 + 0x1p-40).bits() == 0x3F81);
}

TEST_CASE("negating zero in a format without minus zero does not make NaN") {
    CHECK((-float8_e4m3fnuz(0.0f)).bits() == 0x00);
    CHECK((-float8_e5m2fnuz(0.0f)).bits() == 0x00);
    CHECK(float8_e4m3fnuz(-0.0f).bits() == 0x00);
    CHECK(float8_e4m3fnuz(-0x1p-20f).bits() == 0x00);
    CHECK((float8_e4m3fnuz(-1.0f) * float8_e4m3fnuz(0.0f)).bits() == 0x00);
    CHECK(float8_e4m3fnuz::from_bits(0x80).exact().is_nan());
    CHECK((-float8_e8m0fnu(4.0f)).exact().is_nan());
}

TEST_CASE("an FNUZ code of e4m3 is half the value of the same FN code") {
    int compared = 0;
    for (unsigned c = 0; c < 0x7F; ++c) {
        const auto bits = static_cast<std::uint8_t>(c);
        CHECK(2 * float{float8_e4m3fnuz::from_bits(bits)} == float{float8_e4m3fn::from_bits(bits)});
        ++compared;
    }
    CHECK(compared == 127);
}

TEST_CASE("subnormals encode with gradual underflow") {
    for (int m = 1; m <= 7; ++m) {
        CHECK(code<e4m3fn>(m * 0x1p-9) == static_cast<unsigned>(m));
        CHECK(code<e4m3fn>(-m * 0x1p-9) == static_cast<unsigned>(m | 0x80));
    }
    CHECK(code<e4m3fn>(0x1p-10) == 0x00);  // tie with zero, even
    CHECK(code<e4m3fn>(std::nextafter(0x1p-10, 1.0)) == 0x01);
    CHECK(code<e4m3fn>(0x1.8p-9) == 0x02);      // tie between 1 and 2
    CHECK(code<e4m3fn>(7.5 * 0x1p-9) == 0x08);  // tie between the largest subnormal and the smallest normal
    CHECK(code<e4m3fn>(std::nextafter(7.5 * 0x1p-9, 0.0)) == 0x07);
    CHECK(code<e5m2>(0x1p-17) == 0x00);
    CHECK(code<e5m2>(0x1.8p-17) == 0x01);
    CHECK(code<f16>(0x1p-25) == 0x0000);
    CHECK(code<f16>(0x1.004p-25) == 0x0001);
    CHECK(code<bf16>(0x1p-133) == 0x0001);
    CHECK(code<bf16>(-0x1p-134) == 0x8000);
}

TEST_CASE("E8M0 code 0 is 2^-127 and nothing is zero") {
    CHECK(std::bit_cast<std::uint32_t>(float{float8_e8m0fnu::from_bits(0)}) == 0x00400000U);
    CHECK(float{float8_e8m0fnu::from_bits(127)} == 1.0f);
    CHECK(float{float8_e8m0fnu::from_bits(254)} == 0x1p127f);
    CHECK(std::isnan(float{float8_e8m0fnu::from_bits(255)}));
    CHECK(float8_e8m0fnu(0.0f).bits() == 0xFF);
    CHECK(code<e8m0fnu>(0.0, overflow_mode::saturate_finite) == 0x00);
    CHECK(float8_e8m0fnu(1.5f).bits() == 128);  // the even code
    CHECK(float8_e8m0fnu(3.0f).bits() == 128);
    CHECK(float8_e8m0fnu(-2.0f).bits() == 0xFF);
}

TEST_CASE("the smallest positive values of the six bit formats") {
    CHECK(float{float6_e2m3fn::from_bits(1)} == 0.125f);
    CHECK(float{float6_e3m2fn::from_bits(1)} == 0.0625f);
    const float e2m1_values[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
    for (unsigned c = 0; c < 8; ++c) {
        CHECK(float{float4_e2m1fn::from_bits(static_cast<std::uint8_t>(c))} == e2m1_values[c]);
        CHECK(float{float4_e2m1fn::from_bits(static_cast<std::uint8_t>(c | 8))} == -e2m1_values[c]);
    }
}
