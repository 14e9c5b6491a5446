// SPDX-License-Identifier: Apache-2.0
// A modelled figure over all scenarios, each scenario counting once. Its shares say in how many scenarios something holds;
// scenarios are corners of assumed ranges, so a share is no probability.
#pragma once

#include "step_model/step_scenarios.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace narrowfp::bench::claim {

class scenario_distribution {
public:
    scenario_distribution() = default;
    // An infinite value is a scenario without a solution, such as a memory that no schedule fits. Throws
    // std::invalid_argument for NaN.
    explicit scenario_distribution(std::vector<double> values) : values_(std::move(values)) {
        if (std::any_of(values_.begin(), values_.end(), [](double x) { return std::isnan(x); })) {
            throw std::invalid_argument("a scenario gives no number: the chip lacks a unit or a figure");
        }
        std::sort(values_.begin(), values_.end());
    }

    bool empty() const { return values_.empty(); }
    std::size_t count() const { return values_.size(); }
    const std::vector<double>& sorted() const { return values_; }

    // All of these need at least one scenario.
    double low() const { return values_.at(0); }
    double high() const { return values_.at(values_.size() - 1); }
    step_model::scenario_range range() const { return {low(), high()}; }
    // The smallest value that at least this share of the scenarios does not exceed; 0.5: the (lower) median.
    double quantile(double share) const {
        const double rank = std::ceil(share * static_cast<double>(count())) - 1;
        return values_.at(std::min(count() - 1, static_cast<std::size_t>(std::max(rank, 0.0))));
    }
    double median() const { return quantile(0.5); }

    // Share of the scenarios strictly above or below a threshold; infinite ones are above any.
    double share_above(double threshold) const {
        return share(values_.end() - std::upper_bound(values_.begin(), values_.end(), threshold));
    }
    double share_below(double threshold) const {
        return share(std::lower_bound(values_.begin(), values_.end(), threshold) - values_.begin());
    }
    double share_infinite() const {
        return share(std::count_if(values_.begin(), values_.end(), [](double x) { return std::isinf(x); }));
    }

private:
    double share(std::ptrdiff_t some) const {
        return empty() ? 0 : static_cast<double>(some) / static_cast<double>(count());
    }

    std::vector<double> values_;
};

// Something over all scenarios of a chip.
template <class Figure>
scenario_distribution over_scenarios(const step_model::step_scenarios& all, const Figure& figure) {
    std::vector<double> values;
    values.reserve(all.all().size());
    for (const step_model::step_scenario& s : all.all()) {
        values.push_back(figure(s));
    }
    return scenario_distribution(std::move(values));
}

// A figure for every pair of scenarios of two chips.
template <class Figure>
scenario_distribution over_pairs(const scenario_distribution& a, const scenario_distribution& b, const Figure& figure) {
    std::vector<double> values;
    values.reserve(a.count() * b.count());
    for (const double x : a.sorted()) {
        for (const double y : b.sorted()) {
            values.push_back(figure(x, y));
        }
    }
    return scenario_distribution(std::move(values));
}

}  // namespace narrowfp::bench::claim
