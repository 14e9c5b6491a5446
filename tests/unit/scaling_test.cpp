// SPDX-License-Identifier: Apache-2.0
// Scales of two levels and powers of two against exact arithmetic, recipes against values worked out by hand, and the
// history of delayed scaling. What the tests expect is computed with the oracle and with long double, whose quotients of
// FP32 numbers round once more innocuously (64 >= 2 * 24 + 2 bits).
#include <narrowfp/quant/delayed_scaling.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp;
using namespace narrowfp_test;

namespace {

constexpr float largest_float = std::numeric_limits<float>::max();

float product(float a, float b) {
    return oracle::to_float(
        oracle::multiply(oracle::to_exact(oracle::exact_value_of(a)), oracle::to_exact(oracle::exact_value_of(b))));
}
float quotient(float a, float b) {
    return static_cast<float>(static_cast<long double>(a) / static_cast<long double>(b));
}

float magnitude_of(matrix_view<const float> x) {
    float amax = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            amax = std::isfinite(x(i, j)) ? std::fmax(amax, std::fabs(x(i, j))) : amax;
        }
    }
    return amax;
}

std::uint32_t code_of(const any_format& f, float x) {
    return oracle::round_float_bits(oracle_of(f), std::bit_cast<std::uint32_t>(x), oracle::rounding::ties_to_even,
                                    oracle::overflow::saturate_finite);
}

matrix<float> random_values(random_bits& random, std::size_t rows, std::size_t cols, int lowest, int highest) {
    matrix<float> x(rows, cols);
    for (std::size_t n = 0; n < x.size(); ++n) {
        x.data()[n] = random.below(9) == 0 ? 0.0f : random.finite(lowest, highest);
    }
    return x;
}

}  // namespace

TEST_CASE("two levels against exact arithmetic on ragged shapes and every range") {
    tally t("nvfp4");
    random_bits random(run_seed() + 3);
    const oracle::format& e4m3 = oracle_of(e4m3fn);
    const std::pair<int, int> ranges[] = {{-3, 3}, {-40, 40}, {-149, 127}, {-149, -120}, {100, 127}};
    for (const any_format& element : {any_format{e2m1fn}, any_format{e4m3fn}}) {
        const float max = max_finite(element);
        for (const auto& [low, high] : ranges) {
            for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{3, 37}, {1, 16}, {5, 1}, {2, 64}}) {
                matrix<float> x = random_values(random, rows, cols, low, high);
                x(0, 0) = random.below(3) == 0 ? std::numeric_limits<float>::infinity() : x(0, 0);
                const quantized_matrix q = quantize(x.view(), recipes::nvfp4.for_a(element));
                const float amax = magnitude_of(x.view());
                float s = amax == 0 ? 1.0f : quotient(product(448.0f, max), amax);
                s = std::isinf(s) ? largest_float : s;
                const float inverse = quotient(1.0f, s);
                const float folded = product(s, quotient(1.0f, max));
                const auto text = [&] {
                    return shape_text(rows, cols) + " amax " + std::to_string(amax) + reproducer();
                };
                t.expect(q.tensor_scale() == inverse, text);
                for (std::size_t i = 0; i < rows; ++i) {
                    for (std::size_t j = 0; j < cols; ++j) {
                        const std::size_t first = j / 16 * 16;
                        const float block =
                            magnitude_of(x.view().block(i, first, 1, std::min<std::size_t>(16, cols - first)));
                        const std::uint32_t scale_code = code_of(e4m3fn, product(block, folded));
                        const float code_value =
                            oracle::to_float(oracle::to_exact(oracle::value_of(e4m3, scale_code).value));
                        const float restore = product(code_value, inverse);
                        const float apply =
                            restore == 0 ? largest_float : std::fmin(quotient(1.0f, restore), largest_float);
                        t.expect(q.scale_code(q.block_index(i, j)) == scale_code, text);
                        t.expect(std::bit_cast<std::uint32_t>(q.scale(i, j)) == std::bit_cast<std::uint32_t>(restore),
                                 text);
                        const float scaled = std::isfinite(x(i, j)) ? product(x(i, j), apply) : x(i, j);
                        t.expect(q.code(i, j) == code_of(element, scaled), text);
                    }
                }
            }
        }
    }
    t.finish();
}

