// SPDX-License-Identifier: Apache-2.0
// An untrusted CSV text as a table (RFC 4180: cells separated by commas, quotation marks doubled inside quoted cells; LF
// or CRLF; UTF-8 with or without a byte-order mark). What is not such a text is refused with one line that names the
// file, the line, the column, what was found and what is expected. Rows whose cells are all empty are left out.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace narrowfp::bench::evidence {

// Limits of a text: beyond them it is no table of figures.
inline constexpr std::size_t most_csv_bytes = std::size_t{64} << 20;
inline constexpr std::size_t most_csv_line_bytes = std::size_t{1} << 20;  // of a row, quoted line ends included
inline constexpr std::size_t most_csv_rows = 100'000;
inline constexpr std::size_t most_csv_columns = 256;

struct csv_row {
    std::size_t line = 0;            // where it begins, from 1
    std::vector<std::string> cells;  // one per column, without blanks at their ends
};

struct csv_table {
    std::string name;  // of the file, for messages
    std::vector<std::string> columns;
    std::vector<csv_row> rows;

    // Position of a column, or nothing.
    std::optional<std::size_t> find(std::string_view column) const;
    bool has(std::string_view column) const { return find(column).has_value(); }

    // Throws std::runtime_error, once for all of them, if a required column is missing; for a column that is in neither
    // list, with the near names. `hint` ends the first of these.
    void expect_columns(std::span<const std::string_view> required, std::span<const std::string_view> optional,
                        std::string_view hint = "") const;
};

// The words that a cell may hold, with their values.
template <class Value, std::size_t Count>
using word_list = std::array<std::pair<std::string_view, Value>, Count>;

// The cells of one row by the names of their columns. A column that the table lacks is an empty cell. All throw
// std::runtime_error in the form "FILE:LINE: column 'C': found 'X', expected Y". The table must outlive it.
class csv_cells {
public:
    csv_cells(const csv_table& table, const csv_row& row) : table_(&table), row_(&row) {}

    std::size_t line() const { return row_->line; }
    std::string text(std::string_view column) const;           // may be empty
    std::string required_text(std::string_view column) const;  // may not
    std::optional<double> number(std::string_view column) const;
    std::optional<int> count(std::string_view column) const;  // a whole number of 0 to 2^31 - 1
    int required_count(std::string_view column) const;

    // An empty cell is `otherwise`, or an error without it.
    template <class Value, std::size_t Count>
    Value word(std::string_view column, const word_list<Value, Count>& known,
               std::optional<Value> otherwise = std::nullopt) const {
        const std::string found = text(column);
        if (found.empty() && otherwise) {
            return *otherwise;
        }
        std::string expected;
        for (std::size_t i = 0; i < Count; ++i) {
            if (known[i].first == found) {
                return known[i].second;
            }
            expected += (i == 0 ? "" : i + 1 == Count ? " or " : ", ") + std::string(known[i].first);
        }
        fail(column, expected);
    }

    [[noreturn]] void fail(std::string_view column, std::string_view expected) const;

private:
    const csv_table* table_;
    const csv_row* row_;
};

// A row of each line of a table with exactly these columns. Throws std::runtime_error.
template <class Row>
std::vector<Row> rows_of(const csv_table& table, std::span<const std::string_view> columns,
                         Row (*row_of)(const csv_cells&)) {
    table.expect_columns(columns, {});
    std::vector<Row> rows;
    for (const csv_row& row : table.rows) {
        rows.push_back(row_of({table, row}));
    }
    return rows;
}

// The table in a text; `name` stands for it in messages. Throws std::runtime_error.
csv_table parse_csv(std::string_view text, std::string_view name);

// The content of a file of at most most_csv_bytes; std::runtime_error if it is larger or cannot be read.
std::string read_csv_text(const std::filesystem::path& file);

// parse_csv on a file.
csv_table read_csv(const std::filesystem::path& file);

// The text for a message of one line: control characters become '?', blanks where they end a line.
std::string one_line(std::string_view text);

// Cells as one line of CSV without the line end: what holds commas, quotation marks or line ends is quoted.
std::string csv_line(std::span<const std::string> cells);

}  // namespace narrowfp::bench::evidence
