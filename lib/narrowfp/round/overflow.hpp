// SPDX-License-Identifier: Apache-2.0
// The three overflow modes, in the words of IEEE P3109 v4.0 (SatNone, SatFinite, SatPropagate). Rounding comes first,
// with unbounded exponent; these decide about what then lies beyond the largest finite value.
//
//   input                        none                        saturate_finite   saturate_propagate
//   finite, rounds beyond        infinity, NaN or largest    largest           largest
//   infinity                     infinity, NaN or largest    largest           as under none
// "infinity, NaN or largest" is the format's own overflow_result. Under `none` a rounding that points toward zero (for
// the sign at hand), or to_odd where the largest value has an odd code, gives the largest finite value instead. In an
// unsigned format everything below its range gives NaN under `none` and the smallest value in the two other modes.
#pragma once

#include <narrowfp/base/name_table.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace narrowfp {

enum class overflow_mode : std::uint8_t { none, saturate_finite, saturate_propagate };

inline constexpr std::array<std::pair<overflow_mode, std::string_view>, 3> overflow_mode_names{{
    {overflow_mode::none, "none"},
    {overflow_mode::saturate_finite, "saturate_finite"},
    {overflow_mode::saturate_propagate, "saturate_propagate"},
}};

constexpr std::string_view name_of(overflow_mode mode) {
    return overflow_mode_names[static_cast<std::size_t>(mode)].second;
}

// Throws std::invalid_argument for a value that is not an overflow mode.
constexpr void require_overflow(overflow_mode mode) {
    if (mode > overflow_mode::saturate_propagate) {
        throw std::invalid_argument("overflow is " + std::to_string(static_cast<int>(mode)) +
                                    ", allowed none, saturate_finite, saturate_propagate");
    }
}

// Throws std::invalid_argument, with all names, for an unknown one.
inline overflow_mode overflow_mode_by_name(std::string_view name) {
    return named_in(overflow_mode_names, "overflow mode", name);
}

}  // namespace narrowfp
