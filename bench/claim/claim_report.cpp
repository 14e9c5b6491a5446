// SPDX-License-Identifier: Apache-2.0
#include "claim/claim_report.hpp"

#include "claim/first_screen.hpp"
#include "claim/ratio_tables.hpp"
#include "claim/row_records.hpp"

#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using report::cell;
using report::field_list;
using report::record;
using report::table;
using report::tint;

std::string_view display_word(verdict v) { return v == verdict::value ? "figure" : word_of(v); }

tint tint_of(verdict v) {
    switch (v) {
        case verdict::pass:
        case verdict::supported: return tint::good;
        case verdict::fail: return tint::bad;
        case verdict::not_supported:
        case verdict::open: return tint::warning;
        case verdict::not_run:
        case verdict::not_testable: return tint::faint;
        case verdict::value: return tint::plain;
    }
    return tint::plain;
}

std::string text_of(const report::field_value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return *text;
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "yes" : "no";
    }
    if (const auto* number = std::get_if<double>(&value)) {
        return report::exact_text(*number);
    }
    return std::to_string(std::get<std::int64_t>(value));
}

std::vector<std::string> failed_checks(const claim_outcome& outcome) {
    std::vector<std::string> failed;
    for (const row_outcome& row : outcome.rows) {
        for (const self_check& check : row.result.checks) {
            if (!check.held) {
                failed.push_back(std::string(row.info.id) + ": " + check.what);
            }
        }
    }
    if (outcome.recorded && !outcome.recorded->held()) {
        failed.push_back("the training experiment: " + outcome.recorded->sentence());
    }
    return failed;
}

std::vector<std::pair<std::string, std::string>> facts_of(const row_outcome& row) {
    std::vector<std::pair<std::string, std::string>> facts{{"figure", std::string(row.info.computes)},
                                                           {"decides", std::string(row.info.decides)}};
    const bool not_run = row.result.word == verdict::not_run;
    if (!row.info.questions.empty()) {
        facts.emplace_back("for", std::string(row.info.questions));
    }
    if (!row.result.value.empty()) {
        facts.emplace_back("value", row.result.value + (row.result.range.empty() ? "" : " (" + row.result.range + ")"));
    }
    if (!row.result.reason.empty() && !not_run) {
        facts.emplace_back("why", row.result.reason);
    }
    if (!row.info.missing.empty() && !row.result.whole) {
        facts.emplace_back("NOT RUN",
                           not_run && !row.result.reason.empty() ? row.result.reason : std::string(row.info.missing));
    }
    if (!row.info.needs.empty() && !row.result.whole) {
        facts.emplace_back("would run it", std::string(row.info.needs));
    }
    return facts;
}

namespace {

cell word_cell(verdict v) { return {std::string(display_word(v)), tint_of(v)}; }

std::string checks_text(const claim_outcome& outcome) {
    const bool run_compared = outcome.recorded && outcome.recorded->not_repeated.empty();
    std::size_t all = run_compared ? 1 : 0;
    for (const row_outcome& row : outcome.rows) {
        all += row.result.checks.size();
    }
    const std::size_t failed = failed_checks(outcome).size();
    return "Checks of bits and bytes: " + std::to_string(all - failed) + " of " + std::to_string(all) + " hold.";
}

std::string wrapped(const std::string& text, std::size_t width) {
    std::string out;
    for (const std::string& line : report::wrap(text, width)) {
        out += line + "\n";
    }
    return out;
}

std::string heading_of(const row_outcome& row) {
    return std::string(row.info.id) + " " + std::string(row.info.name) + ": " +
           std::string(display_word(row.result.word));
}

}  // namespace

std::string first_version_text(const claim_outcome& outcome) {
    const auto said = [&](const char* id) {
        const row_result& r = result_of(outcome.rows, id);
        return std::string(display_word(r.word)) + (r.value.empty() ? "" : " (" + r.value + ")");
    };
    return "Judged by the first version of the rules: S2 " + said("S2") + ", S3 " + said("S3") +
           ". That version let every modelled answer hang on S3, so Q1 to Q5 were UNDECIDED; the second version asks the "
           "published pairs and a fitted model that has to pass its gates, and gives scenarios of this model no word.";
}

