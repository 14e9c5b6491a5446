// SPDX-License-Identifier: Apache-2.0
#include "evidence/gemm_pair.hpp"

#include "evidence/csv_table.hpp"
#include "evidence/data_files.hpp"

#include <charconv>

namespace narrowfp::bench::evidence {
namespace {

bool is_time(const gemm_pair& p) {
    for (const std::string_view unit : {"ms", "us"}) {
        if (p.source.ends_with(", " + std::string(unit)) || p.note == unit ||
            p.note.starts_with(std::string(unit) + ";")) {
            return true;
        }
    }
    return false;
}

// "1.9" or "1.64-1.81".
void read_ratio(gemm_pair& p, const csv_cells& cells) {
    const std::string text = cells.text("ratio");
    const std::size_t dash = text.find('-', 1);
    if (dash == std::string::npos || text[dash - 1] == 'e') {
        p.ratio = p.ratio_high = cells.number("ratio");
        return;
    }
    const auto end_of_range = [&](std::string_view part) {
        double value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (error != std::errc() || end != part.data() + part.size() || !(value > 0)) {
            cells.fail("ratio", "a number, or two as in 1.64-1.81");
        }
        return value;
    };
    p.ratio = end_of_range(std::string_view(text).substr(0, dash));
    p.ratio_high = end_of_range(std::string_view(text).substr(dash + 1));
    if (!(*p.ratio <= *p.ratio_high)) {
        cells.fail("ratio", "the lower number first, as in 1.64-1.81");
    }
}

gemm_pair gemm_pair_of(const csv_cells& cells) {
    gemm_pair p;
    p.id = cells.required_count("id");
    p.source = cells.text("source");
    p.chip = cells.required_text("chip");
    p.shape = cells.text("shape");
    p.wide = cells.number("bf16_TFLOPs");
    p.fp8 = cells.number("fp8_TFLOPs");
    read_ratio(p, cells);
    p.note = cells.text("note");
    p.line = cells.line();
    p.measure = is_time(p) ? measured_as::time : measured_as::rate;
    return p;
}

constexpr std::array<std::string_view, 8> gemm_columns{"id",          "source",     "chip",  "shape",
                                                       "bf16_TFLOPs", "fp8_TFLOPs", "ratio", "note"};

}  // namespace

std::vector<gemm_pair> parse_gemm_pairs(std::string_view text, std::string_view name) {
    return rows_of<gemm_pair>(parse_csv(text, name), gemm_columns, gemm_pair_of);
}

const std::vector<gemm_pair>& published_gemm_pairs() {
    static const std::vector<gemm_pair> pairs = parse_gemm_pairs(data_files::gemm, "gemm.csv");
    return pairs;
}

}  // namespace narrowfp::bench::evidence
