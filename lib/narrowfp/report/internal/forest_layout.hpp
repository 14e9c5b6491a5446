// SPDX-License-Identifier: Apache-2.0
// Where everything of a forest plot stands, in pixels from the left and the top of its picture. Points are spread inside
// their rows in the order in which they are given; nothing is random.
#pragma once

#include <narrowfp/report/figure.hpp>
#include <narrowfp/report/internal/forest_mark_labels.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace narrowfp::internal {

inline constexpr int forest_line = 17;  // from one line of text to the next, px

// A value beside its tick: "0.8", "1", "1.25".
std::string tick_text(double x);

struct placed_text {
    std::string text;
    double x = 0;
    double y = 0;  // of the middle of the line
    text_side side = text_side::left;
    bool bold = false;
};

struct placed_point {
    std::size_t series = 0;
    std::size_t index = 0;
    double value = 0;  // the point's, or the end of the axis that does not reach it
    double y = 0;
    double radius = 0;  // of a circle of the mark's area
};

// A mark (radius above 0) or a thick bar in the legend.
struct placed_sample {
    std::size_t series = 0;
    double x = 0;
    double y = 0;
    double radius = 0;
    bool bar = false;
    bool grey = false;  // of no series: what areas mean
};

struct forest_layout {
    int width = 0;
    int height = 0;
    double left = 0;  // of the plot
    double right = 0;
    double top = 0;
    double bottom = 0;
    span axis;  // values at left and right
    std::vector<double> ticks;
    std::vector<placed_text> texts;
    std::vector<placed_point> points;
    std::vector<placed_sample> samples;
    std::vector<span> bands;        // heights at which lines of the grid are drawn, from top to bottom
    std::vector<double> rules;      // heights of lines across the picture
    std::vector<double> mark_tops;  // for each mark of the figure: where its line begins

    // Where a value stands.
    double place(double value, bool log) const;
};

// The layout of a forest plot that passed check().
forest_layout layout_forest(const report::figure& f, report::figure_width drawing);

}  // namespace narrowfp::internal
