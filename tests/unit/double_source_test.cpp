// SPDX-License-Identifier: Apache-2.0
// Doubles are rounded once, straight into the element, with and without scales; the scale of a block follows from its
// exact amax; exact products and quotients.
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace narrowfp;

namespace {

quantized_matrix quantized(std::initializer_list<double> elements, const quantization& how) {
    matrix<double> x(1, elements.size());
    std::copy(elements.begin(), elements.end(), x.data());
    return quantize(x.view(), how);
}

}  // namespace

TEST_CASE("doubles just beside a tie") {
    constexpr double below_432 = -431.99999999999994;  // FP32 has -432, half way between -416 and -448
    CHECK(dequantize(quantized({below_432}, recipes::none.for_a(e4m3fn)))(0, 0) == -416.0f);
    CHECK(dequantize(quantized({below_432, 448.0}, recipes::tensor_current.for_a(e4m3fn)))(0, 0) == -416.0f);
    CHECK(dequantize(quantized({below_432, 448.0}, recipes::deepseek_v3.for_a(e4m3fn)))(0, 0) == -416.0f);
    CHECK(dequantize(quantized({below_432, 448.0}, recipes::mxfp8.for_a(e4m3fn)))(0, 0) == -416.0f);
    CHECK(quantized({1 + 0x1p-8 + 0x1p-40}, recipes::none.for_a(bf16)).code(0, 0) == 0x3F81);
    CHECK(quantized({16777217.0}, recipes::none.for_a(f32)).code(0, 0) == 0x4B800000);  // 2^24 + 1: a tie in FP32
}

TEST_CASE("an exact amax decides the scale") {
    const auto exponent = [](double amax, scale_rule rule) { return power_of_two_exponent(amax, e4m3fn, rule); };
    CHECK(exponent(2.0, scale_rule::floor) == 1 - 8);
    CHECK(exponent(2.0 - 0x1p-50, scale_rule::floor) == 0 - 8);  // FP32 has 2
    CHECK(exponent(2.0 + 0x1p-50, scale_rule::ceil) == 2 - 8);
    CHECK(exponent(1.9375 - 0x1p-50, scale_rule::even) == 0 - 8);  // 1.9375 and above go to 2
    CHECK(exponent(1.9375, scale_rule::even) == 1 - 8);
    CHECK(exponent(1.875, scale_rule::midmax) == 0 - 8);  // half way between 1.75 and 2
    CHECK(exponent(1.875 + 0x1p-50, scale_rule::midmax) == 1 - 8);
    CHECK(exponent(1.75 - 0x1p-50, scale_rule::three_quarters) == 0 - 8);
    CHECK(exponent(1e300, scale_rule::rceil) == 127);
    CHECK(exponent(1e-300, scale_rule::rceil) == -127);
}

TEST_CASE("a matrix of floats as doubles: the same powers of two, and the same codes under them") {
    std::mt19937 random(3);
    matrix<float> x(8, 96);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x.data()[i] = std::ldexp(static_cast<float>(random() % 4001) - 2000.0f, static_cast<int>(random() % 20) - 20);
    }
    matrix<double> wide(x.rows(), x.cols());
    std::copy(x.data(), x.data() + x.size(), wide.data());
    for (const recipe& r : all_recipes) {
        CAPTURE(r.name);
        const quantized_matrix narrow = quantize(x.view(), r.for_a(r.element));
        const quantized_matrix found = quantize(wide.view(), r.for_a(r.element));
        CHECK(found.scales() == narrow.scales());
        CHECK(found.tensor_scale() == narrow.tensor_scale());
        if (r.a.scale.method == scale_method::power_of_two || r.a.scale.method == scale_method::none) {
            CHECK(found.codes() == narrow.codes());
            CHECK(found.events() == narrow.events());
        }
    }
}

TEST_CASE("doubles beyond the range of FP32") {
    for (const recipe& r : all_recipes) {
        CAPTURE(r.name);
        const quantized_matrix q = quantized({1e300, 1.0, -1e-300}, r.for_a(e4m3fn));
        CHECK(std::isfinite(q.scale(0, 0)));
        CHECK(q.scale(0, 0) > 0);
        CHECK(q.events().saturated == 1);
        CHECK(q.events().infinite == 0);
        CHECK(q.events().underflowed >= 1);
    }
}

TEST_CASE("exact products and quotients") {
    std::mt19937_64 random(5);
    for (int n = 0; n < 100000; ++n) {
        const auto of = [&](int bits) {
            const auto significand = static_cast<double>(random() >> (64 - bits) | 1);
            return std::ldexp(significand, static_cast<int>(random() % 60) - 90);
        };
        const double a = of(1 + static_cast<int>(random() % 53));
        const double b = of(1 + static_cast<int>(random() % 24));
        const real product = product_of(to_real(a), to_real(b));
        CHECK(nearest_host<double>(product) == a * b);
        CHECK((std::fma(a, b, -(a * b)) == 0 || product.significand >> 53 != 0));
        CHECK(nearest_host<double>(quotient_of(to_real(a), to_real(b))) == a / b);
        CHECK(nearest_host<double>(quotient_of(to_real(b), to_real(-a))) == -(b / a));
    }
    CHECK(product_of(to_real(-0.0), to_real(2.0)) == real::make_zero(true));
    CHECK(quotient_of(real::make_infinity(false), to_real(-2.0)) == real::make_infinity(true));
    CHECK(product_of(real::make_nan(false), to_real(2.0)).is_nan());
}
