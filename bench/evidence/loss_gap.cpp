// SPDX-License-Identifier: Apache-2.0
#include "evidence/loss_gap.hpp"

#include "evidence/csv_table.hpp"
#include "evidence/data_files.hpp"
#include "evidence/word_lists.hpp"

namespace narrowfp::bench::evidence {
namespace {

constexpr word_list<gap_measure, 4> gap_measures{{{"loss", gap_measure::loss},
                                                  {"perplexity", gap_measure::perplexity},
                                                  {"statement", gap_measure::statement},
                                                  {"divergence", gap_measure::divergence}}};
constexpr word_list<gap_kind, 5> gap_kinds{{{"value", gap_kind::value},
                                            {"upper_bound", gap_kind::upper_bound},
                                            {"lower_bound", gap_kind::lower_bound},
                                            {"divergence", gap_kind::divergence},
                                            {"not_significant", gap_kind::not_significant}}};

constexpr std::array<std::string_view, 21> loss_columns{
    "id",       "source",      "author",   "title",       "place",     "year",      "model",
    "kind",     "parameters",  "tokens",   "recipe",      "scaling",   "what",      "loss_16bit",
    "loss_fp8", "gap_percent", "gap_kind", "seeds_16bit", "seeds_fp8", "certainty", "note"};

loss_gap loss_gap_of(const csv_cells& cells) {
    loss_gap g;
    g.id = cells.required_count("id");
    g.source = cells.text("source");
    g.author = cells.text("author");
    g.title = cells.text("title");
    g.place = cells.text("place");
    g.year = cells.count("year");
    g.model = cells.required_text("model");
    g.kind = cells.word("kind", model_kinds);
    g.parameters = cells.number("parameters");
    g.tokens = cells.number("tokens");
    g.recipe = cells.text("recipe");
    g.scales = cells.text("scaling");
    g.what = cells.word("what", gap_measures);
    g.wide = cells.number("loss_16bit");
    g.fp8 = cells.number("loss_fp8");
    g.gap_percent = cells.number("gap_percent");
    if (!cells.text("gap_kind").empty()) {
        g.gap = cells.word("gap_kind", gap_kinds);
    }
    g.seeds_wide = cells.count("seeds_16bit");
    g.seeds_fp8 = cells.count("seeds_fp8");
    g.read = cells.word("certainty", certainties);
    g.note = cells.text("note");
    g.line = cells.line();
    return g;
}

}  // namespace

std::string_view name_of(gap_measure m) { return word_of(gap_measures, m); }
std::string_view name_of(gap_kind k) { return word_of(gap_kinds, k); }

std::vector<loss_gap> parse_loss_gaps(std::string_view text, std::string_view name) {
    return rows_of<loss_gap>(parse_csv(text, name), loss_columns, loss_gap_of);
}

const std::vector<loss_gap>& published_loss_gaps() {
    static const std::vector<loss_gap> gaps = parse_loss_gaps(data_files::loss_gaps, "loss_gaps.csv");
    return gaps;
}

}  // namespace narrowfp::bench::evidence
