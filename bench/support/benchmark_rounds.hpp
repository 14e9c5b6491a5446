// SPDX-License-Identifier: Apache-2.0
// Timing in rounds: each round runs every row of a group, one after the other, beginning with another row each time, and
// each row as often as fills the least time. What the machine does for a while falls on all rows alike, so the ratio of
// two rows in one round is worth more than the ratio of their best times. Internal to benchmark_main.cpp.
#pragma once

#include "support/benchmark_main.hpp"
#include "support/benchmark_results.hpp"

#include <string>
#include <vector>

namespace narrowfp::bench {

struct round_options {
    int rounds = 9;
    double least_seconds = 0.02;  // of one row in one round
    long repeats = 0;             // of one row in one round; 0: as many as the least time needs
};

// Prepares and checks a row.
void prepare_row(suite_row& row, row_outcome& outcome);

// Prepares, checks, times, checks again and releases the rows; what became of each. No row is timed before it is right.
std::vector<row_outcome> time_in_rounds(const std::vector<suite_row*>& rows, const round_options& how);

// The same in a child process under another target: `arguments` make this program write its outcomes as lines of text.
// Throws std::runtime_error if the child cannot be started, fails, or answers with other rows.
std::vector<row_outcome> time_in_child(const std::vector<suite_row*>& rows, const std::string& target,
                                       const std::vector<std::string>& arguments);

// What the child writes.
void write_outcomes(const std::vector<suite_row*>& rows, const std::vector<row_outcome>& outcomes);

}  // namespace narrowfp::bench
