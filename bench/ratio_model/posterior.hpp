// SPDX-License-Identifier: Apache-2.0
// Draws of the parameters given the pairs: several chains from different starts, with their diagnostics.
#pragma once

#include "ratio_model/model.hpp"
#include "ratio_model/sampler.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct posterior_options {
    std::uint32_t chains = 1;
    chain_options chain;
    random_key key;   // chain i uses stream key.stream + i
    int threads = 1;  // over chains; 0: all of the machine
};

struct parameter_summary {
    std::string_view name;
    double low = 0;  // quantiles 5, 50 and 95 % of the parameter
    double median = 0;
    double high = 0;
    double r_hat = 0;           // of its coordinate
    double effective_size = 0;  // draws
};

struct posterior {
    model_form form = model_form::cost;
    std::size_t chains = 0;
    std::vector<parameters> draws;  // chain after chain, equally many of each
    std::vector<parameter_summary> summary;
    double acceptance = 0;  // mean over chains
};

// Chain 0 starts at the centre of the prior, each further one at a draw from half of the prior's spread.
posterior sample_posterior(const design& d, model_form form, const posterior_options& options);

// Each parameter at its posterior median.
parameters median_parameters(const posterior& p);

// FNV-1a over the bits of all draws: equal on every machine.
std::uint64_t hash_of(const posterior& p);

}  // namespace narrowfp::bench::ratio_model
