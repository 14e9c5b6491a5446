// SPDX-License-Identifier: Apache-2.0
// Table R: FP8's gain for each asked chip and kind of model, with all pairs and without the vendor's own pages, with the
// word for every threshold from 1.00 to 1.50.
#pragma once

#include "ratio_model/extrapolation.hpp"
#include "ratio_model/gates.hpp"
#include "ratio_model/grade.hpp"
#include "ratio_model/pocket_calculation.hpp"

#include <string>
#include <vector>

namespace narrowfp::bench::ratio_model {

inline constexpr double claim_threshold = 1.10;  // R above it is a gain worth the claim

// H100 and H800, H20, 910B3, 910C.
const std::vector<asked_chip>& chips_of_the_claim();

// Dense 8B and 70B (sizes of Llama 3) with 8192 tokens and one scale a tensor; DeepSeek-V3 with 4096 tokens and tiles.
const std::vector<kind_of_model>& kinds_of_the_claim();

// R, not its logarithm.
struct ratio_summary {
    middle_80 typical;            // mean over stacks
    middle_80 one_stack;          // one new stack
    probability above_1;          // P(R > 1.00) of one new stack
    probability above_threshold;  // P(R > 1.10)
};

struct threshold_word {
    double threshold = 0;
    probability all{};                   // P(R > threshold), one new stack, all pairs
    probability without_vendor_pages{};  // the same
    graded words{};                      // of both and the gates
    word without = word::open;           // of the second alone
    bool near_a_bar = false;  // a probability lies within two of its errors of a bar: other draws may give another word
};

struct claim_case {
    asked_chip chip;
    kind_of_model kind;
    ratio_summary all;
    ratio_summary without_vendor_pages;
    std::vector<std::string> caps{};      // reasons why words are at most LEANS
    std::vector<threshold_word> words{};  // at 1.00, 1.01, ..., 1.50
    pocket_calculation by_hand{};         // all pairs, threshold 1.10
    double typical_difference = 0;        // by hand less full, R of the typical stack
    double probability_difference = 0;    // the same of P(R > 1.10)

    const threshold_word& at(double threshold) const;  // the nearest one
};

// Throws as extrapolate. `key`: case number i uses the streams key.stream + 2 i and the next one.
std::vector<claim_case> judge_cases(const posterior& all, const posterior& without_vendor_pages,
                                    const gate_report& gates, const pair_coverage& covered,
                                    std::uint32_t draws_per_sample, random_key key);

}  // namespace narrowfp::bench::ratio_model
