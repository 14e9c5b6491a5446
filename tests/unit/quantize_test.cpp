// SPDX-License-Identifier: Apache-2.0
// quantize and dequantize: every granularity with ragged edges, exact byte counts, scales of blocks computed here once
// more with the oracle, NaN and infinities in the data, counts, layouts of the input.
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp;
using namespace narrowfp_test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

matrix<float> random_matrix(random_bits& random, std::size_t rows, std::size_t cols, int lowest = -8, int highest = 8) {
    matrix<float> x(rows, cols);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < cols; ++j) {
            x(i, j) = random.below(16) == 0 ? 0.0f : random.finite(lowest, highest);
        }
    }
    return x;
}

std::size_t blocks_along(std::size_t n, std::size_t block) {
    return block >= n ? (n == 0 ? 0 : 1) : n / block + (n % block != 0);
}

bool has_nan_code(const any_format& format) {
    return std::visit([](const auto& f) { return f.has_nan(); }, format);
}

// The whole of quantize once more, one element at a time: the scale of its block from the elements of that block, the
// exact (power of two) or singly rounded (FP32) scaled element, the oracle's rounding.
void check_against_oracle(const matrix<float>& x, const quantization& how, tally& t) {
    const quantized_matrix q = quantize(x.view(), how);
    const oracle::format& f = oracle_of(how.element);
    const matrix<float> back = dequantize(q);
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            float amax = 0;
            bool has_nan = false;
            for (std::size_t r = 0; r < x.rows(); ++r) {
                for (std::size_t c = 0; c < x.cols(); ++c) {
                    const bool same = r / how.blocks.block_rows == i / how.blocks.block_rows &&
                                      c / how.blocks.block_cols == j / how.blocks.block_cols;
                    has_nan = has_nan || (same && std::isnan(x(r, c)));
                    if (same && std::isfinite(x(r, c))) {
                        amax = std::fmax(amax, std::fabs(x(r, c)));
                    }
                }
            }
            const auto text = [&] {
                return f.name + " " + name_of(how.blocks) + " of " + shape_text(x.rows(), x.cols()) + " at " +
                       std::to_string(i) + " " + std::to_string(j) + reproducer();
            };
            // A NaN makes the scale NaN if the element format has no NaN.
            if (has_nan && how.scale.method != scale_method::none && !has_nan_code(how.element)) {
                t.expect(std::isnan(q.scale(i, j)) && q.code(i, j) == 0 && std::isnan(back(i, j)), text);
                continue;
            }
            float scale = 1;
            std::uint32_t code = 0;
            const oracle::rounding mode = to_oracle(how.mode);
            const oracle::overflow overflow = to_oracle(how.overflow);
            const auto round_bits = [&](float value) {
                return oracle::round_float_bits(f, std::bit_cast<std::uint32_t>(value), mode, overflow);
            };
            if (how.scale.method == scale_method::power_of_two) {
                const int e = power_of_two_exponent(amax, how.element, how.scale.rule);
                scale = static_cast<float>(std::ldexp(1.0, e));
                if (std::isfinite(x(i, j))) {
                    oracle::dyadic scaled = oracle::exact_value_of(x(i, j));
                    scaled.exponent -= e;
                    code = oracle::round_exact(f, scaled, mode, overflow);
                } else {
                    code = round_bits(x(i, j));
                }
            } else if (how.scale.method == scale_method::none) {
                code = round_bits(x(i, j));
            } else {
                const float_scale s = float_scale_of(amax, how.element, how.scale);
                scale = s.restore;
                code = round_bits(how.scale.method == scale_method::multiplier ? x(i, j) * s.apply : x(i, j) / s.apply);
            }
            t.expect(q.code(i, j) == code, text);
            t.expect(q.scale(i, j) == scale, text);
            const oracle::code_value v = oracle::value_of(f, code);
            if (v.kind == oracle::value_class::finite) {
                const float product = oracle::to_float(
                    oracle::multiply(oracle::to_exact(v.value), oracle::to_exact(oracle::exact_value_of(scale))));
                t.expect(back(i, j) == product, text);
            } else {
                t.expect(!std::isfinite(back(i, j)), text);
            }
        }
    }
}

}  // namespace

