// SPDX-License-Identifier: Apache-2.0
// Checks formats, rounding and step functions of the oracles against published numbers and the processor, without the
// library under test. Sums and tensor cores: self_check_arithmetic.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "breakpoints.hpp"
#include "dyadic.hpp"
#include "exact.hpp"
#include "format.hpp"
#include "round.hpp"

using namespace narrowfp_oracle;

namespace {

using codes = std::vector<std::uint32_t>;

constexpr auto even = rounding::ties_to_even;
constexpr auto away = rounding::ties_to_away;
constexpr auto none = overflow::none;
constexpr auto finite_only = overflow::saturate_finite;
constexpr auto propagate = overflow::saturate_propagate;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

double number(const dyadic& value) { return to_double(to_exact(value)); }

double number_of(const char* name, std::uint32_t code) {
    const code_value v = value_of(find_format(name), code);
    REQUIRE(v.kind == value_class::finite);
    return number(v.value);
}

std::uint32_t rounded(const char* name, double x, rounding r = even, overflow o = none) {
    return round(find_format(name), x, r, o);
}

bool equal_values(const dyadic& a, const dyadic& b) { return compare(a, b) == 0 && a.negative == b.negative; }

}  // namespace

TEST_CASE("published limits of the formats") {
    struct row {
        const char* name;
        double max;
        std::uint32_t max_code;
        double min_normal;
        double min_positive;
        std::size_t positive_values;
        codes infinities;
        std::size_t nans;
        bool negative_zero;
    };
    const std::vector<row> rows = {
        {"e4m3fn", 448, 0x7E, 0x1p-6, 0x1p-9, 126, {}, 2, true},
        {"e5m2", 57344, 0x7B, 0x1p-14, 0x1p-16, 123, {0x7C, 0xFC}, 6, true},
        {"e4m3ieee", 240, 0x77, 0x1p-6, 0x1p-9, 119, {0x78, 0xF8}, 14, true},
        {"e3m4ieee", 15.5, 0x6F, 0x1p-2, 0x1p-6, 111, {0x70, 0xF0}, 30, true},
        {"e4m3fnuz", 240, 0x7F, 0x1p-7, 0x1p-10, 127, {}, 1, false},
        {"e5m2fnuz", 57344, 0x7F, 0x1p-15, 0x1p-17, 127, {}, 1, false},
        {"e4m3b11fnuz", 30, 0x7F, 0x1p-10, 0x1p-13, 127, {}, 1, false},
        {"e8m0fnu", 0x1p127, 0xFE, 0x1p-127, 0x1p-127, 255, {}, 1, false},
        {"e2m3fn", 7.5, 0x1F, 1, 0x1p-3, 31, {}, 0, true},
        {"e3m2fn", 28, 0x1F, 0x1p-2, 0x1p-4, 31, {}, 0, true},
        {"e2m1fn", 6, 0x7, 1, 0x1p-1, 7, {}, 0, true},
        {"binary8p3se", 49152, 0x7E, 0x1p-15, 0x1p-17, 126, {0x7F, 0xFF}, 1, false},
        {"binary8p4se", 224, 0x7E, 0x1p-7, 0x1p-10, 126, {0x7F, 0xFF}, 1, false},
        {"binary8p3sf", 57344, 0x7F, 0x1p-15, 0x1p-17, 127, {}, 1, false},
        {"binary8p4sf", 240, 0x7F, 0x1p-7, 0x1p-10, 127, {}, 1, false},
        {"hif8", 0x1p15, 0x6E, 0x1p-15, 0x1p-22, 126, {0x6F, 0xEF}, 1, false},
        {"f16", 65504, 0x7BFF, 0x1p-14, 0x1p-24, 31743, {0x7C00, 0xFC00}, 2046, true},
        {"bf16", (2 - 0x1p-7) * 0x1p127, 0x7F7F, 0x1p-126, 0x1p-133, 32639, {0x7F80, 0xFF80}, 254, true},
        {"binary8p1uf", 0x1p126, 0xFE, 0x1p-127, 0x1p-127, 254, {}, 1, false},
    };
    for (const row& r : rows) {
        CAPTURE(std::string(r.name));
        const format& f = find_format(r.name);
        CHECK(number(f.max_value) == r.max);
        CHECK(f.max_code == r.max_code);
        CHECK(number(power_of_two(f.minimum_exponent)) == r.min_normal);
        const std::size_t zeros = f.has_zero ? 1 : 0;
        CHECK(number(f.magnitudes[zeros].value) == r.min_positive);
        CHECK(f.magnitudes.size() - zeros == r.positive_values);
        codes infinities;
        std::size_t nans = 0;
        bool negative_zero = false;
        for (std::uint32_t code = 0; code < f.codes.size(); ++code) {
            const code_value& v = f.codes[code];
            if (v.kind == value_class::infinite) {
                infinities.push_back(code);
                CHECK(v.value.negative == (code >= f.sign_mask));
            }
            nans += v.kind == value_class::not_a_number ? 1 : 0;
            negative_zero = negative_zero || (v.kind == value_class::finite && v.value.is_zero() && v.value.negative);
        }
        CHECK(infinities == r.infinities);
        CHECK(nans == r.nans);
        CHECK(negative_zero == r.negative_zero);
        CHECK(f.has_negative_zero == r.negative_zero);
    }
    for (const char* name : {"tf32", "f32"}) {
        const format& f = find_format(name);
        CHECK(number(f.max_value) == (2 - std::ldexp(1.0, 1 - f.precision)) * 0x1p127);
        CHECK(number(magnitude_at(f, 1).value) == (f.precision == 11 ? 0x1p-136 : 0x1p-149));
    }
}

