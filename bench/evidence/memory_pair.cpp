// SPDX-License-Identifier: Apache-2.0
#include "evidence/memory_pair.hpp"

#include "evidence/csv_table.hpp"
#include "evidence/data_files.hpp"
#include "evidence/word_lists.hpp"

namespace narrowfp::bench::evidence {
namespace {

constexpr std::array<std::string_view, 15> memory_columns{
    "id",     "source", "place",          "model",        "kind",  "chip",      "devices", "layout",
    "recipe", "what",   "bytes_16bit_gb", "bytes_fp8_gb", "ratio", "certainty", "note"};

memory_pair memory_pair_of(const csv_cells& cells) {
    memory_pair p;
    p.id = cells.required_count("id");
    p.source = cells.text("source");
    p.place = cells.text("place");
    p.model = cells.required_text("model");
    p.kind = cells.word("kind", model_kinds);
    p.chip = cells.text("chip");
    p.devices = cells.count("devices");
    p.layout = cells.text("layout");
    p.recipe = cells.text("recipe");
    p.what = cells.required_text("what");
    p.wide = cells.number("bytes_16bit_gb");
    p.fp8 = cells.number("bytes_fp8_gb");
    p.ratio = cells.number("ratio");
    p.read = cells.word("certainty", certainties);
    p.note = cells.text("note");
    p.line = cells.line();
    return p;
}

}  // namespace

std::vector<memory_pair> parse_memory_pairs(std::string_view text, std::string_view name) {
    return rows_of<memory_pair>(parse_csv(text, name), memory_columns, memory_pair_of);
}

const std::vector<memory_pair>& published_memory_pairs() {
    static const std::vector<memory_pair> pairs = parse_memory_pairs(data_files::memory, "memory.csv");
    return pairs;
}

}  // namespace narrowfp::bench::evidence
