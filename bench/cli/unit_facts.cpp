// SPDX-License-Identifier: Apache-2.0
#include "cli/unit_facts.hpp"

#include <narrowfp/gemm/accumulator_name.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace narrowfp::cli {
namespace {

std::string text_of(aligned_output output) {
    switch (output) {
        case aligned_output::f32_toward_zero: return "FP32, truncated";
        case aligned_output::e8m13_toward_zero: return "FP32 with 13 fraction bits, truncated";
        case aligned_output::f16_ties_to_even: return "FP16, ties to even";
    }
    return "?";
}

std::string text_of(const sequential<float>&) { return "acc = fma(a, b, acc) in FP32, k increasing"; }
std::string text_of(const exact&) { return "the exact sum, rounded once"; }
std::string text_of(const int32_exact&) { return "the exact sum in 32-bit integers"; }
std::string text_of(const aligned& u) {
    return fmt::format(
        "{} products a step, aligned with the addend to the largest exponent, {} fraction bits kept, cut {}; "
        "result {}; a zero term has exponent {}; NaN is {}",
        u.products, u.fraction_bits,
        u.alignment == align_rounding::toward_zero ? "toward zero" : "toward minus infinity", text_of(u.output),
        u.zero_exponent, u.output == aligned_output::f16_ties_to_even ? "7FFF" : fmt::format("{:08X}", u.nan_pattern));
}
std::string text_of(const widened& w) {
    return fmt::format(
        "elements widened to FP16; per 32 of k two steps from zero, over k = 4t, 4t+1, then 4t+2, 4t+3, then the "
        "addend by one addition, ties to even. A step: {}",
        text_of(w.step));
}
std::string text_of(const exact_groups& g) {
    return fmt::format("{} products and the addend summed exactly, rounded to FP32, ties to even, per step",
                       g.products);
}
std::string text_of(const cdna2& g) {
    return fmt::format(
        "products rounded to FP32, {} of them added in pairs, then to the accumulator, ties to even each time, "
        "subnormal numbers flushed to zero",
        g.products);
}
std::string text_of(const cdna3& g) {
    return fmt::format(
        "{} products a step, truncated to 24 fraction bits below the largest{}; addend and sum cut toward minus "
        "infinity; result FP32, ties to even",
        g.products, g.two_sums ? ", even and odd k apart; an addend far below is dropped" : "");
}
std::string text_of(const block_scaled& u) {
    const std::string terms =
        u.group == 1 ? fmt::format("{} products a step, each with the exponents of its two scales", u.products)
                     : fmt::format("{} products a step, exact sums of {} times their two scales as one term",
                                   u.products, u.group);
    return fmt::format(
        "{}; aligned with the addend to the largest exponent, {} fraction bits kept, cut toward zero; result FP32, "
        "truncated; a zero term has exponent {}; scales {} per {} of k; NaN is 7FFFFFFF",
        terms, u.fraction_bits, u.zero_exponent, u.scale == block_scale::e8m0 ? "e8m0fnu" : "e4m3fn", u.block);
}
std::string text_of(const promoted& p) { return name_of(p); }

template <class Range, class TextOf>
std::string joined(const Range& range, std::string_view separator, TextOf text) {
    std::string out;
    for (const auto& x : range) {
        out += fmt::format("{}{}", out.empty() ? "" : separator, text(x));
    }
    return out;
}

std::vector<std::string_view> other_names(const matrix_unit& unit) {
    std::vector<std::string_view> names;
    for (const unit_alias& alias : unit_aliases) {
        if (alias.unit == unit.name) {
            names.push_back(alias.name);
        }
    }
    return names;
}

json path_object(const accumulator& acc, unit_evidence evidence) {
    return {{"accumulator", name_of(acc)}, {"arithmetic", arithmetic_text(acc)}, {"evidence", text_of(evidence)}};
}

}  // namespace

std::string arithmetic_text(const accumulator& acc) {
    return std::visit([](const auto& alternative) { return text_of(alternative); }, acc);
}

std::string operands_text(const matrix_unit& unit) {
    return joined(unit.paths, ", ", [](const unit_path& path) { return path.operands; });
}

std::string evidence_text(const matrix_unit& unit) {
    std::vector<unit_evidence> kinds;
    for (const unit_path& path : unit.paths) {
        for (const auto evidence :
             {std::optional(path.evidence), path.to_f16 ? std::optional(path.evidence_f16) : std::nullopt}) {
            if (evidence && std::find(kinds.begin(), kinds.end(), *evidence) == kinds.end()) {
                kinds.push_back(*evidence);
            }
        }
    }
    return joined(kinds, "; ", [](unit_evidence e) { return narrowfp::text_of(e); });
}

std::string other_names_text(const matrix_unit& unit) {
    return joined(other_names(unit), ", ", [](std::string_view name) { return name; });
}

fact_lines unit_facts(const matrix_unit& unit) {
    fact_lines facts{{"chips", std::string(unit.chips)}};
    if (const std::string names = other_names_text(unit); !names.empty()) {
        facts.emplace_back("same rule", names);
    }
    for (const unit_path& path : unit.paths) {
        const std::string remark = path.remark.empty() ? "" : fmt::format(" ({})", path.remark);
        facts.emplace_back(path.operands, fmt::format("{}. Evidence: {}{}", arithmetic_text(path.to_f32),
                                                      narrowfp::text_of(path.evidence), remark));
        if (path.to_f16) {
            facts.emplace_back(
                fmt::format("{} to f16", path.operands),
                fmt::format("{}. Evidence: {}", arithmetic_text(*path.to_f16), narrowfp::text_of(path.evidence_f16)));
        }
    }
    facts.emplace_back(
        "longer k", "each step takes the result of the one before as its addend, k increasing; the last may be short");
    facts.emplace_back("open", std::string(unit.open));
    return facts;
}

json unit_object(const matrix_unit& unit) {
    json paths = json::array();
    for (const unit_path& path : unit.paths) {
        paths.push_back({{"operands", path.operands},
                         {"f32", path_object(path.to_f32, path.evidence)},
                         {"f16", path.to_f16 ? path_object(*path.to_f16, path.evidence_f16) : json()},
                         {"remark", path.remark}});
    }
    return {{"kind", "unit"}, {"name", unit.name}, {"chips", unit.chips}, {"other_names", other_names(unit)},
            {"paths", paths}, {"open", unit.open}};
}

fact_lines spread_facts(const unit_spread& spread) {
    return {{"chips", std::string(spread.chips)},
            {"members", joined(spread.members, ", ", [](std::string_view name) { return name; })},
            {"open", std::string(spread.open)}};
}

json spread_object(const unit_spread& spread) {
    return {{"kind", "unit_spread"},
            {"name", spread.name},
            {"chips", spread.chips},
            {"members", std::vector<std::string_view>(spread.members.begin(), spread.members.end())},
            {"open", spread.open}};
}

}  // namespace narrowfp::cli
