// SPDX-License-Identifier: Apache-2.0
// Checks the arithmetic of the oracles: exact sums, their conversion, FMA chains against std::fma, tensor cores against
// the published worked examples. Without the library under test.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "dyadic.hpp"
#include "exact.hpp"
#include "format.hpp"
#include "tensor_core.hpp"

using namespace narrowfp_oracle;

namespace {

using codes = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("exact dot products") {
    const std::vector<float> a = {0x1p127F, 1.0F, -0x1p127F, 3.0F};
    const std::vector<float> b = {0x1p127F, 0x1p-149F, 0x1p127F, 0.5F};
    const exact_value sum = exact_dot(a, b, 0x1p-149F);
    CHECK(compare(sum, add(to_exact({false, 3, -1}), to_exact(power_of_two(-148)))) == 0);
    CHECK(to_float(sum) == 1.5F);
    CHECK(to_double(subtract(sum, to_exact({false, 3, -1}))) == 0x1p-148);
    CHECK(to_text(sum).find("* 2^-148") != std::string::npos);
    CHECK(exact_dot(std::vector<float>{}, std::vector<float>{}, -2.5F) == to_exact({true, 5, -1}));
    CHECK(exact_dot(std::vector<float>{2.0F}, std::vector<float>{2.0F}, -4.0F).is_zero());
    CHECK(multiply(to_exact({true, 3, 4}), to_exact({false, 5, -9})) == to_exact({true, 15, -5}));
    CHECK(compare(to_exact({true, 3, 0}), to_exact({false, 1, -40})) < 0);
    // A thousand integers: the sum is exact in int64 too.
    std::mt19937 generator(3);
    std::vector<dyadic> x;
    std::vector<dyadic> y;
    std::int64_t expected = 0;
    for (int k = 0; k < 1000; ++k) {
        const auto p = static_cast<int>(generator() % 65536U);
        const auto q = static_cast<int>(generator() % 65536U);
        const bool negative = generator() % 2 == 0;
        x.push_back({negative, static_cast<std::uint64_t>(p), 0});
        y.push_back({false, static_cast<std::uint64_t>(q), 0});
        expected += (negative ? -1 : 1) * std::int64_t{p} * q;
    }
    CHECK(to_double(exact_dot(x, y)) == static_cast<double>(expected));
}

TEST_CASE("the FMA chain equals std::fma") {
    std::mt19937 generator(4);
    const auto draw = [&](int kind) {
        const auto bits = static_cast<std::uint32_t>(generator());
        switch (kind) {
            case 0:  // any pattern
                return std::bit_cast<float>(bits);
            case 1:  // around 1, short significands: ties and cancellation
                return std::bit_cast<float>((bits & 0x80FFF000U) | 0x3F000000U);
            default:  // small: subnormal results
                return std::bit_cast<float>((bits & 0x807FFFFFU) |
                                            (static_cast<std::uint32_t>(generator() % 90U) << 23U));
        }
    };
    const auto same = [](float x, float y) {
        return (std::isnan(x) && std::isnan(y)) || std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
    };
    for (int i = 0; i < 100000; ++i) {
        const float a = draw(i % 3);
        const float b = draw(i % 3 == 2 ? 1 : i % 3);
        const float c = i % 7 == 0 ? -a * b : draw(i % 3);
        const float actual = fused_multiply_add(a, b, c);
        CAPTURE(a);
        CAPTURE(b);
        CAPTURE(c);
        REQUIRE(same(actual, std::fma(a, b, c)));
        REQUIRE((!std::isnan(actual) || std::bit_cast<std::uint32_t>(actual) == 0x7FC00000U));
    }
    const std::vector<float> specials = {0.0F,
                                         -0.0F,
                                         1.0F,
                                         -1.0F,
                                         0x1p-149F,
                                         -0x1p-149F,
                                         0x1p127F,
                                         -0x1p127F,
                                         std::numeric_limits<float>::infinity(),
                                         -std::numeric_limits<float>::infinity(),
                                         std::numeric_limits<float>::quiet_NaN()};
    for (const float a : specials) {
        for (const float b : specials) {
            for (const float c : specials) {
                REQUIRE(same(fused_multiply_add(a, b, c), std::fma(a, b, c)));
            }
        }
    }
    std::vector<float> x(1000);
    std::vector<float> y(1000);
    float expected = 0.25F;
    for (std::size_t k = 0; k < x.size(); ++k) {
        x[k] = draw(1);
        y[k] = draw(1);
        expected = std::fma(x[k], y[k], expected);
    }
    CHECK(same(fma_chain(x, y, 0.25F), expected));
}

namespace {

std::uint32_t unit(const char* gpu, const char* input, const char* name, codes a, codes b, std::uint32_t c,
                   bool fp16 = false) {
    // Unlisted elements are zero: fill to two steps of the widest unit.
    a.resize(64);
    b.resize(64);
    const format& f = find_format(name);
    return tensor_core(rule_of(gpu, input, fp16), f, a, f, b, c);
}

codes at(std::initializer_list<std::pair<std::size_t, std::uint32_t>> entries) {
    codes result(32);
    for (const auto& [k, code] : entries) {
        result[k] = code;
    }
    return result;
}

}  // namespace

TEST_CASE("tensor cores: worked examples") {
    const codes tiny(4, 0x0C00);
    const codes tinier(4, 0x0800);
    // 1, 2: fraction bits at work.
    CHECK(unit("v100", "16bit", "f16", tiny, tiny, 0x3F800000) == 0x3F800000);
    for (const char* gpu : {"t4", "a100", "h100"}) {
        CHECK(unit(gpu, "16bit", "f16", tiny, tiny, 0x3F800000) == 0x3F800002);
    }
    CHECK(unit("v100", "16bit", "f16", tiny, tinier, 0x3F800000) == 0x3F800000);
    CHECK(unit("a100", "16bit", "f16", tiny, tinier, 0x3F800000) == 0x3F800000);
    CHECK(unit("h100", "16bit", "f16", tiny, tinier, 0x3F800000) == 0x3F800001);
    // 3: group size.
    const codes a3 = at({{0, 0x4480}, {1, 0x3F80}, {8, 0x4480}});
    const codes b3 = at({{0, 0x4480}, {1, 0x3D00}, {8, 0xC480}});
    CHECK(unit("a100", "16bit", "bf16", a3, b3, 0) == 0x00000000);
    CHECK(unit("h100", "16bit", "bf16", a3, b3, 0) == 0x3D000000);
    // 4: TF32 drops bits first.
    for (const char* gpu : {"a100", "h100"}) {
        CHECK(unit(gpu, "tf32", "tf32", {0x3F801FFF, 0x3F800000}, {0x3F800000, 0x33800000}, 0) == 0x3F800000);
    }
    // 5: FP16 output.
    for (const char* gpu : {"v100", "a100"}) {
        CHECK(unit(gpu, "16bit", "f16", {0x3C00, 0x0C00}, {0x1000, 0x1000}, 0x3C00, true) == 0x3C01);
        CHECK(unit(gpu, "16bit", "f16", {0x3C00}, {0x1000}, 0x3C00, true) == 0x3C00);
    }
    // 6: FP8.
    for (const char* gpu : {"ada", "h100"}) {
        CHECK(unit(gpu, "fp8", "e4m3fn", {0x7E, 0x38}, {0x7E, 0x30}, 0x41100000) == 0x48440000);
    }
    CHECK(unit("b200", "fp8", "e4m3fn", {0x7E, 0x38}, {0x7E, 0x30}, 0x41100000) == 0x48440260);
    // 7: the width of the accumulator.
    CHECK(unit("ada", "fp8", "e4m3fn", {}, {}, 0x3F800FFF) == 0x3F800C00);
    CHECK(unit("h100", "fp8", "e4m3fn", {}, {}, 0x3F800FFF) == 0x3F800C00);
    CHECK(unit("b200", "fp8", "e4m3fn", {}, {}, 0x3F800FFF) == 0x3F800FFF);
    // 8: group size again.
    const codes a8 = at({{0, 0x58}, {16, 0x38}});
    const codes b8 = at({{0, 0x58}, {16, 0x08}});
    CHECK(unit("ada", "fp8", "e4m3fn", a8, b8, 0xC3800000) == 0x3C800000);
    CHECK(unit("h100", "fp8", "e4m3fn", a8, b8, 0xC3800000) == 0x00000000);
    CHECK(unit("b200", "fp8", "e4m3fn", a8, b8, 0xC3800000) == 0x3C800000);
    // 9: E5M2, specials, subnormals.
    CHECK(unit("h100", "fp8", "e5m2", {0x7B, 0x3E}, {0x3C, 0x40}, 0) == 0x47600000);
    CHECK(unit("h100", "fp8", "e5m2", {0x7C}, {0x3C}, 0x3F800000) == 0x7F800000);
    CHECK(unit("h100", "fp8", "e5m2", {0x7C}, {0x00}, 0x3F800000) == 0x7FFFFFFF);
    CHECK(unit("h100", "fp8", "e4m3fn", {0x7F}, {0x00}, 0) == 0x7FFFFFFF);
    CHECK(unit("h100", "fp8", "e4m3fn", {0x01}, {0x01}, 0) == 0x36800000);
    CHECK(unit("h100", "fp8", "e4m3fn", {0xB8}, {0x01}, 0) == 0xBB000000);
    // 11: products beyond FP32.
    CHECK(unit("h100", "16bit", "bf16", {0x7180, 0xF180}, {0x4E80, 0x4E80}, 0x3F800000) == 0x00000000);
}

TEST_CASE("tensor cores: specials, range ends, short groups") {
    // Infinities of both signs, in the products and against C; NaN in C; FP16 patterns.
    CHECK(unit("h100", "fp8", "e5m2", {0x7C, 0xFC}, {0x3C, 0x3C}, 0) == 0x7FFFFFFF);
    CHECK(unit("h100", "fp8", "e5m2", {0x7C}, {0x3C}, 0xFF800000) == 0x7FFFFFFF);
    CHECK(unit("h100", "fp8", "e5m2", {0xFC}, {0x3C}, 0xFF800000) == 0xFF800000);
    CHECK(unit("h100", "fp8", "e5m2", {}, {}, 0x7F800001) == 0x7FFFFFFF);
    CHECK(unit("h100", "16bit", "f16", {0x7C00}, {0x0000}, 0, true) == 0x7FFF);
    CHECK(unit("h100", "16bit", "f16", {0xFC00}, {0x3C00}, 0, true) == 0xFC00);
    // A TF32 NaN whose payload lies in the dropped bits is an infinity.
    CHECK(unit("a100", "tf32", "tf32", {0x7F800001}, {0x3F800000}, 0) == 0x7F800000);
    // Overflow gives infinity even toward zero: 2^127 * 2 + max; -0 terms give +0.
    CHECK(unit("h100", "16bit", "bf16", {0x7F00}, {0x4000}, 0x7F7FFFFF) == 0x7F800000);
    CHECK(unit("h100", "16bit", "bf16", codes(16, 0x8000), codes(16, 0x3F80), 0x80000000) == 0x00000000);
    // A subnormal FP32 result, and the coarser unit 2^-139 of the FP8 path.
    CHECK(unit("h100", "16bit", "bf16", {0x0080}, {0x3F00}, 0) == 0x00400000);
    CHECK(unit("ada", "fp8", "e4m3fn", {}, {}, 0x000007FF) == 0x00000400);
    CHECK(unit("ada", "fp8", "e4m3fn", {}, {}, 0x800003FF) == 0x00000000);  // cut at alignment: an exact zero
    // Significands of subnormals are not renormalised: 2^-24 * 2^-24 has exponent -28, so 2^-54 is cut off beside it.
    CHECK(unit("h100", "16bit", "f16", {0x0001}, {0x0001}, 0x24800000) == 0x27800000);
    // The exponent of zero terms: 2^-25 + 2^-48 is a tie where it is -21 (unit 2^-45), above the tie where it is -133.
    CHECK(unit("a100", "16bit", "f16", {0x0C00, 0x0001}, {0x0800, 0x0001}, 0, true) == 0x0000);
    CHECK(unit("h100", "16bit", "f16", {0x0C00, 0x0001}, {0x0800, 0x0001}, 0, true) == 0x0001);
    // FP16 overflow in the middle of the tie 65520, and below it.
    CHECK(unit("a100", "16bit", "f16", {0x4C00}, {0x3C00}, 0x7BFF, true) == 0x7C00);
    CHECK(unit("a100", "16bit", "f16", {0x4B00}, {0x3C00}, 0x7BFF, true) == 0x7BFF);
    // 40 products on a unit of 32: the second group is short.
    const format& e4m3 = find_format("e4m3fn");
    const codes ones(40, 0x38);
    CHECK(tensor_core(rule_of("h100", "fp8", false), e4m3, ones, e4m3, ones, 0) == std::bit_cast<std::uint32_t>(40.0F));
    CHECK(tensor_core(rule_of("h100", "fp8", false), e4m3, codes{}, e4m3, codes{}, 0x3F800FFF) == 0x3F800FFF);
    CHECK_THROWS_AS((void)rule_of("v100", "fp8", false), std::invalid_argument);
    CHECK_THROWS_AS((void)tensor_core(rule_of("h100", "fp8", false), find_format("hif8"), ones, e4m3, ones, 0),
                    std::invalid_argument);
}
