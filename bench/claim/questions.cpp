// SPDX-License-Identifier: Apache-2.0
// What the rows say about the claim: one rule for each question. A question whose rows have not all run is UNDECIDED
// and says which are missing, whatever the others say.
#include "claim/rows.hpp"

namespace narrowfp::bench::claim {

namespace {

using outcomes = std::vector<row_outcome>;

bool ran(const row_result& r) { return r.word != verdict::not_run; }

// "V2, V4 NOT RUN" of those rows that have not run; empty if all have.
std::string not_run_text(const outcomes& rows, std::initializer_list<const char*> ids) {
    std::string text;
    for (const char* id : ids) {
        if (!ran(result_of(rows, id))) {
            text += (text.empty() ? "" : ", ") + std::string(id);
        }
    }
    return text.empty() ? "" : text + " NOT RUN";
}

std::string joined(std::initializer_list<std::string> parts) {
    std::string text;
    for (const std::string& part : parts) {
        text += part.empty() ? "" : (text.empty() ? "" : "; ") + part;
    }
    return text;
}

// What a row says, its figure and why.
std::string said(const char* id, const row_result& r) {
    return ran(r) ? std::string(id) + ": " + joined({r.value, r.reason}) : "";
}

// Figures of the analytic model decide nothing.
answer ask_same_chip(const outcomes& rows) {
    const row_result& v12a = result_of(rows, "V12a");
    return {verdict::undecided,
            joined({said("V1, 16-bit over FP8 step time", result_of(rows, "V1")), said("V2", result_of(rows, "V2")),
                    ran(v12a) ? "V12a, had Ascend FP8 units: " + v12a.value : "",
                    not_run_text(rows, {"V1", "V2", "V12a"})})};
}

answer ask_load(const outcomes& rows) {
    const auto context = [&](const char* id) {
        const row_result& r = result_of(rows, id);
        return ran(r) && !r.value.empty() ? std::string(id) + " " + r.value : std::string();
    };
    return {verdict::undecided,
            joined({not_run_text(rows, {"V4"}), said("V4, extra time to fit", result_of(rows, "V4")),
                    "context: " + joined({context("V3"), context("V5")})})};
}

answer ask_critical(const outcomes& rows) {
    return {verdict::undecided, joined({not_run_text(rows, {"V4", "V11"}), said("V11", result_of(rows, "V11")),
                                        said("V4, extra time to fit", result_of(rows, "V4")),
                                        "not fitting one schedule is not \"cannot fit\""})};
}

// The flags of V6, and V7. Its words are those of V7; without V7 it is UNDECIDED.
answer ask_accuracy(const outcomes& rows) {
    const row_result& v6 = result_of(rows, "V6");
    const row_result& v7 = result_of(rows, "V7");
    const std::string flags = ran(v6) ? "V6: " + v6.value : "";
    return {ran(v7) ? v7.word : verdict::undecided,
            joined({not_run_text(rows, {"V6", "V7"}), ran(v6) ? v6.reason : "", ran(v7) ? v7.value : "", flags})};
}

answer ask_recoverable(const outcomes& rows) {
    const std::string missing = not_run_text(rows, {"V15", "V16"});
    return {missing.empty() ? verdict::value : verdict::undecided, joined({missing, result_of(rows, "V16").value})};
}

answer ask_r2(const outcomes&) {
    return {verdict::not_testable, "nothing public can decide it: no run, log or figure of R2 was published"};
}

}  // namespace

std::vector<question_info> all_questions() {
    return {{"Q1", "On one chip, is 16-bit training less efficient than FP8?", "V1 V2 V12a", ask_same_chip,
             "whether 16 bits are less efficient on one chip"},
            {"Q2", "Does it load the hardware more and use more resources?", "V3 V4 V5", ask_load,
             "whether they load the hardware more"},
            {"Q3", "Was FP8 critical?", "V4 V11", ask_critical, "whether FP8 was critical"},
            {"Q4", "What does FP8 itself risk in accuracy?", "V6 V7", ask_accuracy, "what FP8 risks in accuracy"},
            {"Q5", "How much of the cost comes back without FP8 units?", "V15 V16", ask_recoverable,
             "how much of the cost can be saved without FP8 units"},
            {"Q6", "Did it make R2 fail?", "", ask_r2, "whether it made R2 fail"}};
}

}  // namespace narrowfp::bench::claim