table sensitivity_table(const claim_outcome& outcome) {
    table t;
    t.title = "Each input moved alone within its doubt, the others at their centre";
    t.columns = {{"row"},
                 {"where"},
                 {"input"},
                 {"from", report::alignment::right},
                 {"to", report::alignment::right},
                 {"figure at from", report::alignment::right},
                 {"centre", report::alignment::right},
                 {"figure at to", report::alignment::right},
                 {"threshold", report::alignment::right},
                 {"flips"}};
    std::vector<std::string> rules;
    std::size_t flips = 0;
    for (const sensitivity_line& x : outcome.sensitivity) {
        flips += x.flips;
        if (std::find(rules.begin(), rules.end(), x.rule) == rules.end()) {
            rules.push_back(x.rule);
        }
        t.add_row({x.row,
                   x.where,
                   x.input,
                   report::format_number(x.low, 4),
                   report::format_number(x.high, 4),
                   report::format_number(x.at_low, 3),
                   report::format_number(x.at_centre, 3),
                   report::format_number(x.at_high, 3),
                   report::format_number(x.threshold, 3),
                   {x.flips ? "yes" : "no", x.flips ? tint::warning : tint::plain}});
    }
    std::string text;
    for (const std::string& rule : rules) {
        text += (text.empty() ? "" : "; ") + rule;
    }
    t.notes = {
        std::to_string(flips) + " of " + std::to_string(outcome.sensitivity.size()) +
            " moves take the figure across its threshold. Thresholds part: " + text + ".",
        "A row's range looks at all corners, where inputs move together, so it can lie on both sides of a threshold "
        "although no single input takes its centre across."};
    return t;
}

table row_table(const claim_outcome& outcome, section which) {
    table t;
    t.title = which == section::row ? "Rows" : "Self-checks of the model";
    t.columns = {{"id"}, {"name"}, {"verdict"}, {"figure"}, {"range"}, {"kind"}};
    for (const row_outcome& row : outcome.rows) {
        if (row.info.where == which) {
            const row_result& r = row.result;
            t.add_row({std::string(row.info.id), std::string(row.info.name), word_cell(r.word),
                       r.word != verdict::not_run
                           ? cell{r.value}
                           : cell{r.reason.empty() ? std::string(row.info.missing) : r.reason, tint::faint},
                       r.range, r.kinds});
        }
    }
    t.notes = {which == section::row
                   ? std::string(legend_of_kinds) + " Of a row that is NOT RUN: the kinds it will have."
                   : "S1 is gate G1. S2 and S3 test the analytic step-time model, whose ranges carry no word. " +
                         checks_text(outcome)};
    return t;
}

namespace {

// The answers, as the terminal shows them last.
std::string answers_text(const claim_outcome& outcome, std::size_t width) {
    std::string out = wrapped(claim_sentence(), width) + wrapped(short_answer(outcome.questions), width) + "\n" +
                      wrapped(word_legend(), width) + "\n";
    for (const question& q : outcome.questions) {
        out += wrapped(answer_line(q), width);
    }
    out += "\n";
    for (const std::string& line : gate_sentences(outcome)) {
        out += wrapped(line, width);
    }
    return out;
}

std::string row_text(const row_outcome& row, const report::table_style& style) {
    std::string out = heading_of(row) + "\n";
    for (const auto& [name, value] : facts_of(row)) {
        std::string label = name;
        for (const std::string& line : report::wrap(value, style.width > 40 ? style.width - 16 : 0)) {
            out += "  " + label + std::string(14 - label.size(), ' ') + line + "\n";
            label = "";
        }
    }
    for (const table& t : row.result.tables) {
        out += "\n" + report::to_text(t, style);
    }
    for (const std::string& note : row.result.notes) {
        out += wrapped(note, style.width);
    }
    return out;
}

}  // namespace

std::string claim_text(const claim_outcome& outcome, const report::table_style& style) {
    std::string out;
    if (outcome.complete) {
        out += report::to_text(row_table(outcome, section::row), style) + "\n" +
               report::to_text(row_table(outcome, section::self_check), style) + "\n" +
               report::to_text(column_table(outcome.values), style) + "\n";
        if (!outcome.values.user_rows.empty()) {
            out += report::to_text(user_table(outcome.values.user_rows), style) + "\n";
        }
        out +=
            wrapped("One row with all its tables: narrowfp claim --only V6. All of it: --output FOLDER.", style.width) +
            "\n";
        for (const std::string& change : outcome.changes) {
            out += wrapped("What if: " + change + ".", style.width);
        }
        out += answers_text(outcome, style.width);
    } else {
        for (const row_outcome& row : outcome.rows) {
            out += (out.empty() ? "" : "\n") + row_text(row, style);
        }
        out += "\n" + wrapped(std::string(legend_of_kinds) + " " + checks_text(outcome), style.width);
    }
    for (const std::string& failed : failed_checks(outcome)) {
        out += wrapped("FAIL " + failed, style.width);
    }
    return out;
}

