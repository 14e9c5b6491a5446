// SPDX-License-Identifier: Apache-2.0
// The six questions and how their parts follow from the values of the rows: one function for each question, in a file of
// its own. A new part is an entry in its question's file.
#pragma once

#include "claim/part.hpp"
#include "claim/values.hpp"

#include <string_view>
#include <vector>

namespace narrowfp::bench::claim {

question ask_speed(const claim_values& v);     // Q1, question_speed.cpp
question ask_load(const claim_values& v);      // Q2, question_load.cpp
question ask_need(const claim_values& v);      // Q3, question_need.cpp
question ask_accuracy(const claim_values& v);  // Q4, question_accuracy.cpp
question ask_recovery(const claim_values& v);  // Q5, question_recovery.cpp
question ask_failure(const claim_values& v);   // Q6, question_recovery.cpp

// In their order.
std::vector<question> answer_questions(const claim_values& v);

// Ids and texts alone, for messages.
struct question_name {
    std::string_view id;
    std::string_view text;
    std::string_view rows;  // that answer it
};
const std::vector<question_name>& question_names();

// -- for the files of questions -------------------------------------------------------------------------------------------

// A grade of an exact part: SUPPORTED if it holds in every listed case, LEANS SUPPORTED in most, OPEN in half, and so on.
ratio_model::graded exact_grade(std::size_t holds, std::size_t cases);

// "80 %: 1.17 to 1.63", the middle 80 % of new setups.
std::string interval_words(const ratio_model::middle_80& x);

// "all", or "60 to 80 %", of a range of shares.
std::string share_range_text(const scenario_range& shares);

// The id and text of a question, without parts.
question question_named(std::string_view id);

}  // namespace narrowfp::bench::claim
