// SPDX-License-Identifier: Apache-2.0
#include "evidence/csv_table.hpp"

#include "support/near_names.hpp"

#include <narrowfp/report/text.hpp>
#include <narrowfp/report/write_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace narrowfp::bench::evidence {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view digits = "0123456789";

// What was found, short and safe to print.
std::string shown(std::string_view found) {
    constexpr std::size_t longest = 48;
    if (found.size() <= longest) {
        return fmt::format("'{}'", one_line(found));
    }
    std::size_t end = longest;
    while ((static_cast<unsigned char>(found[end]) & 0xC0U) == 0x80U) {  // not inside a character
        --end;
    }
    return fmt::format("'{}...'", one_line(found.substr(0, end)));
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

[[noreturn]] void fail_at(std::string_view name, std::size_t line, std::string_view what) {
    throw std::runtime_error(fmt::format("{}:{}: {}", one_line(name), line, what));
}

std::size_t line_of(std::string_view text, std::size_t position) {
    return 1 + static_cast<std::size_t>(
                   std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
}

// Position of the first byte that is no UTF-8 (overlong forms, surrogates and code points above 10FFFF included).
std::optional<std::size_t> first_not_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || i + size > text.size()) {
            return i;
        }
        char32_t code = lead & (0x7FU >> size);
        for (std::size_t k = 1; k < size; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xC0U) != 0x80U) {
                return i;
            }
            code = code << 6U | (next & 0x3FU);
        }
        constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
        if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            return i;
        }
        i += size;
    }
    return std::nullopt;
}

// Throws unless the text can be the text of a table at all.
void check_encoding(std::string_view text, std::string_view name) {
    if (text.size() > most_csv_bytes) {
        fail_at(name, 1, fmt::format("found {} bytes, expected at most {}", text.size(), most_csv_bytes));
    }
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        fail_at(name, 1, "found UTF-16 text, expected UTF-8: save the file as \"CSV UTF-8\"");
    }
    if (text.starts_with("PK\x03\x04")) {
        fail_at(name, 1, "found a spreadsheet or archive, expected CSV text: save the file as \"CSV UTF-8\"");
    }
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        fail_at(name, line_of(text, nul), "found a NUL byte, expected UTF-8 text");
    }
    if (const auto bad = first_not_utf8(text)) {
        fail_at(
            name, line_of(text, *bad),
            fmt::format("found byte 0x{:02X} that is not UTF-8, expected UTF-8 text: save the file as \"CSV UTF-8\"",
                        static_cast<unsigned char>(text[*bad])));
    }
}

// Takes a text apart, row by row.
class row_scanner {
public:
    row_scanner(std::string_view text, std::string_view name) : text_(text), name_(name) {}

    bool at_end() const { return at_ == text_.size(); }

    // The next row; a line without a character is a row without cells.
    csv_row next() {
        csv_row row{.line = line_, .cells = {}};
        begin_ = at_;
        if (take_line_end()) {
            return row;
        }
        for (;;) {
            row.cells.push_back(!at_end() && text_[at_] == '"' ? quoted(row.line) : plain(row.line));
            if (at_end() || take_line_end()) {
                return row;
            }
            ++at_;  // the comma
        }
    }

private:
    bool take_line_end() {
        const std::size_t length = text_.substr(at_, 2) == "\r\n" ? 2 : text_.substr(at_, 1) == "\n" ? 1 : 0;
        at_ += length;
        line_ += length == 0 ? 0 : 1;
        return length != 0;
    }

    void check_length(std::size_t line) const {
        if (at_ - begin_ > most_csv_line_bytes) {
            fail_at(name_, line,
                    fmt::format("found a row of more than {} bytes, expected a shorter one: is a quotation mark not "
                                "closed?",
                                most_csv_line_bytes));
        }
    }

