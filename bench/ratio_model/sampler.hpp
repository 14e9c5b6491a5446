// SPDX-License-Identifier: Apache-2.0
// Random-walk Metropolis sampling of any density (Metropolis et al. 1953). Proposals are normal; their covariance is set
// from the chain itself three times and then kept (Roberts, Gelman, Gilks 1997: 2.4^2 / dimension times the covariance of
// the density). Every number comes from Philox by its place, every function from support/fixed_math.hpp: a chain has the
// same bits on every machine, with every compiler and number of threads, if the density has.
#pragma once

#include "ratio_model/random_numbers.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct chain_options {
    std::uint32_t steps = 16000;
    std::uint32_t burn_in = 7000;  // steps left out at the beginning; every later `thinning`-th state is kept
    std::uint32_t thinning = 15;
    std::array<std::uint32_t, 3> adapt_after{2000, 4000, 6000};  // the later half of the chain gives the covariance
};

struct chain {
    std::size_t dimension = 0;
    std::vector<double> states;  // kept states, one after the other
    double acceptance = 0;       // share of proposals accepted after burn-in

    std::size_t size() const { return dimension == 0 ? 0 : states.size() / dimension; }
    std::span<const double> state(std::size_t i) const { return {states.data() + i * dimension, dimension}; }
};

// The logarithm of a density up to a constant; -infinity where it is 0.
using log_density = std::function<double(std::span<const double>)>;

// `first_steps`: standard deviations of the first proposals, before the factor 2.4^2 / dimension of their variances.
// Throws std::invalid_argument, naming the field, for options that keep no state, for a start of density 0, for sizes that
// differ.
chain sample_chain(const log_density& density, std::span<const double> start, std::span<const double> first_steps,
                   random_key key, const chain_options& options);

}  // namespace narrowfp::bench::ratio_model
