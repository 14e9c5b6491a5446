// SPDX-License-Identifier: Apache-2.0
// Worked examples of matrix units: results that follow from the published models of NVIDIA tensor cores and AMD matrix
// cores (Khattak & Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909), each showing one rule at work. Codes and results
// are patterns.
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/gemm/unit_dot.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <map>
#include <vector>

using namespace narrowfp;

namespace {

// k -> (code of a, code of b); all other elements are zero.
using elements = std::map<std::size_t, std::pair<std::uint32_t, std::uint32_t>>;

std::uint32_t dot(const accumulator& unit, const any_format& format, const elements& at, std::uint32_t c,
                  std::size_t k = 32) {
    quantized_matrix a(1, k, format);
    quantized_matrix b(k, 1, format);
    for (const auto& [position, codes] : at) {
        a.set_code(0, position, codes.first);
        b.set_code(position, 0, codes.second);
    }
    const matrix<float> addend(1, 1, std::bit_cast<float>(c));
    const matrix<float> slow = gemm_reference(a, b, unit, addend.view());
    const matrix<float> fast = gemm(a, b, unit, addend.view());
    CHECK(std::bit_cast<std::uint32_t>(slow(0, 0)) == std::bit_cast<std::uint32_t>(fast(0, 0)));
    std::vector<std::uint32_t> left(k);
    std::vector<std::uint32_t> right(k);
    for (const auto& [position, codes] : at) {
        left[position] = codes.first;
        right[position] = codes.second;
    }
    const float direct = unit_dot(unit, format, format)(left, right, std::bit_cast<float>(c));
    CHECK(std::bit_cast<std::uint32_t>(slow(0, 0)) == std::bit_cast<std::uint32_t>(direct));
    return std::bit_cast<std::uint32_t>(slow(0, 0));
}

std::uint32_t dot(const char* unit, const any_format& format, const elements& at, std::uint32_t c, std::size_t k = 32) {
    return dot(accumulator_of(unit_by_name(unit), format, format), format, at, c, k);
}

}  // namespace

TEST_CASE("example 1: fraction bits kept at alignment") {
    // Four times 2^-12 * 2^-12 beside 1: below the last kept bit on V100, above it from T4 on.
    const elements at = {{0, {0x0C00, 0x0C00}}, {1, {0x0C00, 0x0C00}}, {2, {0x0C00, 0x0C00}}, {3, {0x0C00, 0x0C00}}};
    CHECK(dot("v100", f16, at, 0x3F800000) == 0x3F800000);
    for (const char* unit : {"t4", "a100", "ada", "h100", "h100-mma-sync", "b200", "mi100", "mi250", "mi300"}) {
        CAPTURE(unit);
        CHECK(dot(unit, f16, at, 0x3F800000) == 0x3F800002);
    }
}

TEST_CASE("example 2: one more fraction bit on Hopper") {
    const elements at = {{0, {0x0C00, 0x0800}}, {1, {0x0C00, 0x0800}}, {2, {0x0C00, 0x0800}}, {3, {0x0C00, 0x0800}}};
    CHECK(dot("v100", f16, at, 0x3F800000) == 0x3F800000);
    CHECK(dot("a100", f16, at, 0x3F800000) == 0x3F800000);
    CHECK(dot("h100", f16, at, 0x3F800000) == 0x3F800001);
    CHECK(dot("b200", f16, at, 0x3F800000) == 0x3F800001);
    for (const char* unit : {"mi100", "mi250", "mi300"}) {
        CHECK(dot(unit, f16, at, 0x3F800000) == 0x3F800001);
    }
}

TEST_CASE("example 3: groups of 8 and of 16") {
    // 2^20 + 2^-5 in the first eight, -2^20 at k = 8.
    const elements at = {{0, {0x4480, 0x4480}}, {1, {0x3F80, 0x3D00}}, {8, {0x4480, 0xC480}}};
    CHECK(dot("a100", bf16, at, 0) == 0x00000000);
    CHECK(dot("h100", bf16, at, 0) == 0x3D000000);
    CHECK(dot("mi300", bf16, at, 0) == 0x00000000);
}

TEST_CASE("example 4: TF32 drops the low 13 bits of its operands") {
    const elements at = {{0, {0x3F801FFF, 0x3F800000}}, {1, {0x3F800000, 0x33800000}}};  // and 1 * 2^-24
    for (const char* unit : {"a100", "ada", "h100", "b200", "mi300"}) {
        CHECK(dot(unit, tf32, at, 0) == 0x3F800000);
    }
    // A NaN whose payload lies in those bits alone is an infinity.
    CHECK(dot("a100", tf32, {{0, {0x7F800001, 0x3F800000}}}, 0) == 0x7F800000);
}

