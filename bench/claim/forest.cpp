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
        case evidence::scaling::tensor: return "one scale a tensor";
        case evidence::scaling::row: return "one scale a row";
        case evidence::scaling::block: return "tiles (1x128, 128x128)";
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
        f.texts.push_back(fmt::format("{:.2f}, {}", median_of(ratios), ratios.size()));
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
            f.groups.push_back({fmt::format("Model, one new stack: {}{}", c.chip.name,
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
        .title = "Speed of training in FP8 over 16 bits: what others measured, and what the model expects",
        .summary = fmt::format(
            "{} setups that others published; in {} of them FP8 is faster, with a median of {:.2f} times. Each "
            "mark is one setup (model, chip and recipe of one source). Below the line: intervals that hold "
            "80 % of new stacks by the model that is fitted to these setups.",
            all.size(), above, median_of(all)),
        .form = report::figure_form::forest,
        .x = {.title = "rate in FP8 / rate in 16 bits", .log = true, .minimum = 0.7, .maximum = 2.0},
        .y = {}};
    f.series = {{.name = "measured by the chip's vendor", .points = {}},
                {.name = "measured by others", .points = {}},
                {.name = "yours", .points = {}},
                {.name = "model, 80 % of new stacks", .points = {}, .interval = true}};
    f.marks = {{1.0, "1.00: as fast"}, {policy::worthwhile_ratio, fmt::format("{:.2f}", policy::worthwhile_ratio)}};
    f.texts_title = "median, setups; of the model median (80 %)";
    f.weight_title = "rows of the setup";
    add_units(f, units);
    add_own(f, own);
    add_cases(f, cases);
    std::erase_if(f.series, [](const report::figure_series& s) { return s.points.empty(); });
    return f;
}

}  // namespace narrowfp::bench::claim
