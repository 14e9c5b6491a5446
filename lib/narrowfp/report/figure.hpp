// SPDX-License-Identifier: Apache-2.0
// A figure as data: series of points on two axes, or bars and ranges by category. gnuplot draws it as SVG; without gnuplot
// the values remain as a table. The SVG scales with its box, takes its text colour from the page and can stand several
// times in one HTML page. Colours are those of Okabe and Ito (jfly.uni-koeln.de/color, 2008), told apart by colour-blind
// readers; lines differ in dashes and markers, too. It knows numbers and strings, no formats and no matrices.
#pragma once

#include <narrowfp/report/table.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::report {

enum class figure_form : std::uint8_t {
    lines,        // x and y of each series, joined
    points,       // x and y of each series, not joined
    ranges,       // value, low and high by category
    dots,         // a value by category and series, all series on one line
    bars,         // one bar for each category and series, from the axis' minimum or 0
    stacked_bars  // the series of a category one after the other
};

struct figure_axis {
    std::string title;  // with unit
    bool log = false;
    std::optional<double> minimum = std::nullopt;
    std::optional<double> maximum = std::nullopt;
};

struct figure_point {
    double x = 0;  // by category: left alone
    double y = 0;
    std::optional<double> low = std::nullopt;  // of y, or of the value by category
    std::optional<double> high = std::nullopt;
    std::string label = {};  // written beside it
};

struct figure_series {
    std::string name;
    std::vector<figure_point> points;                  // by category: one for each, NaN where there is none
    std::optional<std::size_t> colour = std::nullopt;  // place in the palette of seven; by default that of the series
};

// A dashed line across the figure at a value of the axis.
struct figure_mark {
    double at = 0;
    std::string name;
};

struct figure {
    std::string id;       // unique in its page: lower case letters, digits, '-'
    std::string title;    // what it shows
    std::string summary;  // for who cannot see it: what a reader would take from it
    figure_form form = figure_form::lines;
    figure_axis x;  // by category: the axis of values
    figure_axis y;  // by category: unused
    std::vector<std::string> categories = {};
    std::vector<figure_series> series = {};
    std::vector<figure_mark> marks = {};  // at values of y for lines and points, of x by category
};

// Throws std::invalid_argument, naming the figure, unless it has an id, a title and a summary, series with points, one
// point for each category where there are categories and no categories otherwise, finite numbers (by category NaN for
// nothing), positive ones on a logarithmic axis, and low <= value <= high.
void check(const figure& f);

// Its values: one row for each point, or for each category.
table figure_table(const figure& f);

// What gnuplot is given: nothing of the figure's text is interpreted there. Throws as check.
std::string gnuplot_script(const figure& f);

// "gnuplot 5.4 patchlevel 4", or empty if there is none.
std::string gnuplot_version();

// The element <svg>, or empty where gnuplot is missing or fails. Throws as check.
std::string draw_svg(const figure& f);

// What gnuplot wrote made fit for a page: no prologue, title or filter, "black" is the page's text colour, ids begin
// with the figure's. Empty if it is no SVG.
std::string svg_for_page(std::string_view svg, const figure& f);

}  // namespace narrowfp::report
