// SPDX-License-Identifier: Apache-2.0
// Nothing that the caller has set in the floating-point environment reaches a result, and the setting is there
// afterwards.
#include <narrowfp/error.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/quantize.hpp>
#include <narrowfp/round/construct.hpp>

#include <doctest/doctest.h>

#include <vector>

#include "support/bridge.hpp"
#include "support/hostile_environment.hpp"

#if defined(__SSE2__)

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

std::vector<float> inputs() {
    random_bits random(run_seed());
    std::vector<float> values;
    for (int i = 0; i < 400; ++i) {
        values.push_back(random.finite(-126, 127));
        values.push_back(std::bit_cast<float>(random.word() & 0x807FFFFFU));  // subnormal
        values.push_back(random.finite(-10, 10));
    }
    return values;
}

std::vector<std::uint32_t> bits_of(const matrix<float>& m) {
    std::vector<std::uint32_t> bits;
    for (std::size_t i = 0; i < m.size(); ++i) {
        bits.push_back(std::bit_cast<std::uint32_t>(m.data()[i]));
    }
    return bits;
}

template <class Work>
void expect_unchanged(const char* subject, const Work& work, tally& t) {
    const auto expected = under(default_setting, work);
    for (const unsigned setting : hostile_settings) {
        const auto found = under(setting, work);
        t.expect(found == expected, [&] { return std::string(subject) + " under MXCSR " + hex(setting, 4); });
    }
}

}  // namespace

TEST_CASE("the environment of the caller has no influence on conversions and quantisation") {
    tally t("environment: convert and quantize");
    const std::vector<float> in = inputs();
    for (const any_format& format : all_formats) {
        expect_unchanged(
            "convert",
            [&] {
                std::vector<std::uint32_t> out(in.size());
                convert(std::span<const float>(in), std::span<std::uint32_t>(out), format, default_rounding(format),
                        overflow_mode::none);
                std::vector<float> back(in.size());
                decode(std::span<const std::uint32_t>(out), format, std::span<float>(back));
                for (const float x : back) {
                    out.push_back(std::bit_cast<std::uint32_t>(x));
                }
                return out;
            },
            t);
    }
    const matrix_view<const float> x(in.data(), 40, 30);
    for (const recipe& r : all_recipes) {
        for (const any_format& element : {any_format{e4m3fn}, any_format{bf16}}) {
            expect_unchanged(
                "quantize",
                [&] {
                    const quantized_matrix q = quantize(x, r.for_a(element));
                    std::vector<std::uint32_t> all = bits_of(dequantize(q));
                    for (std::size_t i = 0; i < q.codes().size(); ++i) {
                        all.push_back(q.codes().get(i));
                    }
                    for (std::size_t i = 0; i < q.scales().size(); ++i) {
                        all.push_back(q.scales().get(i));
                    }
                    return all;
                },
                t);
        }
    }
    t.finish();
}

TEST_CASE("the environment of the caller has no influence on products and errors") {
    tally t("environment: gemm and compare");
    random_bits random(run_seed() + 5);
    const aligned unit{};
    const accumulator accumulators[] = {sequential<float>{}, exact{}, unit, promoted{sequential<float>{}, 16},
                                        promoted{unit, 32}};
    for (const any_format& element : {any_format{e4m3fn}, any_format{bf16}, any_format{f32}}) {
        const bool scaled = name_of(element) == "e4m3fn";
        quantized_matrix a = random_codes(random, 6, 40, element, true, scaled, granularity::block(1, 8), e8m0fnu);
        const quantized_matrix b = random_codes(random, 40, 5, element, true);
        for (std::size_t i = 0; i < a.scales().size(); ++i) {
            a.set_scale_code(i, static_cast<std::uint32_t>(random.below(30)));  // down to subnormal results
        }
        const matrix<float> c(6, 5, 0x1p-140f);
        for (const accumulator& acc : accumulators) {
            expect_unchanged(
                "gemm_reference", [&] { return bits_of(gemm_reference(a, b, acc, c.view())); }, t);
            expect_unchanged(
                "gemm", [&] { return bits_of(gemm(a, b, acc, c.view(), f32, options{.threads = 2})); }, t);
        }
    }
    const std::vector<float> in = inputs();
    const matrix_view<const float> x(in.data(), 30, 40);
    const matrix_view<const float> y(in.data(), 40, 30);
    expect_unchanged(
        "exact_product", [&] { return exact_product(x, y); }, t);
    expect_unchanged(
        "absolute_product", [&] { return absolute_product(x, y); }, t);
    expect_unchanged(
        "norm_product", [&] { return norm_product(x, y); }, t);
    const matrix<double> reference(30, 40, 0x1p-130);
    expect_unchanged(
        "compare",
        [&] {
            const error_report e = compare(x, reference.view());
            return std::vector<double>{e.relative_frobenius,
                                       e.max_absolute,
                                       e.max_relative,
                                       e.max_ulp,
                                       e.rms_reference,
                                       e.bias,
                                       *e.sqnr_db,
                                       *e.cosine,
                                       e.bias_standard_error,
                                       static_cast<double>(e.differing)};
        },
        t);
    t.finish();
}

