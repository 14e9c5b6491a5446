// SPDX-License-Identifier: Apache-2.0
// Values that are not finite are never quantised silently: NaN in blocks of formats without NaN, infinities, elements
// that are infinite or zero once restored. Tests codes and scales, the counts, and the result of compare.
#include <narrowfp/error/metrics.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace narrowfp;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float largest = std::numeric_limits<float>::max();

error_report error_of(const matrix<float>& x, const quantized_matrix& q) {
    matrix<double> reference(x.rows(), x.cols());
    std::copy(x.data(), x.data() + x.size(), reference.data());
    return compare(dequantize(q).view(), reference.view());
}

}  // namespace

TEST_CASE("a NaN in a block of a format without NaN makes the scale NaN, and the block with it") {
    struct way {
        recipe how;
        std::uint32_t nan_code;  // of the scale
        std::size_t in_block;    // elements that share it
    };
    const way ways[] = {{recipes::mxfp4, 0xFF, 32},
                        {recipes::mxfp6, 0xFF, 32},
                        {recipes::mxint8_blocks, 0xFF, 32},
                        {recipes::nvfp4, 0x7F, 16},
                        {recipes::int8_tile, 0x7FC00000, 64}};
    for (const way& w : ways) {
        CAPTURE(w.how.name);
        matrix<float> x(1, 64, 1.0f);
        x(0, 3) = nan_value;
        x(0, 5) = -infinity;
        const quantized_matrix q = quantize(x.view(), w.how.for_a(w.how.element));
        const matrix<float> back = dequantize(q);
        CHECK(q.scale_code(0) == w.nan_code);
        for (std::size_t j = 0; j < 64; ++j) {
            CAPTURE(j);
            CHECK(std::isnan(back(0, j)) == (j < w.in_block));
            CHECK((j >= w.in_block || q.code(0, j) == 0));
        }
        CHECK(q.events() == event_counts{.elements = 64, .nan = 1, .infinite = 1, .nan_by_scale = w.in_block - 2});
        CHECK(q.events().not_finite() == w.in_block);
        const error_report error = error_of(x, q);
        CHECK(error.nonfinite == w.in_block);
        CHECK_FALSE(error.exact());
        matrix<float> finite(1, 64, 1.0f);  // the other blocks are what they are without it
        const quantized_matrix other = quantize(finite.view(), w.how.for_a(w.how.element));
        if (w.in_block < 64) {
            CHECK(q.scale_code(q.scales().size() - 1) == other.scale_code(q.scales().size() - 1));
            CHECK(q.code(0, 63) == other.code(0, 63));
        }
    }
}

TEST_CASE("a NaN in a block of a format with NaN stays in its element; without a scale of the data it saturates") {
    matrix<float> x(1, 32, 1.0f);
    x(0, 31) = nan_value;
    const quantized_matrix mx = quantize(x.view(), recipes::mxfp8.for_a(e4m3fn));
    CHECK(mx.code(0, 31) == 0x7F);
    CHECK(dequantize(mx)(0, 0) == 1.0f);
    CHECK(mx.events() == event_counts{.elements = 32, .nan = 1});
    CHECK_FALSE(error_of(x, mx).exact());
    const quantized_matrix cast = quantize(x.view(), recipes::none.for_a(e2m1fn));
    CHECK(dequantize(cast)(0, 31) == 6.0f);
    CHECK(cast.events() == event_counts{.elements = 32, .saturated = 1, .nan = 1});
    CHECK_FALSE(error_of(x, cast).exact());
    const quantized_matrix fixed = quantize(x.view(), recipes::static_scale.for_a(int8));
    CHECK(dequantize(fixed)(0, 31) == 127.0f);
    CHECK(fixed.events() == event_counts{.elements = 32, .saturated = 1, .nan = 1});
}

TEST_CASE("an infinity saturates and is counted") {
    matrix<float> x(1, 8, 1.0f);
    x(0, 2) = infinity;
    const quantized_matrix q = quantize(x.view(), recipes::tensor_current.for_a(e4m3fn));
    CHECK(dequantize(q)(0, 2) == 1.0f);
    CHECK(q.events() == event_counts{.elements = 8, .saturated = 1, .infinite = 1});
    CHECK(q.events().not_finite() == 1);
    const error_report error = error_of(x, q);
    CHECK(error.nonfinite == 1);
    CHECK_FALSE(error.exact());
}

TEST_CASE("a finite element that is infinite once restored is counted") {
    // amax = FLT_MAX: 2^120 is the power of two at or above FLT_MAX / 448; FLT_MAX / 2^120 rounds to 256, and 256 *
    // 2^120 is 2^128.
    matrix<float> x(1, 40, 1.0f);
    x(0, 1) = largest;
    x(0, 33) = -0.5f;
    const quantized_matrix q = quantize(x.view(), recipes::mxfp8.for_a(e4m3fn));
    CHECK(q.scale(0, 0) == 0x1p120f);
    CHECK(std::isinf(dequantize(q)(0, 1)));
    CHECK(q.events().restored_infinite == 1);
    CHECK(q.events().not_finite() == 1);
    CHECK(q.events().underflowed == 31);
    CHECK(q.events().saturated == 0);
    CHECK(error_of(x, q).nonfinite == 1);
}

TEST_CASE("elements whose scale is zero became zero") {
    matrix<float> x(1, 32, 1.0f);
    for (std::size_t j = 16; j < 32; ++j) {
        x(0, j) = 1e-6f;
    }
    const quantized_matrix q = quantize(x.view(), recipes::nvfp4.for_a(e2m1fn));
    CHECK(q.scale(0, 31) == 0.0f);
    CHECK(dequantize(q)(0, 31) == 0.0f);
    CHECK(q.events() == event_counts{.elements = 32, .inexact = 16, .underflowed = 16});
    x(0, 31) = 0.0f;
    CHECK(quantize(x.view(), recipes::nvfp4.for_a(e2m1fn)).events().underflowed == 15);
}

TEST_CASE("elements that scaling makes zero or infinite are counted as given") {
    // s = 448 / 2^100: 2^-100 * s is below 2^-150.
    matrix<float> x(1, 2, 0x1p100f);
    x(0, 1) = 0x1p-100f;
    for (const recipe& r : {recipes::tensor_current, recipes::deepseek_v3}) {
        const quantized_matrix q = quantize(x.view(), r.for_a(e4m3fn));
        const std::uint64_t inexact = r.name == "deepseek_v3" ? 2 : 1;  // fl32(2^100 / d) is just below 448
        CHECK(q.events() == event_counts{.elements = 2, .inexact = inexact, .underflowed = 1});
    }
    const quantization large = with_static_factors(recipes::static_scale, 0x1p60f, 1.0f).for_a(e4m3fn);
    const quantized_matrix q = quantize(x.view(), large);
    CHECK(q.events() == event_counts{.elements = 2, .inexact = 2, .overflowed = 1, .saturated = 1, .underflowed = 1});
}
