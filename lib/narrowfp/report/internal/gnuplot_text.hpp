// SPDX-License-Identifier: Apache-2.0
// Text, numbers and colours as a gnuplot script has them. Text goes into single quotes, in which gnuplot interprets
// nothing but a doubled quote.
#pragma once

#include <narrowfp/report/text.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::internal {

// Okabe and Ito without yellow and black, which do not show on white and on dark pages.
inline constexpr std::array<std::string_view, 7> gnuplot_colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                                 "#e69f00", "#56b4e9", "#888888"};
inline constexpr std::string_view gnuplot_grid_colour = "#888888";
inline constexpr std::string_view gnuplot_mark_colour = "black";  // the text colour of the page

inline std::string gnuplot_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : report::printable(text)) {
        out += c == '\n' ? " " : c == '\'' ? "''" : std::string(1, c);
    }
    return out + "'";
}

// The label of a tick, which gnuplot takes for a format: a percent sign is doubled.
inline std::string gnuplot_tick_label(std::string_view text) {
    std::string doubled;
    for (const char c : text) {
        doubled += c == '%' ? "%%" : std::string(1, c);
    }
    return gnuplot_quoted(doubled);
}

// The named block of data $NAME.
inline std::string gnuplot_data(std::string_view name, const std::vector<std::vector<double>>& rows) {
    std::string out = "$" + std::string(name) + " << EOD\n";
    for (const std::vector<double>& row : rows) {
        for (const double x : row) {
            out += report::exact_text(x) + " ";
        }
        out += "\n";
    }
    return out + "EOD\n";
}

}  // namespace narrowfp::internal
