// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/later_families.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

constexpr std::array<std::string_view, 2> known_families{"Fujii-2411.08719", "Gaudi2-Fishman"};

std::vector<evidence::pair> rows_that_count(const std::vector<evidence::pair>& later) {
    std::vector<evidence::pair> out;
    std::copy_if(later.begin(), later.end(), std::back_inserter(out), [](const evidence::pair& row) {
        return row.include && row.ratio && row.equal_layout != evidence::same_layout::no;
    });
    return out;
}

struct unit_prediction {
    double measured = 0;
    middle_80 predicted{};

    bool inside() const { return predicted.low <= measured && measured <= predicted.high; }
};

template <class Value>
double median_over(const std::vector<unit_prediction>& units, const Value& value) {
    std::vector<double> values;
    std::transform(units.begin(), units.end(), std::back_inserter(values), value);
    return median_of(std::move(values));
}

family_score score_of(const std::string& family, const std::vector<unit_prediction>& units) {
    family_score out{.family = family};
    out.known_before = std::find(known_families.begin(), known_families.end(), family) != known_families.end();
    out.units = units.size();
    out.units_inside = static_cast<std::size_t>(
        std::count_if(units.begin(), units.end(), [](const unit_prediction& u) { return u.inside(); }));
    out.measured = median_over(units, [](const unit_prediction& u) { return u.measured; });
    out.predicted = {median_over(units, [](const unit_prediction& u) { return u.predicted.low; }),
                     median_over(units, [](const unit_prediction& u) { return u.predicted.median; }),
                     median_over(units, [](const unit_prediction& u) { return u.predicted.high; })};
    return out;
}

}  // namespace

std::vector<family_score> score_families(const posterior& p, const std::vector<evidence::pair>& later,
                                         std::uint32_t draws_per_sample, random_key key) {
    const std::vector<evidence::pair> rows = rows_that_count(later);
    const std::vector<evidence::unit> units = evidence::units_of(rows);
    std::vector<std::string> families;  // in the order of the file
    for (const evidence::pair& row : rows) {
        if (std::find(families.begin(), families.end(), row.family) == families.end()) {
            families.push_back(row.family);
        }
    }
    std::vector<family_score> out;
    std::size_t blind = 0;
    for (const std::string& family : families) {
        std::vector<unit_prediction> predictions;
        for (std::size_t i = 0; i < units.size(); ++i) {
            if (units[i].family == family) {
                const random_key own{key.seed, key.stream + static_cast<std::uint32_t>(i)};
                const std::vector<double> draws =
                    predict(p, observation_of(units[i]), {.draws_per_sample = draws_per_sample, .key = own});
                predictions.push_back({units[i].log_ratio, middle_of(draws)});
            }
        }
        if (predictions.empty()) {
            continue;
        }
        out.push_back(score_of(family, predictions));
        out.back().number = out.back().known_before ? 0 : ++blind;
    }
    return out;
}

}  // namespace narrowfp::bench::ratio_model