TEST_CASE("NaN codes") {
    for (const std::uint32_t code : {0x7FU, 0xFFU}) {
        CHECK(value_of(find_format("e4m3fn"), code).kind == value_class::not_a_number);
    }
    for (const char* name : {"e4m3fnuz", "e5m2fnuz", "e4m3b11fnuz", "binary8p3se", "binary8p4sf", "hif8"}) {
        CHECK(value_of(find_format(name), 0x80).kind == value_class::not_a_number);
        CHECK(rounded(name, nan_value, away) == 0x80);
        CHECK(rounded(name, -nan_value, away) == 0x80);
    }
    CHECK(value_of(find_format("binary8p3ue"), 0xFF).kind == value_class::not_a_number);
    CHECK(value_of(find_format("binary8p3ue"), 0xFE).kind == value_class::infinite);
    CHECK(value_of(find_format("binary8p3uf"), 0xFE).kind == value_class::finite);
    struct row {
        const char* name;
        std::uint32_t positive, negative;
    };
    for (const row& r :
         {row{"e4m3fn", 0x7F, 0xFF}, row{"e5m2", 0x7E, 0xFE}, row{"e4m3ieee", 0x7C, 0xFC}, row{"e3m4ieee", 0x78, 0xF8},
          row{"bf16", 0x7FC0, 0xFFC0}, row{"f16", 0x7E00, 0xFE00}, row{"tf32", 0x7FC00000, 0xFFC00000},
          row{"f32", 0x7FC00000, 0xFFC00000}, row{"e8m0fnu", 0xFF, 0xFF}, row{"e2m1fn", 7, 7},
          row{"e2m3fn", 0x1F, 0x1F}, row{"e3m2fn", 0x1F, 0x1F}, row{"binary8p2uf", 0xFF, 0xFF}}) {
        for (const overflow o : all_overflows) {
            CAPTURE(std::string(r.name));
            CHECK(rounded(r.name, nan_value, even, o) == r.positive);
            CHECK(rounded(r.name, std::copysign(nan_value, -1.0), even, o) == r.negative);
            CHECK(round_float_bits(find_format(r.name), 0xFF800001U, even, o) == r.negative);
        }
    }
}

