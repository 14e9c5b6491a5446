// SPDX-License-Identifier: Apache-2.0
// The extrapolation at the posterior median, line by line, for a reader with a pocket calculator: every line names its
// inputs, the last ones give R of a typical stack, its 80 % interval and the probability of a threshold. Left out is only
// that the parameters, the factor on communication and s are uncertain: `difference` says what that changes.
#pragma once

#include "ratio_model/extrapolation.hpp"

#include <string>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct pocket_line {
    std::string name;     // "T16"
    std::string formula;  // with the numbers put in: "1 + 0.18 + 0.21 + 0.07 + 0.24"
    double value = 0;
};

struct pocket_calculation {
    std::vector<pocket_line> lines;
    double typical = 0;  // R
    double low = 0;      // 80 % interval of one new stack, R
    double high = 0;
    double probability = 0;  // of R > threshold for one new stack
};

pocket_calculation calculate_by_hand(const parameters& median, const asked_chip& c, const kind_of_model& k,
                                     double threshold);

}  // namespace narrowfp::bench::ratio_model