    std::string plain(std::size_t line) {
        const std::size_t end = std::min(text_.find_first_of(",\"\r\n", at_), text_.size());
        const std::string_view cell = text_.substr(at_, end - at_);
        at_ = end;
        check_length(line);
        if (!at_end() && text_[at_] == '"') {
            fail_at(name_, line_,
                    fmt::format("found a quotation mark after {}, expected the whole cell in quotation marks and those "
                                "inside doubled",
                                shown(cell)));
        }
        if (!at_end() && text_[at_] == '\r' && text_.substr(at_, 2) != "\r\n") {
            fail_at(name_, line_, "found a carriage return alone, expected lines that end with LF or CRLF");
        }
        return std::string(trimmed(cell));
    }

    std::string quoted(std::size_t line) {
        const std::size_t opened = line_;
        std::string cell;
        for (++at_;;) {
            const std::size_t mark = text_.find('"', at_);
            const std::string_view part = text_.substr(at_, mark == std::string_view::npos ? mark : mark - at_);
            line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
            at_ += part.size();
            check_length(line);
            if (mark == std::string_view::npos) {
                fail_at(name_, opened, "found a quotation mark that is not closed, expected a closing one");
            }
            cell += part;
            ++at_;
            if (text_.substr(at_, 1) != "\"") {
                break;
            }
            cell += '"';
            ++at_;
        }
        if (!at_end() && text_[at_] != ',' && text_[at_] != '\n' && text_.substr(at_, 2) != "\r\n") {
            fail_at(name_, line_, "found text after a closing quotation mark, expected ',' or the end of the line");
        }
        return std::string(trimmed(cell));
    }

    std::string_view text_;
    std::string_view name_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0;  // of the row
    std::size_t line_ = 1;
};

void check_columns(const std::vector<std::string>& columns, std::string_view name, std::size_t line) {
    if (columns.size() == 1) {
        for (const auto& [mark, word] : {std::pair(';', "';'"), std::pair('\t', "tabs")}) {
            if (columns.front().find(mark) != std::string::npos) {
                fail_at(name, line, fmt::format("columns are separated by {}, expected ','", word));
            }
        }
    }
    if (columns.size() > most_csv_columns) {
        fail_at(name, line, fmt::format("found {} columns, expected at most {}", columns.size(), most_csv_columns));
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].empty()) {
            fail_at(name, line, fmt::format("column {} has no name, expected one", i + 1));
        }
        if (std::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i), columns[i]) !=
            columns.begin() + static_cast<std::ptrdiff_t>(i)) {
            fail_at(name, line, fmt::format("column {} is there twice, expected it once", shown(columns[i])));
        }
    }
}

bool is_empty(const csv_row& row) {
    return std::all_of(row.cells.begin(), row.cells.end(), [](const std::string& cell) { return cell.empty(); });
}

// What to say about a text that is no number.
std::string_view expected_number(std::string_view found) {
    const std::size_t comma = found.find(',');
    const bool one_comma = comma != std::string_view::npos && found.find(',', comma + 1) == std::string_view::npos;
    if (one_comma && found.find_first_not_of("0123456789,-+") == std::string_view::npos &&
        found.find_first_of(digits) != std::string_view::npos) {
        return "a number with a decimal point and no other separator";
    }
    return "a number, such as 12.5 or 1e3";
}

}  // namespace

std::optional<std::size_t> csv_table::find(std::string_view column) const {
    const auto found = std::find(columns.begin(), columns.end(), column);
    return found == columns.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - columns.begin()));
}

void csv_table::expect_columns(std::span<const std::string_view> required, std::span<const std::string_view> optional,
                               std::string_view hint) const {
    std::vector<std::string_view> known(required.begin(), required.end());
    known.insert(known.end(), optional.begin(), optional.end());
    for (const std::string& column : columns) {
        if (std::find(known.begin(), known.end(), column) == known.end()) {
            fail_at(name, 1, unknown_name("column", one_line(column), known));
        }
    }
    std::vector<std::string_view> missing;
    std::copy_if(required.begin(), required.end(), std::back_inserter(missing),
                 [this](std::string_view column) { return !has(column); });
    if (!missing.empty()) {
        fail_at(name, 1,
                fmt::format("column{} missing: {}{}", missing.size() == 1 ? "" : "s", fmt::join(missing, ", "), hint));
    }
}

