// SPDX-License-Identifier: Apache-2.0
// The ratio model asked about the claim's chips and models, or about those of a what-if question, and its part of V1 and V12a.
#pragma once

#include "claim/row.hpp"
#include "ratio_model/ratio_model.hpp"
#include "ratio_model/row_scores.hpp"

#include <string_view>
#include <vector>

namespace narrowfp::bench::claim {

// Fitted to the published pairs. Cases: H800 (for H100 too), H20, 910B3 and 910C with dense 8B, dense 70B and DeepSeek-V3;
// with a model of the user's that model alone, with chips that were asked for these chips. Figures of chips are those of
// the row's chip set.
ratio_model::result compute_ratios(const row_context& how);

std::vector<ratio_model::row_score> score_user_pairs(const ratio_model::result& r,
                                                     const std::vector<evidence::pair>& rows);

// The row with the ratio model's tables before its own, its records and its figure in one line.
row_result with_ratios(std::string_view id, row_result row, const ratio_model::result& r, bool hypothetical);

}  // namespace narrowfp::bench::claim
