// SPDX-License-Identifier: Apache-2.0
// Can the gates fail? All ratios permuted among the units, so that sizes, chips and recipes say nothing about them, and the
// gates computed again. A model that passes then passes on anything.
#pragma once

#include "ratio_model/gates.hpp"

#include <cstdint>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct shuffled_report {
    std::vector<std::vector<gate>> gates;  // of each permutation: G2, G3, G4 and, if there are families enough, G6

    std::size_t failed() const;                       // permutations in which at least one gate fails
    std::size_t failed(std::string_view gate) const;  // in which this one fails
};

// The observations with their ratios in another order.
std::vector<observation> permuted(std::vector<observation> observations, random_key key);

struct shuffled_options {
    std::uint32_t permutations = 10;
    scoring_options scoring;  // permutation i uses the streams from key.stream + 4096 i
};

shuffled_report judge_shuffled(const std::vector<observation>& observations, const std::vector<evidence::pair>& later,
                               const shuffled_options& options);

}  // namespace narrowfp::bench::ratio_model
