// SPDX-License-Identifier: Apache-2.0
#include "cli/evidence_output.hpp"

#include "support/median.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace narrowfp::cli {
namespace {

namespace evidence = bench::evidence;
using report::alignment;

// "1 row", "3 rows".
std::string count_text(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string ratio_text(double log_ratio) { return fmt::format("{:.3f}", std::exp(log_ratio)); }

// A figure is a JSON number, what is not one a text, nothing is null.
json cell_value(std::string_view column, const std::string& cell) {
    if (cell.empty()) {
        return {};
    }
    if (!evidence::is_number_column(column)) {
        return cell;
    }
    const char* const end = cell.data() + cell.size();
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(cell.data(), end, whole); read.ec == std::errc() && read.ptr == end) {
        return whole;
    }
    double real = 0;
    if (const auto read = std::from_chars(cell.data(), end, real); read.ec == std::errc() && read.ptr == end) {
        return real;
    }
    return cell;
}

template <class Number>
json value_or_null(const std::optional<Number>& value) {
    return value ? json(*value) : json();
}

void print_csv(std::vector<std::vector<std::string>> lines) {
    std::string text;
    for (const std::vector<std::string>& cells : lines) {
        text += evidence::csv_line(cells) + "\n";
    }
    print_text(text);
}

// "69 units: median 1.25; 24 on the chip vendor's own pages: 1.35; 45 others: 1.16."
std::string medians_text(const std::vector<evidence::unit>& units) {
    std::vector<double> all;
    std::vector<double> vendor;
    std::vector<double> others;
    for (const evidence::unit& u : units) {
        all.push_back(u.log_ratio);
        (u.vendor_page ? vendor : others).push_back(u.log_ratio);
    }
    const auto part = [](const std::vector<double>& logs, std::string_view what) {
        return logs.empty() ? std::string()
                            : fmt::format("{} {}: {}", logs.size(), what,
                                          report::format_number(std::exp(bench::median_of(logs)), 3));
    };
    std::string text = part(all, all.size() == 1 ? "unit, median" : "units, median");
    for (const std::string& more : {part(vendor, "on the vendor's own pages"), part(others, "elsewhere")}) {
        text += more.empty() ? "" : "; " + more;
    }
    return text + ".";
}

std::vector<std::vector<std::string>> unit_lines(const std::vector<evidence::unit>& units) {
    const auto number = [](const std::optional<double>& x) {
        return x ? report::format_number(*x, 17) : std::string();
    };
    std::vector<std::vector<std::string>> lines{{"unit", "family", "source", "chip", "model", "kind", "recipe",
                                                 "hidden", "ffn", "seq", "ratio", "low", "high", "rows", "vendor_page",
                                                 "ids"}};
    for (const evidence::unit& u : units) {
        lines.push_back({u.name, u.family, u.source, u.chip, u.model, std::string(name_of(u.kind)),
                         std::string(name_of(u.recipe)), number(u.hidden), number(u.ffn), number(u.sequence),
                         report::exact_text(std::exp(u.log_ratio)), report::exact_text(u.low),
                         report::exact_text(u.high), std::to_string(u.ids.size()), u.vendor_page ? "1" : "0",
                         fmt::format("{}", fmt::join(u.ids, " "))});
    }
    return lines;
}

report::table unit_table(const std::vector<evidence::unit>& units) {
    report::table t;
    t.columns = {{"source"}, {"model"},
                 {"chip"},   {"kind"},
                 {"recipe"}, {"ratio", alignment::right},
                 {"range"},  {"rows", alignment::right},
                 {"vendor"}};
    for (const evidence::unit& u : units) {
        t.add_row({report::printable(u.family), report::printable(u.model), report::printable(u.chip),
                   std::string(name_of(u.kind)), std::string(name_of(u.recipe)), ratio_text(u.log_ratio),
                   u.ids.size() == 1 ? std::string("-") : fmt::format("{:.2f} to {:.2f}", u.low, u.high),
                   std::to_string(u.ids.size()), u.vendor_page ? "yes" : "-"});
    }
    t.notes = {
        units.empty() ? std::string("No unit is left.") : medians_text(units),
        "Published by others. ratio: rate in FP8 over rate in 16 bits, the median of the unit's rows (same source, "
        "model, chip and recipe), with their range. vendor: the chip vendor's own page. Only rows with include 1; "
        "--rows shows all. 'narrowfp evidence show FAMILY|MODEL|CHIP|RECIPE' shows one unit."};
    return t;
}

}  // namespace

