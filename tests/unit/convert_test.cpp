// SPDX-License-Identifier: Apache-2.0
// convert on spans: each event counted, wrong arguments refused before any work, all forms, constant expressions.
#include <narrowfp/format.hpp>
#include <narrowfp/round/construct.hpp>
#include <narrowfp/round/convert.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace narrowfp;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

event_counts counts_of(std::vector<float> in, const any_format& to, overflow_mode overflow,
                       rounding mode = rounding::ties_to_even) {
    std::vector<std::uint8_t> out(in.size());
    return convert(std::span<const float>(in), std::span<std::uint8_t>(out), to, mode, overflow);
}

}  // namespace

TEST_CASE("convert gives the codes of the command line's example") {
    const std::array<float, 4> in{464.0f, 464.0625f, -0.0f, nan_value};
    std::array<std::uint8_t, 4> out{};
    convert(std::span<const float>(in), std::span<std::uint8_t>(out), e4m3fn, rounding::ties_to_even,
            overflow_mode::none);
    CHECK(out == std::array<std::uint8_t, 4>{0x7E, 0x7F, 0x80, 0x7F});
    convert(std::span<const float>(in), std::span<std::uint8_t>(out), e4m3fn, rounding::ties_to_even,
            overflow_mode::saturate_finite);
    CHECK(out == std::array<std::uint8_t, 4>{0x7E, 0x7E, 0x80, 0x7F});
}

TEST_CASE("convert counts each event under its name") {
    const auto none = overflow_mode::none;
    const auto saturate = overflow_mode::saturate_finite;
    CHECK(counts_of({}, e4m3fn, none) == event_counts{});
    CHECK(counts_of({1.0f, -2.0f, 0.0f, -0.0f}, e4m3fn, none) == event_counts{.elements = 4});
    CHECK(counts_of({1.0625f}, e4m3fn, none) == event_counts{.elements = 1, .inexact = 1});
    CHECK(counts_of({464.0f}, e4m3fn, none) ==
          event_counts{.elements = 1, .inexact = 1});  // rounds to 448: no overflow
    CHECK(counts_of({465.0f}, e4m3fn, none) == event_counts{.elements = 1, .inexact = 1, .overflowed = 1});
    CHECK(counts_of({465.0f}, e4m3fn, saturate) ==
          event_counts{.elements = 1, .inexact = 1, .overflowed = 1, .saturated = 1});
    CHECK(counts_of({465.0f}, e4m3fn, none, rounding::toward_zero) == event_counts{.elements = 1, .inexact = 1});
    CHECK(counts_of({480.0f}, e4m3fn, none, rounding::toward_zero) ==
          event_counts{.elements = 1, .inexact = 1, .overflowed = 1, .saturated = 1});
    CHECK(counts_of({infinity}, e4m3fn, none) == event_counts{.elements = 1, .infinite = 1});
    CHECK(counts_of({-infinity}, e4m3fn, saturate) == event_counts{.elements = 1, .saturated = 1, .infinite = 1});
    CHECK(counts_of({infinity}, e5m2, overflow_mode::saturate_propagate) == event_counts{.elements = 1, .infinite = 1});
    CHECK(counts_of({nan_value}, e4m3fn, none) == event_counts{.elements = 1, .nan = 1});
    CHECK(counts_of({nan_value}, e2m1fn, none) == event_counts{.elements = 1, .saturated = 1, .nan = 1});
    CHECK(counts_of({0x1p-9f}, e4m3fn, none) == event_counts{.elements = 1, .subnormal = 1});
    CHECK(counts_of({0x1.8p-9f}, e4m3fn, none) == event_counts{.elements = 1, .inexact = 1, .subnormal = 1});
    CHECK(counts_of({0x1p-10f}, e4m3fn, none) == event_counts{.elements = 1, .inexact = 1, .underflowed = 1});
    CHECK(counts_of({0x1p-100f}, e4m3fn, none, rounding::toward_positive) ==
          event_counts{.elements = 1, .inexact = 1, .subnormal = 1});
    CHECK(counts_of({0x1.fp-7f}, e4m3fn, none) ==
          event_counts{.elements = 1, .inexact = 1});  // rounds up to normal 2^-6
    CHECK(counts_of({0x1p-140f}, e8m0fnu, none) == event_counts{.elements = 1, .inexact = 1, .underflowed = 1});
    CHECK(counts_of({465.0f, nan_value, 0x1p-9f, 1.0f}, e4m3fn, saturate) ==
          event_counts{.elements = 4, .inexact = 1, .overflowed = 1, .saturated = 1, .subnormal = 1, .nan = 1});
    event_counts sum{.elements = 1, .nan = 1};
    sum += {.elements = 2,
            .inexact = 3,
            .overflowed = 4,
            .saturated = 5,
            .underflowed = 6,
            .subnormal = 7,
            .nan = 8,
            .infinite = 9};
    CHECK(sum == event_counts{3, 3, 4, 5, 6, 7, 9, 9});
}

