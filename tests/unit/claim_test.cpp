// SPDX-License-Identifier: Apache-2.0
// The rules of the claim on made-up results, the rows on their real ones.
#include "claim/claim_report.hpp"
#include "claim/questions.hpp"
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

row_outcome made_up(const char* id, verdict word) {
    row_info info{
        .id = id, .name = id, .where = section::row, .computes = "", .kinds = "M", .decides = "", .questions = ""};
    row_result result;
    result.word = word;
    return {info, result};
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
    CHECK(word_of(verdict::open) == "OPEN");
    CHECK(word_of(verdict::not_run) == "NOT RUN");
    CHECK(word_of(verdict::not_testable) == "NOT TESTABLE");
    CHECK(word_of(verdict::pass) == "PASS");
    CHECK(word_of(verdict::fail) == "FAIL");
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
    CHECK(question_names().size() == 6);
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

TEST_CASE("claim: V1 on chips with FP8 units only") {
    row_context how;
    how.asked_chips = {"910b3"};
    CHECK_THROWS_WITH_AS(
        compute_v1(how),
        "chip 910b3 has no fp8 units (CANN data-type page: FP8 types only for Atlas 350); its formats: "
        "FP32 FP16 BF16 INT8 INT4",
        std::invalid_argument);
    how.asked_chips = {"h100"};
    CHECK(present_step_times(compute_v1(how)).value.starts_with("H100 "));
}

TEST_CASE("claim: rows of the analytic model carry figures and no word, whatever S3 says") {
    const row_context how;
    for (const row_result& r :
         {present_step_times(compute_v1(how)), run_v2(how), present_memory_fit(compute_memory_fit(how)),
          present_attribution(compute_attribution(how)), present_step_times(compute_v12a(how)),
          present_rate_ratios(compute_rate_ratios(how)), present_device_hours(compute_device_hours(how)),
          present_software(compute_software(how)), present_recovery(compute_recovery(how))}) {
        CHECK(r.word == verdict::value);
        CHECK_FALSE(r.value.empty());
        for (const report::record& one : r.records) {
            CAPTURE(one.id);
            CHECK(report::find_field(one.parameters, "verdict") == nullptr);
            CHECK(report::find_field(one.parameters, "verdict_by_range_alone") == nullptr);
        }
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
