// SPDX-License-Identifier: Apache-2.0
// narrowfp list: the formats, recipes, units, targets, chips and conversion profiles that this version knows, one table each.
#include "cli/chip_facts.hpp"
#include "cli/command.hpp"
#include "cli/format_facts.hpp"
#include "cli/names.hpp"
#include "cli/number_text.hpp"
#include "cli/profile_facts.hpp"
#include "cli/unit_facts.hpp"
#include "support/near_names.hpp"

#include <narrowfp/base/target.hpp>

#include <fmt/format.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

using report::alignment;

// One kind of thing that can be listed, as a table, as JSON and as bare names.
struct listing {
    report::table table;
    json entries = json::array();
    std::vector<std::string> names;
};

std::string mark(bool yes) { return yes ? "yes" : "-"; }

listing list_formats() {
    listing list;
    list.table.notes = {
        "Of IEEE P3109 the best known; every other binary{K}p{P}{s|u}{e|f} is found by its name, for example "
        "'narrowfp show binary6p3uf'."};
    list.table.columns = {{"format"},
                          {"C++ type"},
                          {"bits", alignment::right},
                          {"max", alignment::right},
                          {"min normal", alignment::right},
                          {"min subnormal", alignment::right},
                          {"inf"},
                          {"nan"},
                          {"-0"},
                          {"source"}};
    for (const any_format& format : all_formats) {
        const format_facts f = facts_of(format);
        const bool has_nan = !f.nan_codes.empty();
        list.names.push_back(f.name);
        list.table.add_row({f.name, f.type_name, std::to_string(f.code_bits), decimal_text(f.max.value),
                            decimal_text(f.min_normal.value),
                            f.min_subnormal ? decimal_text(f.min_subnormal->value) : "-",
                            mark(f.infinity_code.has_value()), mark(has_nan), mark(f.has_negative_zero), f.source});
        list.entries.push_back({{"name", f.name},
                                {"type", f.type_name},
                                {"bits", f.code_bits},
                                {"max", f.max.value},
                                {"min_normal", f.min_normal.value},
                                {"min_subnormal", f.min_subnormal ? json(f.min_subnormal->value) : json()},
                                {"infinity", f.infinity_code.has_value()},
                                {"nan", has_nan},
                                {"negative_zero", f.has_negative_zero},
                                {"source", f.source}});
    }
    return list;
}

listing list_recipes() {
    listing list;
    list.table.columns = {{"recipe"}, {"what it does"}, {"source"}};
    for (const recipe& r : all_recipes) {
        list.names.emplace_back(r.name);
        list.table.add_row({std::string(r.name), std::string(r.summary), std::string(r.source)});
        list.entries.push_back({{"name", r.name}, {"summary", r.summary}, {"source", r.source}});
    }
    return list;
}

listing list_units() {
    listing list;
    list.table.columns = {{"unit"}, {"chips"}, {"operands"}, {"evidence"}, {"other names"}};
    list.table.notes = {
        "operands: formats of A and B, in any mix of those between two commas. 'narrowfp show NAME' gives the "
        "arithmetic of each and its evidence."};
    for (const matrix_unit& unit : all_units) {
        list.names.emplace_back(unit.name);
        list.table.add_row({std::string(unit.name), std::string(unit.chips), operands_text(unit), evidence_text(unit),
                            other_names_text(unit)});
        list.entries.push_back(unit_object(unit));
    }
    for (const unit_spread& spread : all_unit_spreads) {
        list.names.emplace_back(spread.name);
        list.table.add_row({std::string(spread.name), std::string(spread.chips), "those of its members",
                            std::string(spread.open), ""});
        list.entries.push_back(spread_object(spread));
    }
    return list;
}

json features_array(feature_set features) {
    json names = json::array();
    for (std::size_t i = 0; i < cpu_feature_names.size(); ++i) {
        if (features.contains(feature_set::of(static_cast<cpu_feature>(i)))) {
            names.push_back(cpu_feature_names[i]);
        }
    }
    return names;
}

