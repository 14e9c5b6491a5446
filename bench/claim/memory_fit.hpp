// SPDX-License-Identifier: Apache-2.0
// Figures of V4: does a step fit into the memory of a chip, and how much longer than with unlimited memory does the
// cheapest schedule that fits take? For each chip and hardware case over all scenarios.
#pragma once

#include "claim/policy.hpp"
#include "claim/row.hpp"
#include "claim/scenario_distribution.hpp"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

inline constexpr double none_fits = std::numeric_limits<double>::infinity();

// Extra time: that of the cheapest schedule that fits over the cheapest with unlimited memory, less 1; none_fits where no
// schedule fits. A scenario is one of the step-time model with one share of the memory and transfers to the host hidden
// or exposed.
struct case_fit {
    scenario_distribution extra;
    double centre_extra = none_fits;
    std::optional<cost::schedule_choice> centre;  // at the middle of the usable shares, transfers hidden

    double share_above(double threshold) const {
        return extra.share_above(threshold);
    }  // those that do not fit included
    double share_below(double threshold) const { return extra.share_below(threshold); }
    double share_none_fits() const { return extra.share_infinite(); }
};

struct chip_fit {
    std::string chip;
    std::vector<double> memory;                    // GB; several if sources differ
    bool has_fp8_units = true;                     // else that case supposes them
    std::array<std::optional<case_fit>, 4> cases;  // by hardware_case; nothing if the chip has no such unit

    const std::optional<case_fit>& operator[](hardware_case c) const { return cases[static_cast<std::size_t>(c)]; }
};

struct memory_fit {
    std::string model;
    std::vector<chip_fit> chips;
    // Bytes on a device of the plain schedule: the layout as it is, no further recomputation, nothing at the host.
    double plain_wide_bytes = 0;
    double plain_narrow_bytes = 0;
};

memory_fit compute_memory_fit(const row_context& how);
// One case of one chip; nothing if it has no such unit.
std::optional<case_fit> fit_on(const step_scenarios& all, hardware_case c);

row_result present_memory_fit(const memory_fit& figures);

}  // namespace narrowfp::bench::claim
