// SPDX-License-Identifier: Apache-2.0
// The ratio model as a whole: fitted to the published pairs, scored, judged by its gates and asked about the cases of the
// claim. Every figure is a function of the pairs and the seed: the same bits with any number of threads, on any machine.
#pragma once

#include "evidence/pair.hpp"
#include "ratio_model/cases.hpp"
#include "ratio_model/gates.hpp"
#include "ratio_model/shuffled.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct fit_options {
    std::uint32_t seed = 1;
    int threads = 0;           // 0: all of the machine
    std::uint32_t chains = 8;  // of the fits to all pairs and without the vendor's own pages
    chain_options fit_chain{.steps = 100000, .thinning = 60};
    chain_options score_chain;   // of fits that leave something out
    chain_options permuted_chain{// of fits to permuted ratios
                                 .steps = 10000,
                                 .burn_in = 4000,
                                 .adapt_after = {1000, 2000, 3000}};
    std::uint32_t draws_per_sample = 4;  // of ln R for each draw of the parameters
    std::uint32_t permutations = 10;     // of the ratios among the units; 0: none
    std::function<void(std::string_view part, std::size_t done, std::size_t of)> progress;  // one call at a time
};

struct form_scores {
    scores constant;
    scores cells;
    scores cost;
};

struct result {
    std::size_t pairs = 0;  // rows that are included
    std::vector<observation> units;
    posterior all;                              // form cost
    posterior without_vendor_pages;             // form cost
    form_scores left_out;                       // one source left out
    form_scores left_out_without_vendor_pages;  // the same
    gate_report gates;
    pair_coverage covered;
    std::vector<claim_case> cases;
    shuffled_report shuffled;
};

// The fit alone, to all included pairs: what predictions need.
posterior fit_posterior(const std::vector<evidence::pair>& pairs, const fit_options& options);

// Everything. `later`: pairs collected after the model was frozen, for gate G6. Throws std::invalid_argument for pairs of
// fewer than two sources, or of none without the vendor's own pages.
result fit(const std::vector<evidence::pair>& pairs, const std::vector<evidence::pair>& later,
           const fit_options& options);

}  // namespace narrowfp::bench::ratio_model
