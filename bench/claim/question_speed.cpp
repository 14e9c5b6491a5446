// SPDX-License-Identifier: Apache-2.0
// Q1: FP8's gain in training speed, for each chip and kind of model, from the published pairs and the ratio model fitted to
// them. Chips without FP8 units are asked as if they had them, and say so.
#include "claim/forest.hpp"
#include "claim/questions.hpp"
#include "support/median.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace narrowfp::bench::claim {

namespace {

std::string sentence_of(const ratio_model::claim_case& c) {
    const ratio_model::middle_80& r = c.all.one_stack;
    return c.chip.hypothetical
               ? fmt::format("If {} had FP8 units, FP8 would train {} {:.2f} times as fast as 16 bits ({})",
                             c.chip.name, c.kind.brief, r.median, interval_words(r))
               : fmt::format("FP8 trains {} on {} {:.2f} times as fast, by estimate ({})", c.kind.brief, c.chip.name,
                             r.median, interval_words(r));
}

part part_of(const ratio_model::claim_case& c) {
    const ratio_model::threshold_word& at = c.at(policy::worthwhile_ratio);
    part p{.id = "q1." + c.id(),
           .scope = c.kind.brief + " on " + c.chip.name,
           .statement = fmt::format("one stack trains more than {:.2f} times as fast in FP8 as in 16 bits",
                                    policy::worthwhile_ratio),
           .sentence = sentence_of(c)};
    p.word = at.words;
    p.probability = at.all.value;
    p.event = fmt::format("that it exceeds {:.2f}", policy::worthwhile_ratio);
    p.without_vendor_pages = at.without_vendor_pages.value;
    p.value = c.all.one_stack.median;
    p.low = c.all.one_stack.low;
    p.high = c.all.one_stack.high;
    p.unit = "1";
    p.rests_on = {c.chip.hypothetical ? "V12a" : "V1", "G2", "G3", "G4", "G6"};
    p.limits = c.caps;
    if (at.near_a_bar) {
        p.limits.emplace_back(
            "a probability lies at a bar within its Monte Carlo error: other draws may give the next verdict");
    }
    return p;
}

// Where the figures come from: what was measured, and which chips are estimated without a measurement or only supposed.
std::string origins_of(const claim_values& v) {
    std::map<std::string, std::size_t> setups;  // by family of chips
    std::vector<double> ratios;
    for (const evidence::unit& u : units_shown()) {
        ++setups[std::string(evidence::chip_family(u.chip))];
        ratios.push_back(std::exp(u.log_ratio));
    }
    std::vector<std::pair<std::size_t, std::string>> by_count;
    for (const auto& [family, count] : setups) {
        by_count.emplace_back(count, family);
    }
    std::sort(by_count.rbegin(), by_count.rend());
    constexpr std::size_t named = 2;  // families; the others stand in the picture
    std::string measured;
    std::size_t rest = ratios.size();
    for (std::size_t n = 0; n < by_count.size() && n < named; ++n) {
        const auto& [count, family] = by_count[n];
        measured += fmt::format("{} on {}, ", count, family == "Hopper" ? "Hopper (H100, H800)" : family);
        rest -= count;
    }
    measured += fmt::format("{} elsewhere", rest);
    std::string estimated, supposed;
    for (const ratio_model::claim_case& c : v.ratios->cases) {
        const bool of_pairs = c.chip.name.find("H100") != std::string::npos;
        std::string& list = c.chip.hypothetical ? supposed : estimated;
        if ((c.chip.hypothetical || !of_pairs) && list.find(c.chip.name) == std::string::npos) {
            list += (list.empty() ? "" : ", ") + c.chip.name;
        }
    }
    return fmt::format("Others measured {} setups, median {:.2f} times: {}.{}{}", ratios.size(), median_of(ratios),
                       measured, estimated.empty() ? "" : fmt::format(" Estimated, not measured: {}.", estimated),
                       supposed.empty() ? "" : fmt::format(" Hypothetical, having no FP8 units: {}.", supposed));
}

}  // namespace

question ask_speed(const claim_values& v) {
    question q = question_named("Q1");
    if (!v.ratios) {
        q.parts = {{.id = "q1", .scope = "all chips", .not_run = "the ratio model was not asked for"}};
        return q;
    }
    for (const ratio_model::claim_case& c : v.ratios->cases) {
        q.parts.push_back(part_of(c));
    }
    for (const part& p : q.parts) {
        if (p.id.ends_with(".deepseek_v3") && p.id.find(policy::usual_ascends.back()) == std::string::npos) {
            q.also_shown.push_back(p.id);  // the model of the claim on every chip
        }
    }
    q.remark = origins_of(v);
    return q;
}

}  // namespace narrowfp::bench::claim
