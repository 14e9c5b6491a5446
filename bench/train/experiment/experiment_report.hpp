// SPDX-License-Identifier: Apache-2.0
// The training experiment for people: tables, findings in words, report.md. Each figure stands with one line on what a small
// model can show of it and what it cannot.
#pragma once

#include "train/experiment/summary.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

namespace narrowfp::bench::train {

// Gaps of T3: means, intervals, test.
report::table gap_table(const experiment_outcome& e, const experiment_summary& s);
// Every seed's gap.
report::table seed_table(const experiment_outcome& e, const experiment_summary& s);
// T1: gradient SNR, bias, events of each arm.
report::table fidelity_table(const experiment_outcome& e, const experiment_summary& s);
// T1: errors of products by role in two budgets, and what is left of single tokens.
report::table role_table(const experiment_summary& s);
// T2.
report::table fork_table(const experiment_outcome& e, const experiment_summary& s);

// All of these that have rows, in order.
std::vector<report::table> experiment_tables(const experiment_outcome& e, const experiment_summary& s);

// V7 in words, the learning rate, the guards, V15's two figures.
std::vector<std::string> experiment_findings(const experiment_outcome& e, const experiment_summary& s);

std::string experiment_markdown(const experiment_outcome& e, const experiment_summary& s,
                                const report::field_list& context, const std::string& command);

}  // namespace narrowfp::bench::train
