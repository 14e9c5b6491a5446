// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/experiment_report.hpp"

#include <narrowfp/report/markdown.hpp>
#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::train {

using report::alignment;
using report::table;
using report::tint;

namespace {

// "+0.305".
std::string gap_text(double percent) { return fmt::format("{:+.3f}", percent); }

std::string interval_text(const paired_summary& x, double half) {
    return x.n > 1 ? fmt::format("{:+.3f} to {:+.3f}", x.mean - half, x.mean + half) : "-";
}

std::string db_text(double db) { return fmt::format("{:.1f}", db); }

std::string share_text(std::uint64_t part, std::uint64_t all) {
    return part == 0 ? "0" : report::format_number(100 * static_cast<double>(part) / static_cast<double>(all), 2);
}

report::cell verdict_cell(const std::optional<equivalence>& word, bool has_null) {
    if (!word) {
        return has_null ? "NOT RUN" : "-";
    }
    return {std::string(bench::word_of(*word)), *word == equivalence::equivalent       ? tint::good
                                                : *word == equivalence::not_equivalent ? tint::bad
                                                                                       : tint::warning};
}

std::string percent_gap(const arm_gap& g) {
    const paired_summary& x = *g.own_summary;
    return gap_text(x.mean) + " %" + (x.n > 1 ? " (90 % interval " + interval_text(x, x.half_90) + " %)" : "");
}

}  // namespace

table gap_table(const experiment_outcome& e, const experiment_summary& s) {
    table t;
    t.title = fmt::format("T3: gap of the validation loss, size {}, {} steps, {} {}, %, emulated", e.design.size.name,
                          e.design.steps, e.design.seeds, e.design.seeds == 1 ? "seed" : "seeds");
    t.columns = {{"arm"},
                 {"to"},
                 {"gap", alignment::right},
                 {"90 % interval", alignment::right},
                 {"in FP32", alignment::right},
                 {"less null", alignment::right},
                 {"90 % interval", alignment::right},
                 {"95 % interval", alignment::right},
                 {"at 0.25 %"}};
    for (const arm_gap& g : s.gaps) {
        if (!g.own_summary) {
            t.add_row({g.arm,
                       g.base,
                       {fmt::format("diverged ({} of {})", g.diverged, e.design.seeds), tint::bad},
                       "-",
                       "-",
                       "-",
                       "-",
                       "-",
                       verdict_cell({}, g.base == "bf16")});
            continue;
        }
        const bool has_null = g.less_null_summary.has_value();
        t.add_row({g.arm, g.base, gap_text(g.own_summary->mean), interval_text(*g.own_summary, g.own_summary->half_90),
                   gap_text(g.fp32_summary->mean), has_null ? gap_text(g.less_null_summary->mean) : "-",
                   has_null ? interval_text(*g.less_null_summary, g.less_null_summary->half_90) : "-",
                   has_null ? interval_text(*g.less_null_summary, g.less_null_summary->half_95) : "-",
                   verdict_cell(verdict_of(e, g), has_null)});
    }
    t.notes = {
        "Paired by seed: same first weights and batches. In FP32: the same weights, evaluated in FP32. Less null: what an arm "
        "costs beyond unbiased random errors of the same size, which have a noise key of their own in each seed.",
        "Can show: the size of a format's penalty in a small model, with its error. Cannot: late divergence, outlier channels "
        "that come with size or after 10^11 tokens, products with thousands of terms, or DeepSeek's 0.25 % at 671B "
        "parameters. Arms without an entry in the last column are not ranked."};
    return t;
}

table seed_table(const experiment_outcome& e, const experiment_summary& s) {
    table t;
    t.title = "T3: every seed, %";
    t.columns = {{"seed", alignment::right}, {"loss of fp32", alignment::right}};
    for (const arm_gap& g : s.gaps) {
        t.columns.push_back({g.arm, alignment::right});
    }
    for (const arm_gap& g : s.gaps) {
        if (g.base == "bf16") {
            t.columns.push_back({g.arm + " less null", alignment::right});
        }
    }
    const auto cell_of = [](const arm_gap& g, const std::vector<double>& values, std::uint32_t seed) -> std::string {
        const auto found = std::find(g.seeds.begin(), g.seeds.end(), seed);
        return found == g.seeds.end() ? "-" : gap_text(values[static_cast<std::size_t>(found - g.seeds.begin())]);
    };
    for (const run_outcome& run : e.runs) {
        if (run.arm != "fp32") {
            continue;
        }
        std::vector<report::cell> cells{std::to_string(run.seed),
                                        run.diverged ? "diverged" : fmt::format("{:.5f}", run.loss)};
        for (const arm_gap& g : s.gaps) {
            cells.emplace_back(cell_of(g, g.own, run.seed));
        }
        for (const arm_gap& g : s.gaps) {
            if (g.base == "bf16") {
                cells.emplace_back(cell_of(g, g.less_null, run.seed));
            }
        }
        t.add_row(std::move(cells));
    }
    return t;
}

