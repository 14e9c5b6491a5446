// SPDX-License-Identifier: Apache-2.0
// The blind test of the ratio model: families of sources that were collected after the model was frozen, each against its
// predicted interval. In the order of the file; rows that are not included or whose layouts are known to differ are left
// out, families that were known before are scored apart.
#pragma once

#include "evidence/pair.hpp"
#include "ratio_model/prediction.hpp"

#include <string>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct family_score {
    std::string family;
    bool known_before = false;  // known before the model was frozen
    std::size_t number = 0;     // among the blind families, from 1; 0: known before
    std::size_t units = 0;
    std::size_t units_inside = 0;
    double measured = 0;    // median over units of ln R
    middle_80 predicted{};  // medians over units of the ends and medians of their intervals

    bool inside() const { return predicted.low <= measured && measured <= predicted.high; }
};

// Families with rows that count, in the order of the file. `key`: unit number i uses stream key.stream + i.
std::vector<family_score> score_families(const posterior& p, const std::vector<evidence::pair>& later,
                                         std::uint32_t draws_per_sample, random_key key);

}  // namespace narrowfp::bench::ratio_model
