// SPDX-License-Identifier: Apache-2.0
// compare on matrices small enough to work out by hand.
#include <narrowfp/base/matrix.hpp>
#include <narrowfp/error/metrics.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace narrowfp;

namespace {

template <class T>
matrix<T> row(std::initializer_list<T> values) {
    matrix<T> m(1, values.size());
    std::size_t j = 0;
    for (const T value : values) {
        m(0, j++) = value;
    }
    return m;
}

}  // namespace

TEST_CASE("two elements by hand") {
    const matrix<float> x = row<float>({3, 5});
    const matrix<double> r = row<double>({3, 4});
    const matrix<double> norms = row<double>({10, 20});
    const matrix<double> absolutes = row<double>({3, 8});
    const error_report e = compare(x.view(), r.view(), {norms.view(), absolutes.view()});
    CHECK(e.elements == 2);
    CHECK(e.nonfinite == 0);
    CHECK(e.differing == 1);
    CHECK(e.relative_frobenius == 0.2);  // sqrt(1 / 25)
    CHECK(e.max_absolute == 1.0);
    CHECK(e.max_relative == 0.25);
    CHECK(e.max_ulp == 0x1p21);  // 1 / 2^(2 - 23)
    CHECK(e.rms_reference == std::sqrt(12.5));
    CHECK(e.bias == doctest::Approx(1.0 / 7).epsilon(1e-15));
    // variance of the errors 0 and 1 is 1/4; sqrt(1/4 / 2) / (7/2)
    CHECK(e.bias_standard_error == doctest::Approx(std::sqrt(0.125) / 3.5).epsilon(1e-15));
    REQUIRE(e.sqnr_db.has_value());
    CHECK(*e.sqnr_db == doctest::Approx(13.979400086720377).epsilon(1e-14));
    CHECK(*e.correct_bits == doctest::Approx(2.321928094887362).epsilon(1e-14));
    CHECK(*e.cosine == doctest::Approx(29.0 / (std::sqrt(34.0) * 5)).epsilon(1e-15));
    CHECK(*e.normwise_backward == 0.05);
    CHECK(*e.componentwise_backward == 0.125);
    CHECK_FALSE(e.exact());
}

TEST_CASE("errors that cancel leave no bias") {
    const error_report e = compare(row<float>({2, 0.5f, -1, -2}).view(), row<double>({1, 1.5, -2, -1}).view());
    CHECK(e.bias == 0.0);
    CHECK(e.max_absolute == 1.0);
    CHECK(e.relative_frobenius == doctest::Approx(std::sqrt(4 / 8.25)).epsilon(1e-15));
    const error_report low = compare(row<float>({1, 2}).view(), row<double>({2, 4}).view());
    CHECK(low.bias == -0.5);
    CHECK(low.max_relative == 0.5);
    CHECK(*low.cosine == doctest::Approx(1.0).epsilon(1e-15));
}

TEST_CASE("an exact result has no ratio") {
    const matrix<double> r = row<double>({1, -2, 0});
    const error_report e = compare(row<float>({1, -2, 0}).view(), r.view());
    CHECK(e.exact());
    CHECK(e.differing == 0);
    CHECK(e.relative_frobenius == 0.0);
    CHECK(e.max_ulp == 0.0);
    CHECK_FALSE(e.sqnr_db.has_value());
    CHECK_FALSE(e.correct_bits.has_value());
    CHECK(*e.cosine == doctest::Approx(1.0));
    CHECK_FALSE(e.normwise_backward.has_value());
    CHECK_FALSE(e.componentwise_backward.has_value());
    // A reference that FP32 does not hold: rounded correctly is not exact, but does not differ from its rounding.
    const error_report rounded = compare(row<float>({1.0f}).view(), row<double>({1.0 + 0x1p-25}).view());
    CHECK(rounded.differing == 0);
    CHECK(rounded.max_ulp == 0.25);
    CHECK_FALSE(rounded.exact());
}

TEST_CASE("elements that are not finite are counted and left out") {
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const error_report e = compare(row<float>({3, infinity, nan, 5, 7}).view(),
                                   row<double>({3, 1, 1, 4, std::numeric_limits<double>::infinity()}).view());
    CHECK(e.elements == 5);
    CHECK(e.nonfinite == 3);
    CHECK(e.relative_frobenius == 0.2);
    CHECK(e.rms_reference == std::sqrt(12.5));
    const error_report none = compare(row<float>({nan}).view(), row<double>({1}).view());
    CHECK(none.nonfinite == 1);
    CHECK(none.relative_frobenius == 0.0);
    CHECK_FALSE(none.cosine.has_value());
}

TEST_CASE("references of zero") {
    const error_report e = compare(row<float>({1, 0}).view(), row<double>({0, 0}).view());
    CHECK(std::isinf(e.relative_frobenius));
    CHECK(e.max_relative == 0.0);
    CHECK(e.max_ulp == 0x1p149);
    CHECK_FALSE(e.sqnr_db.has_value());
    CHECK_FALSE(e.cosine.has_value());
    const error_report both = compare(row<float>({0, 0}).view(), row<double>({0, 0}).view());
    CHECK(both.exact());
}

TEST_CASE("units in the last place at the ends of the range") {
    CHECK(compare(row<float>({0x1p-149f}).view(), row<double>({0x1p-148}).view()).max_ulp == 1.0);
    CHECK(compare(row<float>({1.0f}).view(), row<double>({1.0 + 0x1p-23}).view()).max_ulp == 1.0);
    CHECK(compare(row<float>({2.0f}).view(), row<double>({std::nextafter(2.0, 0.0)}).view()).max_ulp ==
          doctest::Approx(0x1p-53 * 0x1p24));  // just below 2 the unit is that of [1, 2)
}

TEST_CASE("compare refuses shapes that differ") {
    CHECK_THROWS_WITH_AS(compare(row<float>({1, 2}).view(), row<double>({1}).view()),
                         "compare: result is 1 x 2, expected 1 x 1", std::invalid_argument);
    const matrix<float> x(0, 3);
    const matrix<double> r(0, 3);
    CHECK(compare(x.view(), r.view()).elements == 0);
}
