// SPDX-License-Identifier: Apache-2.0
// Each recipe on a small operand, with the values worked out by hand in exact arithmetic.
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace narrowfp;

namespace {

// 1 x 130 with a few values; the rest is zero. Blocks of k: 0..127 and 128..129 (or 32 each).
matrix<float> operand() {
    matrix<float> a(1, 130);
    a(0, 0) = 3.0f;
    a(0, 1) = -7.0f;
    a(0, 40) = 0.5f;
    a(0, 129) = 2.0f;
    return a;
}

}  // namespace

TEST_CASE("none casts each element") {
    const quantized_matrix q = quantize(operand().view(), recipes::none.for_a(e4m3fn));
    CHECK_FALSE(q.has_scales());
    CHECK(q.bytes() == 130);
    CHECK(q.code(0, 0) == 0x44);  // 1.5 * 2^1: S.1000.100
    CHECK(q.code(0, 1) == 0xCE);  // -1.75 * 2^2: S.1001.110
    CHECK(q.scale(0, 0) == 1.0f);
}

TEST_CASE("tensor_current multiplies by max over amax") {
    // s = 448 / 7 = 64 exactly: 3 -> 192 = 1.5 * 2^7, -7 -> -448, 0.5 -> 32, 2 -> 128. Stored: 1 / 64.
    const quantized_matrix q = quantize(operand().view(), recipes::tensor_current.for_a(e4m3fn));
    CHECK(q.scales().size() == 1);
    CHECK(q.scale(0, 5) == 0.015625f);
    CHECK(q.code(0, 0) == 0x74);
    CHECK(q.code(0, 1) == 0xFE);
    CHECK(q.code(0, 40) == 0x60);
    CHECK(q.code(0, 129) == 0x70);
    CHECK(q.bytes() == 134);
    CHECK(q.events().inexact == 0);
    CHECK(dequantize(q) == operand());
}

TEST_CASE("rowwise has a scale per row of A and per column of B") {
    matrix<float> x(2, 3, 1.0f);
    x(1, 0) = 4.0f;
    x(1, 2) = 0.0f;
    x(0, 2) = 0.0f;
    const quantized_matrix a = quantize(x.view(), recipes::rowwise.for_a(e4m3fn));
    CHECK(a.scales().size() == 2);
    CHECK(a.scale(0, 0) == 1.0f / 448.0f);
    CHECK(a.scale(1, 0) == 1.0f / 112.0f);
    CHECK(a.code(0, 0) == 0x7E);
    CHECK(a.code(1, 0) == 0x7E);
    CHECK(a.code(1, 1) == 0x6E);  // 112 = 1.75 * 2^6: S.1101.110
    const quantized_matrix b = quantize(x.view(), recipes::rowwise.for_b(e4m3fn));
    CHECK(b.scales().size() == 3);
    CHECK(b.scale(0, 0) == 1.0f / 112.0f);
    CHECK(b.scale(0, 1) == 1.0f / 448.0f);
    // A zero column: amax is raised to 1e-12, s = 448e12 in FP32.
    CHECK(b.scale(0, 2) == 1.0f / (448.0f / 1e-12f));
}

