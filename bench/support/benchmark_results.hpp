// SPDX-License-Identifier: Apache-2.0
// From what a suite ran to records and to a table: medians over repetitions, ratios of medians, deterministic figures.
// Internal to benchmark_main.cpp.
#pragma once

#include "support/benchmark_main.hpp"

#include <narrowfp/report/table.hpp>

#include <map>

namespace narrowfp::bench {

// What became of a row. A row that was not selected has none.
struct row_outcome {
    report::record_status status = report::record_status::ok;  // ok, failed or not_run
    std::string note;                                          // why, unless ok
    std::vector<double> rates;                                 // multiply-adds a second, one for each repetition
    std::string label;                                         // of the row, once it was prepared
    std::string group;                                         // of rows whose rates are from the same rounds, in order
};

using row_outcomes = std::map<std::string, row_outcome, std::less<>>;

// The value as a name or a context shows it.
std::string text_of(const report::field_value& value);

// Program, version, compiler, flags, seed, hash of the data. `machine`: also what differs between machines and runs;
// without it the context of a deterministic file.
report::field_list context_of(const suite_info& info, const suite_options& options, const suite_content& content,
                              bool machine);

// The records of all rows that have an outcome, in the order of the suite. Of a row that failed or could not run, the
// same records without values and with the reason.
report::document suite_document(const suite_info& info, const suite_content& content, const row_outcomes& outcomes,
                                const report::field_list& context, const suite_options& options);

// Rates and their ratios for a person. Precondition: a measured suite.
report::table rate_table(const suite_info& info, const suite_content& content, const row_outcomes& outcomes);

// What the suite was expected to reach and what it reached.
report::table goal_table(const suite_content& content, const row_outcomes& outcomes);

}  // namespace narrowfp::bench
