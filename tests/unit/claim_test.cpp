// SPDX-License-Identifier: Apache-2.0
// The rules of the claim on made-up results, the rows on their real ones.
#include "claim/claim_report.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/json.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace narrowfp;
using namespace narrowfp::bench::claim;

namespace {

row_outcome made_up(const char* id, verdict word, std::vector<chip_verdict> chips = {}) {
    row_info info{
        .id = id, .name = id, .where = section::row, .figure = "", .kinds = "M", .decides = "", .questions = ""};
    row_result result;
    result.word = word;
    result.chips = std::move(chips);
    return {info, result};
}

verdict answer_to(std::string_view id, const std::vector<row_outcome>& rows) {
    for (const question_info& q : all_questions()) {
        if (q.id == id) {
            return q.ask(rows).word;
        }
    }
    return verdict::fail;
}

claim_outcome only(std::string row) {
    claim_options options;
    options.only = {std::move(row)};
    return run_claim(options);
}

}  // namespace

TEST_CASE("claim: the words") {
    CHECK(word_of(verdict::supported) == "SUPPORTED");
    CHECK(word_of(verdict::not_supported) == "NOT SUPPORTED");
    CHECK(word_of(verdict::undecided) == "UNDECIDED");
    CHECK(word_of(verdict::not_run) == "NOT RUN");
    CHECK(word_of(verdict::not_testable) == "NOT TESTABLE");
    CHECK(word_of(verdict::pass) == "PASS");
    CHECK(word_of(verdict::fail) == "FAIL");
}

TEST_CASE("claim: a range against its threshold, and what S3 changes") {
    CHECK(against_threshold({1.10, 1.4}, 1.10) == verdict::supported);
    CHECK(against_threshold({1.0, 1.10}, 1.10) == verdict::not_supported);
    CHECK(against_threshold({1.09, 1.4}, 1.10) == verdict::undecided);
    CHECK(modelled_verdict({1.2, 1.4}, 1.10, verdict::pass) == verdict::supported);
    for (const verdict s3 : {verdict::fail, verdict::not_run}) {
        CHECK(modelled_verdict({1.2, 1.4}, 1.10, s3) == verdict::undecided);
        CHECK(modelled_verdict({1.0, 1.05}, 1.10, s3) == verdict::undecided);
    }
}

TEST_CASE("claim: every row and question of the verdict page is there, once") {
    std::vector<std::string> ids;
    std::set<std::string_view> names;
    for (const row_info& row : all_rows()) {
        ids.emplace_back(row.id);
        CHECK(names.insert(row.name).second);
        CHECK_FALSE(row.figure.empty());
        CHECK_FALSE(row.decides.empty());
        CHECK_FALSE(row.kinds.empty());
        CAPTURE(row.id);
        if (row.run == nullptr) {
            CHECK_FALSE(row.missing.empty());
            CHECK_FALSE(row.needs.empty());
        }
    }
    const std::vector<std::string> expected{"S1", "S2", "S3",  "S4",  "V1",   "V2",   "V3",  "V4",  "V5",  "V6", "V7",
                                            "V8", "V9", "V10", "V11", "V12a", "V12b", "V13", "V14", "V15", "V16"};
    CHECK(ids == expected);
    CHECK(all_questions().size() == 6);
}

TEST_CASE("claim: Q1 needs every chip and the second witness") {
    const auto rows = [](verdict h800, verdict h20, verdict v2) {
        return std::vector{made_up("S3", verdict::pass), made_up("V1", verdict::figure, {{"h800", h800}, {"h20", h20}}),
                           made_up("V2", v2)};
    };
    using enum verdict;
    CHECK(answer_to("Q1", rows(supported, supported, supported)) == supported);
    CHECK(answer_to("Q1", rows(supported, supported, not_run)) == undecided);
    CHECK(answer_to("Q1", rows(supported, supported, not_supported)) == undecided);
    CHECK(answer_to("Q1", rows(supported, undecided, supported)) == undecided);
    CHECK(answer_to("Q1", rows(supported, not_supported, supported)) == undecided);
    CHECK(answer_to("Q1", rows(not_supported, not_supported, supported)) == not_supported);
    CHECK(answer_to("Q1", rows(supported, not_run, supported)) == undecided);
    CHECK(answer_to("Q1", {}) == undecided);
}

