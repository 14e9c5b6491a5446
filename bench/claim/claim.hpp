// SPDX-License-Identifier: Apache-2.0
// The claim "lacking FP8 forced a less efficient 16-bit format, which increased the load on the hardware and consumed
// more resources", taken apart into rows. A row is data (row_info: what it is, what it decides) and a function that
// gives a row_result; without a function it is NOT RUN and says what is missing. The threshold of a row stands at the
// head of its file (rows.hpp names it), the rule of a question in questions.cpp. claim_report.hpp does the layout.
#pragma once

#include "step_model/scenario_range.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::step_model {
class chip_set;
struct subject;
}  // namespace narrowfp::bench::step_model

namespace narrowfp::bench::claim {

using namespace step_model;  // chips, subjects and scenarios

// pass and fail are for self-checks; figure is a row that decides nothing by itself.
enum class verdict : std::uint8_t { supported, not_supported, undecided, not_run, not_testable, pass, fail, value };

// "SUPPORTED", "NOT SUPPORTED", ...; a figure has no word: "-".
std::string_view word_of(verdict v);

struct self_check {
    std::string what;
    bool held = false;
};

struct row_result {
    verdict word = verdict::not_run;
    std::string value;  // the figure in one line; empty if there is none
    std::string range;
    std::string kinds;   // letters of the figures that are there
    std::string reason;  // why this verdict
    std::vector<report::table> tables;
    std::vector<std::string> notes;
    std::vector<report::record> records;
    std::vector<self_check> checks;  // a failed one is an error of the program
    bool whole = false;              // nothing that the row lists as missing is missing
};

class results_set;

struct row_context {
    int threads = 0;
    bool full = false;                                                        // everything, however long it takes
    const chip_set* chips = nullptr;                                          // the library's if null
    const subject* what = nullptr;                                            // DeepSeek-V3 if null
    const results_set* results = nullptr;                                     // of other programs; none if null
    std::vector<std::string> asked_chips{};                                   // of V1 and V13, in place of H800 and H20
    std::vector<std::filesystem::path> operands{};                            // of a training run, for V6
    std::function<void(double fraction, std::string_view what)> on_progress;  // may be empty
};

// Where a row belongs.
enum class section : std::uint8_t { self_check, row };

struct row_info {
    std::string_view id;    // "V1"
    std::string_view name;  // "step-time"
    section where;
    std::string_view computes;   // what is computed
    std::string_view kinds;      // of the whole row: E, C, M, P
    std::string_view decides;    // the rule in words
    std::string_view questions;  // "Q1 Q2", empty for none
    row_result (*run)(const row_context&) = nullptr;
    std::string_view missing = {};  // why it is NOT RUN, or what the figures do not cover yet
    std::string_view needs = {};    // what would run it
};

// In the order in which they are shown; self-checks first (rows.cpp).
std::vector<row_info> all_rows();

struct row_outcome {
    row_info info;
    row_result result;
};

// Result of a row by id; one that is NOT RUN if it was not selected.
const row_result& result_of(const std::vector<row_outcome>& rows, std::string_view id);

struct answer {
    verdict word = verdict::undecided;
    std::string reason;
};

struct question_info {
    std::string_view id;
    std::string_view text;
    std::string_view rows;  // that answer it
    answer (*ask)(const std::vector<row_outcome>&);
    std::string_view brief;  // "whether FP8 was critical"
};

// questions.cpp
std::vector<question_info> all_questions();

struct question_outcome {
    question_info info;
    answer given;
};

struct claim_options {
    std::vector<std::string> only;  // ids or names of rows; all rows if empty
    int threads = 0;
    bool full = false;
    const chip_set* chips = nullptr;  // as in row_context
    const subject* what = nullptr;
    const results_set* results = nullptr;
    std::vector<std::string> asked_chips{};
    std::vector<std::filesystem::path> operands{};
    std::function<void(double fraction, std::string_view what)> on_progress;
};

// One input moved alone within its doubt, the others at their centre, and what that does to one figure and its rule.
struct sensitivity_line {
    std::string row;    // "V1"
    std::string where;  // chip
    std::string input;
    double low = 0;  // of the input
    double high = 0;
    double at_low = 0;  // of the figure
    double at_centre = 0;
    double at_high = 0;
    double threshold = 0;
    std::string rule;    // what the threshold parts
    bool flips = false;  // the figure lies on both sides of the threshold
};

// sensitivity.cpp: V1, V12a, V12b and V11.
std::vector<sensitivity_line> sensitivity_of(const row_context& how);

struct claim_outcome {
    std::vector<row_outcome> rows;
    std::vector<question_outcome> questions;    // empty if only some rows were asked for
    bool complete = true;                       // all rows were asked for
    std::vector<sensitivity_line> sensitivity;  // empty if only some rows were asked for
    std::vector<std::string> changes;           // what-if figures, files of chips and results, another model

    // S1 and every check of bits and bytes held. What verdicts say has no influence.
    bool own_checks_held() const;
};

// Ids of rows by id or name, in any case. Throws std::invalid_argument, naming near ones, for an unknown one.
std::vector<std::string> rows_named(const std::vector<std::string>& wanted);

// Throws as rows_named, before any work.
claim_outcome run_claim(const claim_options& options);

inline constexpr std::string_view legend_of_kinds =
    "Kinds: E emulated bit for bit or counted exactly, C measured on this CPU, M modelled, P published.";

}  // namespace narrowfp::bench::claim
