// SPDX-License-Identifier: Apache-2.0
// Exact products of float and of double matrices against each other and against the oracle, with exponents from narrow
// (one 128-bit register) to the whole range; bounds; refusals.
#include <narrowfp/error.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp;
using namespace narrowfp_test;

namespace {

std::vector<oracle::dyadic> line_of(matrix_view<const double> x, std::size_t i) {
    std::vector<oracle::dyadic> line;
    for (std::size_t k = 0; k < x.cols(); ++k) {
        line.push_back(oracle::exact_value_of(x(i, k)));
    }
    return line;
}

matrix<double> widened(const matrix<float>& x) {
    matrix<double> wide(x.rows(), x.cols());
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            wide(i, j) = x(i, j);
        }
    }
    return wide;
}

void expect_oracle(const matrix<double>& found, const matrix<double>& a, const matrix<double>& b, tally& t,
                   const std::string& what) {
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < b.cols(); ++j) {
            const double expected =
                oracle::to_double(oracle::exact_dot(line_of(a.view(), i), line_of(b.view().transposed(), j)));
            t.expect(std::bit_cast<std::uint64_t>(found(i, j)) == std::bit_cast<std::uint64_t>(expected), [&] {
                return what + " at " + std::to_string(i) + " " + std::to_string(j) + ": found " +
                       hex(std::bit_cast<std::uint64_t>(found(i, j)), 16) + ", expected " +
                       hex(std::bit_cast<std::uint64_t>(expected), 16) + reproducer();
            });
        }
    }
}

}  // namespace

TEST_CASE("float and double products agree with the oracle at every spread of exponents") {
    tally t("exact products of floats");
    random_bits random(run_seed());
    for (int spread = 0; spread <= 252; spread += 4) {  // past about 35 an operand leaves 63 bits: the slow path
        const std::size_t m = 1 + random.below(4);
        const std::size_t n = 1 + random.below(4);
        const std::size_t k = random.below(50);
        const int lowest_a = random.between(-126, 127 - spread);
        const int lowest_b = random.between(-126, 127 - spread);
        matrix<float> a(m, k);
        matrix<float> b(k, n);
        for (std::size_t i = 0; i < a.size(); ++i) {
            a.data()[i] = random.below(8) == 0 ? 0.0f : random.finite(lowest_a, lowest_a + spread);
        }
        for (std::size_t i = 0; i < b.size(); ++i) {
            b.data()[i] = random.below(8) == 0 ? -0.0f : random.finite(lowest_b, lowest_b + spread);
            if (i % 5 == 4 && spread % 8 == 0) {  // cancellation
                b.data()[i] = -b.data()[i - 1];
            }
        }
        const matrix<double> wide_a = widened(a);
        const matrix<double> wide_b = widened(b);
        const std::string what = "spread " + std::to_string(spread);
        const matrix<double> found = exact_product(a.view(), b.view(), options{.threads = 1 + spread % 3});
        expect_oracle(found, wide_a, wide_b, t, what);
        expect_oracle(exact_product(wide_a.view(), wide_b.view()), wide_a, wide_b, t, what + " as doubles");
    }
    t.finish();
}

TEST_CASE("operands just below and beyond one register") {
    tally t("exact products at the register's limit");
    for (int width = 24; width <= 66; ++width) {  // integers of `width` bits in both operands: 63 is the last that fits
        const std::size_t k = 33;
        matrix<float> a(1, k);
        matrix<float> b(k, 1);
        for (std::size_t i = 0; i < k; ++i) {
            a(0, i) = std::ldexp(i % 2 == 0 ? 16777215.0f : -16777213.0f, i % 3 == 0 ? 0 : width - 24);
            b(i, 0) = std::ldexp(16777215.0f, i % 4 == 0 ? 0 : width - 24);
        }
        expect_oracle(exact_product(a.view(), b.view()), widened(a), widened(b), t, "width " + std::to_string(width));
    }
    t.finish();
}

TEST_CASE("subnormal and huge operands") {
    tally t("exact products at the ends of the range");
    const double tiny = std::numeric_limits<double>::denorm_min();
    const double huge = std::numeric_limits<double>::max();
    matrix<double> a(1, 4);
    matrix<double> b(4, 3);
    const double left[] = {tiny, huge, 1.0, -huge};
    const double right[] = {tiny, 0.5, huge, huge, -1.0, tiny, 0x1p-60, 3.0, -tiny, huge, -1.0, 0.0};
    for (std::size_t i = 0; i < 4; ++i) {
        a(0, i) = left[i];
    }
    for (std::size_t i = 0; i < 12; ++i) {
        b.data()[i] = right[i];
    }
    expect_oracle(exact_product(a.view(), b.view()), a, b, t, "doubles");
    matrix<float> x(1, 3);
    matrix<float> y(3, 1);
    x(0, 0) = 0x1p-149f;
    x(0, 1) = std::numeric_limits<float>::max();
    x(0, 2) = -std::numeric_limits<float>::max();
    y(0, 0) = 0x1p-149f;
    y(1, 0) = std::numeric_limits<float>::max();
    y(2, 0) = std::numeric_limits<float>::max();
    const matrix<double> only_tiny = exact_product(x.view(), y.view());
    CHECK(only_tiny(0, 0) == 0x1p-298);  // max^2 cancels and leaves the product of the smallest
    expect_oracle(only_tiny, widened(x), widened(y), t, "floats");
    t.finish();
}

TEST_CASE("bounds of backward errors by hand") {
    matrix<float> a(1, 2);
    matrix<float> b(2, 1);
    a(0, 0) = 3;
    a(0, 1) = -4;
    b(0, 0) = -6;
    b(1, 0) = 8;
    CHECK(exact_product(a.view(), b.view())(0, 0) == -50.0);
    CHECK(absolute_product(a.view(), b.view())(0, 0) == 50.0);
    CHECK(norm_product(a.view(), b.view())(0, 0) == 50.0);
    b(1, 0) = -8;
    CHECK(exact_product(a.view(), b.view())(0, 0) == 14.0);
    CHECK(absolute_product(a.view(), b.view(), options{.threads = 2})(0, 0) == 50.0);
}

TEST_CASE("exact products refuse shapes and elements that are not finite") {
    matrix<float> a(2, 3, 1.0f);
    const matrix<float> b(2, 2, 1.0f);
    const matrix<float> c(3, 2, 1.0f);
    CHECK_THROWS_WITH_AS(exact_product(a.view(), b.view()),
                         "exact product: A is 2 x 3 and B is 2 x 2; the columns of A must equal the rows of B",
                         std::invalid_argument);
    a(1, 2) = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH_AS(exact_product(a.view(), c.view()), "exact product: element (1, 2) of A is not finite",
                         std::invalid_argument);
    CHECK_THROWS_AS(norm_product(c.view(), a.view()), std::invalid_argument);
    const matrix<float> none(2, 0);
    const matrix<float> nothing(0, 2);
    CHECK(exact_product(none.view(), nothing.view())(1, 1) == 0.0);
}