TEST_CASE("every granularity and method on ragged shapes against the oracle") {
    tally t("quantize");
    random_bits random(run_seed());
    const granularity all_blocks[] = {granularity::tensor(),     granularity::row(),        granularity::col(),
                                      granularity::block(1, 32), granularity::block(32, 1), granularity::block(3, 5),
                                      granularity::block(4, 4)};
    const scaling all_scalings[] = {{.method = scale_method::none},
                                    {.method = scale_method::multiplier},
                                    {.method = scale_method::multiplier, .amax_floor = 1e-12f},
                                    {.method = scale_method::divisor, .amax_floor = 1e-4f},
                                    {.method = scale_method::power_of_two, .rule = scale_rule::floor},
                                    {.method = scale_method::power_of_two, .rule = scale_rule::rceil}};
    const std::pair<std::size_t, std::size_t> shapes[] = {{1, 1}, {5, 7}, {2, 33}, {9, 4}};
    for (const any_format& element : {any_format{e4m3fn}, any_format{e5m2}, any_format{e2m1fn}, any_format{e3m2fn},
                                      any_format{hif8}, any_format{bf16}, any_format{binary8p4sf}}) {
        for (const granularity& blocks : all_blocks) {
            for (const scaling& scale : all_scalings) {
                if (scale.method == scale_method::none && blocks != granularity::tensor()) {
                    continue;  // refused: unit/meaningless_test.cpp
                }
                for (const auto& [rows, cols] : shapes) {
                    matrix<float> x = random_matrix(random, rows, cols);
                    if (random.below(3) == 0) {
                        x(random.below(rows), random.below(cols)) = random.below(2) == 0 ? nan_value : -infinity;
                    }
                    check_against_oracle(x, {element, blocks, scale, default_rounding(element)}, t);
                }
            }
        }
    }
    t.finish();
}

TEST_CASE("bytes are codes plus scales and nothing else") {
    struct row {
        any_format element;
        granularity blocks;
        scale_method method;
        std::size_t rows, cols, code_bytes, scale_bytes;
    };
    const row rows[] = {
        {e4m3fn, granularity::tensor(), scale_method::none, 7, 9, 63, 0},
        {e4m3fn, granularity::tensor(), scale_method::multiplier, 7, 9, 63, 4},
        {e4m3fn, granularity::row(), scale_method::multiplier, 7, 9, 63, 28},
        {e4m3fn, granularity::col(), scale_method::multiplier, 7, 9, 63, 36},
        {e4m3fn, granularity::block(1, 128), scale_method::divisor, 3, 129, 387, 24},
        {e4m3fn, granularity::block(128, 128), scale_method::divisor, 129, 257, 33153, 24},
        {e4m3fn, granularity::block(1, 32), scale_method::power_of_two, 4, 64, 256, 8},
        {e5m2, granularity::block(1, 32), scale_method::power_of_two, 4, 65, 260, 12},
        {e3m2fn, granularity::block(1, 32), scale_method::power_of_two, 2, 32, 48, 2},
        {e2m1fn, granularity::block(1, 32), scale_method::power_of_two, 1, 33, 17, 2},
        {bf16, granularity::tensor(), scale_method::none, 5, 5, 50, 0},
        {f32, granularity::tensor(), scale_method::none, 5, 5, 100, 0},
    };
    int checked = 0;
    for (const row& r : rows) {
        const matrix<float> x(r.rows, r.cols, 1.0f);
        const quantized_matrix q = quantize(x.view(), {r.element, r.blocks, {.method = r.method}});
        CHECK(q.code_bytes() == r.code_bytes);
        CHECK(q.scale_bytes() == r.scale_bytes);
        CHECK(q.bytes() == r.code_bytes + r.scale_bytes);
        CHECK(q.bytes() == q.codes().byte_count() + q.scales().byte_count());
        const std::size_t blocks =
            blocks_along(r.rows, r.blocks.block_rows) * blocks_along(r.cols, r.blocks.block_cols);
        CHECK(q.scales().size() == (r.method == scale_method::none ? 0 : blocks));
        CHECK(q.rows() == r.rows);
        CHECK(q.cols() == r.cols);
        ++checked;
    }
    CHECK(checked > 0);
}