table fidelity_table(const experiment_outcome& e, const experiment_summary& s) {
    table t;
    t.title = fmt::format("T1: one gradient against FP64 at the same weights, {} x {} batches, emulated",
                          e.design.checkpoints.size(), e.design.batches);
    t.columns = {{"arm"},
                 {"SNR, dB", alignment::right},
                 {"lowest", alignment::right},
                 {"highest", alignment::right},
                 {"cosine", alignment::right},
                 {"bias, %", alignment::right},
                 {"|loss diff|", alignment::right},
                 {"X to 0, %", alignment::right},
                 {"dY to 0, %", alignment::right},
                 {"overflow", alignment::right}};
    for (std::size_t n = 0; n < s.snr.size(); ++n) {
        const arm_snr& x = s.snr[n];
        const operand_events& events = e.fidelity[n].events;
        const std::string over = report::format_count(
            static_cast<std::int64_t>(events.x.overflowed + events.w.overflowed + events.dy.overflowed));
        const auto cell_of = [&](const std::string& text) { return x.finite ? text : std::string("-"); };
        t.add_row({x.arm, x.finite ? report::cell(db_text(x.median)) : report::cell("not finite", tint::bad),
                   cell_of(db_text(x.low)), cell_of(db_text(x.high)), cell_of(fmt::format("{:.5f}", x.cosine)),
                   cell_of(gap_text(100 * x.bias)), cell_of(report::format_number(x.loss_difference, 2)),
                   share_text(events.x.underflowed, events.x.elements),
                   share_text(events.dy.underflowed, events.dy.elements), over});
    }
    t.notes = {
        "SNR: all weights of linear layers, median over checkpoints and batches of the FP32 run of seed 1. An arm with delayed "
        "scales has an empty history here. Can show: what a format does to a gradient, exactly, without path noise. Cannot: "
        "how that adds up over a run (T3), or the range of gradients in large models (narrowfp study token_imbalance)."};
    return t;
}

table role_table(const experiment_summary& s) {
    table t;
    t.title = "T1: one product on the FP32 run's operands against FP64, medians over layers and checkpoints, emulated";
    t.columns = {{"arm"},
                 {"role"},
                 {"total, dB", alignment::right},
                 {"quantisation", alignment::right},
                 {"accumulation", alignment::right},
                 {"bias, %", alignment::right},
                 {"row SNR", alignment::right},
                 {"worst 1 %", alignment::right}};
    std::string last;
    for (const role_summary& r : s.roles) {
        if (r.arm != last && !last.empty()) {
            t.add_rule();
        }
        const auto cell_of = [&](std::string text) { return r.finite ? std::move(text) : std::string("-"); };
        t.add_row({r.arm == last ? "" : r.arm, r.role,
                   r.finite ? report::cell(db_text(r.total > 0 ? -20 * std::log10(r.total) : 320))
                            : report::cell("not finite", tint::bad),
                   cell_of(report::format_number(r.quantization, 3)), cell_of(report::format_number(r.accumulation, 3)),
                   cell_of(gap_text(100 * r.bias)), cell_of(db_text(r.row_snr_median)),
                   cell_of(db_text(r.row_snr_p1))});
        last = r.arm;
    }
    t.notes = {
        "Quantisation: relative error of the FP64 product of the quantised operands. Accumulation: of the result against that "
        "product, rounding of the output format included. Rows are tokens in fprop and dgrad, outputs in wgrad. Can show: the "
        "share of each cause. Cannot: sums of thousands of terms in fprop and dgrad; size S has 128 to 768 there, 2048 in "
        "wgrad."};
    return t;
}

table fork_table(const experiment_outcome& e, const experiment_summary& s) {
    table t;
    t.title = fmt::format("T2: {} forks of {} steps from the FP32 run of seed 1, gap to FP32, %, emulated",
                          e.design.forks, e.design.fork_steps());
    t.columns = {{"arm"},
                 {"gap", alignment::right},
                 {"lowest", alignment::right},
                 {"highest", alignment::right},
                 {"in FP32", alignment::right},
                 {"skipped steps", alignment::right}};
    for (const fork_summary& f : s.forks) {
        if (f.arm == "fp32") {
            continue;
        }
        const bool ok = f.diverged == 0;
        t.add_row({f.arm, ok ? report::cell(gap_text(f.gap)) : report::cell("diverged", tint::bad),
                   ok ? gap_text(f.low) : "-", ok ? gap_text(f.high) : "-", ok ? gap_text(f.gap_fp32) : "-",
                   report::format_count(static_cast<std::int64_t>(f.skipped_steps))});
    }
    t.notes = {
        "Forks of one run are not independent: lowest and highest, no interval, and no ranking of arms that lie within each "
        "other's. Can show: which arms stop learning at once. Cannot: what grows slowly."};
    return t;
}

