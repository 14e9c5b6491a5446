// SPDX-License-Identifier: Apache-2.0
// Published evidence as people and programs read it: rows of a data file, units of pairs, faults; each as a table, as JSON
// and as CSV.
#pragma once

#include "cli/command.hpp"
#include "evidence/catalogue.hpp"
#include "evidence/unit.hpp"

#include <string>
#include <vector>

namespace narrowfp::cli {

// How a command prints: --json, --csv, or for people.
struct evidence_style {
    bool csv = false;
};

// Rows of a file. People see its main columns.
void print_evidence_rows(const context& ctx, const evidence_style& style, const bench::evidence::data_file& file,
                         const bench::evidence::csv_table& rows);

// Every filled cell of each row.
void print_evidence_row(const context& ctx, const bench::evidence::data_file& file,
                        const bench::evidence::csv_table& table, const bench::evidence::csv_row& row);

void print_evidence_units(const context& ctx, const evidence_style& style, const bench::evidence::data_file& file,
                          const std::vector<bench::evidence::unit>& units);

void print_checked_files(const context& ctx, const evidence_style& style,
                         const std::vector<bench::evidence::checked_file>& files);

json evidence_row_object(const bench::evidence::csv_table& table, const bench::evidence::csv_row& row);
json evidence_unit_object(const bench::evidence::unit& u);

}  // namespace narrowfp::cli
