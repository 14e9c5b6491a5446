// SPDX-License-Identifier: Apache-2.0
// Q4: what FP8 risks: in one product and in a gradient, exact; in a whole run, by the sequential test of the training
// experiment; and what others measured, from 10^8 to 10^12 parameters.
#include "claim/questions.hpp"

#include "evidence/loss_gap.hpp"
#include "support/median.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

namespace {

constexpr const char* experiment_missing =
    "no recorded runs; narrowfp train --full --output FOLDER, then narrowfp claim --results FOLDER/results.json";

part product_part(const product_errors& e) {
    part p{
        .id = "q4.product",
        .scope = "one matrix product",
        .statement = "rounding the operands of a product to E4M3 makes a larger error than rounding them to BF16",
        .sentence = fmt::format(
            "One matrix product in FP8 (E4M3) has {:.0f} to {:.0f} times BF16's rounding error; this does not show that training "
            "suffers",
            e.low, e.high)};
    p.word = exact_grade(e.low > 1 ? 1 : 0, 1);
    p.kind = report::evidence_kind::emulated;
    p.value = e.high;
    p.low = e.low;
    p.high = e.high;
    p.unit = "1";
    p.rests_on = {"V6"};
    return p;
}

part gradient_part(const training_figures& t) {
    part p{
        .id = "q4.gradient", .scope = "one gradient", .statement = "signal-to-noise ratio of a gradient against FP64"};
    p.kind = t.kind;
    p.rests_on = {"V7"};
    if (!t.gradient_snr_fp8 || !t.gradient_snr_bf16) {
        p.sentence = "Not run yet: how much noise FP8 adds to a gradient";
        p.not_run = experiment_missing;
        return p;
    }
    p.sentence = fmt::format("In a gradient FP8 leaves a signal-to-noise ratio of {:.0f} dB, BF16 {:.0f} dB",
                             *t.gradient_snr_fp8, *t.gradient_snr_bf16);
    p.word = exact_grade(*t.gradient_snr_fp8 < *t.gradient_snr_bf16 ? 1 : 0, 1);
    p.value = *t.gradient_snr_fp8;
    p.unit = "dB";
    return p;
}

part run_part(const training_figures& t) {
    const std::optional<loss_test>& test = t.fp8;
    part p{.id = "q4.run",
           .scope = "a whole training run",
           .statement =
               fmt::format("in the training experiment FP8 raises the loss by less than {} %", equivalence_margin)};
    p.kind = t.kind;
    p.rests_on = {"V7"};
    if (!test) {
        p.sentence = "Not run yet: our own training of a small model in FP8";
        p.not_run = experiment_missing;
        return p;
    }
    const gap_figure& gap = test->gap;
    p.sentence = fmt::format("A small model trained in FP8 ends {} in loss than in BF16{}", higher_or_lower(gap.mean),
                             gap.interval_95 ? fmt::format(" (95 % interval {:+.2f} to {:+.2f}, {} seeds)",
                                                           gap.interval_95->low, gap.interval_95->high, gap.seeds)
                                             : "");
    p.value = gap.mean;
    p.unit = "%";
    if (gap.interval_95) {
        p.low = gap.interval_95->low;
        p.high = gap.interval_95->high;
    }
    if (!test->verdict) {
        p.not_run = test->undecided;
        p.sentence += "; no verdict yet: " + p.not_run;
        return p;
    }
    using ratio_model::word;
    p.word = ratio_model::graded{.w = *test->verdict == equivalence::equivalent       ? word::supported
                                      : *test->verdict == equivalence::not_equivalent ? word::not_supported
                                                                                      : word::open};
    return p;
}

part published_part() {
    std::vector<double> gaps;
    std::size_t within = 0;
    std::size_t diverged = 0;
    double largest_model = 0;
    for (const evidence::loss_gap& g : evidence::published_loss_gaps()) {
        diverged += g.gap == evidence::gap_kind::divergence;
        const bool figure = g.gap_percent && g.gap && *g.gap != evidence::gap_kind::divergence;
        if (figure) {
            gaps.push_back(*g.gap_percent);
            within += *g.gap_percent <= equivalence_margin;
            largest_model = std::max(largest_model, g.parameters.value_or(0));
        }
    }
    const auto [low, high] = std::minmax_element(gaps.begin(), gaps.end());
    part p{
        .id = "q4.published",
        .scope = "what others measured",
        .statement = "loss gaps between FP8 and 16 bits that others published",
        .sentence = fmt::format(
            "Others found the loss {:.2f} % lower to {:.2f} % higher in FP8 (median {:.2f} % higher; {} of {} at most {} %; models of up to {:.0f} billion parameters); {} more recipes diverged",
            -*low, *high, median_of(gaps), within, gaps.size(), equivalence_margin, largest_model / 1e9, diverged)};
    p.kind = report::evidence_kind::published;
    p.source = "bench/evidence/data/loss_gaps.csv, a source for each row";
    p.value = median_of(gaps);
    p.low = *low;
    p.high = *high;
    p.unit = "%";
    return p;
}

}  // namespace

question ask_accuracy(const claim_values& v) {
    question q = question_named("Q4");
    if (v.errors) {
        q.parts.push_back(product_part(*v.errors));
    }
    q.parts.push_back(gradient_part(v.training));
    q.parts.push_back(run_part(v.training));
    part published = published_part();
    q.remark = published.sentence + ".";
    q.parts.push_back(std::move(published));
    return q;
}

}  // namespace narrowfp::bench::claim
