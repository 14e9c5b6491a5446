// SPDX-License-Identifier: Apache-2.0
// The page: the first screen (claim, answers, picture, four columns, gates), then everything that it rests on, folded where
// it is long.
#include "claim/claim_page.hpp"

#include "claim/claim_figures.hpp"
#include "claim/claim_report.hpp"
#include "claim/first_screen.hpp"
#include "claim/forest.hpp"
#include "claim/ratio_tables.hpp"
#include "claim/row_records.hpp"

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

html_badge badge_of_row(verdict v) { return {std::string(display_word(v)), tint_of(v)}; }

// Ids of rows, gates and questions as links to their sections.
std::vector<report::html_term> terms_of(const claim_outcome& outcome) {
    std::vector<report::html_term> terms;
    for (const row_outcome& row : outcome.rows) {
        terms.push_back({std::string(row.info.id), lower_case(std::string(row.info.id))});
    }
    for (const question& q : outcome.questions) {
        terms.push_back({q.id, lower_case(q.id)});
    }
    if (outcome.values.ratios) {
        for (const char* gate : {"G1", "G2", "G3", "G4", "G5", "G6"}) {
            terms.push_back({gate, "gates"});
        }
    }
    return terms;
}

void add_first_screen(html_page& page, const claim_outcome& outcome) {
    std::vector<report::html_answer> answers;
    for (const question& q : outcome.questions) {
        report::html_answer a{.id = q.id, .question = q.text, .badge = {}, .link = lower_case(q.id), .reasons = {}};
        for (const part* p : {strongest_of(q), weakest_of(q)}) {
            if (p != nullptr && (a.parts.empty() || p != strongest_of(q))) {
                a.answer += (a.answer.empty() ? "" : " ") + p->sentence + ".";
                a.parts.push_back({badge_of(*p), p->scope, lower_case(q.id)});
            }
        }
        for (const part& p : q.parts) {
            const bool listed = std::find(q.also_shown.begin(), q.also_shown.end(), p.id) != q.also_shown.end();
            if (listed && &p != strongest_of(q) && &p != weakest_of(q)) {
                a.parts.push_back({badge_of(p), p.scope, lower_case(q.id)});
            }
        }
        a.answer += q.remark.empty() ? "" : " " + q.remark;
        answers.push_back(std::move(a));
    }
    page.answers(answers);
    page.note(word_legend());
    if (outcome.values.ratios) {
        const report::figure forest = forest_of(units_shown(), outcome.values.ratios->cases, outcome.values.user_rows);
        page.add(forest, report::draw_svg(forest), report::draw_svg(forest, report::figure_width::narrow));
    }
    if (const table columns = column_table(outcome.values); !columns.rows.empty()) {
        page.add(columns);
    }
    const std::vector<report::html_term> terms = terms_of(outcome);
    for (const std::string& line : gate_sentences(outcome)) {
        page.paragraph(report::linked(line, terms));
    }
    page.note(source_sentence());
}

void add_questions(html_page& page, const claim_outcome& outcome) {
    page.section("answers", "The answers, part by part");
    for (const question& q : outcome.questions) {
        page.subsection(lower_case(q.id), q.id + " " + q.text);
        page.add(part_table(q));
    }
    page.note(std::string(legend_of_kinds));
}