TEST_CASE("NaN and infinities do not influence a scale and are counted") {
    matrix<float> x(2, 4, 1.0f);
    x(0, 1) = nan_value;
    x(0, 2) = -infinity;
    x(0, 3) = 2.0f;
    x(1, 0) = 0.0f;
    x(1, 1) = infinity;
    x(1, 2) = 0.0f;
    x(1, 3) = nan_value;  // no finite element but zeros in row 1
    const quantized_matrix q = quantize(x.view(), {e4m3fn, granularity::row(), {.method = scale_method::multiplier}});
    CHECK(q.scale(0, 0) == 1.0f / 224.0f);
    CHECK(q.scale(1, 0) == 1.0f);
    CHECK(q.code(0, 0) == 0x76);  // 224
    CHECK(q.code(0, 1) == 0x7F);
    CHECK(q.code(0, 2) == 0xFE);  // saturated
    CHECK(q.code(0, 3) == 0x7E);  // 448
    CHECK(q.code(1, 1) == 0x7E);
    CHECK(q.code(1, 3) == 0x7F);
    CHECK(q.events() == event_counts{.elements = 8, .saturated = 2, .nan = 2, .infinite = 2});
    const matrix<float> back = dequantize(q);
    CHECK(back(0, 3) == 2.0f);
    CHECK(std::isnan(back(0, 1)));
    const quantized_matrix mx =
        quantize(x.view(), {e4m3fn, granularity::block(1, 32), {.method = scale_method::power_of_two}});
    CHECK(mx.scale_code(1) == 0);  // 2^-127
    CHECK(mx.code(1, 0) == 0);
    CHECK(mx.code(1, 3) == 0x7F);
}

TEST_CASE("a floor scale clips and a rceil scale does not") {
    // 957 = 3.738 * 2^8: floor gives 2^1, 957 / 2 = 478.5 > 464, so it clips to 448 * 2 = 896.
    const matrix<float> x(1, 1, 957.0f);
    const auto with = [&](scale_rule rule) {
        return quantize(x.view(),
                        {e4m3fn, granularity::block(1, 32), {.method = scale_method::power_of_two, .rule = rule}});
    };
    CHECK(dequantize(with(scale_rule::floor))(0, 0) == 896.0f);
    CHECK(with(scale_rule::floor).events().saturated == 1);
    CHECK(dequantize(with(scale_rule::rceil))(0, 0) == 960.0f);
    CHECK(with(scale_rule::rceil).events().saturated == 0);
}

TEST_CASE("views of any stride quantise like the dense matrix") {
    random_bits random(run_seed() + 3);
    const matrix<float> x = random_matrix(random, 12, 10);
    const quantization how{e4m3fn, granularity::block(2, 3), {.method = scale_method::divisor}};
    const quantized_matrix transposed = quantize(x.view().transposed(), how);
    matrix<float> dense(10, 12);
    for (std::size_t i = 0; i < 10; ++i) {
        for (std::size_t j = 0; j < 12; ++j) {
            dense(i, j) = x(j, i);
        }
    }
    const quantized_matrix expected = quantize(dense.view(), how);
    CHECK(transposed.codes() == expected.codes());
    CHECK(transposed.scales() == expected.scales());
    const matrix_view<const float> part = x.view().block(3, 2, 5, 6);
    matrix<float> copy(5, 6);
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 6; ++j) {
            copy(i, j) = x(i + 3, j + 2);
        }
    }
    CHECK(quantize(part, how).codes() == quantize(copy.view(), how).codes());
    quantized_matrix into(1, 1, f32);
    quantize_into(part, how, into);
    CHECK(into.codes() == quantize(copy.view(), how).codes());
    CHECK(into.events() == quantize(copy.view(), how).events());
}

TEST_CASE("quantize refuses empty blocks and undefined roundings and takes empty matrices") {
    const matrix<float> x(2, 2, 1.0f);
    CHECK_THROWS_WITH_AS(quantize(x.view(), {e4m3fn, {0, 1}, {}}),
                         "quantize: a block needs at least one row and one column", std::invalid_argument);
    CHECK_THROWS_AS(granularity::block(0, 4), std::invalid_argument);
    CHECK_THROWS_AS(quantize(x.view(), {hif8, {}, {}}), std::invalid_argument);
    const matrix<float> empty(0, 5);
    const quantized_matrix q =
        quantize(empty.view(), {e4m3fn, granularity::row(), {.method = scale_method::multiplier}});
    CHECK(q.bytes() == 0);
    CHECK(q.events() == event_counts{});
    CHECK(dequantize(q).size() == 0);
}

TEST_CASE("granularities have names and transposes") {
    CHECK(name_of(granularity::tensor()) == "tensor");
    CHECK(name_of(granularity::row()) == "row");
    CHECK(name_of(granularity::col()) == "col");
    CHECK(name_of(granularity::block(1, 128)) == "block(1,128)");
    CHECK(granularity::row().transposed() == granularity::col());
    CHECK(granularity::block(2, 3).transposed() == granularity::block(3, 2));
    CHECK(block_count(0, 4) == 0);
    CHECK(block_count(1, 4) == 1);
    CHECK(block_count(4, 4) == 1);
    CHECK(block_count(5, 4) == 2);
    CHECK(block_count(9, whole_extent) == 1);
}
