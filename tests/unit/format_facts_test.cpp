// SPDX-License-Identifier: Apache-2.0
// The published facts of every format: limits, counts, special codes, overflow thresholds; and the catalogue.
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/round/construct.hpp>

#include <doctest/doctest.h>

#include <algorithm>

#include <cmath>
#include <string>

#include "support/bridge.hpp"

using namespace narrowfp;
using narrowfp_test::tally;

namespace {

constexpr int no_code = -1;

// OCP OFP8 1.0 and MX 1.0, LLVM APFloat, arXiv 2206.02915, IEEE P3109 v4.0, arXiv 2409.16626, IEEE 754.
struct facts {
    const char* name;
    int bits;
    bool negative_zero;
    int infinity;  // code of +infinity
    int nan;       // code that a positive NaN becomes
    double max;
    int max_code;
    double min_normal;
    double min_positive;
    int positive_finite;  // codes of positive finite nonzero values; 0: not stated
    double
        threshold;  // the smallest magnitude that overflows, or (if tie_overflows is false) the largest that does not
    bool tie_overflows;
};

const facts table[] = {
    {"e4m3fn", 8, true, no_code, 0x7F, 448, 0x7E, 0x1p-6, 0x1p-9, 126, 464, false},
    {"e5m2", 8, true, 0x7C, 0x7E, 57344, 0x7B, 0x1p-14, 0x1p-16, 123, 61440, true},
    {"e4m3ieee", 8, true, 0x78, 0x7C, 240, 0x77, 0x1p-6, 0x1p-9, 119, 248, true},
    {"e3m4ieee", 8, true, 0x70, 0x78, 15.5, 0x6F, 0x1p-2, 0x1p-6, 111, 15.75, true},
    {"e3m4fn", 8, true, no_code, 0x7F, 30, 0x7E, 0x1p-2, 0x1p-6, 126, 30.5, false},
    {"e4m3fnuz", 8, false, no_code, 0x80, 240, 0x7F, 0x1p-7, 0x1p-10, 127, 248, true},
    {"e5m2fnuz", 8, false, no_code, 0x80, 57344, 0x7F, 0x1p-15, 0x1p-17, 127, 61440, true},
    {"e4m3b11fnuz", 8, false, no_code, 0x80, 30, 0x7F, 0x1p-10, 0x1p-13, 127, 31, true},
    {"binary8p3se", 8, false, 0x7F, 0x80, 49152, 0x7E, 0x1p-15, 0x1p-17, 126, 53248, false},
    {"binary8p4se", 8, false, 0x7F, 0x80, 224, 0x7E, 0x1p-7, 0x1p-10, 126, 232, false},
    {"binary8p3sf", 8, false, no_code, 0x80, 57344, 0x7F, 0x1p-15, 0x1p-17, 127, 61440, true},
    {"binary8p4sf", 8, false, no_code, 0x80, 240, 0x7F, 0x1p-7, 0x1p-10, 127, 248, true},
    {"binary8p1uf", 8, false, no_code, 0xFF, 0x1p126, 0xFE, 0x1p-127, 0x1p-127, 254, 0x1.8p126, false},
    {"binary4p2sf", 4, false, no_code, 0x8, 3, 0x7, 0x1p-1, 0x1p-2, 7, 3.5, true},
    {"hif8", 8, false, 0x6F, 0x80, 32768, 0x6E, 0x1p-15, 0x1p-22, 126, 40960, true},
    {"e8m0fnu", 8, false, no_code, 0xFF, 0x1p127, 0xFE, 0x1p-127, 0x1p-127, 255, 0x1.8p127, false},
    {"e3m2fn", 6, true, no_code, no_code, 28, 0x1F, 0x1p-2, 0x1p-4, 31, 30, true},
    {"e2m3fn", 6, true, no_code, no_code, 7.5, 0x1F, 1, 0x1p-3, 31, 7.75, true},
    {"e2m1fn", 4, true, no_code, no_code, 6, 0x7, 1, 0x1p-1, 7, 7, true},
    {"e5m6", 12, true, 0x7C0, 0x7E0, 65024, 0x7BF, 0x1p-14, 0x1p-20, 1983, 65280, true},
    {"bf16", 16, true, 0x7F80, 0x7FC0, (2.0 - 0x1p-7) * 0x1p127, 0x7F7F, 0x1p-126, 0x1p-133, 32639,
     (2.0 - 0x1p-8) * 0x1p127, true},
    {"bf16ftz", 16, true, 0x7F80, 0x7FC0, (2.0 - 0x1p-7) * 0x1p127, 0x7F7F, 0x1p-126, 0x1p-126, 32512,
     (2.0 - 0x1p-8) * 0x1p127, true},
    {"tf32", 32, true, 0x7F800000, 0x7FC00000, (2.0 - 0x1p-10) * 0x1p127, 0x7F7FE000, 0x1p-126, 0x1p-136, 0,
     (2.0 - 0x1p-11) * 0x1p127, true},
    {"f16", 16, true, 0x7C00, 0x7E00, 65504, 0x7BFF, 0x1p-14, 0x1p-24, 31743, 65520, true},
    {"f32", 32, true, 0x7F800000, 0x7FC00000, (2.0 - 0x1p-23) * 0x1p127, 0x7F7FFFFF, 0x1p-126, 0x1p-149, 0,
     (2.0 - 0x1p-24) * 0x1p127, true},
};

std::uint64_t code_of(const any_format& format, double x, overflow_mode overflow) {
    return project(format, to_real(x), default_rounding(format), overflow).code;
}

std::uint32_t sign_of(const any_format& format) {
    return std::visit([](const auto& f) { return static_cast<std::uint32_t>(f.sign_mask()); }, format);
}

}  // namespace

