// SPDX-License-Identifier: Apache-2.0
#include "claim/claim_report.hpp"

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
        case verdict::undecided: return tint::warning;
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
    std::size_t all = 0;
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

std::vector<std::string> first_lines() {
    return {
        "The claim: Huawei's Ascend chips lack FP8, so DeepSeek had to train its model R2 in a less efficient 16-bit format, "
        "which loaded the hardware more and used more resources.",
        "Who says so: a news article gives four reasons why R2 went back from Ascend to NVIDIA's H20. Three of them, unstable "
        "chips, slow links between chips and immature software, stand in the press reports that were read (Financial Times, "
        "August 2025, as other papers quote it). The fourth, no FP8, is the article's own: no report that was read names it. "
        "Which Ascend chip was tried is not public."};
}

std::vector<std::string> head_lines(const claim_outcome& outcome) {
    std::vector<std::string> lines = first_lines();
    const row_result& s3 = result_of(outcome.rows, "S3");
    if (s3.word == verdict::fail) {
        lines.push_back(
            "The step-time model failed its test on hold-outs (S3: " + s3.value + "; " + s3.reason +
            "), so every modelled verdict below is UNDECIDED, whatever its range says. What the range alone "
            "would say stands beside it.");
    }
    for (const std::string& change : outcome.changes) {
        lines.push_back("What if: " + change + ".");
    }
    return lines;
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
    t.notes = {std::to_string(flips) + " of " + std::to_string(outcome.sensitivity.size()) +
                   " moves take the figure across its threshold. Thresholds part: " + text + ".",
               "A row's verdict looks at all corners, where inputs move together: it can be UNDECIDED although no "
               "single input flips its centre. All modelled verdicts also hang on S3."};
    return t;
}

table question_table(const claim_outcome& outcome) {
    table t;
    t.title = "Answers";
    t.columns = {{"id"}, {"question"}, {"answer"}, {"why"}};
    for (const question_outcome& q : outcome.questions) {
        t.add_row({std::string(q.info.id), std::string(q.info.text), word_cell(q.given.word), q.given.reason});
    }
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
                   : "Without S3 every modelled verdict is UNDECIDED. " + checks_text(outcome)};
    return t;
}

std::string claim_text(const claim_outcome& outcome, const report::table_style& style) {
    std::string out;
    if (outcome.complete) {
        for (const std::string& line : head_lines(outcome)) {
            out += wrapped(line, style.width);
        }
        out += "\n" + report::to_text(question_table(outcome), style) + "\n" +
               report::to_text(row_table(outcome, section::row), style) + "\n";
        for (const row_outcome& row : outcome.rows) {
            if (row.info.id == "V3" || row.info.id == "V5") {
                out += report::to_text(row.result.tables.front(), style) + "\n";
            }
        }
        out += report::to_text(row_table(outcome, section::self_check), style);
        std::string flips;
        for (const sensitivity_line& x : outcome.sensitivity) {
            if (x.flips) {
                flips += (flips.empty() ? "" : ", ") + x.row + " " + x.where + ": " + x.input;
            }
        }
        out += "\n" + wrapped("Inputs that, moved alone within their doubt, take a figure across its threshold: " +
                                  (flips.empty() ? "none" : flips) + ".",
                              style.width);
        out += "\n" + wrapped("One row with all its tables: narrowfp claim --only V6. All of it: --output FOLDER.",
                              style.width);
    } else {
        for (const row_outcome& row : outcome.rows) {
            out += out.empty() ? "" : "\n";
            out += heading_of(row) + "\n";
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
    const auto add = [&](std::string_view id, verdict word, const std::string& value) {
        out += std::string(id) + " " + std::string(word_of(word)) + (value.empty() ? "" : " " + value) + "\n";
    };
    for (const question_outcome& q : outcome.questions) {
        add(q.info.id, q.given.word, std::string(q.info.text));
    }
    for (const row_outcome& row : outcome.rows) {
        add(row.info.id, row.result.word, row.result.value);
    }
    return out;
}

std::string claim_markdown(const claim_outcome& outcome, const field_list& context) {
    std::string out = "# Does a machine without FP8 cost you?\n\n";
    for (const std::string& line : head_lines(outcome)) {
        out += report::markdown_text(line) + "\n\n";
    }
    if (outcome.complete) {
        out += report::to_markdown(question_table(outcome)) + "\n";
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
        out += "## Which inputs flip which verdict\n\n" + report::to_markdown(sensitivity_table(outcome)) + "\n";
    }
    out += "## Where this was computed\n\n";
    for (const report::field& f : context) {
        out += "- " + report::markdown_text(f.key) + ": " + report::markdown_text(text_of(f.value)) + "\n";
    }
    return out;
}

namespace {

// The kind of a verdict: that of its first letter; a verdict is never a measurement.
report::evidence_kind kind_of(std::string_view letters) {
    switch (letters.empty() ? 'M' : letters.front()) {
        case 'E': return report::evidence_kind::emulated;
        default: return report::evidence_kind::modelled;
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
    for (const question_outcome& q : outcome.questions) {
        record r = verdict_record(q.info.id, std::string(q.info.text), report::evidence_kind::modelled, q.given.word,
                                  q.given.reason);
        r.method = "rule over the rows " + std::string(q.info.rows.empty() ? "(none)" : q.info.rows);
        r.repro = "narrowfp claim";
        doc.records.push_back(std::move(r));
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
