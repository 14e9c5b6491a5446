// SPDX-License-Identifier: Apache-2.0
#include "claim/first_screen.hpp"

#include "claim/forest.hpp"
#include "claim/policy.hpp"
#include "claim/ratio_tables.hpp"
#include "support/median.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;
using report::table;

namespace {

std::string joined(const std::vector<std::string>& parts, const char* between) {
    std::string out;
    for (const std::string& p : parts) {
        out += (out.empty() ? "" : between) + p;
    }
    return out;
}

void add_counts(table& t, const std::string& what, const four_counts& c, const char* kind, double unit = 1) {
    std::vector<report::cell> cells{what};
    for (const hardware_case h : all_hardware_cases) {
        cells.emplace_back(report::format_number(c[h] / unit, 3));
    }
    cells.emplace_back(kind);
    t.add_row(std::move(cells));
}

// Step times of a chip over that with 16 bits only.
void add_step(table& t, const step_ratio& chip, bool hypothetical) {
    std::vector<report::cell> cells{"step on " + policy::chip_label(chip.chip)};
    for (const hardware_case h : all_hardware_cases) {
        const double x = chip.seconds[h] / chip.seconds[hardware_case::wide];
        const bool supposed = hypothetical && h == hardware_case::fp8_units;
        cells.emplace_back(!std::isfinite(x) ? std::string("no such unit")
                                             : fmt::format("{:.2f}{}", x, supposed ? " (if)" : ""));
    }
    cells.emplace_back("modelled");
    t.add_row(std::move(cells));
}

}  // namespace

std::string claim_sentence() {
    return "The claim: Huawei's Ascend chips lack FP8, so DeepSeek had to train its model R2 in a less efficient 16-bit format, "
           "which loaded the hardware more and used more resources.";
}

std::string source_sentence() {
    return "Who says so: a news article. Press reports that were read name unstable chips, slow links between chips and immature "
           "software. The fourth, no FP8, is the article's own reason. Which Ascend chip was tried is not public.";
}

namespace {

const part* part_named(const std::vector<question>& questions, std::string_view id) {
    for (const question& q : questions) {
        for (const part& p : q.parts) {
            if (p.id == id) {
                return &p;
            }
        }
    }
    return nullptr;
}

// "yes", "probably", "not settled", ... of what a part states.
std::string_view certainty_of(const part& p) {
    using ratio_model::word;
    switch (p.word ? p.word->w : word::open) {
        case word::supported: return "yes";
        case word::leans_supported: return "probably";
        case word::open: return "not settled";
        case word::leans_against: return "probably not";
        case word::not_supported: break;
    }
    return "no";
}

}  // namespace

std::string short_answer(const std::vector<question>& questions) {
    const question* speed = nullptr;
    for (const question& q : questions) {
        speed = q.id == "Q1" ? &q : speed;
    }
    const part* best = speed != nullptr ? strongest_of(*speed) : nullptr;
    const part* least = speed != nullptr ? weakest_of(*speed) : nullptr;
    const part* kept = part_named(questions, "q2.kept");
    const part* units = part_named(questions, "q3.units");
    const part* existence = part_named(questions, "q3.existence");
    if (best == nullptr || !best->value || least == nullptr || !least->value || kept == nullptr || !kept->value ||
        units == nullptr || existence == nullptr || part_named(questions, "q2.memory_measured") == nullptr ||
        part_named(questions, "q4.published") == nullptr) {
        return "";
    }
    const part* memory = part_named(questions, "q2.memory_measured");
    const part* loss = part_named(questions, "q4.published");
    std::vector<double> measured;
    for (const evidence::unit& u : units_shown()) {
        measured.push_back(std::exp(u.log_ratio));
    }
    return fmt::format(
        "In short: is FP8 faster? Others measured {:.2f} times, the median of {} setups; by the estimate {} for {} ({:.2f} times), {} for {} ({:.2f} "
        "times). Do 16 bits need more memory? By count {} ({:.2f} times for DeepSeek-V3), as measured {:.2f} times; does saving it need FP8 units? {}. "
        "Does FP8 cost accuracy? Others found a loss {:.2f} % higher in the median. Could such a model be trained without FP8 units? {}. What made R2 fail is unknown.",
        median_of(measured), measured.size(), certainty_of(*best), best->scope, *best->value, certainty_of(*least),
        least->scope, *least->value, certainty_of(*kept), *kept->value, memory->value.value_or(0), certainty_of(*units),
        loss->value.value_or(0), certainty_of(*existence));
}

std::string answer_line(const question& q) { return q.id + " " + q.text + " " + answer_text(q); }

std::string word_legend() {
    const ratio_model::grade_policy& p = ratio_model::policy;
    return fmt::format(
        "Verdicts: SUPPORTED from a probability of {:.2f} on, LEANS SUPPORTED from {:.2f}, LEANS AGAINST to {:.2f}, NOT SUPPORTED to "
        "{:.2f}, else OPEN; of counts: in all, most, few or no cases.",
        p.supported, p.leans_supported, p.leans_against, p.not_supported);
}

table column_table(const claim_values& v) {
    table t;
    t.title = "What training DeepSeek-V3 costs on four kinds of hardware; times with 16-bit only = 1";
    t.columns = {{"cost"},
                 {"FP8 units", alignment::right},
                 {"FP8 storage, 16-bit multiply", alignment::right},
                 {"INT8 units", alignment::right},
                 {"16-bit only", alignment::right},
                 {"kind"}};
    if (v.kept) {
        add_counts(t, "GB that a device keeps", v.kept->bytes.sum, "counted, partly modelled");
    }
    if (v.sent) {
        add_counts(t, "kB to and from experts, a token and layer", v.sent->bytes.expert_traffic, "counted", 1000);
    }
    if (v.step) {
        for (const step_ratio& chip : v.step->chips) {
            add_step(t, chip, false);
        }
    }
    if (v.hypothetical_step) {
        for (const step_ratio& chip : v.hypothetical_step->chips) {
            const auto& usual = policy::usual_ascends;
            if (std::find(usual.begin(), usual.end(), chip.chip) != usual.end()) {
                add_step(t, chip, true);
            }
        }
    }
    t.notes = {
        "(if): supposing FP8 units. Times: a step-time model of DeepSeek-V3's own layout, memory unlimited; another model than the estimate above, so they differ."};
    return t;
}

std::vector<std::string> gate_sentences(const claim_outcome& outcome) {
    std::vector<std::string> lines;
    if (outcome.values.ratios) {
        lines = gate_lines(*outcome.values.ratios, result_of(outcome.rows, "S1").word == verdict::pass);
    }
    if (outcome.recorded) {
        lines.push_back("The training experiment: " + outcome.recorded->sentence() + ".");
    }
    return lines;
}

table part_table(const question& q) {
    table t;
    t.title = q.id + ": its parts";
    t.columns = {{"part"},
                 {"answer"},
                 {"word"},
                 {"probability", alignment::right},
                 {"without NVIDIA's pages", alignment::right},
                 {"kind"},
                 {"rests on"},
                 {"limits"}};
    const auto number = [](const std::optional<double>& x) { return x ? fmt::format("{:.2f}", *x) : std::string("-"); };
    for (const part& p : q.parts) {
        t.add_row({p.scope, p.sentence, badge_of(p), number(p.probability), number(p.without_vendor_pages),
                   std::string(text_of(p.kind)), joined(p.rests_on, ", "),
                   p.not_run.empty() ? joined(p.limits, "; ") : "NOT RUN: " + p.not_run});
    }
    return t;
}

}  // namespace narrowfp::bench::claim
