// SPDX-License-Identifier: Apache-2.0
// A word that judges, with the colour of its meaning and a shape that tells it apart without colour: on black-and-white
// paper and for colour-blind readers. Terminals and Markdown show the word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace narrowfp::report {

// What a cell or a badge means; colour adds to the text and never replaces it.
enum class tint : std::uint8_t { plain, strong, faint, good, warning, bad, leaning_good, neutral, leaning_bad };

enum class badge_shape : std::uint8_t {
    none,
    full,        // a full circle
    right_half,  // a circle whose right half is full
    empty,       // an empty circle
    left_half,   // a circle whose left half is full
    crossed,     // a circle with a cross
    dash,        // a dash
    dots         // three dots
};

struct html_badge {
    std::string word;
    tint colour = tint::plain;
    badge_shape shape = badge_shape::none;
};

// The badge of a grade: SUPPORTED (full circle), LEANS SUPPORTED (right half), OPEN (empty), LEANS AGAINST (left half),
// NOT SUPPORTED (crossed), NOT TESTABLE (dash) or NOT RUN (dots). `more` is added to the word after ", ", such as
// "hypothetical". Throws std::invalid_argument for another word.
html_badge grade_badge(std::string_view word, std::string_view more = "");

}  // namespace narrowfp::report
