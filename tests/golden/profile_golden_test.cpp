// SPDX-License-Identifier: Apache-2.0
// The published table of who does what on overflow, cell by cell, against the profiles; the named conversions to E8M0 and
// TF32. A cell that no source at hand settles must be marked unsure, and no other.
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/round/e8m0.hpp>
#include <narrowfp/round/profile.hpp>
#include <narrowfp/round/tf32.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

using namespace narrowfp;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// "NaN", "Inf", "-Inf" or the number.
std::string meaning(const any_format& format, std::uint64_t code) {
    const float x = decode_float(format, code);
    if (std::isnan(x)) {
        return "NaN";
    }
    if (std::isinf(x)) {
        return x < 0 ? "-Inf" : "Inf";
    }
    return (x == std::trunc(x) ? std::to_string(static_cast<long>(x)) : std::to_string(x));
}

struct cell {
    const char* profile;
    const char* format;
    const char* overflow;  // of a large positive number; "?" in front: unsure
    const char* infinity;  // of +infinity
};

// A row of the table for each format; OFP8 sat, CUDA satfinite and RISC-V .sat are one column of it.
const cell cells[] = {
    {"ocp", "e4m3fn", "NaN", "NaN"},
    {"ocp-saturate", "e4m3fn", "448", "448"},
    {"cuda-satfinite", "e4m3fn", "448", "448"},
    {"riscv", "e4m3fn", "NaN", "NaN"},
    {"riscv-sat", "e4m3fn", "448", "448"},
    {"onnx-saturate0", "e4m3fn", "NaN", "NaN"},
    {"onnx", "e4m3fn", "448", "448"},
    {"ml_dtypes", "e4m3fn", "NaN", "NaN"},
    {"ml_dtypes-saturate", "e4m3fn", "448", "NaN"},
    {"arm", "e4m3fn", "NaN", "?NaN"},
    {"arm-osc1", "e4m3fn", "448", "?448"},
    {"x86-avx10.2", "e4m3fn", "NaN", "NaN"},
    {"x86-avx10.2-s", "e4m3fn", "?448", "?448"},  // 1e9 is an infinity in FP16, the source of these instructions
    {"ocp", "e5m2", "Inf", "Inf"},
    {"ocp-saturate", "e5m2", "57344", "57344"},
    {"cuda-satfinite", "e5m2", "57344", "57344"},
    {"riscv", "e5m2", "Inf", "Inf"},
    {"riscv-sat", "e5m2", "57344", "57344"},
    {"onnx-saturate0", "e5m2", "Inf", "Inf"},
    {"onnx", "e5m2", "57344", "57344"},
    {"ml_dtypes", "e5m2", "Inf", "Inf"},
    {"ml_dtypes-saturate", "e5m2", "57344", "Inf"},
    {"arm", "e5m2", "Inf", "?Inf"},
    {"arm-osc1", "e5m2", "57344", "?57344"},
    {"x86-avx10.2", "e5m2", "Inf", "Inf"},
    {"x86-avx10.2-s", "e5m2", "?57344", "?57344"},
    {"amd-fnuz-noclip", "e4m3fnuz", "NaN", "NaN"},
    {"amd-fnuz", "e4m3fnuz", "240", "NaN"},
    {"onnx-saturate0", "e4m3fnuz", "NaN", "NaN"},
    {"onnx", "e4m3fnuz", "240", "NaN"},
    {"ml_dtypes", "e4m3fnuz", "NaN", "NaN"},
    {"ml_dtypes-saturate", "e4m3fnuz", "240", "NaN"},
    {"amd-fnuz-noclip", "e5m2fnuz", "NaN", "NaN"},
    {"amd-fnuz", "e5m2fnuz", "57344", "NaN"},
    {"onnx-saturate0", "e5m2fnuz", "NaN", "NaN"},
    {"onnx", "e5m2fnuz", "57344", "NaN"},
    {"ml_dtypes", "e5m2fnuz", "NaN", "NaN"},
    {"ml_dtypes-saturate", "e5m2fnuz", "57344", "NaN"},
    {"p3109", "binary8p4se", "Inf", "Inf"},
    {"p3109-satfinite", "binary8p4se", "224", "224"},
    {"p3109-satpropagate", "binary8p4se", "224", "Inf"},
    {"p3109", "binary8p3se", "Inf", "Inf"},
    {"p3109-satfinite", "binary8p3se", "49152", "49152"},
    {"p3109-satpropagate", "binary8p3se", "49152", "Inf"},
    {"p3109", "binary4p2sf", "3", "3"},
    {"p3109-satfinite", "binary4p2sf", "3", "3"},
    {"p3109-satpropagate", "binary4p2sf", "3", "3"},
    {"ocp", "e2m1fn", "6", "6"},
    {"ocp-saturate", "e2m1fn", "6", "6"},
    {"cuda-satfinite", "e2m1fn", "6", "6"},
    {"onnx", "e2m1fn", "6", "6"},
    {"onnx-saturate0", "e2m1fn", "6", "6"},
    {"ml_dtypes", "e2m1fn", "6", "6"},
    {"ml_dtypes-saturate", "e2m1fn", "6", "6"},
    {"ocp", "e3m2fn", "28", "28"},
    {"ocp-saturate", "e3m2fn", "28", "28"},
    {"cuda-satfinite", "e3m2fn", "28", "28"},
    {"onnx", "e3m2fn", "28", "28"},
    {"onnx-saturate0", "e3m2fn", "28", "28"},
    {"ml_dtypes", "e3m2fn", "28", "28"},
    {"ml_dtypes-saturate", "e3m2fn", "28", "28"},
    {"ocp", "e2m3fn", "7.500000", "7.500000"},
    {"ocp-saturate", "e2m3fn", "7.500000", "7.500000"},
    {"cuda-satfinite", "e2m3fn", "7.500000", "7.500000"},
    {"onnx", "e2m3fn", "7.500000", "7.500000"},
    {"onnx-saturate0", "e2m3fn", "7.500000", "7.500000"},
    {"ml_dtypes", "e2m3fn", "7.500000", "7.500000"},
    {"ml_dtypes-saturate", "e2m3fn", "7.500000", "7.500000"},
};