TEST_CASE("the rounding mode of the caller has no influence on the arithmetic of values") {
    tally t("environment: value arithmetic");
    const auto all_pairs = [] {
        std::vector<std::uint8_t> codes;
        for (unsigned i = 0; i < 256; ++i) {
            for (unsigned j = 0; j < 256; ++j) {
                const auto a = float8_e4m3fn::from_bits(static_cast<std::uint8_t>(i));
                const auto b = float8_e4m3fn::from_bits(static_cast<std::uint8_t>(j));
                for (const auto& result : {a + b, a - b, a * b, a / b}) {
                    codes.push_back(result.exact().is_nan() ? 0x7F : result.bits());
                }
            }
        }
        return codes;
    };
    const std::vector<std::uint8_t> expected = under(default_setting, all_pairs);
    for (const unsigned mode : {round_down, round_up, round_toward_zero}) {
        const std::vector<std::uint8_t> found = under(default_setting | mode, all_pairs);
        for (std::size_t i = 0; i < found.size(); ++i) {
            t.expect(found[i] == expected[i], [&] {
                return "code " + hex(i / 1024, 2) + ' ' + "+-*/"[i % 4] + " code " + hex(i / 4 % 256, 2) +
                       " under MXCSR " + hex(default_setting | mode, 4) + ": found " + hex(found[i], 2) +
                       ", expected " + hex(expected[i], 2);
            });
        }
    }
    t.finish();
}

// Values whose float is subnormal: a processor that treats those as zero must not reach them.
TEST_CASE("flushing of subnormal floats has no influence on the arithmetic of values") {
    tally t("environment: subnormal values");
    const auto some_pairs = [] {
        std::vector<std::uint16_t> codes;
        for (unsigned i = 0; i < 0x10000; i += 0x83) {
            for (const unsigned j : {0x0001U, 0x0040U, 0x807FU, 0x0080U, 0x3F80U, 0xBF00U, 0x0000U}) {
                const auto a = bfloat16::from_bits(static_cast<std::uint16_t>(i));
                const auto b = bfloat16::from_bits(static_cast<std::uint16_t>(j));
                for (const auto& result : {a + b, a - b, a * b, a / b, -a}) {
                    codes.push_back(result.bits());
                }
                codes.push_back(static_cast<std::uint16_t>((a == b ? 1 : 0) | (a < b ? 2 : 0) | (a > b ? 4 : 0)));
            }
        }
        return codes;
    };
    const std::vector<std::uint16_t> expected = under(default_setting, some_pairs);
    for (const unsigned setting : hostile_settings) {
        const std::vector<std::uint16_t> found = under(setting, some_pairs);
        for (std::size_t i = 0; i < found.size(); ++i) {
            t.expect(found[i] == expected[i], [&] {
                constexpr const char* operations[] = {"+", "-", "*", "/", "negation", "comparison"};
                return "bf16 code " + hex(i / 42 * 0x83, 4) + ", partner " + std::to_string(i / 6 % 7) + ", " +
                       operations[i % 6] + " under MXCSR " + hex(setting, 4) + ": found " + hex(found[i], 4) +
                       ", expected " + hex(expected[i], 4);
            });
        }
    }
    t.finish();
}

TEST_CASE("the guard restores what it found") {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(default_setting | flush_to_zero | round_up);
    const unsigned inside = with_default_environment([] { return _mm_getcsr(); });
    const unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    CHECK((inside & control_bits) == default_setting);
    CHECK((after & control_bits) == (default_setting | flush_to_zero | round_up));
}

#else

TEST_CASE("the environment of the caller") { MESSAGE("SKIPPED: written for the MXCSR register of x86"); }

#endif
