// SPDX-License-Identifier: Apache-2.0
// A table as data, and its text for a terminal: aligned columns, ASCII unless asked otherwise, colour only on request,
// no wider than asked as far as wrapping the left-aligned columns can bring it. Right-aligned cells are numbers and are
// never broken. markdown.hpp writes the same table for a report.
#pragma once

#include <narrowfp/report/badge.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace narrowfp::report {

enum class alignment { left, right };

struct column {
    std::string title;
    alignment align = alignment::left;
};

struct cell {
    std::string text;
    tint colour = tint::plain;
    badge_shape shape = badge_shape::none;  // on a page: the cell is a badge
    std::string link = {};                  // on a page: id of the section that the text leads to

    cell(std::string t, tint c = tint::plain) : text(std::move(t)), colour(c) {}
    cell(const char* t, tint c = tint::plain) : text(t), colour(c) {}
    cell(html_badge b) : text(std::move(b.word)), colour(b.colour), shape(b.shape) {}

    // The same cell as a link to a section of its page.
    cell linked(std::string id) && {
        link = std::move(id);
        return std::move(*this);
    }
};

struct table {
    std::string title;
    std::vector<column> columns;
    std::vector<std::vector<cell>> rows;
    std::vector<std::size_t> rules;  // a line is drawn before each of these rows; ascending
    std::vector<std::string> notes;  // printed below, one paragraph each

    // Appends a row. Throws std::invalid_argument unless it has one cell per column.
    void add_row(std::vector<cell> row);

    // Draws a line before the next row.
    void add_rule();
};

struct table_style {
    std::size_t width = 0;  // code points per line; 0: no limit
    bool unicode = false;   // box-drawing lines instead of '-'
    bool colour = false;    // ANSI colours
};

// The table as text, newline at the end. Throws std::invalid_argument for a row of the wrong length.
std::string to_text(const table& t, const table_style& style = {});

}  // namespace narrowfp::report