void add_ratio_model(html_page& page, const claim_outcome& outcome) {
    const ratio_model::result& r = *outcome.values.ratios;
    page.section("gates", "The ratio model and its gates");
    page.paragraph(
        "The model is fitted to the published pairs above; docs/methodology.md has its formula, priors and tests.");
    page.add(gate_table(r));
    page.add(case_table("Q1", r.cases));
    const report::figure thresholds = threshold_figure(r.cases);
    page.add(thresholds, report::draw_svg(thresholds));
    page.add(witness_table());
    page.add(family_table(r.gates));
    page.open_details("Classes and sources left out, parameters, words by threshold, permuted ratios");
    page.add(class_table(r.gates));
    page.add(form_table(r.left_out, r.left_out_without_vendor_pages));
    page.add(posterior_table(r.all));
    page.add(word_by_threshold_table("Q1", r.cases));
    if (!r.shuffled.gates.empty()) {
        page.add(shuffled_table(r.shuffled));
    }
    page.close_details();
    if (!outcome.values.user_rows.empty()) {
        page.add(user_table(outcome.values.user_rows));
    }
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
    page.subsection(lower_case(std::string(row.info.id)), std::string(row.info.id) + " " + std::string(row.info.name),
                    badge_of_row(row.result.word));
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

void add_rows(html_page& page, const claim_outcome& outcome, const results_set* results, section part) {
    if (std::none_of(outcome.rows.begin(), outcome.rows.end(), [&](auto& r) { return r.info.where == part; })) {
        return;
    }
    const bool rows = part == section::row;
    page.section(rows ? "rows" : "self-checks",
                 rows ? "Rows: what each figure rests on" : "Checks of the step-time model");
    if (!rows) {
        page.paragraph(first_version_text(outcome));
    }
    page.add(row_table(outcome, part));
    for (const row_outcome& row : outcome.rows) {
        if (row.info.where == part) {
            add_row(page, row, outcome, results);
        }
    }
}

void add_worked(html_page& page, const step_times& times) {
    std::vector<worked_column> columns;
    for (const step_ratio& chip : times.chips) {
        columns.push_back(chip.worked);
    }
    page.add(worked_table(times.row, times.model, columns));
}

// What a reader redoes with a pocket calculator: Q1's cases at the posterior median, and a step of the analytic model.
void add_worked_examples(html_page& page, const claim_outcome& outcome) {
    page.section("worked", "To redo with a pocket calculator");
    if (outcome.values.ratios) {
        page.paragraph("Q1's ratios at the posterior median, each line from the lines above it.");
        for (const table& t : pocket_tables(outcome.values.ratios->cases)) {
            page.open_details(t.title);
            page.add(t);
            page.close_details();
        }
    }
    page.paragraph(
        "One training step in FP8 and in 16 bits on each chip by the analytic model, each line from the lines above it. Inputs are "
        "marked; what each rests on stands with the scenarios of V1 and V12a.");
    for (const auto* times : {&outcome.values.step, &outcome.values.hypothetical_step}) {
        if (*times) {
            add_worked(page, **times);
        }
    }
}

void add_environment(html_page& page, const page_facts& about) {
    page.section("environment", "Where this was computed, and how to repeat it");
    std::vector<std::pair<std::string, std::string>> facts;
    for (const report::field& f : about.context) {
        facts.emplace_back(f.key, text_of(f.value));
    }
    facts.insert(facts.end(), about.machine.begin(), about.machine.end());
    const std::string version = report::gnuplot_version();
    facts.emplace_back("figures", version.empty() ? "gnuplot is missing: values stand as tables" : version);
    page.facts(facts);
    page.paragraph("The command of this page; all of it from a clone: bench/reproduce.");
    page.command(about.command);
    page.paragraph(
        "Beside this page: report.md, the same as text, and results.json, every figure with its kind, range, "
        "source and command.");
}

}  // namespace

std::string claim_html(const claim_outcome& outcome, const page_facts& about, const results_set* results) {
    html_page page("Does a machine without FP8 cost you?");
    page.lead(claim_sentence());
    if (const std::string answer = short_answer(outcome.questions); !answer.empty()) {
        page.lead(answer);
    }
    for (const std::string& change : outcome.changes) {
        page.paragraph("What if: " + change + ".");
    }
    for (const std::string& failed : failed_checks(outcome)) {
        page.summary({{{"FAIL", tint::bad}, failed}});
    }
    if (outcome.complete) {
        add_first_screen(page, outcome);
    }
    page.contents();
    if (outcome.complete) {
        add_questions(page, outcome);
    }
    if (outcome.values.ratios) {
        add_ratio_model(page, outcome);
    }
    add_rows(page, outcome, results, section::row);
    add_rows(page, outcome, results, section::self_check);
    if (outcome.complete) {
        add_worked_examples(page, outcome);
        page.section("sensitivity", "Which inputs move which figure across its threshold");
        page.add(sensitivity_table(outcome));
    }
    add_environment(page, about);
    return page.text();
}

}  // namespace narrowfp::bench::claim
