// SPDX-License-Identifier: Apache-2.0
// What the rows say about the claim: one rule for each question. A question whose rows have not all run is UNDECIDED
// and says which are missing, whatever the others say.
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>

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

// What a row says, its figure and why, without repeating that S3 did not pass.
std::string said(const char* id, const row_result& r) {
    if (!ran(r)) {
        return "";
    }
    std::string why = r.reason;
    for (const verdict s3 : {verdict::fail, verdict::not_run}) {
        if (why.starts_with(s3_text(s3))) {
            why.erase(0, s3_text(s3).size());
        }
    }
    return std::string(id) + ": " + joined({r.value, why});
}

// SUPPORTED if V1 is on every chip and V2 agrees (its figure: most of the work above 1), NOT SUPPORTED if V1 is on
// every chip.
answer ask_same_chip(const outcomes& rows) {
    const row_result& v1 = result_of(rows, "V1");
    const row_result& v2 = result_of(rows, "V2");
    const auto all_are = [&](verdict word) {
        return !v1.chips.empty() &&
               std::all_of(v1.chips.begin(), v1.chips.end(), [&](const chip_verdict& c) { return c.word == word; });
    };
    const row_result& v12a = result_of(rows, "V12a");
    const std::string reason =
        s3_text(result_of(rows, "S3").word) + joined({said("V1, 16-bit over FP8 step time", v1), said("V2", v2),
                                                      ran(v12a) ? "V12a, had Ascend FP8 units: " + v12a.value : "",
                                                      not_run_text(rows, {"V1", "V2", "V12a"})});
    if (all_are(verdict::not_supported)) {
        return {verdict::not_supported, reason};
    }
    return {all_are(verdict::supported) && v2.word == verdict::supported ? verdict::supported : verdict::undecided,
            reason};
}

// V4 decides alone; bytes and links are context.
answer ask_load(const outcomes& rows) {
    const row_result& v4 = result_of(rows, "V4");
    const bool decided = v4.word == verdict::supported || v4.word == verdict::not_supported;
    const auto context = [&](const char* id) {
        const row_result& r = result_of(rows, id);
        return ran(r) && !r.value.empty() ? std::string(id) + " " + r.value : std::string();
    };
    return {decided ? v4.word : verdict::undecided,
            s3_text(result_of(rows, "S3").word) + joined({not_run_text(rows, {"V4"}), said("V4, extra time to fit", v4),
                                                          "context: " + joined({context("V3"), context("V5")})})};
}

// Critical: format is the largest hardware factor of the Ascend-H20 step, or no 16-bit schedule fits at less than 25 %
// extra time (V4 names that in its chips as "no-schedule").
answer ask_critical(const outcomes& rows) {
    const row_result& v4 = result_of(rows, "V4");
    const row_result& v11 = result_of(rows, "V11");
    const auto no_schedule =
        std::find_if(v4.chips.begin(), v4.chips.end(), [](const chip_verdict& c) { return c.chip == "no-schedule"; });
    const verdict second = no_schedule == v4.chips.end() ? verdict::not_run : no_schedule->word;
    const std::string reason =
        s3_text(result_of(rows, "S3").word) +
        joined({not_run_text(rows, {"V4", "V11"}), said("V11", v11), said("V4, extra time to fit", v4),
                "not fitting one schedule is not \"cannot fit\""});
    if (v11.word == verdict::supported || second == verdict::supported) {
        return {verdict::supported, reason};
    }
    return {v11.word == verdict::not_supported && second == verdict::not_supported ? verdict::not_supported
                                                                                   : verdict::undecided,
            reason};
}

// The flags of V6, and V7. Its words are those of V7; without V7 it is UNDECIDED.
answer ask_accuracy(const outcomes& rows) {
    const row_result& v6 = result_of(rows, "V6");
    const row_result& v7 = result_of(rows, "V7");
    const std::string flags = ran(v6) ? "V6: " + v6.value : "";
    return {ran(v7) ? v7.word : verdict::undecided,
            joined({not_run_text(rows, {"V6", "V7"}), ran(v6) ? v6.reason : "", ran(v7) ? v7.value : "", flags})};
}

// Which share of the bytes of a row comes back, by its records.
std::string recoverable_text(const outcomes& rows, const char* id) {
    constexpr std::string_view ending = ".recoverable_without_fp8_units";
    std::vector<double> shares;
    for (const report::record& r : result_of(rows, id).records) {
        if (std::string_view(r.id).ends_with(ending)) {
            shares.push_back(std::get<double>(r.value) * 100);
        }
    }
    if (shares.empty()) {
        return "";
    }
    const auto [low, high] = std::minmax_element(shares.begin(), shares.end());
    return std::string(id) + " " + report::format_number(*low, 3) +
           (*low == *high ? "" : " to " + report::format_number(*high, 3)) + " % of the saved bytes";
}

answer ask_recoverable(const outcomes& rows) {
    const std::string missing = not_run_text(rows, {"V15", "V16"});
    const row_result& v16 = result_of(rows, "V16");
    return {
        missing.empty() ? verdict::value : verdict::undecided,
        joined({missing, ran(v16) ? v16.value : joined({recoverable_text(rows, "V3"), recoverable_text(rows, "V5")})})};
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
