// SPDX-License-Identifier: Apache-2.0
// Records of a row as its figures look for them: by what follows "claim.ROW.". Nothing is computed here.
#pragma once

#include "claim/claim.hpp"
#include "step_model/step_scenarios.hpp"

#include <narrowfp/report/figure.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace narrowfp::bench::claim {

using figures = std::vector<report::figure>;

inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();
// Short names of all_hardware_cases, in their order.
inline constexpr std::array<std::string_view, 4> figure_column_names{"fp8 units", "fp8 storage", "int8", "16-bit only"};

class row_records {
public:
    row_records(const claim_outcome& outcome, std::string_view row);

    // The record, or nullptr.
    const report::record* find(std::string_view id) const;
    // Those whose id begins so, each with what follows.
    std::vector<std::pair<std::string, const report::record*>> under(std::string_view begin) const;
    // A record's number, NaN if there is none.
    double value(std::string_view id) const;
    static double number(const report::record& r);

private:
    std::vector<std::pair<std::string, const report::record*>> all_;
};

// A number among the parameters, NaN if there is none.
double parameter(const report::record& r, std::string_view key);

// Value with its range, all times `factor`.
report::figure_point point_of(const report::record& r, double factor = 1);

std::string lower_case(std::string text);

// Appends the figure without its empty series, if one is left.
void add_if_any(figures& all, report::figure f);
// That figure alone, or none.
figures alone(report::figure f);

// figures_cost.cpp: by row
figures step_figures(std::string_view row, const claim_outcome& outcome);  // V1, V12a
figures shape_figures(const claim_outcome& outcome);                       // V2
figures byte_figures(const claim_outcome& outcome);                        // V3
figures fit_figures(const claim_outcome& outcome);                         // V4
figures link_figures(const claim_outcome& outcome);                        // V5
figures h20_figures(const claim_outcome& outcome);                         // V12b
figures hour_figures(const claim_outcome& outcome);                        // V13
figures software_figures(const claim_outcome& outcome);                    // V14
figures recoverable_figures(const claim_outcome& outcome);                 // V16

// figures_evidence.cpp
figures fit_error_figures(const claim_outcome& outcome);     // S2
figures hold_out_figures(const claim_outcome& outcome);      // S3
figures error_figures(const claim_outcome& outcome);         // V6
figures failure_figures(const claim_outcome& outcome);       // V9
figures flip_figures(const claim_outcome& outcome);          // V10
figures loss_by_size_figures(const claim_outcome& outcome);  // V7
figures attribution_figures(const claim_outcome& outcome);   // V11
figures int8_figures(const claim_outcome& outcome);          // V15

// figures_results.cpp: of what --results gave
figures loss_figures(const results_set& results);           // V7
figures measured_link_figures(const results_set& results);  // V5
figures interruption_figures(const results_set& results);   // V9
figures detection_figures(const results_set& results);      // V10
figures roofline_figures(const results_set& results);       // V16

}  // namespace narrowfp::bench::claim
