// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/badge.hpp>

#include <array>
#include <stdexcept>

namespace narrowfp::report {
namespace {

struct grade {
    std::string_view word;
    tint colour = tint::plain;
    badge_shape shape = badge_shape::none;
};

constexpr std::array<grade, 7> grades{{{"SUPPORTED", tint::good, badge_shape::full},
                                       {"LEANS SUPPORTED", tint::leaning_good, badge_shape::right_half},
                                       {"OPEN", tint::neutral, badge_shape::empty},
                                       {"LEANS AGAINST", tint::leaning_bad, badge_shape::left_half},
                                       {"NOT SUPPORTED", tint::bad, badge_shape::crossed},
                                       {"NOT TESTABLE", tint::faint, badge_shape::dash},
                                       {"NOT RUN", tint::faint, badge_shape::dots}}};

}  // namespace

html_badge grade_badge(std::string_view word, std::string_view more) {
    std::string allowed;
    for (const grade& g : grades) {
        if (g.word == word) {
            return {std::string(word) + (more.empty() ? "" : ", " + std::string(more)), g.colour, g.shape};
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(g.word);
    }
    throw std::invalid_argument("badge: '" + std::string(word) + "' is no grade, expected one of " + allowed);
}

}  // namespace narrowfp::report