std::string csv_cells::text(std::string_view column) const {
    const auto at = table_->find(column);
    return at ? row_->cells[*at] : std::string();
}

std::string csv_cells::required_text(std::string_view column) const {
    std::string found = text(column);
    if (found.empty()) {
        fail(column, "a text");
    }
    return found;
}

std::optional<double> csv_cells::number(std::string_view column) const {
    const std::string found = text(column);
    if (found.empty()) {
        return std::nullopt;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), value);
    if (error == std::errc::result_out_of_range) {
        fail(column, "a number between 1e-307 and 1e308");
    }
    if (error != std::errc() || end != found.data() + found.size()) {
        fail(column, expected_number(found));
    }
    if (!std::isfinite(value)) {
        fail(column, "a finite number, or nothing where there is none");
    }
    return value;
}

std::optional<int> csv_cells::count(std::string_view column) const {
    const std::string found = text(column);
    if (found.empty()) {
        return std::nullopt;
    }
    int value = 0;
    const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), value);
    if (error != std::errc() || end != found.data() + found.size() || value < 0) {
        fail(column, fmt::format("a whole number from 0 to {}", std::numeric_limits<int>::max()));
    }
    return value;
}

int csv_cells::required_count(std::string_view column) const {
    const auto found = count(column);
    if (!found) {
        fail(column, "a whole number");
    }
    return *found;
}

void csv_cells::fail(std::string_view column, std::string_view expected) const {
    const std::string found = text(column);
    fail_at(
        table_->name, row_->line,
        fmt::format("column '{}': found {}, expected {}", column, found.empty() ? "nothing" : shown(found), expected));
}

csv_table parse_csv(std::string_view text, std::string_view name) {
    check_encoding(text, name);
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    csv_table table{.name = std::string(name), .columns = {}, .rows = {}};
    row_scanner scanner(text, name);
    while (!scanner.at_end()) {
        csv_row row = scanner.next();
        if (row.cells.empty()) {
            continue;
        }
        if (table.columns.empty()) {
            check_columns(row.cells, name, row.line);
            table.columns = std::move(row.cells);
            continue;
        }
        if (row.cells.size() != table.columns.size()) {
            fail_at(name, row.line,
                    fmt::format("found {} cell{}, expected {}, one for each column", row.cells.size(),
                                row.cells.size() == 1 ? "" : "s", table.columns.size()));
        }
        if (is_empty(row)) {
            continue;
        }
        if (table.rows.size() == most_csv_rows) {
            fail_at(name, row.line, fmt::format("found more than {} rows, expected fewer", most_csv_rows));
        }
        table.rows.push_back(std::move(row));
    }
    if (table.columns.empty()) {
        fail_at(name, 1, "the file is empty, expected a line with the names of the columns");
    }
    return table;
}

std::string read_csv_text(const std::filesystem::path& file) {
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(file, unknown);
    if (!unknown && size > most_csv_bytes) {
        fail_at(file.string(), 1, fmt::format("found {} bytes, expected at most {}", size, most_csv_bytes));
    }
    return report::read_file(file);
}

csv_table read_csv(const std::filesystem::path& file) { return parse_csv(read_csv_text(file), file.string()); }

std::string one_line(std::string_view text) {
    std::string result = report::printable(text);
    std::replace(result.begin(), result.end(), '\n', ' ');
    return result;
}

std::string csv_line(std::span<const std::string> cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line += i == 0 ? "" : ",";
        if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
            line += cells[i];
            continue;
        }
        line += '"';
        for (const char c : cells[i]) {
            line += c == '"' ? "\"\"" : std::string(1, c);
        }
        line += '"';
    }
    return line;
}

}  // namespace narrowfp::bench::evidence
