// SPDX-License-Identifier: Apache-2.0
// A figure as data: series of points on two axes, bars and ranges by category, or a forest plot. gnuplot draws it as SVG; without gnuplot
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
    lines,         // x and y of each series, joined
    points,        // x and y of each series, not joined
    ranges,        // value, low and high by category
    dots,          // a value by category and series, all series on one line
    bars,          // one bar for each category and series, from the axis' minimum or 0
    stacked_bars,  // the series of a category one after the other
    forest         // any number of values in each category, spread inside its row, and intervals; a value that the axis
                   // does not reach stands at its end with an arrow and its number
};

// A forest plot is drawn for a desk or paper (800 px), and for a telephone (400 px) with labels above their rows. Both
// have letters of 14 px. The other forms have one drawing.
enum class figure_width : std::uint8_t { wide, narrow };

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
    std::string label = {};    // written beside it; of a forest: in its table only
    std::size_t category = 0;  // of a forest: place of its row in `categories`
    // Of a forest: the area of the mark grows with it, within readable sizes; a mark without weight has the usual size.
    std::optional<double> weight = std::nullopt;
};

struct figure_series {
    std::string name;
    std::vector<figure_point> points;  // by category: one for each, NaN where there is none; of a forest: any number
    std::optional<std::size_t> colour = std::nullopt;  // place in the palette of seven; by default that of the series
    bool interval = false;  // of a forest: thick bars from low to high, for the intervals of a model
};

// A dashed line across the figure at a value of the axis.
struct figure_mark {
    double at = 0;
    std::string name;
};

// Of a forest: a heading over the rows from `first` to the next group's.
struct figure_group {
    std::string title;
    std::size_t first = 0;  // place in `categories`
    bool rule = false;      // a line is drawn above it
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
    // Of a forest:
    std::vector<figure_group> groups = {};  // ascending
    std::vector<std::string> texts = {};  // at the right of each row, such as "1.28 (0.98 to 1.49)"; none, or for each
    std::string texts_title = {};         // what they say
    std::string weight_title = {};        // what the area of a mark says; needed where weights differ
};

// Throws std::invalid_argument, naming the figure, unless it has an id, a title and a summary, series with points, one
// point for each category where there are categories and no categories otherwise, finite numbers (by category NaN for
// nothing), positive ones on a logarithmic axis, and low <= value <= high. A forest has any number of points: each in a
// category that is there, of positive weight; both ends for a series of intervals; groups in order.
void check(const figure& f);

// Its values: one row for each point, or for each category; of a forest for each point, rows of a category together.
// Throws as check.
table figure_table(const figure& f);

// What gnuplot is given: nothing of the figure's text is interpreted there. Throws as check, and for the narrow drawing
// of another form than forest.
std::string gnuplot_script(const figure& f, figure_width width = figure_width::wide);

// "gnuplot 5.4 patchlevel 4", or empty if there is none.
std::string gnuplot_version();

// The element <svg>, or empty where gnuplot is missing or fails, or the form has no narrow drawing. Throws as check.
std::string draw_svg(const figure& f, figure_width width = figure_width::wide);

// What gnuplot wrote made fit for a page: no prologue, title or filter, "black" is the page's text colour, ids begin
// with the figure's and differ between its two drawings. Empty if it is no SVG.
std::string svg_for_page(std::string_view svg, const figure& f, figure_width width = figure_width::wide);

}  // namespace narrowfp::report
