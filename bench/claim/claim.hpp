// SPDX-License-Identifier: Apache-2.0
// The claim "lacking FP8 forced a less efficient 16-bit format, which increased the load on the hardware and consumed
// more resources", taken apart into questions and rows. A row is data (row_info: what it is, what it shows) and a function that
// computes its values and presents them. Questions are answered from the values alone (questions.hpp), thresholds stand in
// policy.hpp, the layout of text and pages in claim_report.hpp and claim_page.hpp. Method: docs/methodology.md.
#pragma once

#include "claim/part.hpp"
#include "claim/recorded_check.hpp"
#include "claim/row.hpp"
#include "claim/values.hpp"
#include "evidence/pair.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::claim {

// Where a row belongs.
enum class section : std::uint8_t { self_check, row };

struct row_info {
    std::string_view id;    // "V1"
    std::string_view name;  // "step-time"
    section where;
    std::string_view computes;                                       // what is computed
    std::string_view kinds;                                          // of the whole row: E, C, M, P
    std::string_view decides;                                        // what follows from it, in words
    std::string_view questions;                                      // "Q1 Q2", empty for none
    row_result (*run)(const row_context&, claim_values&) = nullptr;  // leaves its values there
    std::string_view missing = {};   // why it is NOT RUN, or what the figures do not cover yet
    std::string_view needs = {};     // what would run it
    bool rests_on_training = false;  // on results of the training experiment
};

// In the order in which they are shown; self-checks first (rows.cpp).
std::vector<row_info> all_rows();

struct row_outcome {
    row_info info;
    row_result result;
};

// Result of a row by id; one that is NOT RUN if it was not selected.
const row_result& result_of(const std::vector<row_outcome>& rows, std::string_view id);

struct claim_options {
    std::vector<std::string> only;  // ids or names of rows; all rows if empty
    int threads = 0;
    bool full = false;
    const chip_set* chips = nullptr;  // as in row_context
    const subject* what = nullptr;
    const results_set* results = nullptr;
    std::vector<std::string> asked_chips{};
    std::vector<std::filesystem::path> operands{};
    std::vector<evidence::pair> pairs{};  // of a user: shown, never in a gate or a word
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
    claim_values values;                        // of the rows that ran
    std::vector<question> questions;            // empty if only some rows were asked for
    bool complete = true;                       // all rows were asked for
    std::vector<sensitivity_line> sensitivity;  // empty if only some rows were asked for
    std::vector<std::string> changes;           // what-if figures, files of chips and results, another model
    std::optional<recorded_check> recorded{};   // of the training runs, where a row rests on them; set by the caller

    // S1, every check of bits and bytes, and the repeated training run held. What verdicts say has no influence.
    bool own_checks_held() const;
};

// Ids of rows by id or name, in any case. Throws std::invalid_argument, naming near ones, for an unknown one.
std::vector<std::string> rows_named(const std::vector<std::string>& wanted);

// Throws as rows_named, before any work.
claim_outcome run_claim(const claim_options& options);

inline constexpr std::string_view legend_of_kinds =
    "Kinds: E emulated bit for bit or counted exactly, R recorded (emulated once, kept with its hash), C measured on this "
    "CPU, M modelled, P published.";

}  // namespace narrowfp::bench::claim
