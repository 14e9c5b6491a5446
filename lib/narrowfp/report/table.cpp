// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/table.hpp>

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace narrowfp::report {
namespace {

constexpr std::size_t gap = 2;               // blanks between columns
constexpr std::size_t shortest_column = 12;  // a wrapped column is not made narrower than this

struct extent {
    std::size_t natural = 0;
    std::size_t minimum = 0;
};

std::size_t widest_line(std::string_view text) {
    std::size_t width = 0;
    for (const std::string& line : wrap(text, 0)) {
        width = std::max(width, display_width(line));
    }
    return width;
}

std::size_t longest_word(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        width = std::max(width, display_width(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return width;
}

std::vector<extent> extents(const table& t) {
    std::vector<extent> result(t.columns.size());
    for (std::size_t c = 0; c < t.columns.size(); ++c) {
        const std::string title = printable(t.columns[c].title);
        std::size_t cells = 0;
        for (const std::vector<cell>& row : t.rows) {
            cells = std::max(cells, widest_line(printable(row[c].text)));
        }
        extent& e = result[c];
        e.natural = std::max(cells, widest_line(title));
        e.minimum = t.columns[c].align == alignment::right ? std::max(cells, longest_word(title))
                                                           : std::min(e.natural, shortest_column);
    }
    return result;
}

// Column widths: natural, then the widest column that can still give way loses one, until the line fits.
std::vector<std::size_t> widths(const table& t, std::size_t limit) {
    const std::vector<extent> extents_of = extents(t);
    std::vector<std::size_t> result;
    std::size_t total = gap * (t.columns.size() - 1);
    for (const extent& e : extents_of) {
        result.push_back(e.natural);
        total += e.natural;
    }
    for (; limit != 0 && total > limit; --total) {
        std::size_t chosen = result.size();
        for (std::size_t c = 0; c < result.size(); ++c) {
            if (result[c] > extents_of[c].minimum && (chosen == result.size() || result[c] > result[chosen])) {
                chosen = c;
            }
        }
        if (chosen == result.size()) {
            break;
        }
        --result[chosen];
    }
    return result;
}

std::string_view ansi(tint colour) {
    switch (colour) {
        case tint::plain:
        case tint::neutral: return "";
        case tint::strong: return "\x1b[1m";
        case tint::faint: return "\x1b[2m";
        case tint::good:
        case tint::leaning_good: return "\x1b[32m";
        case tint::warning: return "\x1b[33m";
        case tint::leaning_bad: return "\x1b[31m";
        case tint::bad: return "\x1b[1;31m";
    }
    return "";
}

class text_writer {
public:
    text_writer(const table& t, const table_style& style) : table_(t), style_(style), widths_(widths(t, style.width)) {}

    std::string text() {
        paragraph(table_.title, tint::strong);
        std::vector<cell> titles;
        for (const column& c : table_.columns) {
            titles.emplace_back(c.title, tint::strong);
        }
        row(titles);
        rule();
        for (std::size_t r = 0; r < table_.rows.size(); ++r) {
            if (r != 0 && std::find(table_.rules.begin(), table_.rules.end(), r) != table_.rules.end()) {
                rule();
            }
            row(table_.rows[r]);
        }
        for (const std::string& note : table_.notes) {
            paragraph(note, tint::plain);
        }
        return std::move(out_);
    }

private:
    void paragraph(const std::string& text, tint colour) {
        if (text.empty()) {
            return;
        }
        for (const std::string& line : wrap(printable(text), style_.width)) {
            painted(line, colour);
            out_ += '\n';
        }
    }

    void painted(std::string_view text, tint colour) {
        const bool paint = style_.colour && colour != tint::plain && !text.empty();
        out_ += paint ? ansi(colour) : "";
        out_ += text;
        out_ += paint ? "\x1b[0m" : "";
    }

    void row(const std::vector<cell>& cells) {
        std::vector<std::vector<std::string>> lines;
        std::size_t height = 1;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            lines.push_back(wrap(printable(cells[c].text), widths_[c]));
            height = std::max(height, lines.back().size());
        }
        for (std::size_t line = 0; line < height; ++line) {
            std::size_t pending = 0;  // blanks that are written only if something follows them
            for (std::size_t c = 0; c < cells.size(); ++c) {
                const std::string text = line < lines[c].size() ? lines[c][line] : "";
                const std::size_t padding = widths_[c] - std::min(widths_[c], display_width(text));
                const bool right = table_.columns[c].align == alignment::right;
                pending += right ? padding : 0;
                if (!text.empty()) {
                    out_.append(pending, ' ');
                    painted(text, cells[c].colour);
                    pending = 0;
                }
                pending += (right ? 0 : padding) + gap;
            }
            out_ += '\n';
        }
    }

    void rule() {
        for (std::size_t c = 0; c < widths_.size(); ++c) {
            if (c != 0) {
                out_.append(gap, ' ');
            }
            for (std::size_t i = 0; i < widths_[c]; ++i) {
                out_ += style_.unicode ? "\xE2\x94\x80" : "-";  // U+2500
            }
        }
        out_ += '\n';
    }

    const table& table_;
    const table_style& style_;
    std::vector<std::size_t> widths_;
    std::string out_;
};

}  // namespace

void table::add_row(std::vector<cell> row) {
    if (row.size() != columns.size()) {
        throw std::invalid_argument("table '" + title + "': the row has " + std::to_string(row.size()) +
                                    " cells, expected " + std::to_string(columns.size()));
    }
    rows.push_back(std::move(row));
}

void table::add_rule() { rules.push_back(rows.size()); }

std::string to_text(const table& t, const table_style& style) {
    if (t.columns.empty()) {
        throw std::invalid_argument("table '" + t.title + "' has no columns");
    }
    for (const std::vector<cell>& row : t.rows) {
        if (row.size() != t.columns.size()) {
            throw std::invalid_argument("table '" + t.title + "': a row has " + std::to_string(row.size()) +
                                        " cells, expected " + std::to_string(t.columns.size()));
        }
    }
    return text_writer(t, style).text();
}

}  // namespace narrowfp::report
