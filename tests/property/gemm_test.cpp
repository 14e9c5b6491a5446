// SPDX-License-Identifier: Apache-2.0
// gemm equals gemm_reference bit for bit on random shapes, recipes, accumulators, outputs, strides and threads; what
// does not fit is refused.
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <limits>

#include "support/bridge.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

matrix<float> random_matrix(random_bits& random, std::size_t rows, std::size_t cols) {
    matrix<float> x(rows, cols);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x.data()[i] = random.below(500) == 0 ? std::bit_cast<float>(random.word()) : random.finite(-9, 9);
    }
    return x;
}

}  // namespace

TEST_CASE("gemm equals the reference on random problems") {
    tally t("gemm against gemm_reference");
    random_bits random(run_seed() + 20);
    const any_format formats[] = {e4m3fn, e5m2, bf16, f16, hif8, e2m1fn, f32};
    for (int round = 0; round < 300; ++round) {
        const bool small = random.below(2) == 0;
        const std::size_t m = 1 + random.below(small ? 9 : 40);
        const std::size_t n = 1 + random.below(small ? 9 : 40);
        const std::size_t k = small ? random.below(10) : 1 + random.below(300);
        const recipe& r = all_recipes[random.below(all_recipes.size())];
        const any_format& fa = formats[random.below(std::size(formats))];
        const any_format& fb = formats[random.below(std::size(formats))];
        const matrix<float> x = random_matrix(random, m, k);
        const matrix<float> y = random_matrix(random, n, k);  // B is its transpose
        const quantized_matrix a = quantize(x.view(), r.for_a(fa));
        const quantized_matrix b = quantize(y.view().transposed(), r.for_b(fb));
        const aligned unit = {.products = random.between(1, 33),
                              .fraction_bits = random.between(8, 30),
                              .output = static_cast<aligned_output>(random.below(3))};
        const accumulator accumulators[] = {sequential<float>{}, exact{}, unit, promoted{unit, 32},
                                            promoted{sequential<float>{}, 128}};
        const accumulator& acc = accumulators[random.below(5)];
        const matrix<float> c = random_matrix(random, m, n);
        const bool with_c = random.below(2) == 0;
        const any_format& output = random.below(3) == 0 ? formats[random.below(std::size(formats))] : any_format{f32};
        const matrix_view<const float> addend = with_c ? c.view() : matrix_view<const float>{};
        const matrix<float> expected = gemm_reference(a, b, acc, addend, output);
        matrix<float> transposed(n, m);
        const options opts{.threads = random.between(0, 3)};
        gemm_into(a, b, acc, transposed.view().transposed(), addend, output, opts);
        const matrix<float> d = gemm(a, b, acc, addend, output, opts);
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                t.expect(
                    std::bit_cast<std::uint32_t>(d(i, j)) == std::bit_cast<std::uint32_t>(expected(i, j)) &&
                        std::bit_cast<std::uint32_t>(transposed(j, i)) == std::bit_cast<std::uint32_t>(expected(i, j)),
                    [&] {
                        return "round " + std::to_string(round) + " " + std::string(r.name) + " " + name_of(acc) + " " +
                               shape_text(m, n) + " k " + std::to_string(k) + reproducer();
                    });
            }
        }
    }
    t.finish();
}

TEST_CASE("gemm of FP32 views with any strides is gemm of the same numbers as FP32 operands") {
    tally t("gemm of views against gemm of quantised operands");
    random_bits random(run_seed() + 21);
    for (int round = 0; round < 200; ++round) {
        const std::size_t m = 1 + random.below(70);
        const std::size_t n = 1 + random.below(140);
        const std::size_t k = random.below(round % 2 == 0 ? 10 : 200);
        const matrix<float> x = random_matrix(random, 2 * m + 1, 2 * k + 1);
        const matrix<float> y = random_matrix(random, 2 * k + 1, 2 * n + 1);
        // Every second row or column, from the end or the front; then either operand transposed in memory.
        const auto thinned = [&](const matrix<float>& from, std::size_t rows, std::size_t cols) {
            const auto stride = static_cast<std::ptrdiff_t>(from.cols());
            if (random.below(4) == 0 && rows > 0) {
                return matrix_view<const float>(from.data() + (rows - 1) * from.cols(), rows, cols, -stride, 2);
            }
            return random.below(2) == 0 ? matrix_view<const float>(from.data(), rows, cols, 2 * stride, 1)
                                        : matrix_view<const float>(from.data(), rows, cols, stride, 2);
        };
        const matrix_view<const float> a = thinned(x, m, k);
        const matrix_view<const float> b = thinned(y, k, n);
        const matrix<float> flipped = [&] {
            matrix<float> out(k, m);
            for (std::size_t i = 0; i < m; ++i) {
                for (std::size_t j = 0; j < k; ++j) {
                    out(j, i) = a(i, j);
                }
            }
            return out;
        }();
        const matrix<float> c = random_matrix(random, m, n);
        const matrix_view<const float> addend = random.below(2) == 0 ? c.view() : matrix_view<const float>{};
        const quantization plain = recipes::none.for_a(f32);
        const matrix<float> expected =
            gemm_reference(quantize(a, plain), quantize(b, plain), sequential<float>{}, addend);
        const options opts{.threads = random.between(0, 3)};
        matrix<float> found(m, n);
        gemm_into(random.below(2) == 0 ? a : flipped.view().transposed(), b, found.view(), addend, opts);
        matrix<float> columns(n, m);
        gemm_into(a, b, columns.view().transposed(), addend, opts);
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                const auto bits = std::bit_cast<std::uint32_t>(expected(i, j));
                t.expect(std::bit_cast<std::uint32_t>(found(i, j)) == bits &&
                             std::bit_cast<std::uint32_t>(columns(j, i)) == bits,
                         [&] { return shape_text(m, n) + " k " + std::to_string(k) + reproducer(); });
            }
        }
    }
    t.finish();
    matrix<float> d(2, 3);
    const matrix<float> two(2, 4);
    const matrix<float> three(3, 3);
    CHECK_THROWS_WITH_AS(gemm_into(two.view(), three.view(), d.view()), doctest::Contains("columns of A"),
                         std::invalid_argument);
}