TEST_CASE("nvfp4 by hand") {
    // amax 2688 = 448 * 6: S = 1. Block 0: 2688 * fl32(1/6) = 448 (1 + 3e-8), in FP32 448: 0x7E. Block 1: 6 * fl32(1/6) = 1:
    // 0x38, elements as they are: 6 = 0x7, 2.5 is a tie of 2 = 0x4 and 3 = 0x5 and goes to the even code. Block 2: 0.
    matrix<float> x(1, 36);
    x(0, 0) = -2688.0f;
    x(0, 1) = 224.0f;  // 0.5 in units of 448: 0x1
    x(0, 16) = 6.0f;
    x(0, 17) = 2.5f;
    const quantized_matrix q = quantize(x.view(), recipes::nvfp4.for_a(e2m1fn));
    CHECK(q.tensor_scale() == 1.0f);
    CHECK(q.scale_code(0) == 0x7E);
    CHECK(q.scale_code(1) == 0x38);
    CHECK(q.scale_code(2) == 0x00);
    CHECK(q.code(0, 0) == 0xF);
    CHECK(q.code(0, 1) == 0x1);
    CHECK(q.code(0, 16) == 0x7);
    CHECK(q.code(0, 17) == 0x4);
    CHECK(q.scale(0, 35) == 0.0f);
    CHECK(dequantize(q)(0, 0) == -2688.0f);
    CHECK(dequantize(q)(0, 17) == 2.0f);
    CHECK(q.code_bytes() == 18);
    CHECK(q.scale_bytes() == 3 + 4);
    // For B blocks run down the columns.
    CHECK(quantize(x.view().transposed(), recipes::nvfp4.for_b(e2m1fn)).scales() == q.scales());
    // An amax of zero: S = 1. A tiny one: S is the largest FP32 number.
    CHECK(quantize(matrix<float>(2, 2).view(), recipes::nvfp4.for_a(e2m1fn)).tensor_scale() == 1.0f);
    CHECK(tensor_factor_of(0x1p-149f, e2m1fn) == largest_float);
}

TEST_CASE("powers of two from multipliers go down and from divisors go up") {
    tally t("rounded scales");
    const scaling down{.method = scale_method::multiplier, .round_to_power = true};
    const scaling up{.method = scale_method::divisor, .round_to_power = true};
    for (int k = -149; k <= 127; ++k) {
        for (const float significand : {1.0f, 1.75f, 1.5f}) {
            const float centre = std::ldexp(significand, k);
            for (const float amax : {std::nextafter(centre, 0.0f), centre, std::nextafter(centre, HUGE_VALF)}) {
                if (!std::isfinite(amax) || amax == 0.0f) {
                    continue;
                }
                const auto text = [&] { return "amax 0x" + hex(std::bit_cast<std::uint32_t>(amax)); };
                const float s = std::fmin(quotient(448.0f, amax), largest_float);
                int e = 0;
                std::frexp(s, &e);  // s = f * 2^e, 1/2 <= f < 1
                const float_scale found = float_scale_of(amax, e4m3fn, down);
                t.expect(found.apply == std::ldexp(1.0f, e - 1), text);
                t.expect(found.restore == std::ldexp(1.0f, 1 - e), text);
                t.expect(found.code == std::bit_cast<std::uint32_t>(found.restore), text);
                const float d = quotient(amax, 448.0f);
                const float half = std::frexp(d, &e);
                const int exponent = d == 0.0f ? 0 : std::max(-127, half == 0.5f ? e - 1 : e);
                const float_scale divided = float_scale_of(amax, e4m3fn, up);
                t.expect(divided.apply == std::ldexp(1.0f, exponent), text);
                t.expect(divided.restore == divided.apply, text);
                t.expect(divided.code == static_cast<std::uint32_t>(exponent + 127), text);
            }
        }
    }
    t.finish();
}