TEST_CASE("every code of a finite value rounds to itself, the table increases") {
    std::size_t checked = 0;
    for (const std::string& name : format_names()) {
        const format& f = find_format(name);
        CAPTURE(std::string(name));
        for (std::uint32_t code = 0; code < f.codes.size(); ++code) {
            const code_value& v = f.codes[code];
            if (v.kind != value_class::finite || (f.twos_complement && code == f.sign_mask)) {
                continue;  // the lowest integer has no rounding of its own: conversions are symmetric
            }
            if (f.flushes && v.value.is_zero() && (code & ~f.sign_mask) != 0) {
                continue;  // one of many zeros
            }
            for (const rounding r : all_roundings) {
                if (is_defined(f, r)) {
                    REQUIRE(round_exact(f, v.value, r, none) == code);
                    ++checked;
                }
            }
        }
        for (std::size_t rank = 1; rank < f.magnitudes.size(); ++rank) {
            REQUIRE(compare_magnitudes(f.magnitudes[rank - 1].value, f.magnitudes[rank].value) < 0);
            const bool leaves_zeros_out = f.flushes && rank == 1;
            REQUIRE((f.ties_to_away_only || leaves_zeros_out ||
                     f.magnitudes[rank].code == f.magnitudes[rank - 1].code + 1));
        }
        CHECK(compare_magnitudes(f.max_value, f.beyond_max_value) < 0);
    }
    MESSAGE("codes and roundings: " << checked);
}

TEST_CASE("overflow boundary, ties to even") {
    struct row {
        const char* name;
        double boundary;
        std::uint32_t tie;
        std::uint32_t above;
    };
    for (const row& r :
         {row{"e4m3fn", 464, 0x7E, 0x7F}, row{"e5m2", 61440, 0x7C, 0x7C}, row{"e4m3ieee", 248, 0x78, 0x78},
          row{"e3m4ieee", 15.75, 0x70, 0x70}, row{"e4m3fnuz", 248, 0x80, 0x80}, row{"e5m2fnuz", 61440, 0x80, 0x80},
          row{"e4m3b11fnuz", 31, 0x80, 0x80}, row{"binary8p3se", 53248, 0x7E, 0x7F},
          row{"binary8p4se", 232, 0x7E, 0x7F}, row{"binary8p3sf", 61440, 0x7F, 0x7F},
          row{"binary8p4sf", 248, 0x7F, 0x7F}, row{"f16", 65520, 0x7C00, 0x7C00}, row{"e2m1fn", 7, 0x7, 0x7}}) {
        CAPTURE(std::string(r.name));
        const format& f = find_format(r.name);
        CHECK(rounded(r.name, std::nextafter(r.boundary, 0.0)) == f.max_code);
        CHECK(rounded(r.name, r.boundary) == r.tie);
        CHECK(rounded(r.name, std::nextafter(r.boundary, inf)) == r.above);
        CHECK(rounded(r.name, 1e300) == r.above);
        CHECK(rounded(r.name, 1e300, even, finite_only) == f.max_code);
        CHECK(rounded(r.name, -1e300, even, propagate) == (f.max_code | f.sign_mask));
        CHECK(rounded(r.name, inf) == (f.infinity_code ? *f.infinity_code : r.above));
        CHECK(rounded(r.name, inf, even, finite_only) == f.max_code);
        CHECK(rounded(r.name, inf, even, propagate) == (f.infinity_code ? *f.infinity_code : r.above));
        CHECK(rounded(r.name, 1e300, rounding::toward_zero) == f.max_code);
        CHECK(rounded(r.name, 1e300, rounding::toward_negative) == f.max_code);
        CHECK(rounded(r.name, 1e300, rounding::toward_positive) == r.above);
        CHECK(rounded(r.name, -1e300, rounding::toward_positive) == (f.max_code | f.sign_mask));
        CHECK(rounded(r.name, -1e300, rounding::toward_negative) == (r.above | f.sign_mask));
        CHECK(rounded(r.name, 1e300, rounding::to_odd) == (f.max_code % 2 == 1 ? f.max_code : r.above));
        CHECK(rounded(r.name, 0.0) == 0);
        CHECK(rounded(r.name, -0.0) == (f.has_negative_zero ? f.sign_mask : 0));
        CHECK(rounded(r.name, -1e-300) == (f.has_negative_zero ? f.sign_mask : 0));
        CHECK(rounded(r.name, 1e-300, rounding::toward_positive) == 1);
        CHECK(rounded(r.name, -5e-324, rounding::to_odd) == (f.sign_mask | 1));
    }
}

