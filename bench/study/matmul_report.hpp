// SPDX-License-Identifier: Apache-2.0
// The matmul study as a person and as a program reads it: tables for terminal and report.md, sentences computed from
// the figures, records for results.json.
#pragma once

#include "study/matmul.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

namespace narrowfp::bench {

// Error by format, recipe and accumulator, bytes, and both as ratios to the FP8 baseline: one table for each data set.
std::vector<report::table> matmul_error_tables(const matmul_study& study);

// Bytes of both operands of each data set in the four columns of every cost.
report::table matmul_cost_table(const matmul_study& study);

// What the figures say, one sentence each; empty where a row was not run.
std::vector<std::string> matmul_findings(const matmul_study& study);

// report.md.
std::string matmul_markdown(const matmul_study& study, const report::field_list& context);

// The deterministic records, and those of the throughput rows, which have not been run.
report::document matmul_results(const matmul_study& study, const report::field_list& context);
report::document matmul_timings(const report::field_list& context);

}  // namespace narrowfp::bench