json evidence_row_object(const evidence::csv_table& table, const evidence::csv_row& row) {
    json object = json::object();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        object[table.columns[i]] = cell_value(table.columns[i], row.cells[i]);
    }
    return object;
}

json evidence_unit_object(const evidence::unit& u) {
    return {{"unit", u.name},
            {"family", u.family},
            {"source", u.source},
            {"chip", u.chip},
            {"model", u.model},
            {"kind", name_of(u.kind)},
            {"recipe", name_of(u.recipe)},
            {"hidden", value_or_null(u.hidden)},
            {"ffn", value_or_null(u.ffn)},
            {"seq", value_or_null(u.sequence)},
            {"ratio", std::exp(u.log_ratio)},
            {"low", u.low},
            {"high", u.high},
            {"rows", u.ids.size()},
            {"vendor_page", u.vendor_page},
            {"ids", u.ids}};
}

void print_evidence_rows(const context& ctx, const evidence_style& style, const evidence::data_file& file,
                         const evidence::csv_table& rows) {
    if (ctx.json) {
        json list = json::array();
        for (const evidence::csv_row& row : rows.rows) {
            list.push_back(evidence_row_object(rows, row));
        }
        print_json({{"file", file.name}, {"kind", "published"}, {"rows", list}});
        return;
    }
    if (style.csv) {
        std::vector<std::vector<std::string>> lines{rows.columns};
        for (const evidence::csv_row& row : rows.rows) {
            lines.push_back(row.cells);
        }
        print_csv(std::move(lines));
        return;
    }
    report::table t;
    for (const std::string_view column : file.main_columns) {
        t.columns.push_back(
            {std::string(column), evidence::is_number_column(column) ? alignment::right : alignment::left});
    }
    for (const evidence::csv_row& row : rows.rows) {
        std::vector<report::cell> cells;
        for (const std::string_view column : file.main_columns) {
            cells.emplace_back(report::printable(evidence::csv_cells(rows, row).text(column)));
        }
        t.add_row(std::move(cells));
    }
    t.notes = {
        fmt::format("{} of {}, published by others: {}. 'narrowfp evidence show {}:ID' shows a row with its source.",
                    count_text(rows.rows.size(), "row"), file.name, file.holds, file.key)};
    print_table(ctx, t);
}

void print_evidence_row(const context& ctx, const evidence::data_file& file, const evidence::csv_table& table,
                        const evidence::csv_row& row) {
    fact_lines facts;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (!row.cells[i].empty()) {
            facts.emplace_back(table.columns[i], report::printable(row.cells[i]));
        }
    }
    print_facts(ctx, fmt::format("{}, line {} (published)", file.name, row.line), facts);
}

void print_evidence_units(const context& ctx, const evidence_style& style, const evidence::data_file& file,
                          const std::vector<evidence::unit>& units) {
    if (ctx.json) {
        json list = json::array();
        for (const evidence::unit& u : units) {
            list.push_back(evidence_unit_object(u));
        }
        print_json({{"file", file.name}, {"kind", "published"}, {"units", list}});
    } else if (style.csv) {
        print_csv(unit_lines(units));
    } else {
        print_table(ctx, unit_table(units));
    }
}

void print_checked_files(const context& ctx, const evidence_style& style,
                         const std::vector<evidence::checked_file>& files) {
    json list = json::array();
    std::vector<std::vector<std::string>> lines{{"file", "line", "id", "column", "found", "expected"}};
    std::string text;
    std::size_t faults = 0;
    for (const evidence::checked_file& file : files) {
        json of_file = json::array();
        for (const evidence::fault& f : file.faults) {
            of_file.push_back(
                {{"line", f.line}, {"id", f.id}, {"column", f.column}, {"found", f.found}, {"expected", f.expected}});
            lines.push_back({f.file, std::to_string(f.line), std::to_string(f.id), f.column, f.found, f.expected});
            text += text_of(f) + "\n";
        }
        faults += file.faults.size();
        list.push_back({{"file", file.name}, {"rows", file.rows}, {"faults", of_file}});
        text += ctx.quiet ? ""
                          : fmt::format("{}: {}, {}\n", report::printable(file.name), count_text(file.rows, "row"),
                                        count_text(file.faults.size(), "fault"));
    }
    if (ctx.json) {
        print_json({{"held", faults == 0}, {"files", list}});
    } else if (style.csv) {
        print_csv(std::move(lines));
    } else {
        print_text(text);
    }
}

}  // namespace narrowfp::cli
