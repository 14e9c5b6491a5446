// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/row_scores.hpp"

#include "support/fixed_math.hpp"

#include <algorithm>
#include <utility>

namespace narrowfp::bench::ratio_model {

std::vector<row_score> score_rows(const posterior& p, const std::vector<evidence::pair>& rows,
                                  std::uint32_t draws_per_sample, random_key key) {
    std::vector<row_score> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].ratio) {
            continue;
        }
        evidence::pair row = rows[i];
        row.include = true;
        const observation o = observation_of(evidence::units_of({std::move(row)}).front());
        const random_key own{key.seed, key.stream + static_cast<std::uint32_t>(i)};
        const middle_80 m = middle_of(predict(p, o, {.draws_per_sample = draws_per_sample, .key = own}));
        out.push_back({.id = rows[i].id,
                       .unit = rows[i].unit,
                       .model = rows[i].model,
                       .chip = rows[i].chip,
                       .predicted = {fixed_exp(m.low), fixed_exp(m.median), fixed_exp(m.high)},
                       .measured = *rows[i].ratio});
    }
    return out;
}

}  // namespace narrowfp::bench::ratio_model