std::string claim_lines(const claim_outcome& outcome) {
    std::string out;
    for (const row_outcome& row : outcome.rows) {
        const std::string& value = row.result.value;
        out += std::string(row.info.id) + " " + std::string(row.info.name) + ": " +
               std::string(display_word(row.result.word)) + (value.empty() ? "" : " " + value) + "\n";
    }
    for (const question& q : outcome.questions) {
        out += answer_line(q) + "\n";
    }
    return out;
}

namespace {

std::string first_screen_markdown(const claim_outcome& outcome) {
    std::string out;
    for (const question& q : outcome.questions) {
        out +=
            "- **" + report::markdown_text(q.id + " " + q.text) + "** " + report::markdown_text(answer_text(q)) + "\n";
    }
    out += "\n" + report::to_markdown(column_table(outcome.values)) + "\n";
    for (const std::string& line : gate_sentences(outcome)) {
        out += "- " + report::markdown_text(line) + "\n";
    }
    out += "\n" + report::markdown_text(source_sentence()) + "\n\n" + report::markdown_text(word_legend()) + "\n\n";
    for (const question& q : outcome.questions) {
        out += report::to_markdown(part_table(q)) + "\n";
    }
    return out;
}

std::string ratio_markdown(const ratio_model::result& r) {
    std::string out = "## The ratio model and its gates\n\n";
    for (const table& t : {gate_table(r), case_table("Q1", r.cases), witness_table(), family_table(r.gates),
                           class_table(r.gates), form_table(r.left_out, r.left_out_without_vendor_pages),
                           posterior_table(r.all), word_by_threshold_table("Q1", r.cases)}) {
        out += report::to_markdown(t) + "\n";
    }
    if (!r.shuffled.gates.empty()) {
        out += report::to_markdown(shuffled_table(r.shuffled)) + "\n";
    }
    return out;
}

}  // namespace

std::string claim_markdown(const claim_outcome& outcome, const page_facts& about) {
    std::string out = "# Does a machine without FP8 cost you?\n\n" + report::markdown_text(claim_sentence()) + "\n\n" +
                      report::markdown_text(short_answer(outcome.questions)) + "\n\n";
    for (const std::string& change : outcome.changes) {
        out += report::markdown_text("What if: " + change + ".") + "\n\n";
    }
    if (outcome.complete) {
        out += first_screen_markdown(outcome);
    }
    if (outcome.values.ratios) {
        out += ratio_markdown(*outcome.values.ratios);
    }
    out += report::to_markdown(row_table(outcome, section::self_check)) + "\n" +
           report::to_markdown(row_table(outcome, section::row)) + "\n";
    for (const std::string& failed : failed_checks(outcome)) {
        out += "**FAIL** " + report::markdown_text(failed) + "\n\n";
    }
    for (const row_outcome& row : outcome.rows) {
        out += "## " + report::markdown_text(heading_of(row)) + "\n\n";
        for (const auto& [name, value] : facts_of(row)) {
            out += "- " + report::markdown_text(name) + ": " + report::markdown_text(value) + "\n";
        }
        out += "- repeat: " + report::markdown_code("narrowfp claim --only " + std::string(row.info.id)) + "\n\n";
        for (const table& t : row.result.tables) {
            out += report::to_markdown(t) + "\n";
        }
        for (const std::string& note : row.result.notes) {
            out += report::markdown_text(note) + "\n\n";
        }
    }
    if (outcome.complete) {
        out += "## Which inputs move which figure across its threshold\n\n" +
               report::to_markdown(sensitivity_table(outcome)) + "\n";
    }
    out += "## Where this was computed\n\n";
    for (const report::field& f : about.context) {
        out += "- " + report::markdown_text(f.key) + ": " + report::markdown_text(text_of(f.value)) + "\n";
    }
    for (const auto& [name, value] : about.machine) {
        out += "- " + report::markdown_text(name) + ": " + report::markdown_text(value) + "\n";
    }
    return out + "- command: " + report::markdown_code(about.command) + "\n";
}

