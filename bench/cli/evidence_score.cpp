// SPDX-License-Identifier: Apache-2.0
#include "cli/evidence_score.hpp"

#include "ratio_model/ratio_model.hpp"
#include "ratio_model/row_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

namespace evidence = bench::evidence;
namespace ratio_model = bench::ratio_model;

constexpr std::uint32_t first_stream = 0x70000;  // of the predictions; those below belong to the fit

// The model predicts whole training steps of dense and MoE models.
std::vector<evidence::pair> scored_pairs(const std::string& file) {
    std::vector<evidence::pair> rows = evidence::read_user_pairs(file);
    for (const evidence::pair& row : rows) {
        if (row.kind != evidence::model_kind::dense && row.kind != evidence::model_kind::moe) {
            throw std::invalid_argument(
                fmt::format("{}: line {}, column kind: '{}'; the ratio model knows dense and MoE", file, row.line,
                            evidence::name_of(row.kind)));
        }
    }
    return rows;
}

json object_of(const ratio_model::row_score& s) {
    return {{"id", s.id},
            {"unit", s.unit},
            {"model", s.model},
            {"chip", s.chip},
            {"low", s.predicted.low},
            {"median", s.predicted.median},
            {"high", s.predicted.high},
            {"measured", s.measured},
            {"inside", s.inside()}};
}

report::table table_of(const std::vector<ratio_model::row_score>& scores) {
    using report::alignment;
    report::table t;
    t.title = "Rate in FP8 over rate in 16 bits: measured, and the middle 80 % that the ratio model predicts";
    t.columns = {{"id", alignment::right},
                 {"model"},
                 {"chip"},
                 {"measured", alignment::right},
                 {"low", alignment::right},
                 {"median", alignment::right},
                 {"high", alignment::right},
                 {"inside"}};
    for (const ratio_model::row_score& s : scores) {
        t.add_row({std::to_string(s.id),
                   s.model,
                   s.chip,
                   fmt::format("{:.3f}", s.measured),
                   fmt::format("{:.2f}", s.predicted.low),
                   fmt::format("{:.2f}", s.predicted.median),
                   fmt::format("{:.2f}", s.predicted.high),
                   {s.inside() ? "yes" : "no", s.inside() ? report::tint::good : report::tint::bad}});
    }
    const auto inside = std::count_if(scores.begin(), scores.end(), [](const auto& s) { return s.inside(); });
    t.notes.push_back(fmt::format("{} of {} rows inside; of many independent ones about 80 % are expected there",
                                  inside, scores.size()));
    t.notes.emplace_back(
        "The model is fitted to the project's published pairs of equal layout and batch. Rows of one source share its "
        "offset, so they are not independent.");
    return t;
}

int run_score(const context& ctx, const std::string& file) {
    const std::vector<evidence::pair> rows = scored_pairs(file);
    const ratio_model::fit_options options;
    const ratio_model::posterior fitted = ratio_model::fit_posterior(evidence::published_pairs(), options);
    const std::vector<ratio_model::row_score> scores =
        ratio_model::score_rows(fitted, rows, options.draws_per_sample, {.seed = options.seed, .stream = first_stream});
    if (!ctx.json) {
        print_table(ctx, table_of(scores));
        return 0;
    }
    json list = json::array();
    for (const ratio_model::row_score& s : scores) {
        list.push_back(object_of(s));
    }
    print_json(list);
    return 0;
}

}  // namespace

void add_evidence_score(CLI::App& group, context& ctx) {
    const auto file = std::make_shared<std::string>();
    CLI::App& command = add_command(
        group, ctx,
        {.name = "score",
         .summary = "Your pairs against the intervals that the ratio model predicts",
         .details =
             "The model is fitted to the project's published pairs (some seconds). The file is CSV with the columns\n"
             "model, kind, chip, hidden, ffn, seq, recipe, and ratio or bf16, fp8 and measure.\n"
             "Exit code 0 whatever the scores are; 2 for a file that cannot be read.",
         .examples = "  narrowfp evidence score --pairs my_pairs.csv\n"
                     "  narrowfp evidence score --pairs my_pairs.csv --json"},
        [file](const context& c) { return run_score(c, *file); });
    command.add_option("--pairs", *file, "CSV file of pairs")->required()->type_name("FILE");
}

}  // namespace narrowfp::cli
