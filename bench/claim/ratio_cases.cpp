// SPDX-License-Identifier: Apache-2.0
#include "claim/ratio_cases.hpp"

#include "claim/policy.hpp"
#include "claim/ratio_tables.hpp"
#include "claim/rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace narrowfp::bench::claim {

namespace {

constexpr std::uint32_t user_rows_stream = 1u << 20;  // beside the streams of the fit

ratio_model::asked_chip asked(const row_context& how, std::string_view name) {
    ratio_model::asked_chip c = ratio_model::asked_chip_of(chips_of(how).by_name(name));
    c.name = policy::chip_label(name);
    return c;
}

std::vector<ratio_model::asked_chip> asked_chips(const row_context& how) {
    std::vector<ratio_model::asked_chip> out;
    for (const std::string& name : how.asked_chips) {
        out.push_back(asked(how, name));
    }
    if (out.empty()) {
        out.push_back(asked(how, policy::trained_on));
        out.back().name = "H100 or H800";  // equal peaks and bandwidth
        out.push_back(asked(how, policy::returned_to));
    }
    for (const std::string_view name : policy::usual_ascends) {
        if (std::find(how.asked_chips.begin(), how.asked_chips.end(), name) == how.asked_chips.end()) {
            out.push_back(asked(how, name));
        }
    }
    return out;
}

ratio_model::kind_of_model kind_of(const subject& what) {
    const bool moe = what.model.experts > 0;
    return {.id = "model",
            .brief = what.name,
            .name = fmt::format("{}, {} tokens, tiles", what.name, what.layout.sequence),
            .sizes = {.hidden = static_cast<double>(what.model.hidden),
                      .ffn = static_cast<double>(moe ? what.model.expert_ffn : what.model.dense_ffn),
                      .sequence = static_cast<double>(what.layout.sequence)},
            .moe = moe,
            .recipe = evidence::scaling::block};
}

}  // namespace

ratio_model::result compute_ratios(const row_context& how) {
    ratio_model::fit_options options;
    options.threads = how.threads;
    options.asked_chips = asked_chips(how);
    if (!how.complete) {
        options.permutations = 0;  // the test that gates can fail takes most of the time; a whole report has it
    }
    if (!subject_of(how).is_deepseek_v3) {
        options.kinds = {kind_of(subject_of(how))};
    }
    options.progress = [&](std::string_view part, std::size_t done, std::size_t of) {
        if (how.on_progress && of > 0) {
            how.on_progress(static_cast<double>(done) / static_cast<double>(of), part);
        }
    };
    return ratio_model::fit(evidence::published_pairs(), evidence::later_pairs(), options);
}

std::vector<ratio_model::row_score> score_user_pairs(const ratio_model::result& r,
                                                     const std::vector<evidence::pair>& rows) {
    const ratio_model::fit_options options;
    return ratio_model::score_rows(r.all, rows, options.draws_per_sample, {options.seed, user_rows_stream});
}

row_result with_ratios(std::string_view id, row_result row, const ratio_model::result& r, bool hypothetical) {
    const std::vector<claim_case> cases = cases_of(r, hypothetical);
    std::vector<report::table> tables{case_table(id, cases)};
    if (!hypothetical) {
        append(tables, {gate_table(r), family_table(r.gates)});
    }
    append(tables, {word_by_threshold_table(id, cases)});
    append(tables, std::move(row.tables));
    append(tables, pocket_tables(cases));
    row.tables = std::move(tables);
    append(row.records, case_records(id, cases));
    std::string figures;
    for (const claim_case& c : cases) {
        if (c.kind.moe) {
            figures += fmt::format("{}{} {:.2f} ({:.2f} to {:.2f}, {})", figures.empty() ? "" : ", ", c.chip.name,
                                   c.all.one_stack.median, c.all.one_stack.low, c.all.one_stack.high,
                                   ratio_model::text_of(c.at(policy::worthwhile_ratio).words));
        }
    }
    row.value = (figures.empty() ? "" : "ratio model: " + figures + "; ") + "step-time model: " + row.value;
    row.kinds = "M, P";
    return row;
}

}  // namespace narrowfp::bench::claim
