// SPDX-License-Identifier: Apache-2.0
// The rounding modes and their names: the deterministic ones (IEEE 754-2019, 4.3; to_odd from IEEE P3109 v4.0) and the
// stochastic ones A, B and C of P3109 v4.0, which need N random bits an element (meaning: stochastic.hpp).
// A function that takes a `rounding` is deterministic and refuses the stochastic ones; one that takes a `rounding_rule`
// also takes a source of random bits.
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
    stochastic_a,     // up with the probability of the position between the neighbours, truncated to N bits
    stochastic_b,     // the same, biased by half a step of the N bits against the truncation
    stochastic_c,     // the same, rounded to N bits first, ties to even
};

// Modes that need nothing but the number.
inline constexpr std::array<std::pair<rounding, std::string_view>, 6> rounding_names{{
    {rounding::ties_to_even, "ties_to_even"},
    {rounding::ties_to_away, "ties_to_away"},
    {rounding::toward_zero, "toward_zero"},
    {rounding::toward_positive, "toward_positive"},
    {rounding::toward_negative, "toward_negative"},
    {rounding::to_odd, "to_odd"},
}};
// Modes that need random bits.
inline constexpr std::array<std::pair<rounding, std::string_view>, 3> stochastic_rounding_names{{
    {rounding::stochastic_a, "stochastic_a"},
    {rounding::stochastic_b, "stochastic_b"},
    {rounding::stochastic_c, "stochastic_c"},
}};

constexpr bool is_stochastic(rounding mode) { return mode >= rounding::stochastic_a; }

constexpr std::string_view name_of(rounding mode) {
    const auto index = static_cast<std::size_t>(mode);
    return is_stochastic(mode) ? stochastic_rounding_names[index - rounding_names.size()].second
                               : rounding_names[index].second;
}

// Of all modes, stochastic ones too. Throws std::invalid_argument for an unknown name.
inline rounding rounding_by_name(std::string_view name) {
    for (const auto& [mode, known] : rounding_names) {
        if (known == name) {
            return mode;
        }
    }
    for (const auto& [mode, known] : stochastic_rounding_names) {
        if (known == name) {
            return mode;
        }
    }
    throw std::invalid_argument("unknown rounding '" + std::string(name) + "'");
}

// A mode and, for the stochastic ones, N: how many random bits decide about an element, 1 to 32 (otherwise 0).
struct rounding_rule {
    rounding mode = rounding::ties_to_even;
    int random_bits = 0;

    constexpr rounding_rule() = default;
    constexpr rounding_rule(rounding deterministic) : mode(deterministic) {}  // implicit: a mode is a rule
    constexpr rounding_rule(rounding stochastic, int bits) : mode(stochastic), random_bits(bits) {}

    constexpr bool is_valid() const {
        return is_stochastic(mode) ? random_bits >= 1 && random_bits <= 32 : random_bits == 0;
    }
    friend constexpr bool operator==(const rounding_rule&, const rounding_rule&) = default;
};

// "ties_to_even", "stochastic_a(8)".
inline std::string name_of(const rounding_rule& rule) {
    const std::string mode(name_of(rule.mode));
    return is_stochastic(rule.mode) ? mode + "(" + std::to_string(rule.random_bits) + ")" : mode;
}

}  // namespace narrowfp
