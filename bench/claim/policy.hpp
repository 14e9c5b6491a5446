// SPDX-License-Identifier: Apache-2.0
// What the claim decides by: thresholds, which chips a row is about, and what is asked of a vendor or a chip. No row, page
// or picture has a number or a list of its own. The thresholds of probabilities stand in ratio_model/grade.hpp, the
// design of the training experiment in train/experiment/design.hpp.
#pragma once

#include <narrowfp/device/chip.hpp>

#include <array>
#include <string_view>

namespace narrowfp::bench::claim::policy {

// -- thresholds -------------------------------------------------------------------------------------------------------

// FP8 saves something that counts from this ratio of rates on; below it, runs and layouts of real systems differ as much.
inline constexpr double worthwhile_ratio = 1.10;
// Extra step time of the cheapest 16-bit schedule that fits: more load, hardly any, and enough to call FP8 critical.
inline constexpr double more_load = 0.10;
inline constexpr double hardly_any_load = 0.03;
inline constexpr double critical_load = 0.25;
// Shares of a device's memory that training may fill; the rest is for buffers, libraries and gaps. Not known: scenarios.
inline constexpr std::array<double, 2> usable_memory{0.88, 0.95};
// Rates of two chips: one is faster above this ratio.
inline constexpr double as_fast = 1.0;

// -- chips, as `narrowfp list chips` names them -----------------------------------------------------------------------

// The chips that DeepSeek trained on and returned to.
inline constexpr std::array<std::string_view, 2> nvidia_chips{"h800", "h20"};
inline constexpr std::array<std::string_view, 4> ascend_chips{"910b2", "910b3", "910b4", "910c"};
// The variants of the 910B, one of which Pangu Ultra MoE was trained on: its report does not say which.
inline constexpr std::array<std::string_view, 3> pangu_chips{"910b2", "910b3", "910b4"};
// Where a single Ascend 910B stands for all.
inline constexpr std::string_view usual_910b = "910b3";
// Chips whose memory a schedule has to fit.
inline constexpr std::array<std::string_view, 6> fitted_chips{"h800", "h20", "910b2", "910b3", "910b4", "910c"};

// -- what is asked of a chip ------------------------------------------------------------------------------------------

// An Ascend: FP8 units are only supposed, and no step on it is an anchor of the step-time model.
inline bool is_ascend(const device::chip& c) { return c.vendor == "Huawei"; }

}  // namespace narrowfp::bench::claim::policy
