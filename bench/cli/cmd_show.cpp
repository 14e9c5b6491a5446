// SPDX-License-Identifier: Apache-2.0
// narrowfp show: everything about one name. A name may stand for things of several shown_kinds; each is shown.
#include "cli/chip_facts.hpp"
#include "cli/command.hpp"
#include "cli/format_facts.hpp"
#include "cli/names.hpp"
#include "cli/number_text.hpp"
#include "cli/profile_facts.hpp"
#include "cli/unit_facts.hpp"
#include "support/near_names.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

// One thing of some kind: the same facts for people and for programs.
struct shown {
    std::string heading;
    fact_lines facts;
    json object;
};

// -- formats ----------------------------------------------------------------------------------------------------------
json number_or_text(float x) { return std::isfinite(x) ? json(x) : json(decimal_text(x)); }

json value_object(const any_format& format, const coded_value& v) {
    return {{"code", code_text(format, v.code)}, {"value", number_or_text(v.value)}};
}

// "448 (code 7e)", and the hexadecimal form where the decimal one does not show the bits.
std::string value_text(const any_format& format, const coded_value& v) {
    const std::string hex = is_plain(v.value) ? "" : fmt::format(" = {}", hex_text(v.value));
    return fmt::format("{}{} (code {})", decimal_text(v.value), hex, code_text(format, v.code));
}

std::string range_text(const any_format& format, const code_range& range) {
    const std::string first = code_text(format, range.first);
    return range.first == range.last ? first : fmt::format("{} to {}", first, code_text(format, range.last));
}

std::string nan_text(const any_format& format, const format_facts& f) {
    std::string text;
    std::uint64_t count = 0;
    for (const code_range& range : f.nan_codes) {
        text += (text.empty() ? "" : ", ") + range_text(format, range);
        count += range.last - range.first + 1;
    }
    return text.empty() ? "none"
                        : fmt::format("{} ({} code{})", text, report::format_count(static_cast<std::int64_t>(count)),
                                      count == 1 ? "" : "s");
}

std::string zero_text(const any_format& format, const format_facts& f) {
    if (!f.has_zero) {
        return "none";
    }
    const std::uint64_t sign = std::visit([](const auto& d) { return d.sign_mask(); }, format);
    return f.has_negative_zero
               ? fmt::format("+0 (code {}), -0 (code {})", code_text(format, 0), code_text(format, sign))
               : fmt::format("0 (code {}); no -0", code_text(format, 0));
}

std::string infinity_text(const any_format& format, const format_facts& f) {
    if (!f.infinity_code) {
        return "none";
    }
    const std::string positive = code_text(format, *f.infinity_code);
    const std::uint64_t negative = std::visit([](const auto& d) { return d.infinity_code(true); }, format);
    return f.is_signed ? fmt::format("+inf (code {}), -inf (code {})", positive, code_text(format, negative))
                       : fmt::format("+inf (code {})", positive);
}

std::string overflow_text(const any_format& format, const format_facts& f) {
    return fmt::format("{} with {}: exactly there gives {}, anything above gives {}; saturation gives {}",
                       f.overflow_threshold, name_of(f.nearest), value_text(format, f.at_threshold),
                       value_text(format, f.above_threshold), value_text(format, f.max));
}

json format_object(const any_format& format, const format_facts& f) {
    json nan_ranges = json::array();
    for (const code_range& range : f.nan_codes) {
        nan_ranges.push_back({{"first", code_text(format, range.first)}, {"last", code_text(format, range.last)}});
    }
    return {{"kind", "format"},
            {"name", f.name},
            {"type", f.type_name},
            {"source", f.source},
            {"layout", f.layout},
            {"code_bits", f.code_bits},
            {"storage_bits", f.storage_bits},
            {"signed", f.is_signed},
            {"bias", f.bias ? json(*f.bias) : json()},
            {"max", value_object(format, f.max)},
            {"min_normal", value_object(format, f.min_normal)},
            {"min_subnormal", f.min_subnormal ? value_object(format, *f.min_subnormal) : json()},
            {"epsilon", f.epsilon},
            {"positive_values", f.positive_values},
            {"binades", f.binades},
            {"zero", f.has_zero},
            {"negative_zero", f.has_negative_zero},
            {"infinity_code", f.infinity_code ? json(code_text(format, *f.infinity_code)) : json()},
            {"nan_codes", nan_ranges},
            {"rounding_to_nearest", name_of(f.nearest)},
            {"overflow_threshold", f.overflow_threshold},
            {"overflow_at_threshold", value_object(format, f.at_threshold)},
            {"overflow_above_threshold", value_object(format, f.above_threshold)}};
}

