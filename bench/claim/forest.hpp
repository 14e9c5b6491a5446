// SPDX-License-Identifier: Apache-2.0
// The picture of the claim: all published ratios of FP8 over 16-bit training speed by class, with marks that show who
// measured, and below them the ratio model's intervals. It reads published pairs and cases, nothing else.
#pragma once

#include "evidence/unit.hpp"
#include "ratio_model/cases.hpp"
#include "ratio_model/row_scores.hpp"

#include <narrowfp/report/figure.hpp>

#include <vector>

namespace narrowfp::bench::claim {

// `units`: published ones of both files. `own`: rows of a user, marked as theirs.
report::figure forest_of(const std::vector<evidence::unit>& units, const std::vector<ratio_model::claim_case>& cases,
                         const std::vector<ratio_model::row_score>& own);

// For every threshold from 1.00 to 1.50: the probability that a new setup's ratio exceeds it, one line a case, with the bars of
// the verdicts.
report::figure threshold_figure(const std::vector<ratio_model::claim_case>& cases);

// Units of all published pairs that count, of both files: what the picture shows.
std::vector<evidence::unit> units_shown();

}  // namespace narrowfp::bench::claim
