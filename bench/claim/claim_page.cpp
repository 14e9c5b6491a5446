// SPDX-License-Identifier: Apache-2.0
#include "claim/claim_page.hpp"

#include "claim/claim_figures.hpp"
#include "claim/claim_report.hpp"

#include <narrowfp/report/html.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>

namespace narrowfp::bench::claim {

using report::html_badge;
using report::html_page;
using report::table;
using report::tint;

namespace {

constexpr std::size_t long_table = 20;  // rows; longer ones are folded

std::string lower_id(std::string_view id) {
    std::string out;
    for (const char c : id) {
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string joined(const std::vector<std::string>& parts, const char* between = ", ") {
    std::string out;
    for (const std::string& part : parts) {
        out += (out.empty() ? "" : between) + part;
    }
    return out;
}

html_badge badge_of(verdict v) { return {std::string(display_word(v)), tint_of(v)}; }

std::vector<const question_outcome*> questions_with(const claim_outcome& outcome, verdict word) {
    std::vector<const question_outcome*> all;
    for (const question_outcome& q : outcome.questions) {
        if (q.given.word == word) {
            all.push_back(&q);
        }
    }
    return all;
}

// "Q1 whether 16 bits are less efficient on one chip"; "no part of the claim" if there are none.
std::string names_of(const std::vector<const question_outcome*>& questions) {
    std::vector<std::string> names;
    for (const question_outcome* q : questions) {
        names.push_back(std::string(q->info.id) + " " + std::string(q->info.brief));
    }
    return names.empty() ? "no part of the claim" : joined(names);
}

// Verdicts as the first screen lists them; a decision stands there also where no question got it.
constexpr std::array listed_verdicts{verdict::supported, verdict::not_supported, verdict::undecided,
                                     verdict::not_testable, verdict::value};

bool is_listed(const claim_outcome& outcome, verdict v) {
    return v == verdict::supported || v == verdict::not_supported || !questions_with(outcome, v).empty();
}

// The answer in one sentence.
std::string result_text(const claim_outcome& outcome) {
    std::vector<std::string> counts;
    for (const verdict v : listed_verdicts) {
        if (is_listed(outcome, v)) {
            counts.push_back(std::to_string(questions_with(outcome, v).size()) + " " +
                             (v == verdict::value ? "answered by figures" : std::string(display_word(v))));
        }
    }
    const bool nothing =
        questions_with(outcome, verdict::supported).empty() && questions_with(outcome, verdict::not_supported).empty();
    return std::string(nothing ? "The claim is neither confirmed nor refuted here. " : "") + "Of " +
           std::to_string(outcome.questions.size()) + " questions that it raises: " + joined(counts) + ".";
}

bool model_passed(const claim_outcome& outcome) { return result_of(outcome.rows, "S3").word == verdict::pass; }

// Why what is undecided is so: the model's failed test, and what has not run; and what nothing can test.
std::string why_undecided(const claim_outcome& outcome) {
    std::vector<std::string> reasons;
    if (const row_result& s3 = result_of(outcome.rows, "S3"); s3.word == verdict::fail) {
        reasons.push_back(
            "Q1 to Q3 need a model of step time. It was tested on published FP8 over 16-bit speeds that it had "
            "not seen, and failed: " +
            s3.value + " of the model, 3 were needed (S3)");
    } else if (s3.word == verdict::not_run) {
        reasons.emplace_back("Q1 to Q3 need a model of step time, which was not tested (S3)");
    }
    std::vector<std::string> absent;
    std::vector<std::string> ways;
    for (const row_outcome& row : outcome.rows) {
        if (row.result.word == verdict::not_run && !row.info.questions.empty()) {
            absent.push_back(std::string(row.info.questions) + " needs row " + std::string(row.info.id) + ", " +
                             std::string(row.info.name));
            if (const std::string way(row.info.needs); std::find(ways.begin(), ways.end(), way) == ways.end()) {
                ways.push_back(way);
            }
        }
    }
    if (!absent.empty()) {
        reasons.push_back(joined(absent, "; ") + ": NOT RUN, it takes " + joined(ways, "; and "));
    }
    for (const question_outcome* q : questions_with(outcome, verdict::not_testable)) {
        reasons.push_back(std::string(q->info.id) + ": " + q->given.reason);
    }
    return joined(reasons, ". ");
}

// What a reader takes from the first screen.
void add_first_screen(html_page& page, const claim_outcome& outcome) {
    std::vector<std::pair<html_badge, std::string>> lines{{html_badge{"RESULT", tint::plain}, result_text(outcome)}};
    for (const verdict v : listed_verdicts) {
        if (is_listed(outcome, v)) {
            lines.emplace_back(badge_of(v), names_of(questions_with(outcome, v)));
        }
    }
    if (const std::string why = why_undecided(outcome); !why.empty()) {
        lines.emplace_back(html_badge{"WHY", tint::plain}, why + ".");
    }
    const auto value = [&](const char* id) { return result_of(outcome.rows, id).value; };
    if (!value("V3").empty() && !value("V16").empty()) {
        lines.emplace_back(
            html_badge{"COUNTED", tint::plain},
            "Bytes, " + value("V3") + " (" + result_of(outcome.rows, "V3").range +
                "). Share of this saving that a chip without FP8 units has too, if it stores and sends 8-bit "
                "codes and multiplies in 16 bits: " +
                value("V16").substr(0, value("V16").find(';')) + ".");
    }
    if (const std::string errors = result_of(outcome.rows, "V6").range; !errors.empty()) {
        lines.emplace_back(html_badge{"EMULATED", tint::plain},
                           "Bit for bit: rounding the operands of one product to FP8 gives " + errors +
                               "; 16x is what the bits lead to expect. It says nothing about training.");
    }
    if (!value("V1").empty()) {
        lines.emplace_back(html_badge{"MODELLED", tint::plain},
                           std::string(model_passed(outcome) ? "" : "Not to be relied on, because the model failed. ") +
                               "Step time in 16 bits over that in FP8, NVIDIA: " + value("V1") +
                               "; Ascend, if it had FP8 units: " + value("V12a") +
                               ". Q1 is SUPPORTED only if the range of every NVIDIA chip starts at 1.10 or more" +
                               (model_passed(outcome) ? "." : " and the model passed."));
    }
    page.summary(lines);
}

void add_answers(html_page& page, const claim_outcome& outcome) {
    std::vector<report::html_answer> answers;
    for (const question_outcome& q : outcome.questions) {
        report::html_answer a{std::string(q.info.id), std::string(q.info.text), badge_of(q.given.word), "", {}};
        std::string_view ids = q.info.rows;
        while (!ids.empty()) {
            const std::string_view id = ids.substr(0, ids.find(' '));
            ids.remove_prefix(std::min(id.size() + 1, ids.size()));
            const auto row = std::find_if(outcome.rows.begin(), outcome.rows.end(),
                                          [&](const row_outcome& r) { return r.info.id == id; });
            const row_result& r = row->result;
            a.link = a.link.empty() ? lower_id(id) : a.link;
            a.reasons.push_back(std::string(id) + ", " + std::string(row->info.computes) + ": " +
                                (r.word == verdict::value ? "" : std::string(display_word(r.word)) + ", ") +
                                (r.value.empty() ? r.reason : r.value));
        }
        if (a.reasons.empty()) {
            a.reasons.push_back(q.given.reason);
        }
        answers.push_back(std::move(a));
    }
    page.answers(answers);
}

void add_table(html_page& page, const table& t) {
    if (t.rows.size() <= long_table) {
        page.add(t);
        return;
    }
    page.open_details(t.title + " (" + std::to_string(t.rows.size()) + " rows)");
    page.add(t);
    page.close_details();
}

void add_row(html_page& page, const row_outcome& row, const claim_outcome& outcome, const results_set* results) {
    page.subsection(lower_id(row.info.id), std::string(row.info.id) + " " + std::string(row.info.name),
                    badge_of(row.result.word));
    std::vector<std::pair<std::string, std::string>> facts;
    for (auto& [name, value] : facts_of(row)) {
        if (name != "for" && name != "figure") {
            facts.emplace_back(name, value);
        }
    }
    facts.emplace_back("kind", row.result.kinds);
    page.paragraph("What is computed: " + std::string(row.info.computes) + ".");
    page.facts(facts);
    for (const report::figure& f : figures_of(row.info.id, outcome, results)) {
        page.add(f, report::draw_svg(f));
    }
    for (std::size_t n = 0; n < row.result.tables.size(); ++n) {
        if (n == 1) {
            page.open_details("More tables of " + std::string(row.info.id) + " (" +
                              std::to_string(row.result.tables.size() - 1) + ")");
        }
        n == 0 ? add_table(page, row.result.tables[n]) : page.add(row.result.tables[n]);
    }
    if (row.result.tables.size() > 1) {
        page.close_details();
    }
    if (row.result.notes.size() > 3) {
        page.open_details("Notes of " + std::string(row.info.id) + " (" + std::to_string(row.result.notes.size()) +
                          ")");
    }
    for (const std::string& text : row.result.notes) {
        page.note(text);
    }
    if (row.result.notes.size() > 3) {
        page.close_details();
    }
    page.paragraph("Repeat it alone:");
    page.command("narrowfp claim --only " + std::string(row.info.id));
}

// The worked example of the chips that V1 and V12a are about, in full: a reader redoes it with a pocket calculator.
void add_worked_examples(html_page& page, const claim_outcome& outcome) {
    for (const char* id : {"V1", "V12a"}) {
        for (const table& t : result_of(outcome.rows, id).tables) {
            if (t.title.find("worked line by line") != std::string::npos) {
                page.add(t);
            }
        }
    }
}

}  // namespace

std::string claim_html(const claim_outcome& outcome, const report::field_list& context, const results_set* results) {
    html_page page("Does a machine without FP8 cost you?");
    const std::vector<std::string> head = head_lines(outcome);
    page.lead(head.front());
    if (outcome.complete) {
        add_first_screen(page, outcome);
    }
    page.paragraph(head[1]);
    for (const std::string& change : outcome.changes) {
        page.paragraph("What if: " + change + ".");
    }
    for (const std::string& failed : failed_checks(outcome)) {
        page.summary({{{"FAIL", tint::bad}, failed}});
    }
    if (outcome.complete) {
        page.section("answers", "Answers");
        add_answers(page, outcome);
        page.note(std::string(legend_of_kinds));
        page.open_details("The answers in full");
        page.add(question_table(outcome));
        page.close_details();
    }
    page.contents();
    for (const section part : {section::self_check, section::row}) {
        const bool rows = part == section::row;
        if (std::none_of(outcome.rows.begin(), outcome.rows.end(), [&](auto& r) { return r.info.where == part; })) {
            continue;
        }
        page.section(rows ? "rows" : "self-checks", rows ? "Rows" : "Self-checks of the model");
        page.add(row_table(outcome, part));
        for (const row_outcome& row : outcome.rows) {
            if (row.info.where == part) {
                add_row(page, row, outcome, results);
            }
        }
    }
    if (outcome.complete) {
        page.section("worked", "The counterfactual, to redo with a pocket calculator");
        page.paragraph(
            "One training step in FP8 and in 16 bits on each chip, each line from the lines above it. Inputs are "
            "marked; what each rests on stands with the scenarios of V1 and V12a.");
        add_worked_examples(page, outcome);
        page.section("sensitivity", "Which inputs flip which verdict");
        page.add(sensitivity_table(outcome));
    }
    page.section("environment", "Where this was computed, and how to repeat it");
    std::vector<std::pair<std::string, std::string>> facts;
    for (const report::field& f : context) {
        facts.emplace_back(f.key, text_of(f.value));
    }
    const std::string version = report::gnuplot_version();
    facts.emplace_back("figures", version.empty() ? "gnuplot is missing: values stand as tables" : version);
    page.facts(facts);
    page.paragraph("All of it: bench/reproduce in a clone, or");
    page.command("narrowfp claim --output FOLDER");
    page.paragraph(
        "Beside this page: report.md, the same as text, and results.json, every figure with its kind, range, "
        "source and command.");
    return page.text();
}

}  // namespace narrowfp::bench::claim
