// SPDX-License-Identifier: Apache-2.0
#include "claim/questions.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace narrowfp::bench::claim {

const std::vector<question_name>& question_names() {
    static const std::vector<question_name> names{
        {"Q1", "Is training in 16 bits slower than in FP8, on a chip that has both?", "V1 V2 V12a"},
        {"Q2", "Does training in 16 bits load the hardware more?", "V3 V4 V5 V13"},
        {"Q3", "Was DeepSeek forced, was FP8 critical?", "V11 V14 V16"},
        {"Q4", "What does FP8 risk in accuracy?", "V6 V7"},
        {"Q5", "How much of this can a chip save without FP8 units?", "V15 V16"},
        {"Q6", "Was lacking FP8 what made R2 fail?", ""}};
    return names;
}

question question_named(std::string_view id) {
    for (const question_name& q : question_names()) {
        if (q.id == id) {
            return {.id = std::string(q.id), .text = std::string(q.text), .parts = {}};
        }
    }
    throw std::logic_error("no question " + std::string(id));
}

std::vector<question> answer_questions(const claim_values& v) {
    return {ask_speed(v), ask_load(v), ask_need(v), ask_accuracy(v), ask_recovery(v), ask_failure(v)};
}

ratio_model::graded exact_grade(std::size_t holds, std::size_t cases) {
    using ratio_model::word;
    if (cases == 0 || holds > cases) {
        throw std::invalid_argument("an exact part needs at least one case, and holds in no more than there are");
    }
    return {.w = holds == cases       ? word::supported
                 : holds == 0         ? word::not_supported
                 : 2 * holds > cases  ? word::leans_supported
                 : 2 * holds == cases ? word::open
                                      : word::leans_against};
}

std::string interval_words(const ratio_model::middle_80& x) {
    return fmt::format("80 %: {:.2f} to {:.2f}", x.low, x.high);
}

std::string share_range_text(const scenario_range& shares) {
    constexpr double all_of_it = 0.9995;
    return shares.low >= all_of_it ? "all" : fmt::format("{:.0f} to {:.0f} %", 100 * shares.low, 100 * shares.high);
}

}  // namespace narrowfp::bench::claim
