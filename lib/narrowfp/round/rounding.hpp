// SPDX-License-Identifier: Apache-2.0
// The deterministic rounding modes (IEEE 754-2019, 4.3; to_odd from IEEE P3109 v4.0) and their names.
#pragma once

#include <narrowfp/base/config.hpp>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace narrowfp {

enum class rounding : std::uint8_t {
    ties_to_even,     // nearest; a tie goes to the even code
    ties_to_away,     // nearest; a tie goes to the larger magnitude
    toward_zero,      // truncation
    toward_positive,  // up
    toward_negative,  // down
    to_odd,           // exact values stay; anything else goes to the neighbour with the odd code
};

inline constexpr std::array<std::pair<rounding, std::string_view>, 6> rounding_names{{
    {rounding::ties_to_even, "ties_to_even"},
    {rounding::ties_to_away, "ties_to_away"},
    {rounding::toward_zero, "toward_zero"},
    {rounding::toward_positive, "toward_positive"},
    {rounding::toward_negative, "toward_negative"},
    {rounding::to_odd, "to_odd"},
}};

constexpr std::string_view name_of(rounding mode) { return rounding_names[static_cast<std::size_t>(mode)].second; }

// Throws std::invalid_argument for an unknown name.
inline rounding rounding_by_name(std::string_view name) {
    for (const auto& [mode, known] : rounding_names) {
        if (known == name) {
            return mode;
        }
    }
    throw std::invalid_argument("unknown rounding '" + std::string(name) + "'");
}

}  // namespace narrowfp