TEST_CASE("facts that shape a specification") {
    CHECK(rounded("e4m3fn", 464) == 0x7E);
    CHECK(rounded("e4m3fn", 464.0625) == 0x7F);
    CHECK(rounded("e4m3fn", -464.0625) == 0xFF);
    CHECK(rounded("e4m3fn", 464.0625, even, finite_only) == 0x7E);
    CHECK(rounded("e4m3fn", 464, away) == 0x7F);
    CHECK(rounded("e4m3fn", 1.0625 + 0x1p-13) == 0x39);
    CHECK(rounded("e4m3fn", 1.0625) == 0x38);
    CHECK(rounded("e4m3fn", -0.0) == 0x80);
    CHECK(rounded("e5m2", 61440) == 0x7C);
    CHECK(rounded("e5m2", 61439.99) == 0x7B);
    CHECK(rounded("e5m2", 61440, even, finite_only) == 0x7B);
    CHECK(rounded("e4m3fn", -inf, even, propagate) == 0xFF);
    CHECK(rounded("e5m2", -inf, even, propagate) == 0xFC);
    CHECK(rounded("e5m2", -inf, even, finite_only) == 0xFB);
    CHECK(rounded("e4m3fn", 1.31640625) == 0x3B);  // 1.375, not 1.25 by way of bfloat16
    CHECK(number_of("binary8p4se", 0x40) == 1.0);
    CHECK(number_of("binary8p3se", 0x40) == 1.0);
    CHECK(number_of("binary8p1se", 0x40) == 1.0);
    CHECK(number_of("e4m3fnuz", 0x48) == 2.0);  // half of what the same code means in e4m3fn
    CHECK(number_of("e4m3fn", 0x48) == 4.0);
}

TEST_CASE("HiFloat8") {
    struct row {
        std::uint32_t code;
        double value;
    };
    for (const row& r : {row{0x08, 1}, row{0x10, 2}, row{0x18, 0.5}, row{0x20, 4}, row{0x30, 0.25}, row{0x40, 16},
                         row{0x50, 0x1p-4}, row{0x60, 256}, row{0x70, 0x1p-8}, row{0x6E, 32768}, row{0x7E, 0x1p-15},
                         row{0x01, 0x1p-22}, row{0x07, 0x1p-16}, row{0x00, 0}, row{0x0F, 1.875}, row{0x88, -1},
                         row{0x6D, 1.5 * 0x1p14}, row{0x7F, 1.5 * 0x1p-15}}) {
        CAPTURE(r.code);
        CHECK(number_of("hif8", r.code) == r.value);
    }
    CHECK(rounded("hif8", std::nextafter(0x1p-23, 0.0), away) == 0);
    CHECK(rounded("hif8", -std::nextafter(0x1p-23, 0.0), away) == 0);
    CHECK(rounded("hif8", 0x1p-23, away) == 1);
    CHECK(rounded("hif8", -0x1p-23, away) == 0x81);
    CHECK(rounded("hif8", std::nextafter(40960.0, 0.0), away) == 0x6E);
    CHECK(rounded("hif8", 40960, away) == 0x6F);
    CHECK(rounded("hif8", -40960, away) == 0xEF);
    CHECK(rounded("hif8", 40960, away, finite_only) == 0x6E);
    CHECK(rounded("hif8", -inf, away, finite_only) == 0xEE);
    CHECK(rounded("hif8", -inf, away, propagate) == 0xEF);
    CHECK(rounded("hif8", 15.5, away) == 0x40);
    CHECK_THROWS_AS((void)rounded("hif8", 1.0, even), std::invalid_argument);
}

TEST_CASE("E8M0") {
    CHECK(number_of("e8m0fnu", 0) == 0x1p-127);
    CHECK(number_of("e8m0fnu", 127) == 1.0);
    CHECK(number_of("e8m0fnu", 254) == 0x1p127);
    for (const rounding r : all_roundings) {
        CHECK(rounded("e8m0fnu", 0.0, r) == 0xFF);
        CHECK(rounded("e8m0fnu", -0.0, r) == 0xFF);
        CHECK(rounded("e8m0fnu", 0.0, r, finite_only) == 0);
        CHECK(rounded("e8m0fnu", 0x1p-149, r) == 0);
        CHECK(rounded("e8m0fnu", -0x1p-149, r) == 0xFF);
        CHECK(rounded("e8m0fnu", -1.0, r, propagate) == 0);
        CHECK(rounded("e8m0fnu", -inf, r) == 0xFF);
        CHECK(rounded("e8m0fnu", 0x1p127, r) == 0xFE);
    }
    CHECK(rounded("e8m0fnu", 1.5) == 128);  // between code 127 and code 128: the even one
    CHECK(rounded("e8m0fnu", 3.0) == 128);  // between code 128 and code 129
    CHECK(rounded("e8m0fnu", 3.0, away) == 129);
    CHECK(rounded("e8m0fnu", 1.25, rounding::toward_positive) == 128);
    CHECK(rounded("e8m0fnu", 1.75, rounding::toward_zero) == 127);
    CHECK(rounded("e8m0fnu", 1.5 * 0x1p127) == 0xFE);  // 0xFE is even
    CHECK(rounded("e8m0fnu", 1.5 * 0x1p127, away) == 0xFF);
    CHECK(rounded("e8m0fnu", 0x1p128, rounding::toward_zero) == 0xFE);
    CHECK(rounded("e8m0fnu", inf) == 0xFF);
    CHECK(rounded("e8m0fnu", inf, even, finite_only) == 0xFE);
    CHECK(rounded("e8m0fnu", inf, even, propagate) == 0xFF);
}

