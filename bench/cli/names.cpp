// SPDX-License-Identifier: Apache-2.0
#include "cli/names.hpp"

#include "support/near_names.hpp"

#include <algorithm>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

template <class Table, class NameOf>
std::vector<std::string_view> names_in(const Table& table, NameOf name) {
    std::vector<std::string_view> names;
    for (const auto& entry : table) {
        names.push_back(name(entry));
    }
    return names;
}

[[noreturn]] void unknown(std::string_view what, std::string_view name, const std::vector<std::string_view>& known) {
    throw std::invalid_argument(bench::unknown_name(what, name, known));
}

}  // namespace

std::vector<std::string_view> format_names() {
    return names_in(all_formats, [](const any_format& format) { return name_of(format); });
}
std::vector<std::string_view> recipe_names() {
    return names_in(all_recipes, [](const recipe& r) { return r.name; });
}
std::vector<std::string_view> unit_names() {
    std::vector<std::string_view> names = names_in(all_units, [](const matrix_unit& unit) { return unit.name; });
    for (const unit_alias& alias : unit_aliases) {
        names.push_back(alias.name);
    }
    for (const unit_spread& spread : all_unit_spreads) {
        names.push_back(spread.name);
    }
    return names;
}

any_format format_named(std::string_view name) {
    if (const auto found = find_format(name)) {
        return *found;
    }
    if (!ambiguous_format_help(name).empty() || parse_p3109_name(name)) {
        return format_by_name(name);  // throws, naming what is allowed
    }
    unknown("format", name, format_names());
}

recipe recipe_named(std::string_view name) {
    const std::vector<std::string_view> known = recipe_names();
    if (std::find(known.begin(), known.end(), name.substr(0, name.find('('))) == known.end()) {
        unknown("recipe", name, known);
    }
    return recipe_by_name(name);
}

matrix_unit unit_named(std::string_view name) {
    if (find_unit(name) == nullptr && find_unit_spread(name) == nullptr) {
        unknown("unit", name, unit_names());
    }
    return unit_by_name(name);
}

rounding rounding_named(std::string_view name) {
    std::vector<std::string_view> known = names_in(rounding_names, [](const auto& entry) { return entry.second; });
    for (const auto& [mode, stochastic] : stochastic_rounding_names) {
        known.push_back(stochastic);
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
        unknown("rounding", name, known);
    }
    return rounding_by_name(name);
}

overflow_mode overflow_named(std::string_view name) {
    for (const auto& [mode, known] : overflow_mode_names) {
        if (known == name) {
            return mode;
        }
    }
    unknown("overflow mode", name, names_in(overflow_mode_names, [](const auto& entry) { return entry.second; }));
}

scale_rule scale_rule_named(std::string_view name) { return scale_rule_by_name(name); }

std::string scale_rule_list() { return name_list(scale_rule_names); }

bench::distribution distribution_named(std::string_view name) {
    for (const bench::distribution_info& info : bench::all_distributions) {
        if (info.name == name) {
            return info.id;
        }
    }
    unknown("distribution", name, names_in(bench::all_distributions, [](const auto& info) { return info.name; }));
}

}  // namespace narrowfp::cli