namespace {

// The kind of a verdict: that of its first letter; a verdict is never a measurement.
report::evidence_kind kind_of(std::string_view letters) {
    switch (letters.empty() ? 'M' : letters.front()) {
        case 'E': return report::evidence_kind::emulated;
        case 'R': return report::evidence_kind::recorded;
        default: return report::evidence_kind::modelled;
    }
}

// One record for each part, and one for the question's answer in words.
void add_question(const question& q, std::vector<record>& out) {
    record all;
    all.id = "claim." + lower_case(q.id);
    all.name = q.text;
    all.kind = report::evidence_kind::modelled;
    all.value = answer_text(q);
    all.method = "its strongest and its weakest part; docs/methodology.md";
    all.repro = "narrowfp claim";
    if (const part* p = strongest_of(q)) {
        report::add_field(all.parameters, "strongest", p->id);
    }
    if (const part* p = weakest_of(q)) {
        report::add_field(all.parameters, "weakest", p->id);
    }
    out.push_back(std::move(all));
    for (const part& p : q.parts) {
        record r;
        r.id = "claim." + p.id;
        r.name = p.statement.empty() ? p.sentence : p.statement;
        r.kind = p.kind;
        r.note = p.sentence;
        r.source = p.source;
        r.method = "part of " + q.id;
        r.repro = "narrowfp claim";
        if (!p.not_run.empty() || !p.testable) {
            report::set_no_value(r, p.testable ? report::record_status::not_run : report::record_status::undefined,
                                 p.testable ? p.not_run : p.sentence);
        } else if (p.value) {
            r.value = *p.value;
            r.unit = p.unit;
            r.low = p.low;
            r.high = p.high;
        }
        report::add_field(r.parameters, "word", word_of(p));
        if (p.probability) {
            report::add_field(r.parameters, "probability", *p.probability);
        }
        if (p.without_vendor_pages) {
            report::add_field(r.parameters, "probability_without_vendor_pages", *p.without_vendor_pages);
        }
        out.push_back(std::move(r));
    }
}

record verdict_record(std::string_view id, std::string name, report::evidence_kind kind, verdict word,
                      const std::string& note) {
    record r;
    r.id = "claim." + std::string(id);
    std::transform(r.id.begin(), r.id.end(), r.id.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    r.name = std::move(name);
    r.kind = kind;
    r.note = note;
    if (word == verdict::not_run) {
        report::set_no_value(r, report::record_status::not_run, note);
    } else {
        r.value = word == verdict::value ? "figure" : std::string(word_of(word));
    }
    return r;
}

}  // namespace

report::document claim_results(const claim_outcome& outcome, const field_list& context) {
    report::document doc{context, {}};
    for (const question& q : outcome.questions) {
        add_question(q, doc.records);
    }
    if (outcome.values.ratios) {
        for (record& r : gate_records(*outcome.values.ratios)) {
            doc.records.push_back(std::move(r));
        }
    }
    for (std::size_t n = 0; n < outcome.sensitivity.size(); ++n) {
        const sensitivity_line& x = outcome.sensitivity[n];
        record r;
        r.id = "claim.sensitivity." + std::to_string(n + 1);
        r.name = x.row + " " + x.where + ": " + x.input;
        r.kind = report::evidence_kind::modelled;
        r.value = x.at_centre;
        r.unit = "1";
        r.low = std::min({x.at_low, x.at_centre, x.at_high});
        r.high = std::max({x.at_low, x.at_centre, x.at_high});
        r.method = "input moved alone from low to high, others at their centre; " + x.rule;
        r.repro = "narrowfp claim";
        report::add_field(r.parameters, "input_low", x.low);
        report::add_field(r.parameters, "input_high", x.high);
        report::add_field(r.parameters, "threshold", x.threshold);
        report::add_field(r.parameters, "flips", x.flips);
        doc.records.push_back(std::move(r));
    }
    for (const row_outcome& row : outcome.rows) {
        const row_result& result = row.result;
        const std::string note = result.word == verdict::not_run
                                     ? (result.reason.empty() ? std::string(row.info.missing) : result.reason)
                                     : result.value + (result.reason.empty() ? "" : "; " + result.reason);
        record r = verdict_record(row.info.id, std::string(row.info.name), kind_of(row.info.kinds), result.word, note);
        r.method = row.info.decides;
        r.repro = "narrowfp claim --only " + std::string(row.info.id);
        report::add_field(r.parameters, "figure", row.info.computes);
        if (!row.info.needs.empty()) {
            report::add_field(r.parameters, "would_run_it", row.info.needs);
        }
        doc.records.push_back(std::move(r));
        doc.records.insert(doc.records.end(), result.records.begin(), result.records.end());
        for (const self_check& check : result.checks) {
            if (!check.held) {
                record failed;
                failed.id = "claim.check." + std::to_string(doc.records.size());
                failed.name = check.what;
                report::set_no_value(failed, report::record_status::failed, "a check of this program failed");
                doc.records.push_back(std::move(failed));
            }
        }
    }
    return doc;
}

}  // namespace narrowfp::bench::claim
