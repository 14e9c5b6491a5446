// SPDX-License-Identifier: Apache-2.0
#include "evidence/fault_list.hpp"

#include "evidence/csv_table.hpp"

#include <fmt/format.h>

#include <cmath>

namespace narrowfp::bench::evidence {
namespace {

constexpr double ratio_tolerance = 0.01;

bool agree(double a, double b) { return std::abs(a - b) <= ratio_tolerance * std::abs(b); }

// 4096, 0.833333, 1e+12.
std::string number(double x) {
    constexpr double most_written_out = 1e9;
    return x == std::floor(x) && std::abs(x) <= most_written_out ? fmt::format("{:.0f}", x) : fmt::format("{:.6g}", x);
}

}  // namespace

std::string text_of(const fault& f) {
    return fmt::format("{}:{}: id {}, column '{}': found {}, expected {}", one_line(f.file), f.line, f.id, f.column,
                       f.found, f.expected);
}

void fault_list::at(std::size_t line, int id) {
    line_ = line;
    id_ = id;
    if (!ids_.insert(id).second) {
        add("id", std::to_string(id), "an id that no row before it has");
    }
}

void fault_list::add(std::string_view column, std::string found, std::string expected) {
    faults_.push_back({.file = file_,
                       .line = line_,
                       .id = id_,
                       .column = std::string(column),
                       .found = found.empty() ? "nothing" : one_line(found),
                       .expected = std::move(expected)});
}

void fault_list::text(std::string_view column, const std::string& value) {
    if (value.empty()) {
        add(column, "", "a text");
    }
}

void fault_list::positive(std::string_view column, std::optional<double> value) {
    if (value && !(*value > 0)) {
        add(column, number(*value), "a number above 0");
    }
}

void fault_list::range(std::string_view column, std::optional<double> value, double low, double high) {
    if (value && !(*value >= low && *value <= high)) {
        add(column, number(*value), fmt::format("{} to {}", number(low), number(high)));
    }
}

void fault_list::whole(std::string_view column, std::optional<double> value, double low, double high) {
    if (value && !(*value >= low && *value <= high && *value == std::floor(*value))) {
        add(column, number(*value), fmt::format("a whole number from {} to {}", number(low), number(high)));
    }
}

void fault_list::ratio(std::optional<double> value, const std::string& note) {
    positive("ratio", value);
    if (value && *value > 0 && note.empty()) {
        constexpr double low = 0.2;
        constexpr double high = 5;
        if (*value < low || *value > high) {
            add("ratio", number(*value), fmt::format("{} to {}, or a note that explains it", low, high));
        }
    }
}

void fault_list::quotient(std::optional<double> ratio, std::optional<double> numerator,
                          std::optional<double> denominator, std::string_view why) {
    if (!ratio || !numerator || !denominator || !(*ratio > 0) || !(*numerator > 0) || !(*denominator > 0)) {
        return;
    }
    const double right = *numerator / *denominator;
    if (agree(*ratio, right)) {
        return;
    }
    const std::string expected =
        fmt::format("{} within 1 % ({} over {})", number(right), number(*numerator), number(*denominator));
    add("ratio", number(*ratio),
        agree(*ratio, 1 / right) ? fmt::format("{}; it is the inverse: {}", expected, why) : expected);
}

void fault_list::year(std::optional<int> value) {
    whole("year", value ? std::optional<double>(*value) : std::nullopt, 2015, 2100);
}

}  // namespace narrowfp::bench::evidence
