// SPDX-License-Identifier: Apache-2.0
// Q3: whether FP8 was needed: that such models were trained without FP8 units; whether what FP8 saves needs its units; how
// much of the step from Ascend to H20 is the format, and what else weighs.
#include "claim/questions.hpp"

#include "evidence/wide_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace narrowfp::bench::claim {

namespace {

// A mixture of experts of DeepSeek-V3's order: at least this many parameters. DeepSeek-V3 has 671 x 10^9.
constexpr double such_a_model = 500e9;

bool is_such(const evidence::wide_run& r) {
    return r.kind == evidence::model_kind::moe && r.parameters && *r.parameters >= such_a_model;
}

part existence_part() {
    const std::vector<evidence::wide_run>& runs = evidence::published_wide_runs();
    std::vector<const evidence::wide_run*> such;
    for (const evidence::wide_run& r : runs) {
        if (is_such(r)) {
            such.push_back(&r);
        }
    }
    std::set<std::string> chips;
    bool stated = !such.empty();
    for (const evidence::wide_run* r : such) {
        chips.insert(r->chip.substr(0, r->chip.find(' ')));  // "Ascend", "TPU"
        stated = stated && r->format_stated;
    }
    std::string names;
    for (const std::string& chip : chips) {
        names += (names.empty() ? "" : ", ") + chip;
    }
    part p{
        .id = "q3.existence",
        .scope = "training without FP8 units",
        .statement = "a mixture of experts of DeepSeek-V3's size was trained on chips without FP8 units",
        .sentence =
            such.empty()
                ? std::string("No published run of such a model on chips without FP8 units is listed")
                : fmt::format(
                      "Not forced: {} published models were trained on chips without FP8 units, {} of them mixtures of experts of 500 billion "
                      "parameters or more (on {}){}",
                      runs.size(), such.size(), names, stated ? "" : "; not all sources name the 16-bit format")};
    p.word = ratio_model::graded{.w = such.empty() ? ratio_model::word::open : ratio_model::word::supported};
    p.kind = report::evidence_kind::published;
    p.source = "bench/evidence/data/runs_16bit.csv, a source for each row";
    p.value = static_cast<double>(such.size());
    p.unit = "runs";
    return p;
}

// Exact: which share of the bytes that FP8 saves 8-bit storage with 16-bit products saves as well.
part units_part(const recovery& r) {
    constexpr double all_of_it = 0.995;
    const std::size_t needs =
        static_cast<std::size_t>(r.kept.low < all_of_it) + static_cast<std::size_t>(r.sent.low < all_of_it);
    part p{
        .id = "q3.units",
        .scope = "saving bytes needs FP8 units",
        .statement = "the bytes that FP8 saves, kept and sent, need FP8 units",
        .sentence = fmt::format(
            "Saving bytes needs no FP8 units: with 8-bit storage and 16-bit products a chip saves {} of the bytes kept "
            "and {} of those sent that FP8 saves",
            share_range_text(r.kept), share_range_text(r.sent))};
    p.word = exact_grade(needs, 2);
    p.kind = report::evidence_kind::emulated;
    p.value = std::min(r.kept.low, r.sent.low);
    p.unit = "1";
    p.rests_on = {"V16", "V3", "V5"};
    return p;
}

part factor_part(const attribution& a) {
    part p{
        .id = "q3.factor",
        .scope = "weight of the format",
        .statement = "the format is the largest of four hardware factors between Ascend and H20",
        .sentence = fmt::format(
            "Of four differences between an Ascend 910B in 16 bits and an H20 in FP8 (peak speed, format, software, links) the "
            "format weighs most in {:.0f} % of modelled cases{}",
            100 * a.to_h20.share_largest(hardware_factor::format),
            a.to_h800 ? fmt::format(", and beside an H800 in {:.0f} %",
                                    100 * a.to_h800->share_largest(hardware_factor::format))
                      : "")};
    p.value = a.to_h20.share_largest(hardware_factor::format);
    p.unit = "1";
    p.rests_on = {"V11"};
    return p;
}

part software_part(const software_and_format& s) {
    const auto by_factor = [](const software_step& a, const software_step& b) { return a.factor() < b.factor(); };
    const auto [low, high] = std::minmax_element(s.software.begin(), s.software.end(), by_factor);
    part p{.id = "q3.software",
           .scope = "software beside the format",
           .statement = "what tuning software gained on one Ascend system",
           .sentence = fmt::format(
               "Software alone gained {:.1f} to {:.1f} times on one Ascend system, by the shares of its peak "
               "that were published",
               low->factor(), high->factor())};
    p.kind = report::evidence_kind::published;
    p.source = low->source;
    p.value = high->factor();
    p.low = low->factor();
    p.high = high->factor();
    p.unit = "1";
    p.rests_on = {"V14", "V9", "V5"};
    return p;
}

}  // namespace

question ask_need(const claim_values& v) {
    question q = question_named("Q3");
    q.parts.push_back(existence_part());
    if (v.recovered) {
        q.parts.push_back(units_part(*v.recovered));
    }
    if (v.factors) {
        q.parts.push_back(factor_part(*v.factors));
    }
    if (v.software && !v.software->software.empty()) {
        q.parts.push_back(software_part(*v.software));
    }
    return q;
}

}  // namespace narrowfp::bench::claim