TEST_CASE("convert refuses what does not fit and says the numbers") {
    std::vector<float> in(3, 1.0f);
    std::vector<std::uint8_t> two(2, 0xAA);
    std::vector<std::uint8_t> three(3, 0xAA);
    std::vector<std::uint16_t> words(3);
    const std::span<const float> source(in);
    const auto even = rounding::ties_to_even;
    const auto none = overflow_mode::none;
    CHECK_THROWS_WITH_AS(convert(source, std::span<std::uint8_t>(two), e4m3fn, even, none),
                         "convert: output has 2 elements, expected 3", std::invalid_argument);
    CHECK_THROWS_WITH_AS(convert(source, std::span<std::uint8_t>(three), bf16, even, none),
                         "codes of bf16 have 16 bits and do not fit the 8-bit elements given", std::invalid_argument);
    CHECK_THROWS_WITH_AS(convert(source, std::span<std::uint16_t>(words), f32, even, none),
                         "codes of f32 have 32 bits and do not fit the 16-bit elements given", std::invalid_argument);
    for (const auto& [mode, name] : rounding_names) {
        if (mode == rounding::ties_to_away) {
            CHECK_NOTHROW(convert(source, std::span<std::uint8_t>(three), hif8, mode, none));
        } else {
            const std::string message = "hif8 does not define rounding " + std::string(name) +
                                        "; it defines ties_to_away and stochastic rounding";
            CHECK_THROWS_WITH_AS(convert(source, std::span<std::uint8_t>(three), hif8, mode, none), message.c_str(),
                                 std::invalid_argument);
        }
    }
    std::vector<hifloat8> values(3);
    CHECK_THROWS_AS(convert(source, std::span<hifloat8>(values), even, none), std::invalid_argument);
    CHECK_THROWS_AS(convert(source, std::span<hifloat8>(values).first(2), rounding::ties_to_away, none),
                    std::invalid_argument);
    std::vector<float> back(2);
    CHECK_THROWS_AS(decode(std::span<const std::uint8_t>(three), e4m3fn, std::span<float>(back)),
                    std::invalid_argument);
    back.resize(3);
    CHECK_THROWS_AS(decode(std::span<const std::uint8_t>(three), f16, std::span<float>(back)), std::invalid_argument);
    CHECK(two == std::vector<std::uint8_t>(2, 0xAA));
}

TEST_CASE("the typed and the run time forms agree and codes convert through their values") {
    std::vector<double> in;
    for (int i = -600; i <= 600; ++i) {
        in.push_back(std::ldexp(1.0 + 0.00137 * i, i / 40));
    }
    std::vector<std::uint8_t> codes(in.size());
    std::vector<float8_e4m3fn> values(in.size());
    const auto a = convert(std::span<const double>(in), std::span<std::uint8_t>(codes), e4m3fn, rounding::to_odd,
                           overflow_mode::none);
    const auto b =
        convert(std::span<const double>(in), std::span<float8_e4m3fn>(values), rounding::to_odd, overflow_mode::none);
    CHECK(a == b);
    std::vector<std::uint16_t> halves(in.size());
    std::vector<std::uint8_t> again(in.size());
    convert(std::span<const std::uint8_t>(codes), e4m3fn, std::span<std::uint16_t>(halves), f16, rounding::ties_to_even,
            overflow_mode::none);
    const auto back = convert(std::span<const std::uint16_t>(halves), f16, std::span<std::uint8_t>(again), e4m3fn,
                              rounding::ties_to_even, overflow_mode::none);
    CHECK(back.inexact == 0);
    CHECK(again == codes);
    int compared = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
        CHECK(values[i].bits() == codes[i]);
        ++compared;
    }
    MESSAGE(compared << " values compared");
    CHECK(compared > 1000);
}

TEST_CASE("projection and conversion of arrays are constant expressions") {
    constexpr auto code = project(e5m2, to_real(61440.0f), rounding::ties_to_even, overflow_mode::none);
    static_assert(code.code == 0x7C && code.overflowed && !code.saturated && code.inexact);
    constexpr auto converted = [] {
        std::array<std::uint64_t, 3> out{};
        const std::array<float, 3> in{0.3f, -1.0f, 1e9f};
        for (std::size_t i = 0; i < in.size(); ++i) {
            out[i] = project(e2m1fn, to_real(in[i]), rounding::ties_to_even, overflow_mode::saturate_finite).code;
        }
        return out;
    }();
    static_assert(converted[0] == 0x1 && converted[1] == 0xA && converted[2] == 0x7);
    static_assert(nearest_host<float>(hif8.decode(0x6E)) == 32768.0f);
    CHECK(true);  // the compiler has checked them
}

TEST_CASE("rounding and overflow modes by name") {
    for (const auto& [mode, name] : rounding_names) {
        CHECK(rounding_by_name(name) == mode);
        CHECK(name_of(mode) == name);
    }
    for (const auto& [mode, name] : overflow_mode_names) {
        CHECK(overflow_mode_by_name(name) == mode);
        CHECK(name_of(mode) == name);
    }
    CHECK_THROWS_WITH_AS(rounding_by_name("nearest"), doctest::Contains("unknown rounding 'nearest'; known: "),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(overflow_mode_by_name("clip"), doctest::Contains("unknown overflow mode 'clip'; known: "),
                         std::invalid_argument);
}
