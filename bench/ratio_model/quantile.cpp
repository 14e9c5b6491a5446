// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/quantile.hpp"

#include "support/fixed_math.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace narrowfp::bench::ratio_model {

double quantile_of_sorted(std::span<const double> ascending, double q) {
    const double position = q * static_cast<double>(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, ascending.size() - 1);
    return ascending[below] + (position - static_cast<double>(below)) * (ascending[above] - ascending[below]);
}

double median_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return quantile_of_sorted(values, 0.5);
}

middle_80 middle_of(std::vector<double> draws) {
    std::sort(draws.begin(), draws.end());
    return {quantile_of_sorted(draws, 0.1), quantile_of_sorted(draws, 0.5), quantile_of_sorted(draws, 0.9)};
}

double share_above(std::span<const double> draws, double ratio) {
    const double threshold = fixed_log(ratio);
    const auto above = std::count_if(draws.begin(), draws.end(), [threshold](double y) { return y > threshold; });
    return static_cast<double>(above) / static_cast<double>(draws.size());
}

double t4_distribution(double t) {
    const double w = 1 + t * t / 4;
    return 0.5 + 0.375 * t / std::sqrt(w) * (1 - t * t / (12 * w));
}

double crps_of(std::vector<double> draws, double measured) {
    std::sort(draws.begin(), draws.end());
    const auto n = static_cast<double>(draws.size());
    double distance = 0;
    double spread = 0;  // sum over pairs i < j of x_j - x_i, times 2
    for (std::size_t i = 0; i < draws.size(); ++i) {
        distance += std::fabs(draws[i] - measured);
        spread += (2 * static_cast<double>(i + 1) - n - 1) * draws[i];
    }
    return distance / n - spread / (n * n);
}

}  // namespace narrowfp::bench::ratio_model
