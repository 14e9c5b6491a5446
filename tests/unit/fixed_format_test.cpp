// SPDX-License-Identifier: Apache-2.0
// INT8: the fixed-point element formats, their recipes, and exact 32-bit sums.
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/round/convert.hpp>
#include <narrowfp/round/philox.hpp>

#include <doctest/doctest.h>

using namespace narrowfp;

namespace {

matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t tensor) {
    const philox_stream random{.seed = 20, .tensor = tensor};
    matrix<float> x(rows, cols);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x.data()[i] = static_cast<float>(random.word(i) >> 8) * 0x1p-20f - 8;
    }
    return x;
}

}  // namespace

TEST_CASE("int8 and mxint8 are symmetric two's complement") {
    CHECK(value<int8>(2.5f).bits() == 2);  // ties to even
    CHECK(value<int8>(3.5f).bits() == 4);
    CHECK(value<int8>(-3.5f).bits() == 0xFC);
    CHECK(value<int8>(-0.0f).bits() == 0);
    CHECK(value<int8>(127.5f).bits() == 127);
    CHECK(value<int8>(-1e30f).bits() == 0x81);  // -127: the code of -128 is never produced
    CHECK(float{value<int8>::from_bits(0x80)} == -128.0f);
    CHECK(value<mxint8>(1.0f).bits() == 64);
    CHECK(float{value<mxint8>::from_bits(127)} == 127.0f / 64);
    CHECK(max_finite(mxint8) == 1.984375f);
}

TEST_CASE("NaN and infinities have no code and are counted") {
    const std::vector<float> in{std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(),
                                200.0f};
    std::vector<std::uint8_t> out(3);
    const event_counts counts = convert(std::span<const float>(in), std::span<std::uint8_t>(out), any_format{int8},
                                        rounding::ties_to_even, overflow_mode::none);
    CHECK(out == std::vector<std::uint8_t>{127, 0x81, 127});
    CHECK(counts.nan == 1);
    CHECK(counts.infinite == 1);
    CHECK(counts.overflowed == 1);
    CHECK(counts.saturated == 3);
}

TEST_CASE("int8_tile: scales are amax / 127 per 1x128 and 128x128, bytes are exact") {
    const matrix<float> x = random_matrix(3, 300, 0);
    const quantized_matrix a = quantize(x.view(), recipes::int8_tile.for_a(recipes::int8_tile.element));
    CHECK(a.code_bytes() == 900);
    CHECK(a.scale_bytes() == 3 * 3 * 4);
    float amax = 0;
    for (std::size_t k = 0; k < 128; ++k) {
        amax = std::fmax(amax, std::fabs(x(1, k)));
    }
    CHECK(a.scale(1, 0) == amax / 127.0f);
    for (std::size_t k = 0; k < 128; ++k) {
        const double exact_ratio = double{x(1, k)} / double{a.scale(1, 0)};
        CHECK(std::fabs(double{decode_float(int8, a.code(1, k))} - exact_ratio) <= 0.5 + 1e-5);
    }
}

TEST_CASE("mxint8: power-of-two scales by the floor rule") {
    matrix<float> x(1, 32, 1.0f);
    x(0, 5) = 3.0f;  // floor(log2 3) - 0 = 1: elements are multiples of 2 / 64
    const quantized_matrix a = quantize(x.view(), recipes::mxint8_blocks.for_a(mxint8));
    CHECK(a.scale(0, 0) == 2.0f);
    CHECK(a.code(0, 5) == 96);
    CHECK(a.code(0, 0) == 32);
    CHECK(a.bytes() == 33);
}

TEST_CASE("sums in 32 bits are exact and equal every other exact way") {
    const matrix<float> x = random_matrix(7, 500, 1);
    const matrix<float> y = random_matrix(500, 5, 2);
    for (const recipe& r : {recipes::int8_tile, recipes::mxint8_blocks}) {
        const quantized_matrix a = quantize(x.view(), r.for_a(r.element));
        const quantized_matrix b = quantize(y.view(), r.for_b(r.element));
        const matrix<float> d = gemm_reference(a, b, promoted{int32_exact{}, 128});
        CHECK(d == gemm_reference(a, b, promoted{exact{}, 128}));
        CHECK(d == gemm_reference(a, b, promoted{sequential<float>{}, 128}));  // sums stay below 2^24
    }
    // By hand: (-128) (-128) + 127 (-1) = 16257.
    quantized_matrix a(1, 2, int8);
    quantized_matrix b(2, 1, int8);
    a.set_code(0, 0, 0x80);
    b.set_code(0, 0, 0x80);
    a.set_code(0, 1, 127);
    b.set_code(1, 0, 0xFF);
    CHECK(gemm_reference(a, b, int32_exact{})(0, 0) == 16257.0f);
}

TEST_CASE("int32_exact refuses what does not fit") {
    const quantized_matrix floating(1, 8, e4m3fn);
    const quantized_matrix integer(8, 1, int8);
    CHECK_THROWS_WITH_AS(gemm_reference(floating, integer, int32_exact{}),
                         "gemm: int32_exact needs fixed-point operands, found e4m3fn and int8", std::invalid_argument);
    const quantized_matrix wide(1, 1u << 17, int8);
    const quantized_matrix tall(1u << 17, 1, int8);
    CHECK_THROWS_AS(gemm_reference(wide, tall, int32_exact{}), std::invalid_argument);
    CHECK_NOTHROW(gemm_reference(wide, tall, promoted{int32_exact{}, 128}));
}
