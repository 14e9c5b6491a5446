// SPDX-License-Identifier: Apache-2.0
// The rounding modes and their names: the deterministic ones (IEEE 754-2019, 4.3; to_odd from IEEE P3109 v4.0) and the
// stochastic ones A, B and C of P3109 v4.0, which need N random bits an element (meaning: stochastic.hpp).
// A function that takes a `rounding` is deterministic and refuses the stochastic ones; one that takes a `rounding_rule`
// also takes a source of random bits.
#pragma once

#include <narrowfp/base/name_table.hpp>

#include <array>
#include <charconv>
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

// Of all modes, stochastic ones too. Throws std::invalid_argument, with all names, for an unknown one.
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
    throw std::invalid_argument("unknown rounding '" + std::string(name) + "'; known: " + name_list(rounding_names) +
                                ", " + name_list(stochastic_rounding_names));
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

// The rule of that name. Throws std::invalid_argument for anything but a mode, with its random bits if it is stochastic.
inline rounding_rule rounding_rule_by_name(std::string_view name) {
    const std::size_t bracket = name.find('(');
    const rounding mode = rounding_by_name(name.substr(0, bracket));
    rounding_rule rule = mode;
    if (bracket != std::string_view::npos && name.ends_with(')')) {
        const char* end = name.data() + name.size() - 1;
        const auto read = std::from_chars(name.data() + bracket + 1, end, rule.random_bits);
        rule.random_bits = read.ec == std::errc() && read.ptr == end ? rule.random_bits : 0;
    }
    if (name != name_of(rule) || !rule.is_valid()) {
        throw std::invalid_argument(
            "rounding '" + std::string(name) + "': " + std::string(name_of(mode)) +
            (is_stochastic(mode) ? "(N) expected, N random bits (1 to 32)" : " expected, without random bits"));
    }
    return rule;
}

}  // namespace narrowfp
