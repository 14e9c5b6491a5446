// SPDX-License-Identifier: Apache-2.0
// Statistics over seeds against closed forms: with one degree of freedom Student's t is Cauchy's distribution, with two
// P(T < t) = 1/2 + t / (2 sqrt(2 + t^2)); further quantiles from printed tables.
#include <doctest/doctest.h>

#include <train/experiment/paired_statistics.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

using namespace narrowfp::bench::train;

namespace {

bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

}  // namespace

TEST_CASE("quantiles of Student's t") {
    // One degree: tan(pi/2 * coverage).
    CHECK(near(student_t_quantile(0.90, 1), std::tan(std::numbers::pi / 2 * 0.90), 1e-10));
    // Two degrees: c = t / sqrt(2 + t^2), so t = c sqrt(2 / (1 - c^2)).
    CHECK(near(student_t_quantile(0.95, 2), 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)), 1e-10));
    // Printed tables, three digits behind the point.
    CHECK(near(student_t_quantile(0.90, 11), 1.796, 5e-4));
    CHECK(near(student_t_quantile(0.95, 11), 2.201, 5e-4));
    CHECK(near(student_t_quantile(0.90, 3), 2.353, 5e-4));
}

TEST_CASE("mean and intervals of three numbers by hand") {
    // Mean 0.1; deviations -0.1, 0, 0.1; variance 0.02 / 2 = 0.01; standard error 0.1 / sqrt(3).
    const paired_summary s = summarise(std::array{0.0, 0.1, 0.2}, 0.25);
    CHECK(s.n == 3);
    CHECK(near(s.mean, 0.1, 1e-15));
    CHECK(near(s.deviation, 0.1, 1e-15));
    const double error = 0.1 / std::sqrt(3.0);
    CHECK(near(s.half_90, 0.90 * std::sqrt(2 / (1 - 0.81)) * error, 1e-12));
    CHECK(near(s.half_95, 0.95 * std::sqrt(2 / (1 - 0.9025)) * error, 1e-12));
    // t = (0.25 - 0.1) / error = 2.598; p = 1/2 - t / (2 sqrt(2 + t^2)).
    const double t = 0.15 / error;
    CHECK(near(s.tost_p, 0.5 - t / (2 * std::sqrt(2 + t * t)), 1e-12));
}

TEST_CASE("the 90 percent interval inside the margin is the test at 5 percent") {
    // Two numbers m - d and m + d have mean m and standard error d.
    for (const double m : {-0.2, -0.01, 0.0, 0.1, 0.24, 0.3}) {
        for (const double d : {0.001, 0.005, 0.02, 0.0395, 0.0397, 0.2}) {
            const paired_summary s = summarise(std::array{m - d, m + d}, 0.25);
            const bool inside = s.mean - s.half_90 > -0.25 && s.mean + s.half_90 < 0.25;
            CHECK(inside == (s.tost_p < 0.05));
            CHECK(near(s.half_90, std::tan(std::numbers::pi / 2 * 0.90) * d, 1e-9));
        }
    }
}

TEST_CASE("one seed has no interval and equal numbers have one without width") {
    const paired_summary one = summarise(std::array{0.1}, 0.25);
    CHECK(one.mean == 0.1);
    CHECK(one.half_90 == std::numeric_limits<double>::infinity());
    CHECK(one.tost_p == 1);
    const paired_summary equal = summarise(std::array{0.125, 0.125}, 0.25);
    CHECK(equal.half_95 == 0);
    CHECK(equal.tost_p == 0);
    CHECK(summarise(std::array{0.5, 0.5}, 0.25).tost_p == 1);
}

TEST_CASE("gaps and pairs") {
    CHECK(near(relative_gap_percent(2.002, 2.0), 0.1, 1e-12));
    CHECK(relative_gap_percent(1.5, 2.0) == -25);
    CHECK(differences(std::array{3.0, 1.0}, std::array{1.0, 2.0}) == std::vector{2.0, -1.0});
    CHECK_THROWS_AS(relative_gap_percent(1, 0), std::invalid_argument);
    CHECK_THROWS_AS(relative_gap_percent(std::nan(""), 1), std::invalid_argument);
    CHECK_THROWS_AS(differences(std::array{1.0}, std::vector<double>{}), std::invalid_argument);
    CHECK_THROWS_AS(summarise(std::vector<double>{}, 0.25), std::invalid_argument);
    CHECK_THROWS_AS(summarise(std::array{1.0, std::nan("")}, 0.25), std::invalid_argument);
    CHECK_THROWS_AS(summarise(std::array{1.0}, 0), std::invalid_argument);
}
