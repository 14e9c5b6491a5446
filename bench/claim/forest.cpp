// SPDX-License-Identifier: Apache-2.0
#include "claim/forest.hpp"

#include "claim/policy.hpp"
#include "support/median.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

namespace narrowfp::bench::claim {

namespace {

// A row of published ratios: chips of one generation, dense or MoE, one way of scaling.
using unit_class = std::tuple<std::string, bool, evidence::scaling>;  // family of chips, MoE, scaling

// Families in the order in which they stand; others follow.
constexpr std::array<std::string_view, 3> first_families{"Hopper", "Blackwell", "AMD"};

std::size_t place_of(const std::string& family) {
    const auto found = std::find(first_families.begin(), first_families.end(), family);
    return static_cast<std::size_t>(found - first_families.begin());
}

bool stands_before(const unit_class& a, const unit_class& b) {
    const auto key = [](const unit_class& c) {
        const auto& [family, moe, scaling] = c;
        return std::tuple(place_of(family), family, moe, scaling);
    };
    return key(a) < key(b);
}

std::string_view scaling_text(evidence::scaling s) {
    switch (s) {
        case evidence::scaling::tensor: return "one scale per tensor";
        case evidence::scaling::row: return "one scale per row";
        case evidence::scaling::block: return "tiles of 1x128 and 128x128";
        case evidence::scaling::mx: return "MX blocks of 32";
    }
    return "?";
}

// Marks: the vendor of the chip, others, the user; then the model.
enum : std::size_t { by_vendor, by_others, by_user, by_model };

void add_units(report::figure& f, const std::vector<evidence::unit>& units) {
    std::map<unit_class, std::vector<const evidence::unit*>, decltype(&stands_before)> classes(&stands_before);
    for (const evidence::unit& u : units) {
        classes[{std::string(evidence::chip_family(u.chip)), u.kind == evidence::model_kind::moe, u.recipe}].push_back(
            &u);
    }
    std::string family;
    for (const auto& [which, members] : classes) {
        const auto& [of, moe, scaling] = which;
        if (of != family) {
            family = of;
            f.groups.push_back({family, f.categories.size()});
        }
        std::vector<double> ratios;
        for (const evidence::unit* u : members) {
            const double ratio = std::exp(u->log_ratio);
            ratios.push_back(ratio);
            f.series[u->vendor_page ? by_vendor : by_others].points.push_back(
                {.y = ratio,
                 .label = u->name,
                 .category = f.categories.size(),
                 .weight = static_cast<double>(u->ids.size())});
        }
        f.texts.push_back(
            fmt::format("{:.2f} ({} {})", median_of(ratios), ratios.size(), ratios.size() == 1 ? "setup" : "setups"));
        f.categories.push_back(fmt::format("{}, {}", moe ? "experts (MoE)" : "dense", scaling_text(scaling)));
    }
}

void add_own(report::figure& f, const std::vector<ratio_model::row_score>& own) {
    if (own.empty()) {
        return;
    }
    f.groups.push_back({"Yours (--pairs)", f.categories.size()});
    for (const ratio_model::row_score& r : own) {
        f.series[by_user].points.push_back({.y = r.measured, .label = r.unit, .category = f.categories.size()});
        f.texts.push_back(fmt::format("{:.2f}", r.measured));
        f.categories.push_back(fmt::format("{} on {}", r.model, r.chip));
    }
}

void add_cases(report::figure& f, const std::vector<ratio_model::claim_case>& cases) {
    std::string chip;
    for (const ratio_model::claim_case& c : cases) {
        if (c.chip.name != chip) {
            f.groups.push_back({fmt::format("Estimate for a new setup: {}{}", c.chip.name,
                                            c.chip.hypothetical ? " (if it had FP8 units)" : ""),
                                f.categories.size(), chip.empty()});
            chip = c.chip.name;
        }
        const ratio_model::middle_80& r = c.all.one_stack;
        f.series[by_model].points.push_back(
            {.y = r.median, .low = r.low, .high = r.high, .label = c.kind.name, .category = f.categories.size()});
        f.texts.push_back(fmt::format("{:.2f} ({:.2f} to {:.2f})", r.median, r.low, r.high));
        f.categories.push_back(c.kind.brief);
    }
}

}  // namespace

std::vector<evidence::unit> units_shown() {
    std::vector<evidence::unit> units = evidence::units_of(evidence::published_pairs());
    std::vector<evidence::pair> later = evidence::later_pairs();
    std::erase_if(later, [](const evidence::pair& p) { return p.equal_layout == evidence::same_layout::no; });
    for (evidence::unit& u : evidence::units_of(later)) {
        units.push_back(std::move(u));
    }
    return units;
}

report::figure forest_of(const std::vector<evidence::unit>& units, const std::vector<ratio_model::claim_case>& cases,
                         const std::vector<ratio_model::row_score>& own) {
    std::vector<double> all;
    for (const evidence::unit& u : units) {
        all.push_back(std::exp(u.log_ratio));
    }
    const auto above = std::count_if(all.begin(), all.end(), [](double r) { return r > 1; });
    report::figure f{
        .id = "forest",
        .title = "Training speed in FP8 over 16 bits: measured by others, and estimated",
        .summary = fmt::format(
            "{} setups that others published; FP8 is faster in {}, the median is {:.2f} times. A mark is one setup: model, chip and FP8 recipe of "
            "one source. Below the line: estimates for setups that nobody measured, 80 % of them inside the bar.",
            all.size(), above, median_of(all)),
        .form = report::figure_form::forest,
        .x = {.title = "rate in FP8 / rate in 16 bits, logarithmic", .log = true, .minimum = 0.7, .maximum = 2.0},
        .y = {}};
    f.series = {{.name = "measured by the chip's vendor", .points = {}},
                {.name = "measured by others", .points = {}},
                {.name = "yours", .points = {}},
                {.name = "estimate, 80 % of new setups", .points = {}, .interval = true}};
    f.marks = {{1.0, "1.00: equal"},
               {policy::worthwhile_ratio, fmt::format("{:.2f}: threshold of Q1", policy::worthwhile_ratio)}};
    f.texts_title = "median (setups), or estimate (80 %)";
    f.weight_title = "area: rows that the source gives";
    add_units(f, units);
    add_own(f, own);
    add_cases(f, cases);
    std::erase_if(f.series, [](const report::figure_series& s) { return s.points.empty(); });
    return f;
}

report::figure threshold_figure(const std::vector<ratio_model::claim_case>& cases) {
    report::figure f{
        .id = "thresholds",
        .title = "Probability that a new setup trains faster in FP8 by more than a threshold",
        .summary = fmt::format(
            "DeepSeek-V3 where no model is named. Q1 asks at {:.2f}. Where a line crosses a bar, the verdict changes: {:.2f} SUPPORTED, {:.2f} LEANS "
            "SUPPORTED, {:.2f} LEANS AGAINST, {:.2f} NOT SUPPORTED. Caps and failed gates are not in the lines.",
            policy::worthwhile_ratio, ratio_model::policy.supported, ratio_model::policy.leans_supported,
            ratio_model::policy.leans_against, ratio_model::policy.not_supported),
        .form = report::figure_form::lines,
        .x = {.title = "threshold of rate in FP8 / rate in 16 bits", .minimum = 1.0, .maximum = 1.5},
        .y = {.title = "probability", .minimum = 0.0, .maximum = 1.0}};
    for (const ratio_model::claim_case& c : cases) {
        const bool measured = !c.chip.hypothetical && c.chip.extra_deviation == 0;
        if (c.kind.moe || (measured && c.kind.id == "dense_70b")) {  // all cases stand in the table
            report::figure_series line{.name = c.chip.name + (c.kind.moe ? "" : ", dense 70B"), .points = {}};
            for (const ratio_model::threshold_word& w : c.words) {
                line.points.push_back({.x = w.threshold, .y = w.all.value});
            }
            f.series.push_back(std::move(line));
        }
    }
    for (const double bar : {ratio_model::policy.supported, ratio_model::policy.leans_supported,
                             ratio_model::policy.leans_against, ratio_model::policy.not_supported}) {
        f.marks.push_back({bar, fmt::format("{:.2f}", bar)});
    }
    return f;
}

}  // namespace narrowfp::bench::claim
