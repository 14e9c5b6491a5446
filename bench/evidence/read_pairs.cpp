// SPDX-License-Identifier: Apache-2.0
#include "evidence/csv_table.hpp"
#include "evidence/data_files.hpp"
#include "evidence/pair.hpp"
#include "evidence/word_lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace narrowfp::bench::evidence {
namespace {

constexpr word_list<bool, 2> zero_or_one{{{"1", true}, {"0", false}}};

constexpr std::array<std::string_view, 20> published_columns{
    "id",     "family",       "source", "hardware", "chip",    "n_gpu", "model",     "kind",    "hidden", "seq",
    "layout", "equal_layout", "recipe", "bf16",     "measure", "fp8",   "certainty", "include", "unit",   "ratio"};
constexpr std::array<std::string_view, 4> more_columns{"ffn", "memory", "note", "confirmed"};

// "step time (s or ms)" is a time, "rate tok/s" a rate: the one of the two words that is in the text.
measured_as measure_of(const csv_cells& cells) {
    const std::string text = cells.text("measure");
    const auto holds = [&text](std::string_view word) {
        const auto is_letter = [&text](std::size_t at) {
            return at < text.size() && ((text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z');
        };
        for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
            if (!(at > 0 && is_letter(at - 1)) && !is_letter(at + word.size())) {
                return true;
            }
        }
        return false;
    };
    const bool time = holds("time");
    if (time == holds("rate")) {
        cells.fail("measure", "'time' or 'rate', with a unit where it has one: 'time ms', 'rate tok/s'");
    }
    return time ? measured_as::time : measured_as::rate;
}

// 62.0 / 61.8 for "62.0 / 61.8 GiB", 1.2 for "1.2"; nothing for what is no quotient of two figures.
std::optional<double> memory_ratio(std::string_view text) {
    const auto leading_number = [&text]() -> std::optional<double> {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || !(value > 0)) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        return value;
    };
    const auto wide = leading_number();
    if (!wide || text.empty()) {
        return wide;
    }
    if (text.front() != '/') {
        return std::nullopt;
    }
    text.remove_prefix(1);
    const auto narrow = leading_number();
    const bool one_unit = text == "GB" || text == "GiB" || text == "MB" || text == "MiB" || text.empty();
    return narrow && one_unit ? std::optional(*wide / *narrow) : std::nullopt;
}

// What both kinds of file have in the same form. An empty cell is refused where the row says nothing without it.
pair shared_columns(const csv_cells& cells) {
    pair p;
    p.line = cells.line();
    p.hardware = cells.text("hardware");
    p.chip = cells.required_text("chip");
    p.devices = cells.count("n_gpu");
    p.model = cells.required_text("model");
    p.kind = cells.word("kind", model_kinds);
    p.hidden = cells.number("hidden");
    p.ffn = cells.number("ffn");
    p.sequence = cells.number("seq");
    p.layout = cells.text("layout");
    p.recipe = cells.word("recipe", scalings);
    p.wide = cells.number("bf16");
    p.fp8 = cells.number("fp8");
    p.measure_text = cells.text("measure");
    p.ratio = cells.number("ratio");
    p.memory_text = cells.text("memory");
    p.memory = memory_ratio(p.memory_text);
    p.note = cells.text("note");
    p.confirmed = cells.text("confirmed");
    return p;
}

pair published_pair(const csv_cells& cells) {
    pair p = shared_columns(cells);
    p.id = cells.required_count("id");
    p.family = cells.required_text("family");
    p.source = cells.text("source");
    p.equal_layout = cells.word("equal_layout", layouts);
    p.measure = measure_of(cells);
    p.read = cells.word("certainty", certainties);
    p.include = cells.word("include", zero_or_one);
    p.unit = cells.required_text("unit");
    return p;
}

// -- a user's file ----------------------------------------------------------------------------------------------------
void complete_ratio(pair& p, const csv_cells& cells) {
    const bool two_figures = p.wide && p.fp8;
    if (p.ratio && !two_figures && p.measure_text.empty()) {
        return;
    }
    if (!p.ratio && !two_figures) {
        cells.fail(!p.wide ? "bf16" : "fp8", "a number, or one in the column ratio");
    }
    p.measure = measure_of(cells);
    if (p.ratio) {
        return;
    }
    if (!(*p.wide > 0) || !(*p.fp8 > 0)) {
        cells.fail(!(*p.wide > 0) ? "bf16" : "fp8", "a number above 0");
    }
    p.ratio = p.measure == measured_as::time ? *p.wide / *p.fp8 : *p.fp8 / *p.wide;
    if (!std::isfinite(*p.ratio) || !(*p.ratio > 0)) {
        cells.fail("fp8", "a figure whose ratio to that of bf16 is a number");
    }
}

pair user_pair(const csv_cells& cells, std::string_view file, bool has_sources, int row) {
    const auto text_or = [&cells](std::string_view column, std::string other) {
        std::string found = cells.text(column);
        return found.empty() ? std::move(other) : std::move(found);
    };
    pair p = shared_columns(cells);
    p.id = cells.count("id").value_or(row);
    p.family = text_or("family", "yours");
    // A file with the column is checked for it; one without is the source itself.
    p.source = has_sources ? cells.text("source") : std::string(file);
    p.equal_layout = cells.word("equal_layout", layouts, std::optional(same_layout::unknown));
    p.read = cells.word("certainty", certainties, std::optional(certainty::seen));
    p.include = cells.word("include", zero_or_one, std::optional(true));
    p.unit = text_or("unit", fmt::format("{}|{}|{}|{}", p.family, p.model, p.chip, name_of(p.recipe)));
    if (!p.hidden) {
        cells.fail("hidden", "the width of the model");
    }
    complete_ratio(p, cells);
    return p;
}

std::vector<pair> pairs_in(const csv_table& table) {
    table.expect_columns(published_columns, more_columns);
    std::vector<pair> pairs;
    for (const csv_row& row : table.rows) {
        pairs.push_back(published_pair({table, row}));
    }
    return pairs;
}

std::vector<pair> user_pairs_in(const csv_table& table) {
    constexpr std::array<std::string_view, 7> always{"model", "kind", "chip", "hidden", "ffn", "seq", "recipe"};
    constexpr std::array<std::string_view, 3> figures{"bf16", "fp8", "measure"};
    std::vector<std::string_view> required(always.begin(), always.end());
    std::string_view hint;
    if (!table.has("ratio")) {
        required.insert(required.end(), figures.begin(), figures.end());
        const bool all =
            std::all_of(figures.begin(), figures.end(), [&table](auto column) { return table.has(column); });
        hint = all ? "" : " (a column ratio can stand for bf16, fp8 and measure)";
    }
    std::vector<std::string_view> known(published_columns.begin(), published_columns.end());
    known.insert(known.end(), more_columns.begin(), more_columns.end());
    table.expect_columns(required, known, hint);
    std::vector<pair> pairs;
    for (const csv_row& row : table.rows) {
        pairs.push_back(user_pair({table, row}, table.name, table.has("source"), static_cast<int>(pairs.size()) + 1));
    }
    return pairs;
}

}  // namespace

std::vector<pair> parse_pairs(std::string_view text, std::string_view name) { return pairs_in(parse_csv(text, name)); }
std::vector<pair> read_pairs(const std::filesystem::path& file) { return pairs_in(read_csv(file)); }

std::vector<pair> parse_user_pairs(std::string_view text, std::string_view name) {
    return user_pairs_in(parse_csv(text, name));
}
std::vector<pair> read_user_pairs(const std::filesystem::path& file) { return user_pairs_in(read_csv(file)); }

const std::vector<pair>& published_pairs() {
    static const std::vector<pair> pairs = parse_pairs(data_files::pairs, "pairs.csv");
    return pairs;
}

const std::vector<pair>& later_pairs() {
    static const std::vector<pair> pairs = parse_pairs(data_files::pairs_after_freeze, "pairs_after_freeze.csv");
    return pairs;
}

}  // namespace narrowfp::bench::evidence