std::string found(const cell& c, double x) {
    const any_format format = format_by_name(c.format);
    const profile_result r = convert_as(profile_by_name(c.profile), format, x);
    CHECK(r.unsure == !r.reason.empty());
    return (r.unsure ? "?" : "") + meaning(format, r.code);
}

std::string negated(std::string text) {
    const bool unsure = text.front() == '?';
    text.erase(0, unsure ? 1 : 0);
    return (unsure ? "?" : "") + (text == "NaN" ? text : "-" + text);
}

}  // namespace

TEST_CASE("the table of overflow behaviour") {
    std::set<std::string> seen;
    for (const cell& c : cells) {
        CAPTURE(c.profile);
        CAPTURE(c.format);
        CHECK(found(c, 1e9) == c.overflow);
        CHECK(found(c, infinite) == c.infinity);
        CHECK(found(c, -1e9) == negated(c.overflow));
        CHECK(found(c, -infinite) == negated(c.infinity));
        CHECK(found(c, 1.0) == "1");
        CHECK(found(c, -0.5) == "-0.500000");
        seen.insert(std::string(c.profile) + " " + c.format);
    }
    std::size_t offered = 0;
    for (const conversion_profile& profile : profiles::all) {
        for (const float_format* format : formats_of(profile)) {
            CAPTURE(profile.name);
            CAPTURE(format->name);
            CHECK(seen.count(std::string(profile.name) + " " + std::string(format->name)) == 1);
            ++offered;
        }
    }
    CHECK(offered == std::size(cells));
    MESSAGE(offered << " cells of profile and format");
}

