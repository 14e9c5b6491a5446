// SPDX-License-Identifier: Apache-2.0
// A group-sequential test of whether a mean lies inside a margin: two one-sided tests at 5 %, looked at several times while
// seeds are added, with the error that each look may spend fixed beforehand (Lan and DeMets 1983, Biometrika 70, 659;
// the spending function of O'Brien and Fleming's shape). Bounds follow from the spending function by numerical integration
// (Armitage, McPherson and Rowe 1969, J. R. Stat. Soc. A 132, 235), never from a typed table.
#pragma once

#include "support/equivalence.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace narrowfp::bench::train {

struct sequential_plan {
    std::vector<std::size_t> looks;  // numbers of seeds, ascending; the last one is the end
    double alpha = 0.05;             // of each of the two one-sided tests, over all looks
    double margin = equivalence_margin;
};

// Error that may be spent up to the share t of all seeds, 0 < t <= 1: 2 - 2 Phi(z / sqrt t), z the quantile at 1 - alpha/2.
double spent_alpha(double t, double alpha);

// One bound for each look: the distance of the mean from an end of the margin, in standard errors, beyond which the test
// stops. Of the normal distribution; judge() widens them for an estimated deviation. Throws std::invalid_argument for
// looks that are none, not ascending or zero.
std::vector<double> sequential_bounds(const sequential_plan& plan);

// The state at one look.
struct look_outcome {
    std::size_t seeds = 0;
    double mean = 0;
    double error = 0;     // standard error of the mean
    double bound = 0;     // in standard errors: the look's bound as a quantile of Student's t with seeds - 1 degrees
    interval repeated{};  // mean -+ bound x error: holds at all looks together
    equivalence verdict = equivalence::inconclusive;
};

struct sequential_outcome {
    std::vector<look_outcome> looks;  // those that were reached
    bool stopped = false;             // by a verdict, or at the last look
    std::size_t decided_at = 0;  // seeds of the first look with a verdict, of the last look without one; 0: not yet

    // At the look where the test stopped; inconclusive before that.
    equivalence verdict() const;
};

// The outcome on the values of seeds in their order: every look that they reach is made; the first look whose repeated
// interval lies inside the margin, or wholly outside, gives the verdict. `bounds`: those of the plan, which take a tenth of a
// second. Throws as sequential_bounds.
sequential_outcome judge(std::span<const double> values, const sequential_plan& plan, std::span<const double> bounds);
sequential_outcome judge(std::span<const double> values, const sequential_plan& plan);

}  // namespace narrowfp::bench::train
