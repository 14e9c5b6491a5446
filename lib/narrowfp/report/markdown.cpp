// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/report/markdown.hpp>

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <stdexcept>

namespace narrowfp::report {
namespace {

std::string one_line(std::string_view text) {
    std::string result = printable(text);
    std::replace(result.begin(), result.end(), '\n', ' ');
    return result;
}

std::string cell_text(const cell& c) {
    std::string text = markdown_text(c.text);
    if (text.find_first_not_of(' ') == std::string::npos) {
        return "";
    }
    switch (c.colour) {
        case tint::strong:
        case tint::bad: return "**" + text + "**";
        case tint::faint: return "*" + text + "*";
        case tint::plain:
        case tint::good:
        case tint::warning:
        case tint::leaning_good:
        case tint::neutral:
        case tint::leaning_bad: break;
    }
    return text;
}

// One line of a pipe table, the cells padded so that the source reads as a table too.
std::string line(const table& t, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string out = "|";
    for (std::size_t c = 0; c < cells.size(); ++c) {
        const std::string padding(widths[c] - display_width(cells[c]), ' ');
        out += " ";
        out += t.columns[c].align == alignment::right ? padding + cells[c] : cells[c] + padding;
        out += " |";
    }
    return out + "\n";
}

}  // namespace

std::string markdown_text(std::string_view text) {
    std::string result;
    for (const char c : one_line(text)) {
        if (std::string_view("\\`*_[]|~#$").find(c) != std::string_view::npos) {
            result += '\\';
        }
        switch (c) {
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '&': result += "&amp;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string markdown_code(std::string_view text) {
    const std::string content = one_line(text);
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : content) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    const std::string pad = longest != 0 ? " " : "";
    return fence + pad + content + pad + fence;
}

std::string to_markdown(const table& t) {
    if (t.columns.empty()) {
        throw std::invalid_argument("table '" + t.title + "' has no columns");
    }
    std::vector<std::vector<std::string>> lines(1);
    std::vector<std::size_t> widths;
    for (const column& c : t.columns) {
        lines[0].push_back(markdown_text(c.title));
        widths.push_back(std::max<std::size_t>(3, display_width(lines[0].back())));
    }
    for (const std::vector<cell>& row : t.rows) {
        if (row.size() != t.columns.size()) {
            throw std::invalid_argument("table '" + t.title + "': a row has " + std::to_string(row.size()) +
                                        " cells, expected " + std::to_string(t.columns.size()));
        }
        lines.emplace_back();
        for (std::size_t c = 0; c < row.size(); ++c) {
            lines.back().push_back(cell_text(row[c]));
            widths[c] = std::max(widths[c], display_width(lines.back().back()));
        }
    }
    std::string out = t.title.empty() ? "" : "**" + markdown_text(t.title) + "**\n\n";
    out += line(t, lines[0], widths);
    std::vector<std::string> rules;
    for (std::size_t c = 0; c < widths.size(); ++c) {
        const bool right = t.columns[c].align == alignment::right;
        rules.push_back(right ? std::string(widths[c] - 1, '-') + ":" : std::string(widths[c], '-'));
    }
    out += line(t, rules, widths);
    for (std::size_t r = 1; r < lines.size(); ++r) {
        out += line(t, lines[r], widths);
    }
    for (const std::string& note : t.notes) {
        out += "\n" + markdown_text(note) + "\n";
    }
    return out;
}

}  // namespace narrowfp::report
