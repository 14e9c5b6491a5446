// SPDX-License-Identifier: Apache-2.0
#include "claim/claim.hpp"

#include "claim/questions.hpp"
#include "claim/ratio_cases.hpp"
#include "claim/results_set.hpp"
#include "step_model/chip_set.hpp"
#include "step_model/subject.hpp"

#include "support/near_names.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace narrowfp::bench::claim {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return out;
}

row_result run_row(const row_info& row, const row_context& how, claim_values& values) {
    if (row.run != nullptr) {
        return row.run(how, values);
    }
    row_result none;
    none.kinds = row.kinds;
    none.reason = row.missing;
    return none;
}

}  // namespace

std::string_view word_of(verdict v) {
    switch (v) {
        case verdict::supported: return "SUPPORTED";
        case verdict::not_supported: return "NOT SUPPORTED";
        case verdict::open: return "OPEN";
        case verdict::not_run: return "NOT RUN";
        case verdict::not_testable: return "NOT TESTABLE";
        case verdict::pass: return "PASS";
        case verdict::fail: return "FAIL";
        case verdict::value: return "-";
    }
    return "?";
}

const row_result& result_of(const std::vector<row_outcome>& rows, std::string_view id) {
    static const row_result none;
    for (const row_outcome& row : rows) {
        if (row.info.id == id) {
            return row.result;
        }
    }
    return none;
}

bool claim_outcome::own_checks_held() const {
    if (result_of(rows, "S1").word == verdict::fail) {
        return false;
    }
    if (recorded && !recorded->held()) {
        return false;
    }
    return std::all_of(rows.begin(), rows.end(), [](const row_outcome& row) {
        return std::all_of(row.result.checks.begin(), row.result.checks.end(),
                           [](const self_check& check) { return check.held; });
    });
}

std::vector<std::string> rows_named(const std::vector<std::string>& wanted) {
    const std::vector<row_info> rows = all_rows();
    std::vector<std::string_view> known;
    for (const row_info& row : rows) {
        known.push_back(row.id);
        known.push_back(row.name);
    }
    std::vector<std::string> ids;
    for (const std::string& text : wanted) {
        const auto found = std::find_if(rows.begin(), rows.end(), [&](const row_info& row) {
            return lower(row.id) == lower(text) || row.name == lower(text);
        });
        if (found == rows.end()) {
            for (const question_name& question : question_names()) {
                if (lower(question.id) == lower(text)) {
                    throw std::invalid_argument("'" + text + "' is a question, not a row; " +
                                                (question.rows.empty()
                                                     ? "no row answers it"
                                                     : "the rows that answer it: " + std::string(question.rows)));
                }
            }
            throw std::invalid_argument(unknown_name("row", text, known));
        }
        ids.emplace_back(found->id);
    }
    return ids;
}

claim_outcome run_claim(const claim_options& options) {
    const std::vector<std::string> ids = rows_named(options.only);
    std::vector<row_info> selected;
    row_context how;
    how.threads = options.threads;
    how.full = options.full;
    how.complete = ids.empty();
    how.chips = options.chips;
    how.what = options.what;
    how.results = options.results;
    how.asked_chips = options.asked_chips;
    how.operands = options.operands;
    for (const row_info& row : all_rows()) {
        if (ids.empty() || std::find(ids.begin(), ids.end(), row.id) != ids.end()) {
            selected.push_back(row);
        }
    }
    claim_outcome out;
    out.complete = ids.empty();
    if (options.what != nullptr && !options.what->is_deepseek_v3) {
        out.changes.push_back("model " + options.what->name + " in place of DeepSeek-V3 in the modelled rows");
    }
    if (options.chips != nullptr) {
        out.changes.insert(out.changes.end(), options.chips->changes().begin(), options.chips->changes().end());
    }
    if (options.results != nullptr) {
        for (const std::string& file : options.results->files()) {
            out.changes.push_back("results of " + std::filesystem::path(file).filename().string());
        }
    }
    for (const std::filesystem::path& file : options.operands) {
        out.changes.push_back("operands of " + file.filename().string());
    }
    for (std::size_t n = 0; n < selected.size(); ++n) {
        how.on_progress = [&](double fraction, std::string_view what) {
            if (options.on_progress) {
                options.on_progress((static_cast<double>(n) + fraction) / static_cast<double>(selected.size()), what);
            }
        };
        how.on_progress(0, selected[n].id);
        out.rows.push_back({selected[n], run_row(selected[n], how, out.values)});
    }
    if (out.complete) {
        out.sensitivity = sensitivity_of(how);
        out.questions = answer_questions(out.values);
    }
    if (out.values.ratios && !options.pairs.empty()) {
        out.values.user_rows = score_user_pairs(*out.values.ratios, options.pairs);
        out.changes.push_back(std::to_string(out.values.user_rows.size()) +
                              " rows of your own beside the published ones; they enter no gate and no word");
    }
    return out;
}

}  // namespace narrowfp::bench::claim