TEST_CASE("the limits and special codes of every format are the published ones") {
    const auto is_fixed = [](const any_format& f) {
        return std::holds_alternative<fixed_format>(f);
    };  // fixed_format_test
    CHECK(std::size(table) == all_formats.size() - static_cast<std::size_t>(std::count_if(
                                                       all_formats.begin(), all_formats.end(), is_fixed)));
    for (const facts& row : table) {
        CAPTURE(row.name);
        const any_format format = format_by_name(row.name);
        CHECK(code_bits_of(format) == row.bits);
        CHECK(storage_bits_of(format) == row.bits);
        CHECK(double{max_finite(format)} == row.max);
        CHECK(code_of(format, row.max, overflow_mode::none) == static_cast<std::uint64_t>(row.max_code));
        CHECK(decode_float(format, static_cast<std::uint64_t>(row.max_code)) == row.max);
        std::visit(
            [&](const auto& f) {
                CHECK(f.is_valid());
                CHECK(f.has_negative_zero == row.negative_zero);
                CHECK(f.has_infinity() == (row.infinity != no_code));
                CHECK(f.has_nan() == (row.nan != no_code));
                CHECK(f.has_zero() == (f.name != std::string("e8m0fnu")));
                if (row.infinity != no_code) {
                    CHECK(f.infinity_code(false) == static_cast<std::uint64_t>(row.infinity));
                    CHECK(f.infinity_code(true) == (static_cast<std::uint64_t>(row.infinity) | f.sign_mask()));
                    CHECK(f.decode(f.infinity_code(true)) == real::make_infinity(true));
                }
                if (row.nan != no_code) {
                    CHECK(f.nan_code(false) == static_cast<std::uint64_t>(row.nan));
                    CHECK(f.decode(f.nan_code(true)).is_nan());
                }
                CHECK(f.decode(f.sign_mask()).is_nan() == (!row.negative_zero && f.is_signed));
                // The smallest normal value has a neighbour below that is subnormal or does not exist.
                const std::uint64_t normal =
                    project(f, to_real(row.min_normal), default_rounding(f), overflow_mode::none).code;
                CHECK(nearest_host<double>(f.decode(normal)) == row.min_normal);
                CHECK(project(f, to_real(row.min_normal), default_rounding(f), overflow_mode::none).subnormal == false);
                CHECK(project(f, to_real(row.min_positive), default_rounding(f), overflow_mode::none).subnormal ==
                      (row.min_positive < row.min_normal));
            },
            format);
    }
}

TEST_CASE("the number of positive finite values and the smallest one") {
    tally t("codes counted");
    for (const facts& row : table) {
        if (row.positive_finite == 0) {
            continue;
        }
        const any_format format = format_by_name(row.name);
        int count = 0;
        double smallest = row.max;
        double largest = 0;
        for (std::uint64_t code = 0; code < (std::uint64_t{1} << row.bits); ++code) {
            const real x = decode(format, code);
            if (x.kind == real_class::finite && !x.negative) {
                ++count;
                smallest = std::fmin(smallest, nearest_host<double>(x));
                largest = std::fmax(largest, nearest_host<double>(x));
            }
            t.add(1);
        }
        CAPTURE(row.name);
        CHECK(count == row.positive_finite);
        CHECK(smallest == row.min_positive);
        CHECK(largest == row.max);
    }
    t.finish();
}