TEST_CASE("results are rounded to their format as the reference rounds them") {
    tally t("rounded results");
    random_bits random(run_seed() + 22);
    // D = x * 1: x around the edges of binary16 (2^-24, 2^-14, 65504, 65520), midpoints, and any bits at all.
    constexpr std::size_t rows = 512, cols = 64;
    for (int round = 0; round < 6; ++round) {
        matrix<float> x(1, cols);
        matrix<float> d(rows, cols);
        matrix<float> ones(rows, 1, 1.0f);
        for (const any_format& output : {any_format{f16}, any_format{bf16}}) {
            matrix<float> c(rows, cols);
            for (std::size_t i = 0; i < c.size(); ++i) {
                const std::uint32_t word = random.word();
                const std::uint32_t near = 0x33000000U + random.word() % 0x15000000U;  // 2^-25 to 2^17
                const std::uint32_t sign = word & 0x80000000U;
                const std::uint32_t midpoint = (near & 0xFFFFE000U) | 0x1000U;
                const std::uint32_t bits[] = {word,
                                              near | sign,
                                              midpoint | sign,
                                              (near & 0xFFFF0000U) | 0x8000U | sign,
                                              (midpoint + 1) | sign,
                                              (midpoint - 1) | sign};
                c.data()[i] = std::bit_cast<float>(bits[random.below(std::size(bits))]);
            }
            const quantized_matrix a = quantize(ones.view(), recipes::none.for_a(f32));
            const quantized_matrix b = quantize(x.view(), recipes::none.for_b(f32));  // zeros: D = C
            const matrix<float> expected = gemm_reference(a, b, sequential<float>{}, c.view(), output);
            gemm_into(a, b, sequential<float>{}, d.view(), c.view(), output);
            for (std::size_t i = 0; i < d.size(); ++i) {
                t.expect(std::bit_cast<std::uint32_t>(d.data()[i]) == std::bit_cast<std::uint32_t>(expected.data()[i]),
                         [&] { return std::to_string(c.data()[i]) + reproducer(); });
            }
        }
    }
    t.finish();
}

