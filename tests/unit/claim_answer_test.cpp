// SPDX-License-Identifier: Apache-2.0
// Parts, questions and the first screen on made-up values.
#include "claim/first_screen.hpp"
#include "claim/forest.hpp"
#include "claim/questions.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using namespace narrowfp::bench;
using namespace narrowfp::bench::claim;
using ratio_model::word;

namespace {

part graded_part(const char* id, word w, std::optional<double> probability = {}) {
    part p{.id = id, .scope = id, .statement = "s", .sentence = std::string("sentence of ") + id};
    p.word = ratio_model::graded{.w = w};
    p.probability = probability;
    return p;
}

part plain_part(const char* id) { return {.id = id, .scope = id, .statement = "s", .sentence = id}; }

bool mentions(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("answer: the strongest and the weakest part") {
    part unrun = plain_part("unrun");
    unrun.not_run = "nothing recorded";
    question q{"Q9", "Is it?", {plain_part("figure"), graded_part("open", word::open, 0.56)}};
    CHECK(strongest_of(q)->id == "open");
    CHECK(weakest_of(q)->id == "figure");
    q.parts.push_back(graded_part("leans", word::leans_supported, 0.86));
    q.parts.push_back(graded_part("against", word::not_supported, 0.04));
    q.parts.push_back(graded_part("supported", word::supported, 0.95));
    q.parts.push_back(unrun);
    CHECK(strongest_of(q)->id == "against");  // settled, and farthest from one half
    CHECK(weakest_of(q)->id == "unrun");
    // The first of equal ones.
    q.parts = {graded_part("a", word::supported), graded_part("b", word::supported)};
    CHECK(strongest_of(q)->id == "a");
    q.parts = {graded_part("alone", word::open, 0.5)};
    CHECK(weakest_of(q) == nullptr);
    q.parts.clear();
    CHECK(strongest_of(q) == nullptr);
    CHECK(answer_text(q).empty());
}

TEST_CASE("answer: words, badges and sentences of parts") {
    const part supported = graded_part("x", word::supported, 0.951);
    CHECK(word_of(supported) == "SUPPORTED");
    CHECK(basis_of(supported) == "probability 0.95, modelled");
    CHECK(badge_of(supported).word == "SUPPORTED");
    part unrun = plain_part("y");
    unrun.not_run = "nothing recorded";
    CHECK(word_of(unrun) == "NOT RUN");
    CHECK(badge_of(unrun).word == "NOT RUN");
    part untestable = plain_part("z");
    untestable.testable = false;
    CHECK(word_of(untestable) == "NOT TESTABLE");
    CHECK(word_of(plain_part("f")) == "no verdict");
    part hypothetical = graded_part("h", word::open, 0.57);
    hypothetical.word->hypothetical = true;
    CHECK(mentions(word_of(hypothetical), "hypothetical"));
    CHECK(mentions(badge_of(hypothetical).word, "hypothetical"));
    CHECK(answer_text({"Q9", "Is it?", {supported, unrun}}) ==
          "sentence of x (SUPPORTED, probability 0.95, modelled). y (NOT RUN).");
}

TEST_CASE("answer: exact grades by cases") {
    CHECK(exact_grade(3, 3).w == word::supported);
    CHECK(exact_grade(2, 3).w == word::leans_supported);
    CHECK(exact_grade(1, 2).w == word::open);
    CHECK(exact_grade(1, 3).w == word::leans_against);
    CHECK(exact_grade(0, 3).w == word::not_supported);
    CHECK_THROWS_AS(exact_grade(0, 0), std::invalid_argument);
    CHECK_THROWS_AS(exact_grade(2, 1), std::invalid_argument);
}

TEST_CASE("answer: every question has an answer, whatever was computed") {
    const std::vector<question> all = answer_questions({});
    REQUIRE(all.size() == question_names().size());
    for (const question& q : all) {
        CAPTURE(q.id);
        REQUIRE_FALSE(q.parts.empty());
        CHECK(answer_line(q).starts_with(q.id + " " + q.text));
        for (const part& p : q.parts) {
            CAPTURE(p.id);
            CHECK_FALSE(p.id.empty());
            CHECK_FALSE(p.scope.empty());
            CHECK_NOTHROW(badge_of(p));
        }
    }
    CHECK(word_of(*strongest_of(all[5])) == "NOT TESTABLE");
    // Published runs on chips without FP8 units decide by themselves.
    CHECK(word_of(*strongest_of(all[2])) == "SUPPORTED");
}

TEST_CASE("answer: bytes are judged by their counts") {
    claim_values v;
    v.kept.emplace().bytes = kept_by_formula();
    v.sent.emplace().bytes = sent_by_formula();
    const question load = ask_load(v);
    CHECK(load.parts[0].id == "q2.kept");
    CHECK(load.parts[0].word->w == word::supported);
    CHECK(load.parts[1].id == "q2.sent");
    CHECK(load.parts[1].word->w == word::leans_supported);  // the pipeline sends the same
    CHECK(mentions(load.parts[1].sentence, "between the stages of the pipeline the same"));
}

TEST_CASE("answer: a whole run is judged by its recorded verdict") {
    claim_values v;
    CHECK(word_of(ask_accuracy(v).parts[1]) == "NOT RUN");
    loss_test& test = v.training.fp8.emplace();
    test.gap = {.mean = 0.31, .interval_95 = interval{0.27, 0.35}, .seeds = 192};
    const auto run = [&] { return word_of(ask_accuracy(v).parts[1]); };
    test.undecided = "50 of at least 192 seeds have been run";
    CHECK(run() == "NOT RUN");
    CHECK(mentions(ask_accuracy(v).parts[1].sentence, test.undecided));
    test.verdict = equivalence::not_equivalent;
    CHECK(run() == "NOT SUPPORTED");
    test.verdict = equivalence::equivalent;
    CHECK(run() == "SUPPORTED");
    test.verdict = equivalence::inconclusive;
    CHECK(run() == "OPEN");
}

TEST_CASE("answer: the picture shows every unit once, and a user's rows apart") {
    const std::vector<evidence::unit> units = units_shown();
    ratio_model::row_score own;
    own.model = "mine";
    own.chip = "H100";
    own.measured = 1.2;
    const narrowfp::report::figure f = forest_of(units, {}, {own});
    CHECK_NOTHROW(narrowfp::report::check(f));
    std::size_t points = 0;
    for (const auto& s : f.series) {
        points += s.points.size();
    }
    CHECK(points == units.size() + 1);
    CHECK(f.texts.size() == f.categories.size());
    CHECK(f.groups.back().title.starts_with("Yours"));
}
