// SPDX-License-Identifier: Apache-2.0
// The gates that the ratio model must pass before a word may rest on it: G2 to G4 on sources left out, G5 on classes left
// out (prints and caps, decides nothing), G6 on families collected after the model was frozen. Bars were chosen with the
// fitted pairs in view; G6 is blind. Gate G1, identities, is the claim's.
#pragma once

#include "ratio_model/later_families.hpp"
#include "ratio_model/scores.hpp"

#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct gate_bars {
    double coverage_low = 0.65;  // G2, share of units inside 80 % intervals, sources weighing alike
    double coverage_high = 0.95;
    double crps_share = 0.90;      // G3, of the constant model's CRPS
    double width = 1.5;            // G4, the median 80 % interval of R: its upper end over its lower end
    double class_coverage = 0.65;  // G5, below it the verdicts on a class are capped
    std::size_t families = 10;     // G6, the first ones count
    std::size_t families_inside = 7;
};

inline constexpr gate_bars bars{};

struct gate {
    std::string id;    // "G2"
    std::string what;  // what the figure is
    double figure = 0;
    std::string bar;  // what passes
    bool passed = false;
};

// Share of tries with which a model passes G6 whose intervals cover each family with probability `coverage`: the binomial
// law P(X >= 7), X ~ B(10, coverage). Throws std::invalid_argument for a coverage outside [0, 1].
double pass_share(double coverage);

struct pass_chance {
    double coverage = 0;
    double share = 0;
};

struct gate_report {
    std::vector<gate> gates;                // G2, G3, G4 and, if it was computed, G6
    std::vector<class_score> classes;       // G5
    std::vector<family_score> families;     // of G6: all, also those after the tenth blind one
    std::vector<pass_chance> pass_chances;  // at true coverages of 50, 65 and 80 %

    std::optional<bool> later_families_passed() const;  // G6; nothing: not computed
    bool sources_passed() const;                        // G2, G3 and G4
    const class_score* capped(left_out c) const;        // its score, if G5 caps the class
};

// `constant` and `cost`: scores of these forms on the same data. G6 is computed if there are at least ten blind families.
gate_report judge(const scores& constant, const scores& cost, std::vector<class_score> classes,
                  std::vector<family_score> families);

}  // namespace narrowfp::bench::ratio_model
