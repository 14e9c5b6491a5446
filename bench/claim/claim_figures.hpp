// SPDX-License-Identifier: Apache-2.0
// The figures of the rows, made from the records that the rows print and from those given with --results: nothing is
// computed here. A row whose records are not there has no figure. A new figure is one function in claim_figures.cpp.
#pragma once

#include "claim/claim.hpp"

#include <narrowfp/report/figure.hpp>

namespace narrowfp::bench::claim {

// Of a row by id, in the order in which they are shown. `results` may be null.
std::vector<report::figure> figures_of(std::string_view row, const claim_outcome& outcome, const results_set* results);

}  // namespace narrowfp::bench::claim