listing list_targets() {
    listing list;
    const target active = active_target();
    list.table.columns = {{"target"}, {"what it is"}, {"needs"}, {"this machine"}, {"active"}};
    list.table.notes = {"A target changes time, never bits. NARROWFP_TARGET=name forces one."};
    for (const target_info& info : all_targets) {
        const bool is_active = info.id == active;
        const std::string refused = why_refused(info);
        const std::string needs = text_of(info.features);
        list.names.emplace_back(info.name);
        list.table.add_row({std::string(info.name),
                            std::string(info.summary),
                            needs.empty() ? "-" : needs,
                            refused.empty() ? "offered" : "refused: " + refused,
                            {mark(is_active), is_active ? report::tint::good : report::tint::plain}});
        list.entries.push_back({{"name", info.name},
                                {"summary", info.summary},
                                {"features", features_array(info.features)},
                                {"cpu_offers", cpu_offers(info.id)},
                                {"has_kernels", info.has_kernels},
                                {"refused", refused.empty() ? json() : json(refused)},
                                {"active", is_active}});
    }
    return list;
}

listing list_chips() {
    using device::quantity;
    listing list;
    list.table.columns = {{"chip"}, {"maker"}, {"fp8/bf16", alignment::right}};
    for (const quantity q :
         {quantity::fp8, quantity::bf16, quantity::fp16, quantity::int8, quantity::memory, quantity::bandwidth}) {
        list.table.columns.push_back(
            {fmt::format("{}, {}", device::info_of(q).name, device::info_of(q).unit), alignment::right});
    }
    list.table.notes = {
        "Dense peaks. A star marks a figure that sources dispute or that cannot be confirmed; '-': no such "
        "unit; '?': no confirmed figure. narrowfp show NAME --kind chip gives every figure with its source."};
    for (const device::chip& c : device::all_chips) {
        list.names.emplace_back(c.name);
        std::vector<report::cell> row{std::string(c.name), std::string(c.vendor), fp8_ratio_text(c)};
        for (const quantity q :
             {quantity::fp8, quantity::bf16, quantity::fp16, quantity::int8, quantity::memory, quantity::bandwidth}) {
            row.emplace_back(short_datum_text(c, q));
        }
        list.table.add_row(std::move(row));
        list.entries.push_back(chip_object(c));
    }
    return list;
}

listing list_profiles() {
    listing list;
    list.table.columns = {{"profile"}, {"what it is"}, {"formats"}, {"unsure"}, {"source"}};
    list.table.notes = {
        "narrowfp convert --profile NAME gives what it would give. narrowfp show NAME --kind profile shows each "
        "format's cells; unsure: no source at hand settles what becomes of these."};
    for (const conversion_profile& profile : profiles::all) {
        list.names.emplace_back(profile.name);
        list.table.add_row({std::string(profile.name), std::string(profile.summary), profile_formats_text(profile),
                            profile_doubts_text(profile), std::string(profile.source)});
        list.entries.push_back(profile_object(profile));
    }
    return list;
}

struct list_kind {
    std::string_view name;
    listing (*make)();
};

constexpr std::array list_kinds{list_kind{"formats", list_formats}, list_kind{"recipes", list_recipes},
                                list_kind{"units", list_units},     list_kind{"targets", list_targets},
                                list_kind{"chips", list_chips},     list_kind{"profiles", list_profiles}};

listing list_of(std::string_view wanted) {
    std::vector<std::string_view> known;
    for (const list_kind& kind : list_kinds) {
        if (kind.name == wanted) {
            return kind.make();
        }
        known.push_back(kind.name);
    }
    throw std::invalid_argument(bench::unknown_name("kind", wanted, known));
}

int run_list(const context& ctx, const std::string& kind) {
    const listing list = list_of(kind);
    if (ctx.json) {
        print_json(list.entries);
    } else if (ctx.quiet) {
        print_text(fmt::format("{}\n", fmt::join(list.names, "\n")));
    } else {
        print_table(ctx, list.table);
    }
    return 0;
}

}  // namespace

void add_list(CLI::App& app, context& ctx) {
    const auto kind = std::make_shared<std::string>();
    CLI::App& command = add_command(
        app, ctx,
        {.name = "list",
         .summary =
             "What there is: formats, recipes, matrix units, targets of this machine, chips, conversion profiles",
         .details = "With --quiet: names only, one a line.",
         .examples = "  narrowfp list formats"},
        [kind](const context& c) { return run_list(c, *kind); });
    command.add_option("KIND", *kind, "formats, recipes, units, targets, chips or profiles")->required()->type_name("");
}

}  // namespace narrowfp::cli
