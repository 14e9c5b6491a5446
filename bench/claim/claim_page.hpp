// SPDX-License-Identifier: Apache-2.0
// The claim as one HTML page: what is supported, what is not and why on the first screen; then the answers to Q1 to Q6, the
// self-checks, and for each row figure, table, method and how to repeat it alone. Nothing is computed here.
#pragma once

#include "claim/claim.hpp"

namespace narrowfp::bench::claim {

// report.html. `results` (of --results) may be null; figures are drawn by gnuplot if it is there.
std::string claim_html(const claim_outcome& outcome, const report::field_list& context, const results_set* results);

}  // namespace narrowfp::bench::claim
