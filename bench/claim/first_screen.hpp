// SPDX-License-Identifier: Apache-2.0
// What a reader sees first, on the page, in report.md and at the end of the terminal's text: the claim, one sentence for each
// question, the four columns as one table, the gates in three lines. One source for all three.
#pragma once

#include "claim/claim.hpp"

#include <narrowfp/report/table.hpp>

#include <string>
#include <vector>

namespace narrowfp::bench::claim {

// The claim and who says so: which reasons are the press's and which the article's own.
std::string claim_sentence();
std::string source_sentence();

// The whole answer in one sentence, from the parts that carry it; empty without the ratio model.
std::string short_answer(const std::vector<question>& questions);

// "Q1 Is training ...? H100, H800: FP8 trains ... (SUPPORTED, probability 0.95, modelled). ..."
std::string answer_line(const question& q);

// What the words mean, in one sentence.
std::string word_legend();

// Costs in the four columns in which every cost is shown; without rows if nothing was computed.
report::table column_table(const claim_values& v);

// Three sentences; empty without the ratio model.
std::vector<std::string> gate_sentences(const claim_outcome& outcome);

// All parts of a question.
report::table part_table(const question& q);

}  // namespace narrowfp::bench::claim
