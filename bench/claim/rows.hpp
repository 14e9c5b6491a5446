// SPDX-License-Identifier: Apache-2.0
// The functions behind the rows that run, one file row_ID.cpp each, and what they share: records whose ids begin with
// "claim.ID.", and tables in the four columns in which every cost is shown. A new row: its function here, its file, and
// its name in the table of rows.cpp in place of what it said was missing.
#pragma once

#include "claim/claim.hpp"

#include <narrowfp/cost/model_shape.hpp>
#include <narrowfp/cost/training_flops.hpp>

namespace narrowfp::bench::claim {

row_result run_s1(const row_context& how);    // row_s1.cpp
row_result run_v1(const row_context& how);    // row_v1.cpp
row_result run_v3(const row_context& how);    // row_v3_v5.cpp
row_result run_v5(const row_context& how);    // row_v3_v5.cpp
row_result run_v6(const row_context& how);    // row_v6.cpp
row_result run_v12b(const row_context& how);  // row_v12b.cpp

// -- S1 on any model and run ------------------------------------------------------------------------------------------
row_result check_identities(const cost::model_shape& model, const cost::training_run& run);

// -- V1's range, for its tests ----------------------------------------------------------------------------------------
scenario_range h800_step_ratio();

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
    report::figure_kind kind = report::figure_kind::emulated;
    std::string source = {};
    std::optional<double> wide_high = std::nullopt;  // the 16-bit column is a range from `wide` to here
};

// What 8-bit storage with 16-bit multiplication recovers of the difference between 16 bits and FP8 units; nothing if
// there is no difference or a column is missing.
std::optional<double> recoverable(const cost_line& line);

// The notes follow below; the last line is "recoverable without FP8 units: x %".
report::table four_column_table(std::string title, const std::vector<cost_line>& lines,
                                std::vector<std::string> notes = {});

// Four records for each line, and one for its recoverable share.
std::vector<report::record> four_column_records(std::string_view row, const std::vector<cost_line>& lines);

// A whole number with separators from 1000 on, else three significant digits.
std::string cost_text(double x);

// Why a modelled verdict is UNDECIDED: "S3 has not run; ", "S3 failed; " or nothing.
std::string s3_text(verdict s3);

// A record "claim.ROW.WHAT", lower case, with the command that gives it alone.
report::record make_record(std::string_view row, std::string_view what, std::string name, report::figure_kind kind,
                           report::record_value value, std::string unit, std::string method = {});

}  // namespace narrowfp::bench::claim