shown show_format(const any_format& format) {
    const format_facts f = facts_of(format);
    shown out;
    out.heading = fmt::format("format {}", f.name);
    out.object = format_object(format, f);
    out.facts = {{"C++ type", f.type_name},
                 {"source", f.source},
                 {"layout", f.layout},
                 {"bits", f.code_bits == f.storage_bits ? std::to_string(f.code_bits)
                                                        : fmt::format("{} ({} stored)", f.code_bits, f.storage_bits)},
                 {"bias", f.bias ? std::to_string(*f.bias) : "none"},
                 {"max", value_text(format, f.max)},
                 {"min normal", value_text(format, f.min_normal)},
                 {"min subnormal", f.min_subnormal ? value_text(format, *f.min_subnormal) : "none"},
                 {"epsilon", fmt::format("{} = {}", decimal_text(f.epsilon), hex_text(f.epsilon))},
                 {"positive values", report::format_count(static_cast<std::int64_t>(f.positive_values))},
                 {"binades", std::to_string(f.binades)},
                 {"zero", zero_text(format, f)},
                 {"infinity", infinity_text(format, f)},
                 {"NaN", nan_text(format, f)},
                 {"overflow begins", overflow_text(format, f)}};
    return out;
}

// -- recipes ----------------------------------------------------------------------------------------------------------
std::string extent_text(std::size_t extent) { return extent == whole_extent ? "all" : std::to_string(extent); }

std::string scaling_text(const operand_scaling& s, const granularity& blocks) {
    const scaling& scale = s.scale;
    if (scale.method == scale_method::none) {
        return "no scales";
    }
    std::string text =
        fmt::format("{} scale per {}, method {}", scale_format(scale).name, name_of(blocks), name_of(scale.method));
    if (scale.method == scale_method::power_of_two) {
        text += fmt::format(", rule {}", name_of(scale.rule));
    }
    if (scale.method == scale_method::two_level) {
        text += ", one FP32 factor per tensor above them";
    }
    if (scale.round_to_power) {
        text += ", rounded to powers of two";
    }
    if (scale.fixed_factor > 0) {
        text += fmt::format(", factor {} unless set", decimal_text(scale.fixed_factor));
    }
    return scale.amax_floor > 0 ? text + fmt::format(", amax raised to {} first", decimal_text(scale.amax_floor))
                                : text;
}

json scaling_object(const operand_scaling& s, const granularity& blocks) {
    const bool by_power = s.scale.method == scale_method::power_of_two;
    const bool scaled = s.scale.method != scale_method::none;
    return {{"method", name_of(s.scale.method)},
            {"granularity", scaled ? json(name_of(blocks)) : json()},
            {"extent_along_k", scaled ? json(extent_text(s.k_extent)) : json()},
            {"free_extent", scaled ? json(extent_text(s.free_extent)) : json()},
            {"scale_format", scaled ? json(scale_format(s.scale).name) : json()},
            {"scale_rule", by_power ? json(name_of(s.scale.rule)) : json()},
            {"round_to_power", s.scale.round_to_power},
            {"fixed_factor", s.scale.fixed_factor > 0 ? json(s.scale.fixed_factor) : json()},
            {"amax_floor", s.scale.amax_floor}};
}

shown show_recipe(const recipe& r) {
    const granularity a = r.for_a(e4m3fn).blocks;
    const granularity b = r.for_b(e4m3fn).blocks;
    shown out;
    out.heading = fmt::format("recipe {}", r.name);
    out.facts = {{"what it does", std::string(r.summary)},   {"source", std::string(r.source)},
                 {"A, m x k", scaling_text(r.a, a)},         {"B, k x n", scaling_text(r.b, b)},
                 {"rounding", std::string(name_of(r.mode))}, {"overflow", std::string(name_of(r.overflow))}};
    out.object = {{"kind", "recipe"},
                  {"name", r.name},
                  {"summary", r.summary},
                  {"source", r.source},
                  {"a", scaling_object(r.a, a)},
                  {"b", scaling_object(r.b, b)},
                  {"rounding", name_of(r.mode)},
                  {"overflow", name_of(r.overflow)}};
    return out;
}

// -- units ------------------------------------------------------------------------------------------------------------
// -- codes ------------------------------------------------------------------------------------------------------------
constexpr int widest_listed = 16;  // bits; 2^16 lines

void require_listable(const any_format& format) {
    if (code_bits_of(format) > widest_listed) {
        throw std::invalid_argument(fmt::format("--codes lists formats of up to {} bits; {} has {}", widest_listed,
                                                name_of(format), code_bits_of(format)));
    }
}

json codes_object(const any_format& format) {
    json codes = json::array();
    for (std::uint64_t code = 0; code < std::uint64_t{1} << code_bits_of(format); ++code) {
        codes.push_back({{"code", code_text(format, code)},
                         {"bits", bits_text(format, code)},
                         {"value", number_or_text(decode_float(format, code))},
                         {"class", class_text(format, code)}});
    }
    return codes;
}

