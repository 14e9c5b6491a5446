// SPDX-License-Identifier: Apache-2.0
// The step of the centre scenario line by line, so that a reader can do it again with a pocket calculator: each line
// says its formula in terms of lines above it, and has one column for each chip.
#pragma once

#include "claim/row.hpp"
#include "step_model/step_scenarios.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

namespace narrowfp::bench::claim {

struct worked_line {
    std::string letter;
    std::string what;
    std::string unit;
    std::string formula;  // "input", or in letters of lines above
    double value = 0;
};

struct worked_column {
    std::string chip;
    std::vector<worked_line> lines;
    std::array<cost::layer_seconds, 4> layers{};  // by column; zeros where the chip has no such unit
    std::array<double, 4> links{};                // seconds to experts, one layer
    std::array<bool, 4> there{};
};

worked_column worked_on(const step_scenarios& all);

report::table worked_table(std::string_view row, const std::string& model, const std::vector<worked_column>& columns);
// Milliseconds of one layer and micro-batch by class, chip and column.
report::table breakdown_table(std::string_view row, const std::vector<worked_column>& columns);
std::vector<report::record> worked_records(std::string_view row, const std::vector<worked_column>& columns);

}  // namespace narrowfp::bench::claim