TEST_CASE("claim: Q2 to Q6") {
    using enum verdict;
    for (const verdict v4 : {supported, not_supported, undecided}) {
        CHECK(answer_to("Q2", {made_up("V4", v4)}) == v4);
    }
    CHECK(answer_to("Q2", {made_up("V4", not_run)}) == undecided);
    CHECK(answer_to("Q3", {made_up("V11", supported)}) == supported);
    CHECK(answer_to("Q3", {made_up("V11", not_supported), made_up("V4", undecided, {{"no-schedule", supported}})}) ==
          supported);
    CHECK(answer_to("Q3", {made_up("V11", not_supported),
                           made_up("V4", undecided, {{"no-schedule", not_supported}})}) == not_supported);
    CHECK(answer_to("Q3", {made_up("V11", not_supported), made_up("V4", not_run)}) == undecided);
    CHECK(answer_to("Q4", {made_up("V6", figure), made_up("V7", not_run)}) == undecided);
    CHECK(answer_to("Q5", {made_up("V15", not_run), made_up("V16", not_run)}) == undecided);
    CHECK(answer_to("Q6", {}) == not_testable);
}

TEST_CASE("claim: S1 passes on the real shape and fails on another") {
    const row_result good = check_identities(cost::deepseek_v3, cost::deepseek_v3_run);
    CHECK(good.word == verdict::pass);
    CHECK(good.records.size() == 5);
    cost::model_shape shape = cost::deepseek_v3;
    shape.layers = 60;
    CHECK(check_identities(shape, cost::deepseek_v3_run).word == verdict::fail);
    shape = cost::deepseek_v3;
    shape.hidden = 7040;
    CHECK(check_identities(shape, cost::deepseek_v3_run).word == verdict::fail);
    cost::training_run run = cost::deepseek_v3_run;
    run.step_seconds *= 1.01;
    CHECK(check_identities(cost::deepseek_v3, run).word == verdict::fail);
}

TEST_CASE("claim: what fails the program") {
    claim_outcome outcome;
    outcome.rows = {made_up("S1", verdict::pass), made_up("S3", verdict::fail), made_up("V1", verdict::not_supported)};
    CHECK(outcome.own_checks_held());
    outcome.rows[0].result.word = verdict::fail;
    CHECK_FALSE(outcome.own_checks_held());
    outcome.rows[0].result.word = verdict::pass;
    outcome.rows[2].result.checks = {{"bytes", true}, {"bits", false}};
    CHECK_FALSE(outcome.own_checks_held());
    CHECK(claim_text(outcome, {.width = 100}).find("FAIL V1: bits") != std::string::npos);
    const report::document doc = claim_results(outcome, {});
    CHECK_NOTHROW(report::check(doc));
}

TEST_CASE("claim: V1 has H800 as a range, and no verdict before S3 has run") {
    CHECK(h800_step_ratio().low == doctest::Approx(1.06).epsilon(4e-3));
    CHECK(h800_step_ratio().high == doctest::Approx(1.42).epsilon(4e-3));
    row_context how;
    const row_result before = run_v1(how);
    CHECK(before.word == verdict::undecided);
    CHECK(before.chips.at(0).word == verdict::undecided);
    CHECK(before.chips.at(1).word == verdict::not_run);
    how.s3 = verdict::pass;
    CHECK(run_v1(how).chips.at(0).word == verdict::undecided);  // 1.06 is below 1.10
}

TEST_CASE("claim: what comes back without FP8 units") {
    cost_line line{"x", "x", "B", 1.0, 1.5, 1.0, 2.0};
    CHECK(recoverable(line) == 0.5);
    line.fp8_storage = std::nullopt;
    CHECK_FALSE(recoverable(line));
    const report::table t = four_column_table("t", {line}, {"note"});
    CHECK(t.notes.back() == "recoverable without FP8 units: NOT RUN");
    CHECK(t.columns.size() == 8);
    line.fp8_storage = 1.0;
    CHECK(four_column_table("t", {line}).notes.back() == "recoverable without FP8 units: 100 %");
    line.wide = 1.0;
    CHECK_FALSE(recoverable(line));  // nothing was lost
}

TEST_CASE("claim: rows by id and by name") {
    CHECK(rows_named({"v12B", "links", "STEP-TIME"}) == std::vector<std::string>{"V12b", "V5", "V1"});
    CHECK_THROWS_WITH_AS(rows_named({"Q4"}), "'Q4' is a question, not a row; the rows that answer it: V6 V7",
                         std::invalid_argument);
    CHECK_THROWS_AS(rows_named({"gem-error"}), std::invalid_argument);
    CHECK_THROWS_AS(rows_named({""}), std::invalid_argument);
}

TEST_CASE("claim: the rows without products keep the rules of records") {
    for (const char* id : {"S1", "S3", "V1", "V3", "V4", "V5", "V12b"}) {
        CAPTURE(id);
        const claim_outcome outcome = only(id);
        CHECK(outcome.rows.size() == 1);
        CHECK(outcome.questions.empty());
        CHECK(outcome.own_checks_held());
        CHECK_NOTHROW(report::to_json(claim_results(outcome, {})));
        CHECK_FALSE(claim_markdown(outcome, {}).empty());
    }
}