TEST_CASE("example 5: FP16 output rounds to nearest after every step") {
    const accumulator v100 = accumulator_of(unit_by_name("v100"), f16, f16, f16);
    const accumulator a100 = accumulator_of(unit_by_name("a100"), f16, f16, f16);
    constexpr std::uint32_t one = 0x3F800000;
    constexpr std::uint32_t one_and_a_unit = 0x3F802000;  // 0x3C01 of binary16
    for (const accumulator& unit : {v100, a100}) {
        CHECK(dot(unit, f16, {{0, {0x3C00, 0x1000}}, {1, {0x0C00, 0x1000}}}, one) == one_and_a_unit);
        CHECK(dot(unit, f16, {{0, {0x3C00, 0x1000}}}, one) == one);  // 1 + 2^-11: a tie, to even
    }
}

// Terms are aligned by the exponent of their own format, which for a subnormal FP16 addend is -14.
TEST_CASE("FP16 output takes a subnormal addend with the exponent of FP16") {
    const aligned short_unit = {.products = 1, .fraction_bits = 5, .output = aligned_output::f16_ties_to_even};
    // c = 1023 * 2^-24, kept in units of 2^(-14 - 5): 31 * 2^-19.
    CHECK(dot(short_unit, f16, {}, 0x387FC000, 1) == 0x38780000);
    const accumulator a100 = accumulator_of(unit_by_name("a100"), f16, f16, f16);
    // 2^-23 + 2^-25 + 2^-47: the last is below 2^(-14 - 24), so a tie is left, and 2^-23 is even in units of 2^-24.
    CHECK(dot(a100, f16, {{0, {0x0400, 0x1000}}, {1, {0x0001, 0x0002}}}, 0x34000000) == 0x34000000);
}

TEST_CASE("example 6: FP8 keeps 13 bits on Ada and Hopper") {
    const elements at = {{0, {0x7E, 0x7E}}, {1, {0x38, 0x30}}};  // 448 * 448 + 1 * 0.5, c = 9
    CHECK(dot("ada", e4m3fn, at, 0x41100000) == 0x48440000);
    CHECK(dot("h100", e4m3fn, at, 0x41100000) == 0x48440000);
    CHECK(dot("b200", e4m3fn, at, 0x41100000) == 0x48440260);
}

TEST_CASE("example 7: the addend loses the low bits of its fraction") {
    CHECK(dot("ada", e4m3fn, {}, 0x3F800FFF) == 0x3F800C00);
    CHECK(dot("h100", e4m3fn, {}, 0x3F800FFF) == 0x3F800C00);
    CHECK(dot("b200", e4m3fn, {}, 0x3F800FFF) == 0x3F800FFF);
}

TEST_CASE("example 8: groups of 16 and of 32 in FP8") {
    const elements at = {{0, {0x58, 0x58}}, {16, {0x38, 0x08}}};
    CHECK(dot("ada", e4m3fn, at, 0xC3800000) == 0x3C800000);
    CHECK(dot("h100", e4m3fn, at, 0xC3800000) == 0x00000000);
    CHECK(dot("b200", e4m3fn, at, 0xC3800000) == 0x3C800000);
}

TEST_CASE("example 9: large values and infinities and NaN and subnormals in FP8") {
    CHECK(dot("h100", e5m2, {{0, {0x7B, 0x3C}}, {1, {0x3E, 0x40}}}, 0) == 0x47600000);
    CHECK(dot("h100", e5m2, {{0, {0x7C, 0x3C}}}, 0x3F800000) == 0x7F800000);
    CHECK(dot("h100", e5m2, {{0, {0x7C, 0x00}}}, 0) == 0x7FFFFFFF);
    CHECK(dot("h100", e4m3fn, {{0, {0x7F, 0x00}}}, 0) == 0x7FFFFFFF);
    CHECK(dot("h100", e4m3fn, {{0, {0x01, 0x01}}}, 0) == 0x36800000);
    CHECK(dot("h100", e4m3fn, {{0, {0xB8, 0x01}}}, 0) == 0xBB000000);
    CHECK(dot("h100", e4m3fn, {{0, {0x7F, 0x38}}}, 0x7F800000) == 0x7FFFFFFF);
    CHECK(dot("h100", e5m2, {{0, {0x7C, 0x3C}}}, 0xFF800000) == 0x7FFFFFFF);  // infinities of both signs
}