std::string codes_text(const any_format& format) {
    std::string text;
    std::size_t bits_width = 0;
    for (std::uint64_t code = 0; code < std::uint64_t{1} << code_bits_of(format); ++code) {
        bits_width = std::max(bits_width, bits_text(format, code).size());
    }
    for (std::uint64_t code = 0; code < std::uint64_t{1} << code_bits_of(format); ++code) {
        text += fmt::format("{}  {:<{}}  {:>14}  {}\n", code_text(format, code), bits_text(format, code), bits_width,
                            decimal_text(decode_float(format, code)), class_text(format, code));
    }
    return text;
}

// -- finding ----------------------------------------------------------------------------------------------------------
constexpr std::array<std::string_view, 5> shown_kinds{"format", "recipe", "unit", "chip", "profile"};

struct show_arguments {
    std::string name;
    std::string kind;
    bool codes = false;
};

bool wants(const show_arguments& args, std::string_view kind) { return args.kind.empty() || args.kind == kind; }

void require_kind(const std::string& kind) {
    if (kind.empty() || std::find(shown_kinds.begin(), shown_kinds.end(), kind) != shown_kinds.end()) {
        return;
    }
    throw std::invalid_argument(bench::unknown_name("kind", kind, shown_kinds));
}

[[noreturn]] void nothing_of_that_name(const show_arguments& args) {
    std::vector<std::string_view> known;
    const auto add = [&](std::string_view kind, const std::vector<std::string_view>& names) {
        if (wants(args, kind)) {
            known.insert(known.end(), names.begin(), names.end());
        }
    };
    add("format", format_names());
    add("recipe", recipe_names());
    add("unit", unit_names());
    add("chip", chip_names());
    add("profile", profile_names());
    if (const std::string help = ambiguous_format_help(args.name); !help.empty() && wants(args, "format")) {
        throw std::invalid_argument(help);
    }
    throw std::invalid_argument(bench::unknown_name(args.kind.empty() ? "name" : args.kind, args.name, known));
}

// Everything of that name, in the order of `shown_kinds`.
std::vector<shown> find_all(const show_arguments& args) {
    std::vector<shown> found;
    if (const auto format = find_format(args.name); format && wants(args, "format")) {
        found.push_back(show_format(*format));
    }
    for (const recipe& r : all_recipes) {
        if (r.name == args.name && wants(args, "recipe")) {
            found.push_back(show_recipe(r));
        }
    }
    if (const matrix_unit* unit = find_unit(args.name); unit != nullptr && wants(args, "unit")) {
        found.push_back({fmt::format("unit {}", unit->name), unit_facts(*unit), unit_object(*unit)});
    }
    if (const unit_spread* spread = find_unit_spread(args.name); spread != nullptr && wants(args, "unit")) {
        found.push_back({fmt::format("unit {}", spread->name), spread_facts(*spread), spread_object(*spread)});
    }
    for (const device::chip& c : device::all_chips) {
        if (c.name == args.name && wants(args, "chip")) {
            found.push_back({fmt::format("chip {}", c.name), chip_facts(c), chip_object(c)});
        }
    }
    for (const conversion_profile& profile : profiles::all) {
        if (profile.name == args.name && wants(args, "profile")) {
            found.push_back({fmt::format("profile {}", profile.name), profile_facts(profile), profile_object(profile)});
        }
    }
    if (found.empty()) {
        nothing_of_that_name(args);
    }
    return found;
}

int run(const context& ctx, const show_arguments& args) {
    require_kind(args.kind);
    std::vector<shown> found = find_all(args);
    const auto format = find_format(args.name);
    if (args.codes) {
        if (!format || !wants(args, "format")) {
            throw std::invalid_argument(fmt::format("--codes is for formats; '{}' is none", args.name));
        }
        require_listable(*format);
        if (ctx.json) {
            found.front().object["codes"] = codes_object(*format);
        }
    }
    if (ctx.json) {
        json objects = json::array();
        for (const shown& thing : found) {
            objects.push_back(thing.object);
        }
        print_json(objects);
        return 0;
    }
    for (std::size_t i = 0; i < found.size() && !(ctx.quiet && args.codes); ++i) {
        print_text(i == 0 ? "" : "\n");
        print_facts(ctx, found[i].heading, found[i].facts);
    }
    if (args.codes) {
        print_text((ctx.quiet ? "" : "\n") + codes_text(*format));
    }
    return 0;
}

}  // namespace

void add_show(CLI::App& app, context& ctx) {
    const auto args = std::make_shared<show_arguments>();
    CLI::App& command =
        add_command(app, ctx,
                    {.name = "show",
                     .summary = "Everything about a format, a recipe, a matrix unit, a chip or a profile",
                     .details = "With --codes and --quiet: the codes only.",
                     .examples = "  narrowfp show e4m3fn --codes"},
                    [args](const context& c) { return run(c, *args); });
    command.add_option("NAME", args->name, "A name from 'narrowfp list'")->required()->type_name("");
    command.add_option("--kind", args->kind, "Only this kind: format, recipe, unit, chip or profile")
        ->type_name("KIND");
    command.add_flag("--codes", args->codes, "Every code: hex, bits, value, class (formats of up to 16 bits)");
}

}  // namespace narrowfp::cli
