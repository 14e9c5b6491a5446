// SPDX-License-Identifier: Apache-2.0
// Q5: what a chip without FP8 units can save all the same, by storing 8-bit codes and multiplying in 16 bits, or by INT8.
// Q6: what made R2 fail, which nothing public can test.
#include "claim/policy.hpp"
#include "claim/questions.hpp"
#include "claim/rows.hpp"

#include <fmt/format.h>

namespace narrowfp::bench::claim {

namespace {

part bytes_part(const recovery& r) {
    constexpr double most = 0.5;
    part p{
        .id = "q5.bytes",
        .scope = "bytes",
        .statement = "8-bit storage with 16-bit products saves most of the bytes that FP8 saves, kept and sent",
        .sentence = fmt::format(
            "Without FP8 units a chip can save {} of the bytes that FP8 saves in memory and {} of those on links: it stores and "
            "sends 8-bit codes, multiplying in 16 bits",
            share_range_text(r.kept), share_range_text(r.sent))};
    p.word = exact_grade(static_cast<std::size_t>(r.kept.low > most) + static_cast<std::size_t>(r.sent.low > most), 2);
    p.kind = report::evidence_kind::emulated;
    p.value = std::min(r.kept.low, r.sent.low);
    p.unit = "1";
    p.rests_on = {"V16", "V3", "V5"};
    return p;
}

part time_part(const recovery& r) {
    const auto range = r.step_time();
    part p{
        .id = "q5.time",
        .scope = "time of a step",
        .statement = "share of FP8's saving in step time that 8-bit storage with 16-bit products has",
        .sentence = fmt::format(
            "Of the time that FP8 units would save on an Ascend, 8-bit storage saves {:.0f} to {:.0f} % while memory suffices (below "
            "zero: converting costs more time than the smaller traffic saves)",
            100 * range.low, 100 * range.high)};
    p.value = (range.low + range.high) / 2;
    p.low = range.low;
    p.high = range.high;
    p.unit = "1";
    p.rests_on = {"V16"};
    return p;
}

part int8_part(const training_figures& t) {
    part p{.id = "q5.int8",
           .scope = "INT8 in place of FP8",
           .statement = fmt::format(
               "in the training experiment INT8 with tiles raises the loss by less than {} %, and its gradients lose "
               "at most {} dB against FP8's",
               equivalence_margin, policy::int8_serves_db)};
    p.kind = t.kind;
    p.rests_on = {"V15"};
    if (!t.int8 || !t.int8->verdict) {
        p.sentence = "Not run yet: whether training on INT8 units, which Ascend chips have, is as accurate";
        p.not_run = t.int8 ? t.int8->undecided : "no recorded runs of the training experiment";
        return p;
    }
    const gap_figure& gap = t.int8->gap;
    p.sentence = fmt::format(
        "A small model trained in INT8 with tiles ends {} in loss than in BF16{}", higher_or_lower(gap.mean),
        gap.interval_95
            ? fmt::format(" (95 % interval {:+.2f} to {:+.2f})", gap.interval_95->low, gap.interval_95->high)
            : "");
    // As row V15 judges: the loss, and what the gradients lose against FP8's.
    const double below = t.gradient_snr_fp8 && t.gradient_snr_int8 ? *t.gradient_snr_fp8 - *t.gradient_snr_int8 : 0;
    using ratio_model::word;
    const verdict v = int8_verdict(*t.int8->verdict, below);
    p.word = ratio_model::graded{.w = v == verdict::supported       ? word::supported
                                      : v == verdict::not_supported ? word::not_supported
                                                                    : word::open};
    p.value = gap.mean;
    p.unit = "%";
    return p;
}

}  // namespace

question ask_recovery(const claim_values& v) {
    question q = question_named("Q5");
    if (v.recovered) {
        q.parts.push_back(bytes_part(*v.recovered));
        q.parts.push_back(time_part(*v.recovered));
    }
    q.parts.push_back(int8_part(v.training));
    return q;
}

question ask_failure(const claim_values&) {
    question q = question_named("Q6");
    part p{.id = "q6.r2",
           .scope = "R2",
           .statement = "lacking FP8 made R2 fail",
           .sentence = "Nobody can tell: no run, log or figure of R2 was published"};
    p.testable = false;
    q.parts = {std::move(p)};
    return q;
}

}  // namespace narrowfp::bench::claim
