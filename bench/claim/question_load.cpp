// SPDX-License-Identifier: Apache-2.0
// Q2: what 16 bits load more: bytes kept and sent, counted; device-hours, Q1's figure in other units; whether a step fits
// the memory of a chip, modelled; and the memory that others measured.
#include "claim/questions.hpp"

#include "evidence/memory_pair.hpp"
#include "support/median.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace narrowfp::bench::claim {

namespace {

constexpr double more_than_rounding = 1.001;  // a ratio of bytes above it is more, not a scale or two

std::size_t count_more(std::initializer_list<double> ratios) {
    return static_cast<std::size_t>(
        std::count_if(ratios.begin(), ratios.end(), [](double r) { return r > more_than_rounding; }));
}

part kept_part(const kept_bytes& b) {
    part p{
        .id = "q2.kept",
        .scope = "bytes kept",
        .statement = "a device keeps more bytes in 16 bits than in FP8",
        .sentence = fmt::format(
            "Yes by count: training DeepSeek-V3 keeps {:.2f} times the bytes in 16 bits (working weights {:.2f}, activations {:.2f}, "
            "gradients and optimizer 1.00)",
            b.sum.wide_over_fp8(), b.weights.wide_over_fp8(), b.activations.wide_over_fp8())};
    p.word = exact_grade(count_more({b.sum.wide_over_fp8()}), 1);
    p.kind = report::evidence_kind::emulated;
    p.value = b.sum.wide_over_fp8();
    p.unit = "1";
    p.rests_on = {"V3"};
    return p;
}

part sent_part(const sent_bytes& b) {
    part p{.id = "q2.sent",
           .scope = "bytes sent",
           .statement =
               "devices send more bytes in 16 bits than in FP8: to experts, of gradients and weights, between stages",
           .sentence =
               fmt::format("In 16 bits devices send {:.2f} times as many bytes to and from experts and {:.2f} times "
                           "as many of gradients and weights; between the stages of the pipeline the same",
                           b.expert_traffic.wide_over_fp8(), b.gradients_and_weights.wide_over_fp8())};
    p.word = exact_grade(count_more({b.expert_traffic.wide_over_fp8(), b.gradients_and_weights.wide_over_fp8(),
                                     b.pipeline.wide_over_fp8()}),
                         3);
    p.kind = report::evidence_kind::emulated;
    p.value = b.expert_traffic.wide_over_fp8();
    p.unit = "1";
    p.rests_on = {"V5"};
    return p;
}

// The published hours in FP8 times Q1's ratio for the model and chip that they were measured with.
std::optional<part> hours_part(const claim_values& v) {
    if (!v.hours || !v.ratios) {
        return std::nullopt;
    }
    const auto found = std::find_if(v.ratios->cases.begin(), v.ratios->cases.end(), [](const auto& c) {
        return c.kind.moe && !c.chip.hypothetical && c.chip.name.find("H800") != std::string::npos;
    });
    if (found == v.ratios->cases.end()) {
        return std::nullopt;
    }
    const ratio_model::threshold_word& at = found->at(policy::worthwhile_ratio);
    const ratio_model::middle_80& r = found->all.one_stack;
    const double hours = v.hours->published;
    part p{
        .id = "q2.hours",
        .scope = "device-hours of DeepSeek-V3",
        .statement = fmt::format("16 bits take more than {:.2f} times the device-hours", policy::worthwhile_ratio),
        .sentence = fmt::format("DeepSeek-V3's pre-training, published as {:.2f} million H800-hours in FP8, would take "
                                "{:.2f} million in 16 bits (80 % interval {:.2f} to {:.2f})",
                                hours, hours * r.median, hours * r.low, hours * r.high)};
    p.word = at.words;
    p.probability = at.all.value;
    p.event = fmt::format("that it exceeds {:.2f} times", policy::worthwhile_ratio);
    p.without_vendor_pages = at.without_vendor_pages.value;
    p.value = hours * r.median;
    p.low = hours * r.low;
    p.high = hours * r.high;
    p.unit = "10^6 h";
    p.rests_on = {"V1", "V13"};
    p.limits = found->caps;
    return p;
}

// One statement for all chips: in how many scenarios the memory makes 16 bits dearer.
part fit_part(const memory_fit& fit) {
    std::vector<std::pair<std::string, std::string>> groups;  // share, chips
    scenario_range range{1, 0};
    for (const chip_fit& c : fit.chips) {
        if (const std::optional<case_fit>& wide = c[hardware_case::wide]) {
            const double share = wide->share_above(policy::more_load);
            const double none = wide->share_none_fits();
            const std::string text = fmt::format(
                "{:.0f} %{}", 100 * share, none > 0 ? fmt::format(" (nothing fits in {:.0f} %)", 100 * none) : "");
            const auto group =
                std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == text; });
            if (group == groups.end()) {
                groups.emplace_back(text, policy::chip_label(c.chip));
            } else {
                group->second += ", " + policy::chip_label(c.chip);
            }
            range = {std::min(range.low, share), std::max(range.high, share)};
        }
    }
    std::string shares;
    for (const auto& [share, chips] : groups) {
        shares += fmt::format("{}{} {}", shares.empty() ? "" : "; ", chips, share);
    }
    part p{.id = "q2.fit",
           .scope = "fitting the memory",
           .statement = fmt::format("the cheapest 16-bit schedule that fits costs more than {:.0f} % of the step",
                                    policy::more_load * 100),
           .sentence = fmt::format(
               "Squeezing {} into memory slows 16 bits by over {:.0f} % in this share of modelled scenarios: {}",
               fit.model, policy::more_load * 100, shares)};
    p.value = range.high;
    p.low = range.low;
    p.high = range.high;
    p.unit = "1";
    p.rests_on = {"V4"};
    return p;
}

// Peak memory alone: rows about saved activations or single buffers are no device's need.
part measured_memory_part() {
    std::vector<double> ratios;
    for (const evidence::memory_pair& m : evidence::published_memory_pairs()) {
        if (m.ratio && m.what == "peak per device") {
            ratios.push_back(*m.ratio);
        }
    }
    const auto less = std::count_if(ratios.begin(), ratios.end(), [](double r) { return r < 1; });
    part p{
        .id = "q2.memory_measured",
        .scope = "memory that others measured",
        .statement = "peak memory of a device in 16 bits over that in FP8",
        .sentence = fmt::format(
            "Measured with today's frameworks the difference is small: peak memory in 16 bits is {:.2f} times that in FP8 (median of {} setups; FP8 needs more in {})",
            median_of(ratios), ratios.size(), less)};
    p.kind = report::evidence_kind::published;
    p.source = "bench/evidence/data/memory.csv, a source for each row";
    p.value = median_of(ratios);
    p.low = *std::min_element(ratios.begin(), ratios.end());
    p.high = *std::max_element(ratios.begin(), ratios.end());
    p.unit = "1";
    return p;
}

}  // namespace

question ask_load(const claim_values& v) {
    question q = question_named("Q2");
    if (v.kept) {
        q.parts.push_back(kept_part(v.kept->bytes));
    }
    if (v.sent) {
        q.parts.push_back(sent_part(v.sent->bytes));
    }
    if (std::optional<part> hours = hours_part(v)) {
        q.parts.push_back(std::move(*hours));
    }
    if (v.fit) {
        q.parts.push_back(fit_part(*v.fit));
    }
    part measured = measured_memory_part();
    q.remark = measured.sentence + ".";
    q.parts.push_back(std::move(measured));
    return q;
}

}  // namespace narrowfp::bench::claim
