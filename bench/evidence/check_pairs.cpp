// SPDX-License-Identifier: Apache-2.0
#include "evidence/fault_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace narrowfp::bench::evidence {
namespace {

// "2026-11-30", or that and " not confirmed: " with the reason.
bool is_confirmation(std::string_view text) {
    constexpr std::string_view form = "dddd-dd-dd";
    if (text.size() < form.size()) {
        return false;
    }
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) {
            return false;
        }
    }
    const int month = (text[5] - '0') * 10 + (text[6] - '0');
    const int day = (text[8] - '0') * 10 + (text[9] - '0');
    constexpr std::string_view refused = " not confirmed: ";
    const std::string_view rest = text.substr(form.size());
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           (rest.empty() || (rest.starts_with(refused) && rest.size() > refused.size()));
}

void check_figures(fault_list& faults, const pair& p) {
    faults.positive("bf16", p.wide);
    faults.positive("fp8", p.fp8);
    faults.ratio(p.ratio, p.note);
    const bool time = p.measure == measured_as::time;
    faults.quotient(
        p.ratio, time ? p.wide : p.fp8, time ? p.fp8 : p.wide,
        time ? "'measure' says times, the ratio is that of rates" : "'measure' says rates, the ratio is that of times");
    faults.positive("memory", p.memory);
}

void check_sizes(fault_list& faults, const pair& p) {
    faults.whole("hidden", p.hidden, 64, 65536);
    faults.whole("ffn", p.ffn, 64, 1e6);
    faults.whole("seq", p.sequence, 16, 1e7);
    faults.whole("n_gpu", p.devices ? std::optional<double>(*p.devices) : std::nullopt, 1, 200000);
}

void check_inclusion(fault_list& faults, const pair& p, pair_use use) {
    if (!p.include) {
        return;
    }
    if (!p.ratio) {
        faults.add("ratio", "", "a ratio where include is 1");
    }
    if (p.read == certainty::qualitative) {
        faults.add("certainty", std::string(name_of(p.read)), "include 0 where no figure was read");
    }
    if (use == pair_use::fit && p.equal_layout == same_layout::no) {
        faults.add("equal_layout", std::string(name_of(p.equal_layout)),
                   "y or ? where include is 1: the model is fitted to equal layouts");
    }
    if (p.kind != model_kind::dense && p.kind != model_kind::moe) {
        faults.add("kind", std::string(name_of(p.kind)), "dense or MoE where include is 1");
    }
}

// A row that differs from the first one of its unit.
void check_unit(fault_list& faults, const pair& p, const pair& first) {
    const auto same = [&](std::string_view column, std::string_view found, std::string_view before) {
        if (found != before) {
            faults.add(column, std::string(found), fmt::format("{}, as id {} of the same unit has", before, first.id));
        }
    };
    same("family", p.family, first.family);
    same("chip", p.chip, first.chip);
    same("kind", name_of(p.kind), name_of(first.kind));
    same("recipe", name_of(p.recipe), name_of(first.recipe));
}

}  // namespace

std::vector<fault> check_pairs(const std::vector<pair>& pairs, std::string_view file, pair_use use) {
    fault_list faults(file);
    std::map<std::string_view, const pair*> first_of;
    for (const pair& p : pairs) {
        faults.at(p.line, p.id);
        faults.text("source", p.source);
        check_figures(faults, p);
        check_sizes(faults, p);
        check_inclusion(faults, p, use);
        check_unit(faults, p, *first_of.try_emplace(p.unit, &p).first->second);
        if (!p.confirmed.empty() && !is_confirmation(p.confirmed)) {
            faults.add("confirmed", p.confirmed, "a date such as 2026-11-30, or that and ' not confirmed: REASON'");
        }
    }
    return faults.take();
}

}  // namespace narrowfp::bench::evidence
