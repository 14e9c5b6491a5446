// SPDX-License-Identifier: Apache-2.0
// Worked examples of matrix units: results that follow from the published models of NVIDIA tensor cores (Khattak &
// Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909), each showing one rule at work. Codes and results are
// patterns.
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <map>

using namespace narrowfp;

namespace {

// k -> (code of a, code of b); all other elements are zero.
using elements = std::map<std::size_t, std::pair<std::uint32_t, std::uint32_t>>;

std::uint32_t dot(const aligned& unit, const any_format& format, const elements& at, std::uint32_t c,
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
    for (const char* unit : {"t4", "a100", "ada", "h100", "b200"}) {
        CHECK(dot(unit, f16, at, 0x3F800000) == 0x3F800002);
    }
}

TEST_CASE("example 2: one more fraction bit on Hopper") {
    const elements at = {{0, {0x0C00, 0x0800}}, {1, {0x0C00, 0x0800}}, {2, {0x0C00, 0x0800}}, {3, {0x0C00, 0x0800}}};
    CHECK(dot("v100", f16, at, 0x3F800000) == 0x3F800000);
    CHECK(dot("a100", f16, at, 0x3F800000) == 0x3F800000);
    CHECK(dot("h100", f16, at, 0x3F800000) == 0x3F800001);
    CHECK(dot("b200", f16, at, 0x3F800000) == 0x3F800001);
}

TEST_CASE("example 3: groups of 8 and of 16") {
    // 2^20 + 2^-5 in the first eight, -2^20 at k = 8.
    const elements at = {{0, {0x4480, 0x4480}}, {1, {0x3F80, 0x3D00}}, {8, {0x4480, 0xC480}}};
    CHECK(dot("a100", bf16, at, 0) == 0x00000000);
    CHECK(dot("h100", bf16, at, 0) == 0x3D000000);
}

TEST_CASE("example 5: FP16 output rounds to nearest after every step") {
    const aligned v100 = {
        .products = 4, .fraction_bits = 23, .zero_exponent = -20, .output = aligned_output::f16_ties_to_even};
    const aligned a100 = {
        .products = 8, .fraction_bits = 24, .zero_exponent = -21, .output = aligned_output::f16_ties_to_even};
    constexpr std::uint32_t one = 0x3F800000;
    constexpr std::uint32_t one_and_a_unit = 0x3F802000;  // 0x3C01 of binary16
    for (const aligned& unit : {v100, a100}) {
        CHECK(dot(unit, f16, {{0, {0x3C00, 0x1000}}, {1, {0x0C00, 0x1000}}}, one) == one_and_a_unit);
        CHECK(dot(unit, f16, {{0, {0x3C00, 0x1000}}}, one) == one);  // 1 + 2^-11: a tie, to even
    }
}

// Terms are aligned by the exponent of their own format, which for a subnormal FP16 addend is -14.
TEST_CASE("FP16 output takes a subnormal addend with the exponent of FP16") {
    const aligned short_unit = {.products = 1, .fraction_bits = 5, .output = aligned_output::f16_ties_to_even};
    // c = 1023 * 2^-24, kept in units of 2^(-14 - 5): 31 * 2^-19.
    CHECK(dot(short_unit, f16, {}, 0x387FC000, 1) == 0x38780000);
    const aligned a100 = {
        .products = 8, .fraction_bits = 24, .zero_exponent = -21, .output = aligned_output::f16_ties_to_even};
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
}

TEST_CASE("example 11: products beyond FP32 that cancel") {
    CHECK(dot("h100", bf16, {{0, {0x7180, 0x4E80}}, {1, {0xF180, 0x4E80}}}, 0x3F800000) == 0x00000000);
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
