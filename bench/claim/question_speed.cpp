// SPDX-License-Identifier: Apache-2.0
// Q1: FP8's gain in training speed, for each chip and kind of model, from the published pairs and the ratio model fitted to
// them. Chips without FP8 units are asked as if they had them, and say so.
#include "claim/questions.hpp"

#include <fmt/format.h>

namespace narrowfp::bench::claim {

namespace {

std::string sentence_of(const ratio_model::claim_case& c) {
    return c.chip.hypothetical
               ? fmt::format("{}, if it had FP8 units: it would train {} {} as fast in FP8 as in 16 bits", c.chip.name,
                             c.kind.brief, times_text(c.all.one_stack))
               : fmt::format("{}: FP8 trains {} {} as fast as 16 bits", c.chip.name, c.kind.brief,
                             times_text(c.all.one_stack));
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
    p.without_vendor_pages = at.without_vendor_pages.value;
    p.value = c.all.one_stack.median;
    p.low = c.all.one_stack.low;
    p.high = c.all.one_stack.high;
    p.unit = "1";
    p.rests_on = {c.chip.hypothetical ? "V12a" : "V1", "G2", "G3", "G4", "G6"};
    p.limits = c.caps;
    return p;
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
    return q;
}

}  // namespace narrowfp::bench::claim
