// SPDX-License-Identifier: Apache-2.0
// Quantiles, shares and scores of draws of ln R, and the t distribution that they come from.
#pragma once

#include <span>
#include <vector>

namespace narrowfp::bench::ratio_model {

// Linear between neighbours: position q (n - 1) in ascending numbers (type 7 of Hyndman and Fan 1996). Not for an empty
// span.
double quantile_of_sorted(std::span<const double> ascending, double q);

double median_of(std::vector<double> values);

// The middle 80 % of draws of ln R, and their median.
struct middle_80 {
    double low = 0;  // quantile 10 %
    double median = 0;
    double high = 0;  // quantile 90 %
};

middle_80 middle_of(std::vector<double> draws);

// Share of draws of ln R above ln(ratio).
double share_above(std::span<const double> draws, double ratio);

// Distribution function of Student's t with 4 degrees of freedom:
// F(t) = 1/2 + 3/8 t / sqrt(1 + t^2/4) (1 - t^2 / (12 (1 + t^2/4))).
double t4_distribution(double t);

// Continuous ranked probability score of draws against what was measured (Gneiting and Raftery 2007, eq. 21): mean distance
// to it less half the mean distance between two draws. 0 is best; in the unit of the draws.
double crps_of(std::vector<double> draws, double measured);

}  // namespace narrowfp::bench::ratio_model
