// SPDX-License-Identifier: Apache-2.0
// The word for a probability. One policy, one function: thresholds, caps and what failed gates do to a word stand nowhere
// else. A word never has an influence on an exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace narrowfp::bench::ratio_model {

enum class word : std::uint8_t { not_supported, leans_against, open, leans_supported, supported };

constexpr std::string_view to_string(word w) {
    switch (w) {
        case word::not_supported: return "NOT SUPPORTED";
        case word::leans_against: return "LEANS AGAINST";
        case word::open: return "OPEN";
        case word::leans_supported: return "LEANS SUPPORTED";
        case word::supported: return "SUPPORTED";
    }
    return "?";
}

// Probabilities of the statement at which words begin; the ends count.
struct grade_policy {
    double supported = 0.90;        // at least
    double leans_supported = 0.67;  // at least
    double leans_against = 0.33;    // at most
    double not_supported = 0.10;    // at most
};

inline constexpr grade_policy policy{};

constexpr word word_of(double probability) {
    return probability >= policy.supported         ? word::supported
           : probability >= policy.leans_supported ? word::leans_supported
           : probability <= policy.not_supported   ? word::not_supported
           : probability <= policy.leans_against   ? word::leans_against
                                                   : word::open;
}

constexpr word at_most_leans(word w) {
    return w == word::supported ? word::leans_supported : (w == word::not_supported ? word::leans_against : w);
}

// What a word rests on.
struct grade_basis {
    double probability = 0;                 // of the statement, all pairs
    double without_vendor_pages = 0;        // the same without the vendor's own pages
    bool capped = false;                    // beyond the pairs, or of a class that failed G5: at most LEANS
    bool hypothetical = false;              // the chip has no FP8 units
    bool sources_passed = false;            // gates G2, G3 and G4
    std::optional<bool> later_passed = {};  // gate G6; nothing: not computed
};

struct graded {
    word w = word::open;
    bool hypothetical = false;
    bool provisional = false;  // G6 is not computed
    bool gate_failed = false;  // the word is OPEN whatever the probability

    friend bool operator==(const graded&, const graded&) = default;
};

// SUPPORTED needs both probabilities. A failed gate makes every word OPEN. Throws std::invalid_argument for a probability
// outside [0, 1].
graded grade(const grade_basis& basis);

// "LEANS SUPPORTED, hypothetical, PROVISIONAL"
std::string text_of(const graded& g);

}  // namespace narrowfp::bench::ratio_model