TEST_CASE("recipes with rounded scales by hand") {
    // Row 0: amax 3, s = 448 / 3 = 149.3, down to 128. Row 1: amax 7, s = 64 exactly.
    matrix<float> x(2, 130);
    x(0, 0) = 3.0f;
    x(1, 0) = -7.0f;
    x(1, 129) = 1.0f;
    const quantized_matrix row = quantize(x.view(), recipes::rowwise_pow2.for_a(e4m3fn));
    CHECK(row.scale_element() == f32);
    CHECK(row.scale(0, 0) == 1.0f / 128);
    CHECK(row.scale(1, 0) == 1.0f / 64);
    CHECK(row.code(0, 0) == 0x7C);  // 384 = 1.5 * 2^8
    const quantized_matrix te = quantize(x.view(), recipes::te_block.for_a(e4m3fn));
    CHECK(te.scales().size() == 4);
    CHECK(te.scale(1, 128) == 1.0f / 256);  // s = 448 down to 256
    CHECK(te.scale(0, 128) == 1.0f);        // a tile of zeros
    CHECK(te.code(1, 129) == 0x78);         // 256
    // 2^ceil(log2(3 / 448)) = 2^-7, 7 / 448 = 2^-6, 1 / 448 -> 2^-8; zeros: 1e-4 / 448 = 2^-22.1 -> 2^-22.
    const quantized_matrix ds = quantize(x.view(), recipes::deepseek_v3_ue8m0.for_a(e4m3fn));
    CHECK(ds.scale_element() == e8m0fnu);
    CHECK(ds.scale_code(0) == 127 - 7);
    CHECK(ds.scale_code(1) == 127 - 22);
    CHECK(ds.scale_code(2) == 127 - 6);
    CHECK(ds.scale_code(3) == 127 - 8);
    CHECK(ds.scale_bytes() == 4);
    CHECK(quantize(x.view(), recipes::te_block.for_b(e4m3fn)).scales().size() == 2);
}

TEST_CASE("MX recipes of 6 and 4 bits by hand") {
    matrix<float> x(1, 33);
    x(0, 0) = 7.0f;
    x(0, 1) = 1.25f;
    x(0, 32) = -0.75f;
    // Rule floor, emax 2: floor(log2 7) - 2 = 0; floor(log2 0.75) - 2 = -3.
    const quantized_matrix six = quantize(x.view(), recipes::mxfp6.for_a(recipes::mxfp6.element));
    CHECK(six.scale_code(0) == 127);
    CHECK(six.scale_code(1) == 127 - 3);
    CHECK(six.code(0, 0) == 0x1E);   // 7 = 1.75 * 2^2: 0.11.110
    CHECK(six.code(0, 1) == 0x0A);   // 1.25: 0.01.010
    CHECK(six.code(0, 32) == 0x3C);  // -6 = -1.5 * 2^2: 1.11.100
    CHECK(six.bytes() == 25 + 2);    // 33 * 6 bits = 24.75 bytes
    const quantized_matrix four = quantize(x.view(), recipes::mxfp4.for_a(recipes::mxfp4.element));
    CHECK(four.scale_code(0) == 127);
    CHECK(four.code(0, 0) == 0x7);  // 7 is clipped to 6
    CHECK(four.events().saturated == 1);
    CHECK(four.code(0, 1) == 0x2);   // 1.25 is a tie of 1 = 0x2 and 1.5 = 0x3
    CHECK(four.code(0, 32) == 0xF);  // -6
    CHECK(four.bytes() == 17 + 2);
}

TEST_CASE("hif8 casts with ties away and static multiplies with what it is given") {
    matrix<float> x(1, 3);
    x(0, 0) = 1.0f;
    x(0, 1) = 1.0625f;  // a tie of 1 and 1.125: away
    x(0, 2) = 100000.0f;
    const quantized_matrix h = quantize(x.view(), recipes::hif8_cast.for_a(recipes::hif8_cast.element));
    CHECK_FALSE(h.has_scales());
    CHECK(h.code(0, 0) == 0x08);
    CHECK(h.code(0, 1) == 0x09);
    CHECK(h.code(0, 2) == 0x6E);  // 2^15, saturated
    const recipe set = with_static_factors(recipes::static_scale, 4.0f, 3.0f);
    const quantized_matrix a = quantize(x.view(), set.for_a(e4m3fn));
    CHECK(a.scale(0, 0) == 0.25f);
    CHECK(a.code(0, 0) == 0x48);  // 4
    CHECK(a.code(0, 2) == 0x7E);
    CHECK(a.events().saturated == 1);
    CHECK(quantize(x.view(), set.for_b(e4m3fn)).scale(0, 0) == 1.0f / 3.0f);
    CHECK_THROWS_AS(with_static_factors(recipes::mxfp8, 1, 1), std::invalid_argument);
    CHECK_THROWS_AS(with_static_factors(recipes::static_scale, -1, 1), std::invalid_argument);
    quantization bad = set.for_a(e4m3fn);
    bad.scale.fixed_factor = HUGE_VALF;
    CHECK_THROWS_WITH_AS(quantize(x.view(), bad), doctest::Contains("factor is inf"), std::invalid_argument);
    CHECK(with_amax_floor(recipes::deepseek_v3, 0).a.scale.amax_floor == 0);
}

