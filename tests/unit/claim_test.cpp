// SPDX-License-Identifier: Apache-2.0
// The rules of the claim on made-up results, the rows on their real ones.
#include "claim/claim_report.hpp"
#include "claim/rows.hpp"
#include "claim/worked_example.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/json.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace narrowfp;
using namespace narrowfp::bench::claim;

namespace {

row_outcome made_up(const char* id, verdict word, std::vector<chip_verdict> chips = {}) {
    row_info info{
        .id = id, .name = id, .where = section::row, .computes = "", .kinds = "M", .decides = "", .questions = ""};
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
        CHECK_FALSE(row.computes.empty());
        CHECK_FALSE(row.decides.empty());
        CHECK_FALSE(row.kinds.empty());
        CAPTURE(row.id);
        if (row.run == nullptr) {
            CHECK_FALSE(row.missing.empty());
            CHECK_FALSE(row.needs.empty());
        }
    }
    const std::vector<std::string> expected{"S1", "S2", "S3",  "S4",  "V1",   "V2",   "V3",  "V4",  "V5",  "V6",  "V7",
                                            "V8", "V9", "V10", "V11", "V12a", "V12b", "V13", "V14", "V15", "V16", "F1"};
    CHECK(ids == expected);
    CHECK(all_questions().size() == 6);
}

TEST_CASE("claim: Q1 needs every chip and the second witness") {
    const auto rows = [](verdict h800, verdict h20, verdict v2) {
        return std::vector{made_up("S3", verdict::pass), made_up("V1", verdict::value, {{"h800", h800}, {"h20", h20}}),
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
    CHECK(answer_to("Q4", {made_up("V6", value), made_up("V7", not_run)}) == undecided);
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

TEST_CASE("claim: V1 on H800 and H20, and no verdict unless S3 passes") {
    CHECK(h800_step_ratio().low == doctest::Approx(1.06).epsilon(4e-3));
    CHECK(h800_step_ratio().high == doctest::Approx(1.42).epsilon(4e-3));
    row_context how;
    for (const verdict s3 : {verdict::not_run, verdict::fail}) {
        how.s3 = s3;
        const row_result r = run_v1(how);
        CHECK(r.word == verdict::undecided);
        REQUIRE(r.chips.size() == 2);
        CHECK(r.chips[0].word == verdict::undecided);
        CHECK(r.chips[1].word == verdict::undecided);
    }
    how.s3 = verdict::pass;
    const row_result r = run_v1(how);
    CHECK(r.chips[0].word == verdict::supported);  // H800: wholly above 1.10
    CHECK(r.chips[1].word == verdict::supported);  // H20: wholly above
    how.asked_chips = {"910b3"};
    CHECK_THROWS_WITH_AS(
        run_v1(how),
        "chip 910b3 has no fp8 units (CANN data-type page: FP8 types only for Atlas 350); its formats: "
        "FP32 FP16 BF16 INT8 INT4",
        std::invalid_argument);
    how.asked_chips = {"h100"};
    CHECK(run_v1(how).chips.at(0).chip == "h100");
}

TEST_CASE("claim: every modelled verdict is UNDECIDED when S3 fails") {
    row_context how;
    how.s3 = verdict::fail;
    for (const auto run : {run_v1, run_v2, run_v4, run_v11, run_v12a, run_v12b}) {
        const row_result r = run(how);
        CHECK(r.word == verdict::undecided);
        for (const chip_verdict& c : r.chips) {
            CHECK(c.word == verdict::undecided);
        }
        CHECK(r.reason.find("S3 failed") != std::string::npos);
    }
}

TEST_CASE("claim: the worked lines follow from the lines above them") {
    const subject v3;
    for (const char* name : {"h800", "h20"}) {
        const worked_column w = worked_on(step_scenarios(v3, device::chip_by_name(name)));
        const auto at = [&](const char* letter) {
            for (const worked_line& line : w.lines) {
                if (line.letter == letter) {
                    return line.value;
                }
            }
            return 0.0;
        };
        CAPTURE(name);
        CHECK(at("f") == doctest::Approx(1000 * at("a") / at("b") / at("d")));
        CHECK(at("g") == doctest::Approx(1000 * at("a") / at("c") / at("e")));
        CHECK(at("o") == doctest::Approx(at("f") + at("j") + at("k") + at("l") + at("m")));
        CHECK(at("p") == doctest::Approx(at("g") + at("k") + at("l") + at("n")));
        CHECK(at("u") == doctest::Approx(at("t") * std::max(at("o"), at("r")) / 1000));
        CHECK(at("v") == doctest::Approx(at("t") * std::max(at("p"), at("s")) / 1000));
        CHECK(at("z") == doctest::Approx(at("u") + at("w") + at("y")));
        CHECK(at("aa") == doctest::Approx(at("v") + at("x") + at("y")));
    }
    // The anchor: its FP8 step is the published one.
    const worked_column h800 = worked_on(step_scenarios(v3, device::chip_by_name("h800")));
    for (const worked_line& line : h800.lines) {
        if (line.letter == "z") {
            CHECK(line.value == doctest::Approx(19.926).epsilon(1e-9));
        }
    }
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
    for (const char* id : {"S1", "S2", "S3",  "S4",  "V1",   "V2",   "V3",  "V4",  "V5",  "V7",
                           "V8", "V9", "V10", "V11", "V12a", "V12b", "V13", "V14", "V15", "V16"}) {
        CAPTURE(id);
        const claim_outcome outcome = only(id);
        CHECK(outcome.rows.size() == 1);
        CHECK(outcome.questions.empty());
        CHECK(outcome.own_checks_held());
        CHECK_NOTHROW(report::to_json(claim_results(outcome, {})));
        CHECK_FALSE(claim_markdown(outcome, {}).empty());
    }
}
