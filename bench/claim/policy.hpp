// SPDX-License-Identifier: Apache-2.0
// What the claim decides by: thresholds, which chips a row is about, how a chip is spelled, and what is asked of a vendor
// or a chip. No row, page or picture has a number or a list of its own. The thresholds of probabilities stand in
// ratio_model/grade.hpp, the design of the training experiment in train/experiment/design.hpp.
#pragma once

#include "step_model/chip_set.hpp"

#include <algorithm>
#include <array>
#include <string>
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
// The same where one figure stands for both.
inline constexpr double usual_usable_memory = 0.90;
// Rates of two chips: one is faster above this ratio.
inline constexpr double as_fast = 1.0;
// V2: FP8 wins on most of a model's work above this share of it.
inline constexpr double most_of_the_work = 0.5;
// V15: INT8 serves if its gradients lose at most so many dB, and fails above the second figure.
inline constexpr double int8_serves_db = 1;
inline constexpr double int8_fails_db = 6;

// -- chips, as `narrowfp list chips` names them -----------------------------------------------------------------------

// The chip that DeepSeek-V3 was trained on, and the one that DeepSeek returned to.
inline constexpr std::string_view trained_on = "h800";
inline constexpr std::string_view returned_to = "h20";
inline constexpr std::array<std::string_view, 2> nvidia_chips{trained_on, returned_to};
inline constexpr std::array<std::string_view, 4> ascend_chips{"910b2", "910b3", "910b4", "910c"};
// The variants of the 910B, one of which Pangu Ultra MoE was trained on: its report does not say which.
inline constexpr std::array<std::string_view, 3> pangu_chips{"910b2", "910b3", "910b4"};
// Where a single Ascend 910B stands for all, and one chip for each generation.
inline constexpr std::string_view usual_910b = "910b3";
inline constexpr std::array<std::string_view, 2> usual_ascends{usual_910b, "910c"};
// Chips whose memory a schedule has to fit.
inline constexpr std::array<std::string_view, 6> fitted_chips{"h800", "h20", "910b2", "910b3", "910b4", "910c"};
// Chips whose links are modelled, and those whose links `narrowfp comm` emulates.
inline constexpr std::array<std::string_view, 4> link_chips{"h800", "h20", usual_910b, "910c"};
inline constexpr std::array<std::string_view, 3> emulated_link_chips{"h800", usual_910b, "910c"};
// Ascend chips with a peak that a source states.
inline constexpr std::array<std::string_view, 5> ascend_peaks{"910b2", "910b3", "910b4", "910c", "910c-560"};
// Chips on which INT8 could stand in for FP8.
inline constexpr std::array<std::string_view, 5> int8_chips{"910b2", "910b3", "910b4", "910c", returned_to};

// -- what is asked of a chip ------------------------------------------------------------------------------------------

using step_model::is_ascend;

// A chip as readers know it: "H800", "910B3". Names without a digit stay as they are: they come from a file of the user.
// Ids of records keep the name itself.
inline std::string chip_label(std::string_view name) {
    std::string label(name);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (std::any_of(label.begin(), label.end(), is_digit)) {
        for (char& c : label) {
            c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }
    return label;
}

}  // namespace narrowfp::bench::claim::policy
