// SPDX-License-Identifier: Apache-2.0
// Figures of V14: what published efficiencies of software on one Ascend system are worth, beside what FP8 is worth on one
// chip by the step-time model.
#pragma once

#include "claim/row.hpp"
#include "claim/scenario_distribution.hpp"

#include <string>
#include <vector>

namespace narrowfp::bench::claim {

// Rates after over before, on the same chips.
struct software_step {
    std::string id;
    double before = 0;  // share of the 16-bit peak
    double after = 0;
    std::string source;

    double factor() const { return after / before; }
};

// 16-bit over FP8 step time, memory unlimited.
struct format_step {
    std::string chip;
    bool hypothetical_units = false;  // an Ascend, had it FP8 units at twice its 16-bit peak
    double centre = 0;
    scenario_distribution scenarios;
};

struct software_and_format {
    std::vector<software_step> software;
    std::vector<format_step> format;
};

software_and_format compute_software(const row_context& how);

row_result present_software(const software_and_format& figures);

}  // namespace narrowfp::bench::claim