TEST_CASE("unsigned P3109 formats") {
    CHECK(number_of("binary8p1uf", 0x80) == 1.0);
    CHECK(number_of("binary8p1uf", 0x00) == 0.0);
    CHECK(rounded("binary8p3ue", -1.0) == 0xFF);
    CHECK(rounded("binary8p3ue", -1.0, even, finite_only) == 0);
    CHECK(rounded("binary8p3ue", -inf, even, propagate) == 0);
    CHECK(rounded("binary8p3ue", -inf) == 0xFF);
    CHECK(rounded("binary8p3ue", -1e-300) == 0);
    CHECK(rounded("binary8p3ue", -1e-300, rounding::toward_negative) == 0xFF);
    CHECK(rounded("binary8p3ue", -0.0) == 0);
    CHECK(rounded("binary8p3ue", -1e300, rounding::toward_positive) == 0xFF);
    CHECK(rounded("binary8p3ue", 1e300, rounding::to_odd) == 0xFD);  // the largest finite code is odd
    CHECK(rounded("binary8p3ue", 1e300) == 0xFE);
    CHECK(rounded("binary8p3uf", 1e300) == 0xFE);
    CHECK(rounded("binary8p3uf", inf) == 0xFE);
    CHECK(rounded("binary8p3se", 1e300, rounding::to_odd) == 0x7F);
}

TEST_CASE("f32 and f64: search, table-free rounding and integer rounding agree with the processor") {
    std::mt19937_64 generator(1);
    const format& f32 = find_format("f32");
    const format& tf32 = find_format("tf32");
    const format& bf16 = find_format("bf16");
    for (int i = 0; i < 200000; ++i) {
        std::uint64_t bits = generator();
        if (i % 2 == 0) {  // inside the range of FP32 and around its ends
            bits = (bits & 0x800FFFFFFFFFFFFFU) | ((0x3FFU - 160U + generator() % 300U) << 52U);
        }
        if (i % 8 == 0) {
            bits &= ~0x1FFFFFFFU;
        } else if (i % 8 == 2) {  // ties of FP32
            bits = (bits & ~0x1FFFFFFFU) | 0x10000000U;
        }
        const auto x = std::bit_cast<double>(bits);
        if (!std::isfinite(x)) {
            continue;
        }
        const dyadic exact = exact_value_of(x);
        const auto expected = std::bit_cast<std::uint32_t>(static_cast<float>(x));
        REQUIRE(round(f32, x, even, none) == expected);
        REQUIRE(std::bit_cast<std::uint32_t>(to_float(to_exact(exact))) == (exact.is_zero() ? 0U : expected));
        REQUIRE(to_double(to_exact(exact)) == x);
        REQUIRE((round(tf32, x, even, none) & 0x1FFFU) == 0);
        // One number, three ways of counting neighbours: tf32 and bf16 by truncation of the FP32 pattern.
        const std::uint32_t down = round(f32, x, rounding::toward_zero, none);
        REQUIRE(round(tf32, x, rounding::toward_zero, none) == (down & 0xFFFFE000U));
        REQUIRE(round(bf16, x, rounding::toward_zero, none) == down >> 16U);
    }
    CHECK(to_double(to_exact(power_of_two(-1075))) == 0.0);
    CHECK(to_double(to_exact({false, 3, -1076})) == 0x1p-1074);
    CHECK(to_double(to_exact(power_of_two(1024))) == inf);
    CHECK(std::signbit(to_float(to_exact({true, 1, -200}))));
    CHECK(to_float(to_exact({false, 0x1FFFFFF, 103})) == std::numeric_limits<float>::infinity());
    CHECK(to_float(to_exact({false, 0x3FFFFFD, 102})) == std::numeric_limits<float>::max());
}