TEST_CASE("deepseek_v3 divides by amax over max in tiles of 128") {
    // Tile 0: d = 7 / 448 = 2^-6, so codes are as under tensor_current. Tile 1: d = 2 / 448, 2 / d = 448 after one
    // rounding (2 / fl32(2 / 448) = 448 (1 + e), |e| < 2^-24, rounds to 448).
    const quantized_matrix a = quantize(operand().view(), recipes::deepseek_v3.for_a(e4m3fn));
    CHECK(a.scales().size() == 2);
    CHECK(a.scale(0, 127) == 0.015625f);
    CHECK(a.scale(0, 128) == 2.0f / 448.0f);
    CHECK(a.code(0, 0) == 0x74);
    CHECK(a.code(0, 129) == 0x7E);
    CHECK(a.bytes() == 130 + 8);
    // B: tiles of 128 x 128, k along the rows; a tile of zeros gets d = 1e-4 / 448.
    matrix<float> w(130, 129);
    w(0, 0) = 448.0f;
    w(129, 128) = 1e-5f;
    const quantized_matrix b = quantize(w.view(), recipes::deepseek_v3.for_b(e4m3fn));
    CHECK(b.scales().size() == 4);
    CHECK(b.scale(127, 127) == 1.0f);
    CHECK(b.scale(0, 128) == 1e-4f / 448.0f);
    CHECK(b.scale(128, 0) == 1e-4f / 448.0f);
    CHECK(b.scale(129, 128) == 1e-4f / 448.0f);
    CHECK(b.code(129, 128) == 0x63);  // 1e-5 / (1e-4 / 448) = 44.8, between 44 and 48: 44 = 1.375 * 2^5, S.1100.011
}

TEST_CASE("mxfp8 has a power of two per 32 elements along k") {
    // Block 0 (k 0..31): amax 7, 7 / 448 = 2^-6. Block 1: 0.5 / 448 = 2^-9.8, up to 2^-9. Blocks 2 and 3: zero, 2^-127.
    // Block 4: 2 / 448 = 2^-7.8, up to 2^-7.
    const quantized_matrix a = quantize(operand().view(), recipes::mxfp8.for_a(e4m3fn));
    CHECK(a.scales().size() == 5);
    CHECK(a.scale_code(0) == 127 - 6);
    CHECK(a.scale_code(1) == 127 - 9);
    CHECK(a.scale_code(2) == 0);
    CHECK(a.scale_code(3) == 0);
    CHECK(a.scale_code(4) == 127 - 7);
    CHECK(a.code(0, 1) == 0xFE);
    CHECK(a.code(0, 40) == 0x78);   // 0.5 * 2^9 = 256
    CHECK(a.code(0, 129) == 0x78);  // 2 * 2^7 = 256
    CHECK(a.bytes() == 130 + 5);
    CHECK(dequantize(a) == operand());
    const matrix<float> w(33, 2, 1.0f);
    const quantized_matrix b = quantize(w.view(), recipes::mxfp8.for_b(e5m2));
    CHECK(b.scales().size() == 4);       // two blocks of k for each of two columns
    CHECK(b.scale_code(0) == 127 - 15);  // 1 / 57344 = 2^-15.8
}

TEST_CASE("the scale rule of a recipe can be replaced where it has one") {
    const recipe floor = with_scale_rule(recipes::mxfp8, scale_rule::floor);
    CHECK(floor.a.scale.rule == scale_rule::floor);
    CHECK(floor.b.scale.rule == scale_rule::floor);
    // floor(log2 0.5) - 8 = -9, floor(log2 7) - 8 = -6: the same here; 2: 1 - 8 = -7.
    const quantized_matrix a = quantize(operand().view(), floor.for_a(e4m3fn));
    CHECK(a.scale_code(0) == 127 - 6);
    CHECK_THROWS_AS(with_scale_rule(recipes::rowwise, scale_rule::floor), std::invalid_argument);
}

TEST_CASE("recipes by name and formats with a rounding of their own") {
    for (const recipe& r : all_recipes) {
        CHECK(recipe_by_name(r.name).summary == r.summary);
        CHECK(r.for_a(hif8).mode == rounding::ties_to_away);
        CHECK(r.for_b(e4m3fn).mode == rounding::ties_to_even);
        CHECK(r.for_a(e4m3fn).overflow == overflow_mode::saturate_finite);
        CHECK_NOTHROW(quantize(operand().view(), r.for_a(hif8)));
    }
    CHECK_THROWS_WITH_AS(recipe_by_name("mxfp9"), "unknown recipe 'mxfp9'", std::invalid_argument);
}
