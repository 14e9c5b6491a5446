// SPDX-License-Identifier: Apache-2.0
// What the ratio model found, as tables and records: cases with their words, gates, blind families, classes left out,
// posterior, words by threshold, and the cases redone by hand. Arrangement only; the figures are ratio_model's.
#pragma once

#include "ratio_model/ratio_model.hpp"
#include "ratio_model/row_scores.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <string>
#include <vector>

namespace narrowfp::bench::claim {

using ratio_model::claim_case;

report::table case_table(std::string_view row, const std::vector<claim_case>& cases);
// The word of each case for thresholds from 1.00 to 1.50.
report::table word_by_threshold_table(std::string_view row, const std::vector<claim_case>& cases);
// Each case at the posterior median, line by line: one table a chip.
std::vector<report::table> pocket_tables(const std::vector<claim_case>& cases);

// What was measured near H20's kind of chip: one stack on chips of falling FLOP per byte, and a stack with immature kernels.
report::table witness_table();

report::table gate_table(const ratio_model::result& r);
report::table family_table(const ratio_model::gate_report& g);
report::table class_table(const ratio_model::gate_report& g);
report::table form_table(const ratio_model::form_scores& all, const ratio_model::form_scores& without_vendor_pages);
report::table posterior_table(const ratio_model::posterior& p);
report::table shuffled_table(const ratio_model::shuffled_report& s);
report::table user_table(const std::vector<ratio_model::row_score>& rows);

// Three sentences for a first page: identities, sources left out, blind families. `identities_held`: gate G1.
std::vector<std::string> gate_lines(const ratio_model::result& r, bool identities_held);

std::vector<report::record> case_records(std::string_view row, const std::vector<claim_case>& cases);
std::vector<report::record> gate_records(const ratio_model::result& r);

// Cases of chips with FP8 units, or of those without.
std::vector<claim_case> cases_of(const ratio_model::result& r, bool hypothetical);

}  // namespace narrowfp::bench::claim
