// SPDX-License-Identifier: Apache-2.0
#include "cli/profile_facts.hpp"

#include "cli/format_facts.hpp"
#include "cli/number_text.hpp"
#include "support/near_names.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

// The inputs on which profiles differ. Overflow: three quarters of a unit in the last place above the largest value, which
// FP16 holds for every format of a profile that reads FP16.
struct probe {
    std::string_view name;
    real (*input)(const float_format&);
};

constexpr real first_beyond(const float_format& format) {
    const real largest = format.decode(format.magnitude_code(format.max_ordinal()));
    return real::make_finite(false, 4 * largest.significand + 3, largest.exponent - 2);
}

constexpr std::array probes{
    probe{"overflow", first_beyond},
    probe{"infinity", [](const float_format&) { return real::make_infinity(false); }},
    probe{"nan", [](const float_format&) { return real::make_nan(false); }},
    probe{"-nan", [](const float_format&) { return real::make_nan(true); }},
};

std::string result_text(const float_format& format, const profile_result& r) {
    return fmt::format("{} (code {}){}", decimal_text(decode_float(format, r.code)), code_text(format, r.code),
                       r.unsure ? "?" : "");
}

}  // namespace

std::vector<std::string_view> profile_names() {
    std::vector<std::string_view> names;
    for (const conversion_profile& profile : profiles::all) {
        names.push_back(profile.name);
    }
    return names;
}

const conversion_profile& profile_named(std::string_view name) {
    for (const conversion_profile& profile : profiles::all) {
        if (profile.name == name) {
            return profile;
        }
    }
    throw std::invalid_argument(bench::unknown_name("profile", name, profile_names()));
}

std::string profile_formats_text(const conversion_profile& profile) {
    std::string text;
    for (const float_format* format : formats_of(profile)) {
        text += fmt::format("{}{}", text.empty() ? "" : ", ", format->name);
    }
    return text;
}

std::string profile_doubts_text(const conversion_profile& profile) {
    std::string text;
    for (const probe& p : probes) {
        bool unsure = false;
        for (const float_format* format : formats_of(profile)) {
            unsure = unsure || convert_as(profile, *format, p.input(*format)).unsure;
        }
        if (unsure && p.name != "-nan") {
            text += fmt::format("{}{}", text.empty() ? "" : ", ", p.name);
        }
    }
    return text.empty() ? "-" : text;
}

fact_lines profile_facts(const conversion_profile& profile) {
    fact_lines facts{
        {"what it is", std::string(profile.summary)},
        {"source", std::string(profile.source)},
        {"rounding", std::string(name_of(profile.rules.front().mode))},
        {"reads", profile.through == nullptr
                      ? "the number itself"
                      : fmt::format("{}: other numbers are rounded to it first, so twice", profile.through->name)}};
    for (const float_format* format : formats_of(profile)) {
        std::string cells;
        std::string_view reason;
        for (const probe& p : probes) {
            const profile_result r = convert_as(profile, *format, p.input(*format));
            cells += fmt::format("{}{} -> {}", cells.empty() ? "" : "; ", p.name, result_text(*format, r));
            reason = r.unsure ? r.reason : reason;
        }
        facts.emplace_back(format->name, reason.empty() ? cells : fmt::format("{}. Unsure (?): {}", cells, reason));
    }
    return facts;
}

json profile_object(const conversion_profile& profile) {
    json formats = json::array();
    for (const float_format* format : formats_of(profile)) {
        json cells = {{"format", format->name}};
        for (const probe& p : probes) {
            const profile_result r = convert_as(profile, *format, p.input(*format));
            cells[std::string(p.name)] = {{"code", code_text(*format, r.code)},
                                          {"value", decimal_text(decode_float(*format, r.code))},
                                          {"unsure", r.unsure ? json(r.reason) : json()}};
        }
        formats.push_back(std::move(cells));
    }
    return {{"kind", "profile"},
            {"name", profile.name},
            {"summary", profile.summary},
            {"source", profile.source},
            {"rounding", name_of(profile.rules.front().mode)},
            {"reads", profile.through == nullptr ? json() : json(profile.through->name)},
            {"formats", std::move(formats)}};
}

}  // namespace narrowfp::cli
