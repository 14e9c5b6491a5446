// SPDX-License-Identifier: Apache-2.0
// Whether chains have reached the same density and how many independent draws they are worth: split R-hat and the effective
// sample size of Gelman et al., Bayesian Data Analysis, 3rd edition, 11.4 and 11.5, with Geyer's initial positive sequence.
// For one coordinate at a time; exact arithmetic order, so the same bits everywhere.
#pragma once

#include "ratio_model/sampler.hpp"

#include <cstddef>
#include <span>

namespace narrowfp::bench::ratio_model {

struct diagnostics {
    double r_hat = 0;           // near 1; above 1.05 the chains have not mixed
    double effective_size = 0;  // independent draws that have the same standard error of the mean
};

// Coordinate `which` of chains of equal length of at least 4 states, each taken as two halves. A coordinate that never
// moves has r_hat 1 and effective size 0. Throws std::invalid_argument for chains that are too short or differ in length.
diagnostics diagnose(std::span<const chain> chains, std::size_t which);

}  // namespace narrowfp::bench::ratio_model
