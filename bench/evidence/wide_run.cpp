// SPDX-License-Identifier: Apache-2.0
#include "evidence/wide_run.hpp"

#include "evidence/csv_table.hpp"
#include "evidence/data_files.hpp"
#include "evidence/word_lists.hpp"

namespace narrowfp::bench::evidence {
namespace {

constexpr word_list<bool, 2> yes_or_no{{{"y", true}, {"n", false}}};

constexpr std::array<std::string_view, 17> run_columns{"id",        "source",        "place",
                                                       "year",      "organisation",  "model",
                                                       "kind",      "parameters",    "active_parameters",
                                                       "tokens",    "chip",          "devices",
                                                       "format",    "format_stated", "mfu_percent",
                                                       "certainty", "note"};

wide_run wide_run_of(const csv_cells& cells) {
    wide_run r;
    r.id = cells.required_count("id");
    r.source = cells.text("source");
    r.place = cells.text("place");
    r.year = cells.count("year");
    r.organisation = cells.text("organisation");
    r.model = cells.required_text("model");
    r.kind = cells.word("kind", model_kinds);
    r.parameters = cells.number("parameters");
    r.active_parameters = cells.number("active_parameters");
    r.tokens = cells.number("tokens");
    r.chip = cells.required_text("chip");
    r.devices = cells.count("devices");
    r.format = cells.text("format");
    r.format_stated = cells.word("format_stated", yes_or_no);
    r.mfu_percent = cells.number("mfu_percent");
    r.read = cells.word("certainty", certainties);
    r.note = cells.text("note");
    r.line = cells.line();
    return r;
}

}  // namespace

std::vector<wide_run> parse_wide_runs(std::string_view text, std::string_view name) {
    return rows_of<wide_run>(parse_csv(text, name), run_columns, wide_run_of);
}

const std::vector<wide_run>& published_wide_runs() {
    static const std::vector<wide_run> runs = parse_wide_runs(data_files::runs_16bit, "runs_16bit.csv");
    return runs;
}

}  // namespace narrowfp::bench::evidence
