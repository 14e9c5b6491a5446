// SPDX-License-Identifier: Apache-2.0
// Figures of V12b: tokens a second and device, an H20 with FP8 over an Ascend in 16 bits and in INT8. A share counts all
// pairs of a scenario of the H20 with one of the Ascend. Ratios of published peaks are kept beside it; they are no rates.
#pragma once

#include "claim/row.hpp"
#include "claim/scenario_distribution.hpp"

#include <narrowfp/device/chip.hpp>

#include <string>
#include <vector>

namespace narrowfp::bench::claim {

// Rates are tokens a second and device with unlimited memory; a ratio above 1: the H20 is faster.
struct rate_ratio {
    std::string chip;  // an Ascend
    scenario_distribution wide_rate;
    scenario_distribution int8_rate;  // empty if the chip has no INT8 units
    double centre_over_wide = 0;
    double centre_over_int8 = 0;      // 0 without INT8 units
    scenario_distribution over_wide;  // H20 in FP8 over this chip in 16 bits, over pairs of scenarios
    scenario_distribution over_int8;  // over this chip in INT8
    case_seconds seconds;             // of this chip for each token, at the centre
};

// The H20's FP8 peak over a stated peak of an Ascend.
struct peak_ratio {
    std::string chip;
    std::string full_name;
    device::datum peak;  // TFLOP/s or TOP/s; its sources are owned by the chips
    int number = 1;      // among the figures of that quantity
    double ratio = 0;
};

struct rate_ratios {
    std::string model;
    scenario_distribution h20_rate;  // in FP8
    double h20_seconds = 0;          // for each token, at the centre
    std::vector<rate_ratio> chips;
    double h20_fp8_peak = 0;   // TFLOP/s
    double h20_wide_peak = 0;  // TFLOP/s
    std::string h20_peak_source;
    std::vector<peak_ratio> peaks;
};

// Throws std::invalid_argument if the H20 has no FP8 units (a what-if figure).
rate_ratios compute_rate_ratios(const row_context& how);

row_result present_rate_ratios(const rate_ratios& figures);

}  // namespace narrowfp::bench::claim