TEST_CASE("what becomes of NaN") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double minus_nan = std::copysign(nan, -1.0);
    const auto code = [&](const char* profile, const any_format& format, double x) {
        return convert_as(profile_by_name(profile), format, x);
    };
    CHECK(code("onnx", e4m3fn, minus_nan).code == 0xFF);
    CHECK(code("onnx", e5m2, minus_nan).code == 0xFF);
    CHECK(code("ml_dtypes", e4m3fn, minus_nan).code == 0xFF);
    CHECK(code("ml_dtypes", e5m2, nan).code == 0x7E);
    CHECK(code("ml_dtypes", e2m1fn, nan).code == 0x8);
    CHECK(code("ml_dtypes", e3m2fn, nan).code == 0x20);
    CHECK_FALSE(code("ml_dtypes", e2m1fn, nan).unsure);
    for (const any_format& format : {any_format{e4m3fn}, any_format{e5m2}}) {
        CHECK(code("riscv", format, minus_nan).code == 0x7F);
        CHECK(code("riscv-sat", format, minus_nan).code == 0x7F);
    }
    CHECK(code("riscv", e4m3fn, -1e9).code == 0x7F);  // canonical, also where it comes from overflow
    CHECK(code("cuda-satfinite", e4m3fn, minus_nan).unsure);
    CHECK(code("cuda-satfinite", e2m1fn, nan).code == 0x7);
    CHECK(code("cuda-satfinite", e2m1fn, nan).unsure);
    CHECK(code("ocp", e2m1fn, nan).unsure);
    CHECK(code("amd-fnuz", e4m3fnuz, nan).code == 0x80);
    CHECK(code("amd-fnuz", e4m3fnuz, -0.0).code == 0x00);
    CHECK(code("p3109", binary8p4se, nan).code == 0x80);
}

TEST_CASE("rounding happens before the overflow test and x86 rounds twice") {
    const auto at = [](const char* profile, const any_format& format, double x) {
        return convert_as(profile_by_name(profile), format, x).code;
    };
    CHECK(at("ocp", e4m3fn, 464.0) == 0x7E);
    CHECK(at("ocp", e4m3fn, 464.0625) == 0x7F);
    CHECK(at("ocp-saturate", e4m3fn, 464.0625) == 0x7E);
    CHECK(at("x86-avx10.2", e4m3fn, 464.0625) == 0x7E);  // 464 in FP16, then a tie
    CHECK(at("ocp", e4m3fn, 1.0625 + 0x1p-13) == 0x39);
    CHECK(at("x86-avx10.2", e4m3fn, 1.0625 + 0x1p-13) == 0x38);
    const profile_result in_range_of_f16 = convert_as(profile_by_name("x86-avx10.2-s"), e4m3fn, 1000.0);
    CHECK(in_range_of_f16.code == 0x7E);
    CHECK_FALSE(in_range_of_f16.unsure);
    CHECK(at("x86-avx10.2", e4m3fn, 1000.0) == 0x7F);
    CHECK(at("x86-avx10.2", e5m2, 61440.0) == 0x7C);
    CHECK(at("x86-avx10.2-s", e5m2, 61440.0) == 0x7B);
    CHECK(at("ocp", e5m2, 61440.0) == 0x7C);
    CHECK(at("ocp", e5m2, 61439.0) == 0x7B);
}

TEST_CASE("a profile refuses formats that are not its own") {
    CHECK_THROWS_WITH_AS(convert_as(profile_by_name("arm"), hif8, 1.0f),
                         "profile arm does not convert to hif8; it converts to e4m3fn, e5m2", std::invalid_argument);
    CHECK_THROWS_AS(convert_as(profile_by_name("amd-fnuz"), e4m3fn, 1.0f), std::invalid_argument);
    CHECK_THROWS_WITH_AS(profile_by_name("intel"), "unknown profile 'intel'", std::invalid_argument);
}

