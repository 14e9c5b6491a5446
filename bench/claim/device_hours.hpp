// SPDX-License-Identifier: Apache-2.0
// Figures of V13: device-hours and energy of DeepSeek-V3's 14.8 x 10^12 tokens in each hardware case, with no time lost to
// failures and unlimited memory. V1 in other units.
#pragma once

#include "claim/row.hpp"
#include "claim/scenario_distribution.hpp"

#include <narrowfp/device/chip.hpp>

#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

struct case_hours {
    double centre = 0;  // 10^6 device-hours
    scenario_distribution scenarios;
};

struct chip_hours {
    std::string chip;
    bool asked_for = false;                          // of the chips that the row is about; the others are beside it
    std::array<std::optional<case_hours>, 4> cases;  // by hardware_case; nothing if the chip has no such unit
    std::optional<device::datum> power;              // W, the largest of the device; nothing if not known

    const std::optional<case_hours>& operator[](hardware_case c) const { return cases[static_cast<std::size_t>(c)]; }
    // Device-hours x largest power at the centre, a proxy; nothing without a power or a unit.
    std::optional<double> gigawatt_hours(hardware_case c) const;
};

struct device_hours {
    std::string model;
    double tokens = 0;
    double published = 0;  // 10^6 H800-hours, in FP8
    std::vector<chip_hours> chips;
};

// Throws std::invalid_argument for an asked chip without FP8 units.
device_hours compute_device_hours(const row_context& how);

row_result present_device_hours(const device_hours& figures);

}  // namespace narrowfp::bench::claim