TEST_CASE("the overflow threshold and the result of its tie") {
    for (const facts& row : table) {
        CAPTURE(row.name);
        const any_format format = format_by_name(row.name);
        const auto overflows = [&](double x) {
            return project(format, to_real(x), default_rounding(format), overflow_mode::none).overflowed;
        };
        const double infinity = std::numeric_limits<double>::infinity();
        CHECK(overflows(row.threshold) == row.tie_overflows);
        CHECK_FALSE(overflows(std::nextafter(row.threshold, 0.0)));
        CHECK(overflows(std::nextafter(row.threshold, infinity)));
        CHECK(code_of(format, std::nextafter(row.threshold, 0.0), overflow_mode::none) ==
              static_cast<std::uint64_t>(row.max_code));
        // Beyond it: infinity, NaN, or the largest value where there is neither or where P3109 says so.
        const std::string name = row.name;
        const bool clamps = row.nan == no_code || (name.starts_with("binary") && name.ends_with("f"));
        const auto beyond = static_cast<std::uint64_t>(clamps                    ? row.max_code
                                                       : row.infinity != no_code ? row.infinity
                                                                                 : row.nan);
        CHECK(code_of(format, std::nextafter(row.threshold, infinity), overflow_mode::none) == beyond);
        CHECK(code_of(format, infinity, overflow_mode::none) == beyond);
        CHECK(code_of(format, infinity, overflow_mode::saturate_propagate) == beyond);
        CHECK(code_of(format, infinity, overflow_mode::saturate_finite) == static_cast<std::uint64_t>(row.max_code));
        CHECK(code_of(format, std::nextafter(row.threshold, infinity), overflow_mode::saturate_propagate) ==
              static_cast<std::uint64_t>(row.max_code));
        if (sign_of(format) != 0) {
            CHECK(code_of(format, -infinity, overflow_mode::saturate_finite) ==
                  (static_cast<std::uint64_t>(row.max_code) | sign_of(format)));
        }
    }
}

TEST_CASE("P3109 formats by name") {
    CHECK(p3109_names(8).size() == 7 * 4 + 2);  // P = 1 .. 7, and 8 unsigned
    CHECK(p3109_names(4).size() == 3 * 4 + 2);
    CHECK(p3109_names(16).size() == 8 * 4 - 2 + 2);  // P = 8 .. 15 signed, 9 .. 16 unsigned: 1 to 8 exponent bits
    int found = 0;
    for (int k = 3; k <= 16; ++k) {
        for (const std::string& name : p3109_names(k)) {
            CAPTURE(name);
            const any_format format = format_by_name(std::string(name));  // a temporary: the name is kept elsewhere
            CHECK(name_of(format) == name);
            CHECK(std::visit([](const auto& f) { return f.is_valid(); }, format));
            CHECK(code_bits_of(format) == k);
            CHECK(storage_bits_of(format) == k);
            const float_format& f = std::get<float_format>(format);
            // One is the code 2^(K-2) of a signed and 2^(K-1) of an unsigned format (v4.0).
            CHECK(f.decode(std::uint64_t{1} << (f.is_signed ? k - 2 : k - 1)) ==
                  real::make_finite(false, 1U << f.fraction_bits, -f.fraction_bits));
            CHECK(f.decode(f.is_signed ? std::uint64_t{1} << (k - 1) : (std::uint64_t{1} << k) - 1).is_nan());
            ++found;
        }
    }
    MESSAGE(found << " P3109 formats");
    CHECK(find_format("binary8p4se") == any_format{binary8p4se});
    CHECK(find_format("binary6p3uf").has_value());
    for (const char* name : {"binary8p8se", "binary8p0uf", "binary2p1se", "binary08p4se", "binary8p4s", "binary8p4sef",
                             "binary17p9se", "binary12p2se", "binary8p4xe", "Binary8p4se", "binary8p04se", "binary"}) {
        CAPTURE(name);
        CHECK_FALSE(find_format(name).has_value());
        CHECK_THROWS_AS(p3109_format(name), std::invalid_argument);
    }
    static constexpr float_format own = p3109_format("binary6p3uf");  // one line
    CHECK(float{value<own>(1.0f)} == 1.0f);
    CHECK(max_finite(own) == 0x1.8p7f);  // 0x3E: field 15 - bias 8, significand 1.5; 0x3F is NaN
}