TEST_CASE("step functions equal rounding") {
    std::mt19937_64 generator(2);
    std::size_t checked = 0;
    for (const std::string& name : format_names()) {
        const format& f = find_format(name);
        if (!f.enumerated) {
            CHECK_THROWS_AS((void)breakpoints(f, even, none), std::invalid_argument);
            continue;
        }
        CAPTURE(std::string(name));
        const std::vector<std::uint32_t> interesting = interesting_floats(f);
        CHECK(std::is_sorted(interesting.begin(), interesting.end()));
        const std::size_t stride = interesting.size() / 5000 + 1;
        for (const rounding r : all_roundings) {
            for (const overflow o : all_overflows) {
                if (!is_defined(f, r)) {
                    continue;
                }
                const step_function steps = breakpoints(f, r, o);
                REQUIRE(steps.positive.codes.size() == steps.positive.breaks.size() + 1);
                for (std::size_t i = generator() % stride; i < interesting.size(); i += stride) {
                    const std::uint32_t bits = interesting[i];
                    const std::uint32_t expected = round_float_bits(f, bits, r, o);
                    REQUIRE(lookup(steps, bits) == expected);
                    if ((bits & ~float_sign_bit) < float_infinity_bits) {
                        REQUIRE(lookup_exact(steps, value_of_float_bits(bits)) == expected);
                    }
                    ++checked;
                }
                for (int i = 0; i < 500; ++i) {
                    const auto bits = static_cast<std::uint32_t>(generator());
                    REQUIRE(lookup(steps, bits) == round_float_bits(f, bits, r, o));
                    ++checked;
                }
            }
        }
    }
    MESSAGE("inputs: " << checked);
}

TEST_CASE("interesting inputs hold what they promise") {
    for (const char* name : {"e4m3fn", "hif8", "f16", "tf32", "f32", "e8m0fnu", "binary8p1se"}) {
        const std::vector<std::uint32_t> floats = interesting_floats(find_format(name));
        const std::vector<std::uint64_t> doubles = interesting_doubles(find_format(name));
        CAPTURE(std::string(name));
        MESSAGE(std::string(name) << ": " << floats.size() << " floats, " << doubles.size() << " doubles");
        for (const std::uint32_t bits : {0U, 0x80000000U, 1U, 0x7F800000U, 0xFF800000U, 0x7FC00000U, 0xFFC00000U,
                                         0x7F7FFFFFU, 0x007FFFFFU, 0x00800000U}) {
            CHECK(std::binary_search(floats.begin(), floats.end(), bits));
        }
        CHECK(std::is_sorted(doubles.begin(), doubles.end()));
    }
    const std::vector<std::uint32_t> floats = interesting_floats(find_format("e4m3fn"));
    for (const float x : {448.0F, 464.0F, 480.0F, 1.0625F, 0x1p-10F}) {
        for (int step = -2; step <= 2; ++step) {
            const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) + static_cast<std::uint32_t>(step);
            CHECK(std::binary_search(floats.begin(), floats.end(), bits));
            CHECK(std::binary_search(floats.begin(), floats.end(), bits | float_sign_bit));
        }
    }
}

TEST_CASE("names") {
    CHECK_THROWS_AS((void)find_format("e4m3"), std::invalid_argument);
    CHECK_THROWS_AS((void)find_format("binary8p8se"), std::invalid_argument);
    CHECK_THROWS_AS((void)value_of(find_format("e2m1fn"), 16), std::invalid_argument);
    CHECK(find_format("binary4p2sf").max_code == 7);
    CHECK(format_names().size() == 65);  // 21 by name, 30 of P3109 with 8 bits, 14 with 4
    CHECK(equal_values(value_of(find_format("f32"), 0x80000001U).value, {true, 1, -149}));
    CHECK(std::string(name_of(rounding::to_odd)) == "to_odd");
    CHECK(std::string(name_of(overflow::saturate_propagate)) == "saturate_propagate");
}
