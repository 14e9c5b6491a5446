// SPDX-License-Identifier: Apache-2.0
// The functions behind the rows that run, and what they share: records whose ids begin with "claim.ID.", and tables in the
// four columns in which every cost is shown. A new row: its function here, with the file that defines it, and its line in the
// table of rows.cpp.
#pragma once

#include "claim/claim.hpp"
#include "claim/results_set.hpp"
#include "step_model/chip_set.hpp"
#include "step_model/step_scenarios.hpp"
#include "step_model/subject.hpp"
#include "support/equivalence.hpp"

#include <narrowfp/cost/model_shape.hpp>
#include <narrowfp/cost/training_flops.hpp>

namespace narrowfp::bench::claim {

row_result run_s1(const row_context& how);                          // row_s1.cpp
row_result run_s2(const row_context& how);                          // row_s2.cpp
row_result run_s3(const row_context& how);                          // row_s3.cpp
row_result run_s4(const row_context& how);                          // row_s4.cpp
row_result run_v2(const row_context& how);                          // row_v2.cpp
row_result run_v6(const row_context& how, product_errors& errors);  // row_v6.cpp
row_result run_v9(const row_context& how);                          // row_v9.cpp
row_result run_v10(const row_context& how);                         // row_v10.cpp
// row_training.cpp
row_result present_loss(const training_figures& f);                          // V7
row_result present_wide_formats(const training_figures& f);                  // V8
row_result present_int8(const row_context& how, const training_figures& f);  // V15

row_result run_f1(const row_context& how);  // row_f1.cpp

// -- S1 on any model and run ------------------------------------------------------------------------------------------
row_result check_identities(const cost::model_shape& model, const cost::training_run& run);

// -- what a row is about ----------------------------------------------------------------------------------------------
const chip_set& chips_of(const row_context& how);
const subject& subject_of(const row_context& how);
// A record that another program wrote, or nullptr.
const report::record* result_named(const row_context& how, std::string_view id);

// -- rules, for rows and their tests ----------------------------------------------------------------------------------
// S3 over pairs: inside the range, and whether a range is narrow enough; 3 of 4 and all of them. It is the test of the first
// version of the rules; no other row depends on it.
verdict hold_out_verdict(int inside, double widest);
// V15: equivalence of its gap, and how many dB its median gradient SNR lies below deepseek_v3's.
verdict int8_verdict(equivalence gap, double snr_below_db);

// V11's part of the sensitivity table: in how many of the 24 orders format is the largest factor.
std::vector<sensitivity_line> attribution_sensitivity(const row_context& how);

// -- texts and lists --------------------------------------------------------------------------------------------------
// "1.05 to 1.27x".
std::string range_text(const scenario_range& range, int digits = 3);
// "36.2 %" of the scenarios; "100 %" and "0 %" only for all and none.
std::string share_text(double share);
// "88 or 95 %".
std::string usable_memory_text();

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// -- the four columns -------------------------------------------------------------------------------------------------
// One cost. A column without a value was not computed.
struct cost_line {
    std::string id;  // for records: lower snake case
    std::string name;
    std::string unit;
    std::optional<double> fp8_units;
    std::optional<double> fp8_storage;  // with 16-bit multiply
    std::optional<double> int8;
    std::optional<double> wide;  // 16-bit only
    report::evidence_kind kind = report::evidence_kind::emulated;
    std::string source = {};
    std::optional<double> wide_high = std::nullopt;  // the 16-bit column is a range from `wide` to here
    std::string absent = "NOT RUN";                  // what stands in a column without a value
};

struct four_counts;  // kept_and_sent_bytes.hpp
cost_line line_of_counts(std::string id, std::string name, std::string unit, const four_counts& counts,
                         report::evidence_kind kind, std::string source);

// What 8-bit storage with 16-bit multiplication recovers of the difference between 16 bits and FP8 units; nothing if
// there is no difference or a column is missing.
std::optional<double> recoverable_share(double units, double storage, double wide);
std::optional<double> recoverable(const cost_line& line);

// The notes follow below; the last line is "recoverable without FP8 units: x %".
report::table four_column_table(std::string title, const std::vector<cost_line>& lines,
                                std::vector<std::string> notes = {});

// Four records for each line, and one for its recoverable share.
std::vector<report::record> four_column_records(std::string_view row, const std::vector<cost_line>& lines);

// A whole number with separators from 1000 on, else three significant digits.
std::string cost_text(double x);

// A record "claim.ROW.WHAT", lower case, with the command that gives it alone.
report::record make_record(std::string_view row, std::string_view what, std::string name, report::evidence_kind kind,
                           report::record_value value, std::string unit, std::string method = {});

}  // namespace narrowfp::bench::claim
