// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/chain_diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace narrowfp::bench::ratio_model {
namespace {

using series = std::vector<double>;

// The halves of all chains; of an odd length the state in the middle is left out.
std::vector<series> halves(std::span<const chain> chains, std::size_t which) {
    const std::size_t length = chains.empty() ? 0 : chains.front().size();
    if (length < 4 ||
        std::any_of(chains.begin(), chains.end(), [length](const chain& c) { return c.size() != length; })) {
        throw std::invalid_argument("diagnostics need chains of equal length with at least 4 states each");
    }
    const std::size_t half = length / 2;
    std::vector<series> out;
    for (const chain& c : chains) {
        for (const std::size_t first : {std::size_t{0}, length - half}) {
            series s(half);
            for (std::size_t t = 0; t < half; ++t) {
                s[t] = c.state(first + t)[which];
            }
            out.push_back(std::move(s));
        }
    }
    return out;
}

double mean_of(const series& s) {
    double sum = 0;
    for (const double x : s) {
        sum += x;
    }
    return sum / static_cast<double>(s.size());
}

double variance_of(const series& s) {
    const double mean = mean_of(s);
    double sum = 0;
    for (const double x : s) {
        sum += (x - mean) * (x - mean);
    }
    return sum / static_cast<double>(s.size() - 1);
}

// Mean over all series of the squared differences at a lag.
double variogram(const std::vector<series>& all, std::size_t lag) {
    double sum = 0;
    for (const series& s : all) {
        for (std::size_t t = lag; t < s.size(); ++t) {
            sum += (s[t] - s[t - lag]) * (s[t] - s[t - lag]);
        }
    }
    return sum / static_cast<double>(all.size() * (all.front().size() - lag));
}

}  // namespace

diagnostics diagnose(std::span<const chain> chains, std::size_t which) {
    const std::vector<series> all = halves(chains, which);
    const auto n = static_cast<double>(all.front().size());
    series means;
    series variances;
    for (const series& s : all) {
        means.push_back(mean_of(s));
        variances.push_back(variance_of(s));
    }
    const double within = mean_of(variances);
    if (!(within > 0)) {
        return {1, 0};
    }
    const double total = (n - 1) / n * within + variance_of(means);
    double correlations = 0;  // in pairs, while a pair's sum is positive
    for (std::size_t lag = 1; lag + 1 < all.front().size(); lag += 2) {
        const double pair = 2 - (variogram(all, lag) + variogram(all, lag + 1)) / (2 * total);
        if (!(pair > 0)) {
            break;
        }
        correlations += pair;
    }
    const double draws = n * static_cast<double>(all.size());
    return {std::sqrt(total / within), draws / std::max(1.0, 1 + 2 * correlations)};
}

}  // namespace narrowfp::bench::ratio_model
