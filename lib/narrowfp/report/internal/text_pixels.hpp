// SPDX-License-Identifier: Apache-2.0
// How wide text is in a picture, without asking for its font: widths are those of DejaVu Sans, the widest of common
// fonts, or a little more, so that what is placed by them leaves no picture and meets no other text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::internal {

inline constexpr double picture_font = 14;  // height of letters, px

// Width of text in px, at most.
double text_pixels(std::string_view text, double font = picture_font);

// Lines no wider than `width` px, broken at blanks, inside a word only where it is longer than a line; at least one.
std::vector<std::string> wrap_pixels(std::string_view text, double width, double font = picture_font);

}  // namespace narrowfp::internal