TEST_CASE("example 10: CDNA3 cuts the addend toward minus infinity") {
    const elements one = {{0, {0x3C00, 0x3C00}}};
    CHECK(dot("mi300", f16, one, 0x30800000) == 0x3F800000);  // 1 + 2^-30
    CHECK(dot("mi300", f16, one, 0xB0800000) == 0x3F7FFFFF);  // 1 - 2^-30
    const elements fp8_one = {{0, {0x40, 0x40}}};
    CHECK(dot("mi300", e4m3fnuz, fp8_one, 0xB0800000) == 0x3F800000);  // dropped
    CHECK(dot("mi300", e4m3fnuz, fp8_one, 0xB3000000) == 0x3F7FFFFF);  // 1 - 2^-25
    CHECK(std::isnan(std::bit_cast<float>(dot("mi300", e4m3fnuz, {{0, {0x80, 0x40}}}, 0))));
    CHECK(dot("mi300", e4m3fnuz, {{0, {0x7F, 0x7F}}, {1, {0x01, 0x01}}}, 0) == 0x47610000);
    CHECK(std::isnan(std::bit_cast<float>(dot("mi300", e4m3fnuz, {{0, {0x7F, 0x7F}}}, 0x7FC00000))));
    CHECK(dot("mi300", e4m3fnuz, {{0, {0x7F, 0x7F}}}, 0x7F800000) == 0x7F800000);
}

TEST_CASE("example 12: CDNA2 flushes and CDNA1 does not") {
    const elements at = {{0, {0x1C80, 0x2300}}};  // 2^-70 * 2^-57
    CHECK(dot("mi250", bf16, at, 0) == 0x00000000);
    CHECK(dot("mi100", bf16, at, 0) == 0x00400000);
}

TEST_CASE("FP8 through mma.sync on Hopper and B200 is two FP16 steps over pairs of k") {
    // k = 0: 2^16, k = 1: 2^-9 * 1 falls below 2^16 * 2^-25 only together with a smaller one; k = 2 is in the second step.
    const elements at = {{0, {0x78, 0x78}}, {2, {0xF8, 0x78}}, {3, {0x01, 0x38}}};  // 256 * 256, -256 * 256, 2^-9
    for (const char* unit : {"h100-mma-sync", "b200-mma-sync"}) {
        CHECK(dot(unit, e4m3fn, at, 0) == 0x3B000000);  // 2^-9 = 2^(16 - 25) is kept
        CHECK(dot(unit, e4m3fn, {{0, {0x78, 0x78}}, {1, {0x01, 0x08}}, {2, {0xF8, 0x78}}}, 0) == 0);  // 2^-15 is lost
        CHECK(dot(unit, e4m3fn, {{0, {0x78, 0x78}}, {2, {0x01, 0x08}}}, 0) == 0x47800000);
        CHECK(dot(unit, e4m3fn, {{0, {0x38, 0x38}}}, 0x33800001) == 0x3F800001);  // 1 + 2^-24 + ...: to nearest
        CHECK(dot(unit, e4m3fn, {{0, {0x7F, 0x00}}}, 0) == 0x7FFFFFFF);
    }
}

TEST_CASE("block-scaled units take their scales inside") {
    struct scaled_case {
        const char* unit;
        std::vector<std::uint32_t> a, b, a_scales, b_scales;
        const any_format& format;
    };
    const auto run = [](const scaled_case& s, std::uint32_t c) {
        unit_dot dot(accumulator_of(unit_by_name(s.unit), s.format, s.format), s.format, s.format);
        return std::bit_cast<std::uint32_t>(dot(s.a, s.b, std::bit_cast<float>(c), s.a_scales, s.b_scales));
    };
    const any_format fp8 = e4m3fn;
    const any_format fp4 = e2m1fn;
    // 1 * 1 * 2^3 * 2^-1; the addend is not scaled.
    CHECK(run({"b200-mxfp8", {0x38}, {0x38}, {130}, {126}, fp8}, 0x3F800000) == 0x40A00000);
    CHECK(run({"b200-mxfp8", {0x38}, {0x38}, {0xFF}, {126}, fp8}, 0) == 0x7FFFFFFF);
    CHECK(run({"b200-mxfp8", {0x00}, {0x38}, {0xFF}, {126}, fp8}, 0) == 0x7FFFFFFF);
    CHECK(run({"b200-mxfp8", {0x78}, {0x78}, {254}, {254}, fp8}, 0) == 0x7F800000);  // 2^16 * 2^254
    // 25 fraction bits below the scaled product: 2^-26 beside 1 is lost, 2^-25 is kept until FP32 truncates.
    CHECK(run({"b200-mxfp8", {0x38}, {0x38}, {127}, {127}, fp8}, 0xB3000000) == 0x3F7FFFFF);
    CHECK(run({"b200-mxfp8", {0x38}, {0x38}, {127}, {127}, fp8}, 0xB2800000) == 0x3F800000);
    // E2M1: 6 * 6 + 0.5 * 0.5 = 36.25 exactly; E8M0 scales 2^1 and 2^0.
    CHECK(run({"b200-mxfp4", {7, 1}, {7, 1}, {128}, {127}, fp4}, 0) == 0x42910000);
    // E4M3 scales 1.5 (3C) and 2^-9 (01, subnormal), the sign of a scale ignored.
    CHECK(run({"b200-nvfp4", {2}, {2}, {0x3C}, {0x38}, fp4}, 0) == 0x3FC00000);
    CHECK(run({"b200-nvfp4", {2}, {2}, {0xBC}, {0x38}, fp4}, 0) == 0x3FC00000);
    CHECK(run({"b200-nvfp4", {2}, {2}, {0x01}, {0x38}, fp4}, 0) == 0x3B000000);
    CHECK(run({"b200-nvfp4", {2}, {2}, {0x7F}, {0x38}, fp4}, 0) == 0x7FFFFFFF);
    CHECK(run({"b200-nvfp4", {2}, {2}, {0x00}, {0x38}, fp4}, 0x3F800000) == 0x3F800000);
}

