// SPDX-License-Identifier: Apache-2.0
// Any rows of pairs against the model's predictions, for a user's own measurements: one row counts once here.
#pragma once

#include "evidence/pair.hpp"
#include "ratio_model/prediction.hpp"

#include <string>
#include <vector>

namespace narrowfp::bench::ratio_model {

// R, not its logarithm.
struct row_score {
    int id = 0;
    std::string unit;
    std::string model;
    std::string chip;
    middle_80 predicted{};
    double measured = 0;

    bool inside() const { return predicted.low <= measured && measured <= predicted.high; }
};

// Each row that has a ratio, as a new source. Throws as observation_of. `key`: row number i uses stream key.stream + i.
std::vector<row_score> score_rows(const posterior& p, const std::vector<evidence::pair>& rows,
                                  std::uint32_t draws_per_sample, random_key key);

}  // namespace narrowfp::bench::ratio_model