TEST_CASE("five conversions to E8M0") {
    using c = e8m0_conversion;
    const auto saturate = overflow_mode::saturate_finite;
    const auto none = overflow_mode::none;
    const auto all = [&](float x) {
        std::array<int, 5> codes{};
        for (std::size_t i = 0; i < codes.size(); ++i) {
            codes[i] = to_e8m0(x, e8m0_conversion_names[i].first, saturate);
        }
        return codes;  // floor, round_up, nearest_up, truncate, ceil_log2_f32
    };
    CHECK(all(1.0f) == std::array{127, 127, 127, 127, 127});
    CHECK(all(1.25f) == std::array{127, 128, 127, 127, 128});
    CHECK(all(1.5f) == std::array{127, 128, 128, 127, 128});
    CHECK(all(3.0f) == std::array{128, 129, 129, 128, 129});  // ties up, whatever the parity
    CHECK(all(0x1p-127f) == std::array{0, 0, 0, 0, 0});
    CHECK(all(0x1p-130f) == std::array{0, 0, 0, 0, 0});
    CHECK(to_e8m0(std::bit_cast<float>(0x00400001U), c::round_up, saturate) == 1);  // the subnormals above 2^-127
    CHECK(to_e8m0(std::bit_cast<float>(0x00400000U), c::round_up, saturate) == 0);
    CHECK(all(0x1.8p127f) == std::array{254, 254, 254, 254, 254});
    CHECK(to_e8m0(0x1.8p127f, c::round_up, none) == 255);
    for (const c conversion : {c::round_up, c::nearest_up, c::floor}) {
        CHECK(to_e8m0(0.0f, conversion, saturate) == 0x00);
        CHECK(to_e8m0(0.0f, conversion, none) == 0xFF);
        CHECK(to_e8m0(std::numeric_limits<float>::infinity(), conversion, saturate) == 0xFE);
        CHECK(to_e8m0(std::numeric_limits<float>::infinity(), conversion, none) == 0xFF);
        CHECK(to_e8m0(-2.0f, conversion, none) == 0xFF);
        CHECK(to_e8m0(-2.0f, conversion, saturate) == 0x00);
        CHECK(to_e8m0(std::numeric_limits<float>::quiet_NaN(), conversion, saturate) == 0xFF);
    }
    CHECK(to_e8m0(-3.0f, c::truncate, saturate) == 128);
}

TEST_CASE("log2 in FP32 is unsafe just above powers of two") {
    // Where the conversion takes k for 2^k (1 + u 2^-23), against log2 in long double rounded to float.
    int swallowed = 0;
    for (int k = -126; k <= 126; ++k) {
        for (std::uint32_t units = 0; units < 64; ++units) {
            const float x = std::bit_cast<float>(static_cast<std::uint32_t>(k + 127) << 23 | units);
            const auto expected =
                static_cast<int>(std::ceil(static_cast<float>(std::log2(static_cast<long double>(x)))));
            CHECK(to_e8m0(x, e8m0_conversion::ceil_log2_f32, overflow_mode::saturate_finite) == expected + 127);
            swallowed += expected == k && units != 0;
        }
    }
    const float tiny = std::bit_cast<float>(0x00400001U);
    CHECK(to_e8m0(tiny, e8m0_conversion::ceil_log2_f32, overflow_mode::saturate_finite) == 0);
    CHECK(swallowed > 1000);
    MESSAGE(swallowed << " numbers above a power of two that log2 in FP32 takes for it");
}

TEST_CASE("three roundings are called TF32") {
    const auto code = [](std::size_t operation, float x) {
        return project(tf32, to_real(x), tf32_operations[operation].mode, overflow_mode::none).code;
    };
    const float tie = 1.0f + 0x1p-11f;  // halfway between 1 and 1 + 2^-10
    CHECK(tf32_operations[0].name == "cvt.rna");
    CHECK(code(0, tie) == 0x3F802000U);
    CHECK(code(1, tie) == 0x3F800000U);
    CHECK(code(2, tie) == 0x3F800000U);
    const float above = std::nextafter(tie, 2.0f);
    CHECK(code(0, above) == 0x3F802000U);
    CHECK(code(1, above) == 0x3F802000U);
    CHECK(code(2, above) == 0x3F800000U);
}