TEST_CASE("a block-scaled product with matrices is the same with a factor of the tensor at the end") {
    quantized_matrix a(1, 40, e2m1fn, true, granularity::block(1, 16), e4m3fn);
    quantized_matrix b(40, 1, e2m1fn, true, granularity::block(16, 1), e4m3fn);
    std::vector<std::uint32_t> x(40);
    std::vector<std::uint32_t> y(40);
    for (std::size_t k = 0; k < 40; ++k) {
        x[k] = static_cast<std::uint32_t>(k * 7 % 16);
        y[k] = static_cast<std::uint32_t>(k * 5 % 16);
        a.set_code(0, k, x[k]);
        b.set_code(k, 0, y[k]);
    }
    const std::vector<std::uint32_t> sa = {0x38, 0x41, 0x29};
    const std::vector<std::uint32_t> sb = {0x33, 0x3B, 0x02};
    for (std::size_t block = 0; block < 3; ++block) {
        a.set_scale_code(block, sa[block]);
        b.set_scale_code(block, sb[block]);
    }
    const accumulator unit = accumulator_of(unit_by_name("b200-nvfp4"), e2m1fn, e2m1fn);
    unit_dot dot(unit, e2m1fn, e2m1fn);
    const matrix<float> c(1, 1, 0.375f);
    const float plain = dot(x, y, 0.375f, sa, sb);
    CHECK(gemm_reference(a, b, unit, c.view())(0, 0) == plain);
    CHECK(gemm(a, b, unit, c.view())(0, 0) == plain);
    a.set_tensor_scale(0.3f);
    b.set_tensor_scale(7.0f);
    CHECK(gemm(a, b, unit, c.view())(0, 0) == std::fma(0.3f * 7.0f, dot(x, y, 0.0f, sa, sb), 0.375f));
    // Scales of another format or other blocks are refused.
    CHECK_THROWS_AS(gemm(a, b, accumulator_of(unit_by_name("b200-mxfp4"), e2m1fn, e2m1fn)), std::invalid_argument);
    CHECK_THROWS_AS(gemm(quantized_matrix(1, 40, e2m1fn), b, unit), std::invalid_argument);
}

TEST_CASE("example 11: products beyond FP32 that cancel") {
    CHECK(dot("h100", bf16, {{0, {0x7180, 0x4E80}}, {1, {0xF180, 0x4E80}}}, 0x3F800000) == 0x00000000);
    CHECK(std::isnan(std::bit_cast<float>(dot("mi300", bf16, {{0, {0x7180, 0x4E80}}, {1, {0xF180, 0x4E80}}}, 0))));
}

TEST_CASE("alignment cuts the magnitude toward zero for either sign") {
    // 1 -+ 2^-27 with 25 fraction bits: the small term is lost; rounding down would leave 1 - 2^-24.
    for (const char* unit : {"v100", "a100", "h100", "b200"}) {
        CHECK(dot(unit, f16, {{0, {0x8C00, 0x0200}}}, 0x3F800000) == 0x3F800000);
        CHECK(dot(unit, f16, {{0, {0x0C00, 0x0200}}}, 0xBF800000) == 0xBF800000);
    }
}

TEST_CASE("a sum beyond FP32 is infinity and truncation keeps the largest number below it") {
    CHECK(dot("h100", bf16, {{0, {0x7F00, 0x4000}}}, 0) == 0x7F800000);  // 2^127 * 2
    CHECK(dot("h100", bf16, {{0, {0xFF00, 0x4000}}}, 0) == 0xFF800000);
    CHECK(dot("h100", bf16, {{0, {0x7F00, 0x3F80}}}, 0x7EFFFFFF) == 0x7F7FFFFF);  // 2^127 + (2^127 - 2^103)
    CHECK(dot("h100", bf16, {}, 0x80000000) == 0x00000000);                       // a sum of zeros is +0
}
