// SPDX-License-Identifier: Apache-2.0
#include "claim/claim_page.hpp"

#include "claim/claim_figures.hpp"
#include "claim/claim_report.hpp"

#include <narrowfp/report/html.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>

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

// The questions that got this word, "Q1 (one chip)".
std::string questions_with(const claim_outcome& outcome, verdict word) {
    std::vector<std::string> names;
    for (const question_outcome& q : outcome.questions) {
        if (q.given.word == word) {
            names.push_back(std::string(q.info.id) + " " + std::string(q.info.brief));
        }
    }
    return joined(names);
}

// Why what is undecided is so: the model's failed test, and what has not run.
std::string why_undecided(const claim_outcome& outcome) {
    std::vector<std::string> reasons;
    const row_result& s3 = result_of(outcome.rows, "S3");
    if (s3.word == verdict::fail || s3.word == verdict::not_run) {
        reasons.push_back("Q1 to Q3 rest on a model of step time that " +
                          (s3.word == verdict::fail
                               ? "failed its test on published FP8/16-bit ratios (S3: " + s3.value + "; 3 needed)"
                               : std::string("was not tested (S3)")) +
                          ", so its ranges decide nothing");
    }
    std::vector<std::string> absent;
    for (const row_outcome& row : outcome.rows) {
        if (row.result.word == verdict::not_run && !row.info.questions.empty()) {
            absent.push_back(std::string(row.info.questions) + " needs " + std::string(row.info.id) + " " +
                             std::string(row.info.name));
        }
    }
    if (!absent.empty()) {
        reasons.push_back(joined(absent) + ": NOT RUN");
    }
    return joined(reasons, "; ");
}

// What a reader takes from the first screen.
void add_first_screen(html_page& page, const claim_outcome& outcome) {
    std::vector<std::pair<html_badge, std::string>> lines;
    for (const verdict v : {verdict::supported, verdict::not_supported, verdict::undecided, verdict::not_testable}) {
        const std::string names = questions_with(outcome, v);
        const bool always = v == verdict::supported || v == verdict::not_supported;
        if (!names.empty() || always) {
            lines.emplace_back(badge_of(v), names.empty() ? "nothing" : names);
        }
    }
    if (const std::string figures = questions_with(outcome, verdict::figure); !figures.empty()) {
        lines.emplace_back(badge_of(verdict::figure), figures);
    }
    if (const std::string why = why_undecided(outcome); !why.empty()) {
        lines.emplace_back(html_badge{"WHY", tint::plain}, why + ".");
    }
    const auto value = [&](const char* id) { return result_of(outcome.rows, id).value; };
    if (!value("V3").empty() && !value("V16").empty()) {
        lines.emplace_back(html_badge{"COUNTED", tint::plain}, "bytes, " + value("V3") + ". Recoverable without FP8 units: " +
                                                                   value("V16").substr(0, value("V16").find(';')) + ".");
    }
    if (const std::string errors = result_of(outcome.rows, "V6").range; !errors.empty()) {
        lines.emplace_back(html_badge{"EMULATED", tint::plain}, "rounding to 8 bits, " + errors + " (16x expected).");
    }
    if (!value("V1").empty()) {
        lines.emplace_back(html_badge{"MODELLED", tint::plain},
                           "16-bit over FP8 step time, " + value("V1") + "; Ascend, had it FP8 units: " + value("V12a") +
                               ". Low ends of at least 1.10 would be SUPPORTED, were the model trusted.");
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
            const row_result& r = result_of(outcome.rows, id);
            a.link = a.link.empty() ? lower_id(id) : a.link;
            a.reasons.push_back(std::string(id) + " " + std::string(display_word(r.word)) + ": " +
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
    page.paragraph("What is computed: " + std::string(row.info.figure) + ".");
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
        page.open_details("Notes of " + std::string(row.info.id) + " (" + std::to_string(row.result.notes.size()) + ")");
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
        page.paragraph("One training step in FP8 and in 16 bits on each chip, each line from the lines above it. Inputs are "
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
    page.paragraph("Beside this page: report.md, the same as text, and results.json, every figure with its kind, range, "
                   "source and command.");
    return page.text();
}

}  // namespace narrowfp::bench::claim