std::vector<table> experiment_tables(const experiment_outcome& e, const experiment_summary& s) {
    std::vector<table> out{gap_table(e, s), seed_table(e, s)};
    for (table t : {fidelity_table(e, s), role_table(s), fork_table(e, s)}) {
        if (!t.rows.empty()) {
            out.push_back(std::move(t));
        }
    }
    return out;
}

std::vector<std::string> experiment_findings(const experiment_outcome& e, const experiment_summary& s) {
    std::vector<std::string> out;
    for (const std::string name : {"deepseek_v3", "int8_tile"}) {
        const arm_gap* g = s.gap_of(name);
        if (g == nullptr) {
            continue;
        }
        const std::string row = name == "deepseek_v3" ? "V7" : "V15";
        if (!g->less_null_summary) {
            out.push_back(fmt::format("{}: {} diverged in {} of {} seeds.", row, name, g->diverged, e.design.seeds));
            continue;
        }
        const auto word = verdict_of(e, *g);
        const paired_summary& x = *g->less_null_summary;
        const auto with_interval = [](const paired_summary& y) {
            return gap_text(y.mean) + " %" +
                   (y.n > 1 ? " (90 % interval " + interval_text(y, y.half_90) + " %)" : std::string());
        };
        out.push_back(fmt::format(
            "{}: {}; gap of {} to BF16 {}, to unbiased errors of its size {}, less those errors' gap {}. Nats per byte of a "
            "small model, not DeepSeek's 0.25 %.",
            row, word ? std::string(bench::word_of(*word)) : "NOT RUN (only the design `deciding` decides)", name,
            percent_gap(*g), with_interval(*g->over_null_summary), with_interval(x)));
        if (g->test && g->test->stopped) {
            const look_outcome& look = g->test->looks.back();
            out.push_back(fmt::format("{}: stopped at {} seeds, repeated interval {} to {} %.", row, look.seeds,
                                      gap_text(look.repeated.low), gap_text(look.repeated.high)));
        }
    }
    const arm_gap* null = s.gap_of("null_noise");
    if (null != nullptr && null->own_summary) {
        out.push_back("Unbiased random errors of E4M3's size (null_noise) cost " + percent_gap(*null) +
                      " against FP32.");
    }
    if (!s.perturbation_held()) {
        out.push_back("A check of this program failed: one weight changed by a millionth moved the loss by " +
                      report::format_number(*s.perturbed_gap, 2) + " %.");
    }
    if (s.learning_rate_excess) {
        std::string losses;
        for (const run_outcome& r : e.rates) {
            losses += fmt::format(", {} at {}", r.diverged ? "diverged" : fmt::format("{:.4f}", r.loss), r.rate);
        }
        const auto own =
            std::find_if(e.runs.begin(), e.runs.end(), [](const run_outcome& r) { return r.arm == "fp32"; });
        out.push_back(fmt::format("{}Learning rate {} is {} % worse than the best of three in FP32 (loss {:.4f}{}).",
                                  *s.learning_rate_excess > under_trained_excess ? "Under-trained regime: " : "",
                                  e.design.rate, report::format_number(*s.learning_rate_excess, 2), own->loss, losses));
    }
    const arm_snr* ds = s.snr_of("deepseek_v3");
    const arm_snr* matched = s.snr_of("null_noise");
    if (ds != nullptr && matched != nullptr && ds->finite && matched->finite) {
        out.push_back(
            fmt::format("The null's noise is matched to deepseek_v3 as well as this: gradient SNR {} and {} dB.",
                        db_text(matched->median), db_text(ds->median)));
    }
    if (const arm_snr* int8 = s.snr_of("int8_tile"); int8 != nullptr && ds != nullptr && int8->finite && ds->finite) {
        out.push_back(fmt::format("V15: the median gradient SNR of int8_tile is {} dB, {} dB below deepseek_v3's.",
                                  db_text(int8->median), db_text(ds->median - int8->median)));
    }
    return out;
}

std::string experiment_markdown(const experiment_outcome& e, const experiment_summary& s,
                                const report::field_list& context, const std::string& command) {
    std::string out = "# Training experiment\n\n";
    for (const std::string& finding : experiment_findings(e, s)) {
        out += "- " + report::markdown_text(finding) + "\n";
    }
    for (const table& t : experiment_tables(e, s)) {
        out += "\n" + report::to_markdown(t);
    }
    out += "\n## How it was run\n\n    " + command + "\n\n";
    for (const report::field& f : context) {
        const std::string value = std::visit(
            [](const auto& v) {
                if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>) {
                    return v;
                } else {
                    return fmt::format("{}", v);
                }
            },
            f.value);
        out += "- " + report::markdown_text(f.key + ": " + value) + "\n";
    }
    return out + "\nAll losses of all runs: curves.csv (arm, seed, step, loss). All figures: results.json.\n";
}

}  // namespace narrowfp::bench::train