TEST_CASE("HiFloat8 codes of the published table") {
    const std::pair<int, double> spots[] = {
        {0x00, 0},      {0x01, 0x1p-22}, {0x07, 0x1p-16}, {0x08, 1},         {0x0F, 1.875},  {0x10, 2},
        {0x18, 0.5},    {0x20, 4},       {0x30, 0.25},    {0x40, 16},        {0x50, 0x1p-4}, {0x60, 256},
        {0x70, 0x1p-8}, {0x6E, 32768},   {0x7E, 0x1p-15}, {0x7F, 0x1.8p-15}, {0x88, -1},     {0xEE, -32768}};
    for (const auto& [code, value] : spots) {
        CAPTURE(code);
        CHECK(double{hifloat8::from_bits(static_cast<std::uint8_t>(code))} == value);
        CHECK(hifloat8(value).bits() == code);
    }
    CHECK(hifloat8(std::nextafter(0x1p-23, 0.0)).bits() == 0x00);
    CHECK(hifloat8(0x1p-23).bits() == 0x01);  // a tie with zero goes away from it
    CHECK(hifloat8(17.9).bits() == hifloat8(16.0).bits());
    CHECK(hifloat8(18.0).bits() == hifloat8(20.0).bits());
}

TEST_CASE("a catalogue name is a token or a C++ type name or an accepted spelling") {
    for (const any_format& format : all_formats) {
        const std::string_view type_name = std::visit([](const auto& f) { return f.type_name; }, format);
        CAPTURE(name_of(format));
        CHECK(find_format(name_of(format)) == format);
        CHECK(find_format(type_name) == format);
        CHECK(format_by_name(name_of(format)) == format);
        CHECK(ambiguous_format_help(name_of(format)).empty());
    }
    CHECK(find_format("fp16") == any_format{f16});
    CHECK(find_format("float16") == any_format{f16});
    CHECK(find_format("fp32") == any_format{f32});
    CHECK(find_format("float8_e4m3fn") == any_format{e4m3fn});
    CHECK(find_format("tfloat32") == any_format{tf32});
    CHECK_FALSE(find_format("e4m3").has_value());
    CHECK_FALSE(find_format("").has_value());
}

TEST_CASE("ambiguous names are answered with the variants and unknown ones with the name") {
    for (const char* name : {"fp8", "float8", "e4m3", "float8_e4m3"}) {
        CAPTURE(name);
        const std::string help = ambiguous_format_help(name);
        for (const char* variant : {"e4m3fn", "e4m3ieee", "e4m3fnuz", "448", "240"}) {
            CHECK(help.find(variant) != std::string::npos);
        }
        CHECK_THROWS_WITH_AS(format_by_name(name), help.c_str(), std::invalid_argument);
    }
    CHECK(ambiguous_format_help("fp8").find("e5m2") != std::string::npos);
    CHECK_THROWS_WITH_AS(format_by_name("e9m9"), "unknown format 'e9m9'", std::invalid_argument);
}

TEST_CASE("a format of one's own is one object") {
    // E3M1, 5 bits, no subnormals, infinities: +-2^(e-3) * {1, 1.5} for e = 1..6.
    static constexpr float_format e3m1{.name = "e3m1",
                                       .type_name = "e3m1",
                                       .source = "this test",
                                       .exponent_bits = 3,
                                       .fraction_bits = 1,
                                       .bias = 3,
                                       .infinity = infinity_kind::ieee,
                                       .nan = nan_kind::ieee,
                                       .has_subnormals = false};
    static_assert(e3m1.is_valid());
    using e3m1_value = value<e3m1>;
    CHECK(float{e3m1_value(12.0f)} == 12.0f);
    CHECK(std::isinf(float{e3m1_value(14.0f)}));
    CHECK(float{e3m1_value(0.25f)} == 0.25f);
    CHECK(float{e3m1_value(0.125f)} == 0.0f);        // a tie with zero, whose code is even
    CHECK(float{e3m1_value(0.1251f)} == 0.25f);      // no subnormals between
    CHECK(float{e3m1_value::from_bits(1)} == 0.0f);  // exponent field 0
    const auto changed = [](auto change) {
        float_format f = e4m3fn;
        change(f);
        return f.is_valid();
    };
    CHECK_FALSE(changed([](float_format& f) { f.exponent_bits = 9; }));
    CHECK_FALSE(changed([](float_format& f) { f.on_overflow = overflow_result::infinity; }));  // has none
    CHECK_FALSE(changed([](float_format& f) { f.nan = nan_kind::negative_zero; }));            // has -0, too
    CHECK_FALSE(changed([](float_format& f) { f.storage_bits = 6; }));
    CHECK_FALSE(changed([](float_format& f) { f.bias = 200; }));  // below FP32's range
    CHECK(changed([](float_format& f) { f.bias = 8; }));
    CHECK(e4m3fn != e4m3ieee);
}