TEST_CASE("the clamp of deepseek_v3 flushes what a mean loss sends back") {
    // Gradients of a mean over 2048 tokens: about 1e-6. amax 8e-6 is raised to 1e-4, d = 2.2e-7, and 1e-6 / d = 4.5 keeps
    // two of its bits; 2e-10 / d is below half of 2^-9 and becomes zero. Without the clamp the tile's largest is 448.
    matrix<float> dy(1, 128, 1e-6f);
    dy(0, 0) = 8e-6f;
    dy(0, 1) = 2e-10f;
    const quantized_matrix clamped = quantize(dy.view(), recipes::deepseek_v3.for_a(e4m3fn));
    const quantized_matrix free = quantize(dy.view(), with_amax_floor(recipes::deepseek_v3, 0).for_a(e4m3fn));
    CHECK(clamped.events().underflowed == 1);
    CHECK(free.events().underflowed == 0);
    CHECK(free.code(0, 0) == 0x7E);
    CHECK(clamped.scale(0, 0) == 1e-4f / 448);
}

TEST_CASE("delayed scaling remembers and forgets") {
    delayed_scale s(e4m3fn, {.history = 3});
    CHECK(s.factor() == 1.0f);
    const auto step = [&](float amax) {
        s.record(amax);
        s.update();
        return s.factor();
    };
    CHECK(step(7.0f) == 64.0f);
    CHECK(step(14.0f) == 32.0f);
    CHECK(step(1.0f) == 32.0f);   // 14 of 7, 14, 1
    CHECK(step(2.0f) == 32.0f);   // 14, 1, 2
    CHECK(step(4.0f) == 112.0f);  // 1, 2, 4
    // Guards: zero in all of the history, infinity, a factor beyond FP32.
    s = delayed_scale(e4m3fn, {.history = 2});
    step(7.0f);
    CHECK(step(0.0f) == 64.0f);  // 7 is still there
    CHECK(step(0.0f) == 64.0f);  // only zeros: kept
    CHECK(step(HUGE_VALF) == 64.0f);
    CHECK(step(1.0f) == 64.0f);  // the infinity is still there
    CHECK(step(1.0f) == 448.0f);
    s.record(std::numeric_limits<float>::quiet_NaN());
    CHECK(s.staged() == 0.0f);
    CHECK(step(0x1p-149f) == 448.0f);
    CHECK(step(0x1p-149f) == largest_float);
    CHECK_THROWS_AS(delayed_scale(e4m3fn, {.history = 0}), std::invalid_argument);
}

TEST_CASE("delayed scaling with the most recent amax and a margin") {
    delayed_scale s(e5m2, {.history = 4, .choice = amax_choice::most_recent, .margin = 2});
    s.record(3.0f);
    s.record(2.0f);  // the largest of one step
    s.update();
    CHECK(s.factor() == 57344.0f / 3.0f / 4.0f);
    s.record(7.0f);
    s.update();
    CHECK(s.factor() == 2048.0f);
    matrix<float> x(1, 2);
    x(0, 0) = 1.0f;
    x(0, 1) = 28.0f;  // 57344 is the end of the range
    const quantized_matrix q = quantize(x.view(), s.apply_to(recipes::delayed.for_a(e5m2)));
    CHECK(q.scale(0, 0) == 1.0f / 2048);
    CHECK(q.events().saturated == 0);
    CHECK(dequantize(q) == x);
    x(0, 1) = 280.0f;
    CHECK(quantize(x.view(), s.apply_to(recipes::delayed.for_a(e5m2))).events().saturated == 1);
    CHECK(history_amax_of(x.view()) == 280.0f);
    CHECK(quantize(x.view(), recipes::delayed.for_a(e5m2)).scale(0, 0) == 1.0f);
}
