// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/cases.hpp"

#include "support/fixed_math.hpp"

#include <narrowfp/device/chips.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

constexpr int thresholds = 51;

double threshold_number(int i) { return (100 + i) / 100.0; }

middle_80 exponential_of(const middle_80& m) { return {fixed_exp(m.low), fixed_exp(m.median), fixed_exp(m.high)}; }

ratio_summary summarize(const ratio_draws& draws, std::size_t chains) {
    return {exponential_of(middle_of(draws.typical)), exponential_of(middle_of(draws.stack)),
            probability_above(draws, 1, chains), probability_above(draws, claim_threshold, chains)};
}

bool near_a_bar(const probability& p) { return word_of(p.value - 2 * p.error) != word_of(p.value + 2 * p.error); }

std::vector<std::string> caps_of(const asked_chip& c, const kind_of_model& k, const gate_report& gates,
                                 const pair_coverage& covered) {
    std::vector<std::string> out = extrapolation_limits(c, covered);
    for (const left_out which : all_left_out) {
        const bool of_class = which == left_out::moe ? k.moe : c.family == name_of(which);
        const class_score* failed = gates.capped(which);
        if (of_class && failed != nullptr) {
            out.push_back(fmt::format("G5: left out, {} is covered to {:.2f}, below {:.2f}", name_of(which),
                                      failed->coverage, bars.class_coverage));
        }
    }
    return out;
}

// The draws of one case with all pairs and without the vendor's own pages.
struct case_draws {
    ratio_draws all;
    ratio_draws without;
    std::size_t chains = 1;
};

std::vector<threshold_word> words_of(const case_draws& draws, const claim_case& c, const gate_report& gates) {
    std::vector<threshold_word> out;
    for (int i = 0; i < thresholds; ++i) {
        threshold_word w{.threshold = threshold_number(i)};
        w.all = probability_above(draws.all, w.threshold, draws.chains);
        w.without_vendor_pages = probability_above(draws.without, w.threshold, draws.chains);
        w.words = grade({.probability = w.all.value,
                         .without_vendor_pages = w.without_vendor_pages.value,
                         .capped = !c.caps.empty(),
                         .hypothetical = c.chip.hypothetical,
                         .sources_passed = gates.sources_passed(),
                         .later_passed = gates.later_families_passed()});
        w.without = word_of(w.without_vendor_pages.value);
        w.near_a_bar = near_a_bar(w.all) || near_a_bar(w.without_vendor_pages);
        out.push_back(w);
    }
    return out;
}

}  // namespace

const std::vector<asked_chip>& chips_of_the_claim() {
    static const std::vector<asked_chip> chips = [] {
        std::vector<asked_chip> out;
        for (const std::string_view name : {"h800", "h20", "910b3", "910c"}) {
            out.push_back(asked_chip_of(device::chip_by_name(name)));
        }
        out.front().name = "H100, H800";
        return out;
    }();
    return chips;
}

const std::vector<kind_of_model>& kinds_of_the_claim() {
    static const std::vector<kind_of_model> kinds{
        {"dense 8B, 8192 tokens, one scale a tensor", {4096, 14336, 8192}, false, evidence::scaling::tensor},
        {"dense 70B, 8192 tokens, one scale a tensor", {8192, 28672, 8192}, false, evidence::scaling::tensor},
        {"DeepSeek-V3, 4096 tokens, tiles", {7168, 2048, 4096}, true, evidence::scaling::block}};
    return kinds;
}

const threshold_word& claim_case::at(double threshold) const {
    return *std::min_element(words.begin(), words.end(), [threshold](const threshold_word& a, const threshold_word& b) {
        return std::fabs(a.threshold - threshold) < std::fabs(b.threshold - threshold);
    });
}

std::vector<claim_case> judge_cases(const posterior& all, const posterior& without_vendor_pages,
                                    const gate_report& gates, const pair_coverage& covered,
                                    std::uint32_t draws_per_sample, random_key key) {
    std::vector<claim_case> out;
    const parameters median = median_parameters(all);
    for (const asked_chip& chip : chips_of_the_claim()) {
        for (const kind_of_model& kind : kinds_of_the_claim()) {
            const auto number = static_cast<std::uint32_t>(2 * out.size());
            const random_key own{key.seed, key.stream + number};
            const random_key next{key.seed, own.stream + 1};
            const case_draws draws{extrapolate(all, chip, kind, draws_per_sample, own),
                                   extrapolate(without_vendor_pages, chip, kind, draws_per_sample, next), all.chains};
            claim_case c{.chip = chip,
                         .kind = kind,
                         .all = summarize(draws.all, draws.chains),
                         .without_vendor_pages = summarize(draws.without, draws.chains)};
            c.caps = caps_of(chip, kind, gates, covered);
            c.words = words_of(draws, c, gates);
            c.by_hand = calculate_by_hand(median, chip, kind, claim_threshold);
            c.typical_difference = c.by_hand.typical - c.all.typical.median;
            c.probability_difference = c.by_hand.probability - c.all.above_threshold.value;
            out.push_back(std::move(c));
        }
    }
    return out;
}

}  // namespace narrowfp::bench::ratio_model
