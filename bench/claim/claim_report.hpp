// SPDX-License-Identifier: Apache-2.0
// The claim as a person and as a program reads it: text for the terminal, report.md, records for results.json. The
// first screen is first_screen.hpp's.
#pragma once

#include "claim/claim.hpp"
#include "claim/claim_page.hpp"

namespace narrowfp::bench::claim {

// word_of, and "figure" for a row that decides nothing.
std::string_view display_word(verdict v);
report::tint tint_of(verdict v);
std::string text_of(const report::field_value& value);

// Checks of bits and bytes that failed.
std::vector<std::string> failed_checks(const claim_outcome& outcome);

// How far a row has come, in words: what its verdict rests on, what is missing, what would run it.
std::vector<std::pair<std::string, std::string>> facts_of(const row_outcome& row);

// What the first version of the rules said, for the section of the self-checks.
std::string first_version_text(const claim_outcome& outcome);

// Which inputs move which figure across its threshold.
report::table sensitivity_table(const claim_outcome& outcome);

report::table row_table(const claim_outcome& outcome, section which);

// For the terminal, lines no longer than `style.width` as far as wrapping reaches: rows first, the answers last. Of a
// selection of rows: their tables in full.
std::string claim_text(const claim_outcome& outcome, const report::table_style& style);

// One line for each row, then one for each question, which begins with its id.
std::string claim_lines(const claim_outcome& outcome);

// report.md.
std::string claim_markdown(const claim_outcome& outcome, const page_facts& about);

// results.json: ids claim.q1, those of its parts, claim.s1, claim.v1, and those of the rows' figures.
report::document claim_results(const claim_outcome& outcome, const report::field_list& context);

}  // namespace narrowfp::bench::claim