TEST_CASE("gemm refuses what does not fit") {
    const quantized_matrix a(2, 3, e4m3fn);
    const quantized_matrix b(4, 2, e4m3fn);
    const quantized_matrix good(3, 5, e4m3fn);
    const matrix<float> c(2, 4);
    matrix<float> d(2, 4);
    CHECK_THROWS_WITH_AS(gemm(a, b, exact{}),
                         "gemm: A is 2 x 3 and B is 4 x 2; the columns of A must equal the rows of B",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(gemm(a, good, exact{}, c.view()), "gemm: C is 2 x 4, expected 2 x 5", std::invalid_argument);
    CHECK_THROWS_WITH_AS(gemm_into(a, good, exact{}, d.view()), "gemm: D is 2 x 4, expected 2 x 5",
                         std::invalid_argument);
    CHECK_THROWS_AS(gemm_reference(a, b, exact{}), std::invalid_argument);
    CHECK_THROWS_AS(gemm(a, good, aligned{.products = 0}), std::invalid_argument);
    CHECK_THROWS_AS(gemm(a, good, aligned{.fraction_bits = 0}), std::invalid_argument);
    CHECK_THROWS_AS(gemm(a, good, aligned{.fraction_bits = 41}), std::invalid_argument);
    CHECK_THROWS_AS(gemm(a, good, promoted{sequential<float>{}, 0}), std::invalid_argument);
    CHECK_THROWS_AS(gemm(a, good, promoted{aligned{.products = 0}, 8}), std::invalid_argument);
}

TEST_CASE("gemm without k and without elements") {
    const quantized_matrix a(2, 0, e4m3fn);
    const quantized_matrix b(0, 3, e4m3fn);
    const matrix<float> c(2, 3, 1.5f);
    for (const accumulator& acc :
         {accumulator{exact{}}, accumulator{sequential<float>{}}, accumulator{aligned{}}, accumulator{promoted{}}}) {
        CHECK(gemm(a, b, acc) == matrix<float>(2, 3, 0.0f));
        CHECK(gemm(a, b, acc, c.view()) == c);
        CHECK(gemm(quantized_matrix(0, 4, e4m3fn), quantized_matrix(4, 3, e4m3fn), acc).size() == 0);
    }
}

TEST_CASE("a NaN scale makes its block NaN and NaN has the pattern of the accumulator") {
    quantized_matrix a(2, 64, e4m3fn, true, granularity::block(1, 32), e8m0fnu);
    const quantized_matrix b(64, 3, e4m3fn);
    for (std::size_t block = 0; block < 4; ++block) {
        a.set_scale_code(block, block == 3 ? 0xFF : 127);  // row 1, k >= 32
    }
    for (const accumulator& acc :
         {accumulator{exact{}}, accumulator{sequential<float>{}}, accumulator{aligned{}}, accumulator{promoted{}}}) {
        const matrix<float> d = gemm(a, b, acc);
        for (std::size_t j = 0; j < 3; ++j) {
            CHECK(d(0, j) == 0.0f);
            CHECK(std::bit_cast<std::uint32_t>(d(1, j)) == 0x7FC00000U);
        }
    }
    const matrix<float> c(1, 1, std::bit_cast<float>(0xFFC12345U));
    const quantized_matrix x(1, 0, e4m3fn);
    const quantized_matrix y(0, 1, e4m3fn);
    CHECK(std::bit_cast<std::uint32_t>(gemm(x, y, aligned{}, c.view())(0, 0)) == 0x7FFFFFFFU);
    CHECK(std::bit_cast<std::uint32_t>(gemm(x, y, exact{}, c.view())(0, 0)) == 0x7FC00000U);
    CHECK(std::bit_cast<std::uint32_t>(gemm(x, y, sequential<float>{}, c.view())(0, 0)) == 0x7FC00000U);
    CHECK(std::bit_cast<std::uint32_t>(gemm(x, y, promoted{}, c.view())(0, 0)) == 0x7FC00000U);
}

TEST_CASE("units and accumulators by name") {
    for (const matrix_unit& unit : all_units) {
        CHECK(unit_by_name(unit.name).chips == unit.chips);
    }
    CHECK(accumulator_of(unit_by_name("h100"), e4m3fn, e5m2) == accumulator{aligned{}});
    CHECK(std::get<aligned>(accumulator_of(unit_by_name("b200"), bf16, bf16)).products == 16);
    CHECK(accumulator_of(unit_by_name("h20"), e4m3fn, e4m3fn) == accumulator{aligned{}});
    CHECK_THROWS_WITH_AS(accumulator_of(unit_by_name("a100"), bf16, bf16, f16),
                         "unit a100 has no path for operands bf16 x bf16 with f16 output", std::invalid_argument);
    CHECK_THROWS_WITH_AS(unit_by_name("ascend910-hypothetical"),
                         "'ascend910-hypothetical' is a spread of several hypothetical rules; choose one of them: "
                         "ascend910-hypothetical-exact16 ascend910-hypothetical-fma ascend910-hypothetical-aligned24 "
                         "ascend910-hypothetical-aligned25",
                         std::invalid_argument);
    for (const unit_alias& alias : unit_aliases) {
        CHECK(unit_by_name(alias.name).name == alias.unit);
    }
    for (const unit_spread& spread : all_unit_spreads) {
        for (const std::string_view member : spread.members) {
            CHECK(unit_by_name(member).name == member);
        }
    }
    CHECK(with_promotion(aligned{}, 0) == accumulator{aligned{}});
    CHECK(with_promotion(aligned{}, 64) == accumulator{promoted{aligned{}, 64}});
    CHECK_THROWS_AS(with_promotion(block_scaled{}, 64), std::invalid_argument);
    CHECK_THROWS_WITH_AS(unit_by_name("h1000"), "unknown unit 'h1000'", std::invalid_argument);
    CHECK_THROWS_WITH_AS(accumulator_of(unit_by_name("a100"), e4m3fn, e4m3fn),
                         "unit a100 has no path for operands e4m3fn x e4m3fn", std::invalid_argument);
    CHECK_THROWS_AS(accumulator_of(unit_by_name("h100"), bf16, f16), std::invalid_argument);
    CHECK_THROWS_AS(accumulator_of(unit_by_name("v100"), bf16, bf16), std::invalid_argument);
    CHECK(name_of(accumulator{promoted{aligned{}, 128}}) == "promoted(aligned(32,13),128)");
    CHECK(name_of(accumulator{exact{}}) == "exact");
    CHECK(name_of(accumulator{sequential<float>{}}) == "sequential");
}
