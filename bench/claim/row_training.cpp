// SPDX-License-Identifier: Apache-2.0
// Rows that rest on the training experiment: V7 loss, V8 FP16 or BF16, V15 INT8 instead. They present what
// training_figures.hpp read from its results file; without that file they are NOT RUN. V15 adds the modelled speed.
#include "claim/policy.hpp"
#include "claim/rows.hpp"
#include "claim/training_figures.hpp"

#include <narrowfp/report/text.hpp>

#include <fmt/format.h>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

// Of bench_gemm: rate of INT8 products with tiles over BF16 products on this machine.
constexpr std::string_view int8_rate_id = "claim.input.int8_speed_up";
constexpr double under_trained = 2;  // percent by which the learning rate is worse than the best

row_result not_run(const char* kinds, std::string reason) {
    row_result out;
    out.kinds = kinds;
    out.reason = std::move(reason);
    return out;
}

std::string letters_of(report::evidence_kind k) { return k == report::evidence_kind::recorded ? "R" : "E"; }

std::string gap_text(const gap_figure& g) {
    return fmt::format("{:+.2f} %{}", g.mean,
                       g.interval_95 ? fmt::format(" (95 % interval {:+.2f} to {:+.2f} %, {} seeds)",
                                                   g.interval_95->low, g.interval_95->high, g.seeds)
                                     : std::string(" (one seed)"));
}

verdict word_for(equivalence e) {
    return e == equivalence::equivalent       ? verdict::supported
           : e == equivalence::not_equivalent ? verdict::not_supported
                                              : verdict::open;
}

// The gap of an arm, and beside it those that decide nothing.
report::table gap_table(std::string_view row, const char* arm, const loss_test& t) {
    report::table out;
    out.title = fmt::format("{}: loss of {} after training", row, arm);
    out.columns = {{"gap"}, {"mean and 95 % interval"}, {"what it decides"}};
    out.add_row(
        {"to BF16", gap_text(t.gap),
         t.verdict ? fmt::format("{} at {} %", word_of(*t.verdict), equivalence_margin) : std::string("nothing yet")});
    if (t.repeated) {
        out.add_row({fmt::format("at the look at {} seeds, repeated interval", t.decided_at),
                     fmt::format("{:+.3f} to {:+.3f} %", t.repeated->low, t.repeated->high), "the same"});
    }
    if (t.to_null) {
        out.add_row({"to unbiased errors of its size", gap_text(*t.to_null), "nothing; unadjusted"});
    }
    if (t.less_null) {
        out.add_row({"to BF16, less that of unbiased errors", gap_text(*t.less_null), "nothing; the pilot judged it"});
    }
    return out;
}

report::record gap_record(std::string_view row, const char* arm, const loss_test& t, report::evidence_kind kind) {
    report::record r = make_record(row, "gap", std::string("relative gap of the loss of ") + arm + " to BF16", kind,
                                   t.gap.mean, "%", "mean over seeds; low and high: 95 % interval");
    if (t.gap.interval_95) {
        r.low = t.gap.interval_95->low;
        r.high = t.gap.interval_95->high;
    }
    r.n = t.gap.seeds;
    return r;
}

}  // namespace

row_result present_loss(const training_figures& f) {
    if (!f.fp8) {
        return not_run("E", "no results file of the training experiment");
    }
    row_result out;
    out.kinds = letters_of(f.kind);
    out.value = gap_text(f.fp8->gap);
    out.tables.push_back(gap_table("V7", "deepseek_v3", *f.fp8));
    out.records.push_back(gap_record("V7", "deepseek_v3", *f.fp8, f.kind));
    if (f.learning_rate_excess && *f.learning_rate_excess > under_trained) {
        out.notes.push_back(fmt::format("Under-trained regime: learning rate 1e-3 is {} % worse than the best in FP32.",
                                        report::format_number(*f.learning_rate_excess, 2)));
    }
    if (!f.fp8->verdict) {
        out.reason = f.fp8->undecided;
        return out;  // NOT RUN, its gap printed
    }
    out.whole = true;
    out.word = word_for(*f.fp8->verdict);
    out.range = fmt::format("{} at {} seeds", word_of(*f.fp8->verdict), f.fp8->decided_at);
    out.reason = fmt::format(
        "SUPPORTED: FP8 raises the loss by less than {} % in this experiment; nats per byte of a small model, not "
        "DeepSeek's 0.25 %",
        equivalence_margin);
    return out;
}

row_result present_wide_formats(const training_figures& f) {
    if (f.wide_counts.empty()) {
        return not_run("E", "no results file of the training experiment");
    }
    row_result out;
    out.kinds = letters_of(f.kind);
    report::table t;
    t.title = "V8: overflow and underflow of the two 16-bit formats on the training experiment's tensors";
    t.columns = {{"figure"}, {"value", alignment::right}};
    for (const count_figure& c : f.wide_counts) {
        t.add_row({c.name, report::format_number(c.value, 6) + " " + c.unit});
    }
    t.notes = {
        "Counts: elements of X, W and dY of all linear layers in the gradients of T1, FP16 without a loss scale. Below "
        "them, where they were computed: gradient SNR against FP64, and the loss after short forks; f16_loss_scale has "
        "a dynamic loss scale."};
    const auto count = [&](std::size_t n) { return report::format_number(f.wide_counts[n].value, 6); };
    out.word = verdict::value;
    out.whole = true;
    out.reason = "910A has no BF16, so \"16-bit\" meant FP16 there; 910B and 910C have it";
    out.value = fmt::format("FP16 {} overflows, {} underflows; BF16 {}, {}", count(0), count(1), count(2), count(3));
    out.tables.push_back(std::move(t));
    return out;
}

namespace {

// What can be said of INT8 without the experiment: its speed on the chips in question.
void add_int8_speed(const row_context& how, row_result& out) {
    report::table t;
    t.title = "V15: step time in INT8 1x128 over 16 bits, modelled";
    t.columns = {{"chip"}, {"16-bit / INT8 step"}, {"kind"}};
    for (const std::string_view name : policy::int8_chips) {
        const std::string label = policy::chip_label(name);
        const step_scenarios all(subject_of(how), chips_of(how).by_name(name));
        if (!(all.machine_in(all.all().front(), hardware_case::int8).narrow_peak > 0)) {
            t.add_row({label, "no such unit", "M"});
            continue;
        }
        const scenario_range r = all.range_of([&](const step_scenario& s) {
            const case_seconds x = all.seconds_in(s);
            return x[hardware_case::wide] / x[hardware_case::int8];
        });
        t.add_row({label, range_text(r), "M"});
        report::record x = make_record("V15", std::string(name) + ".speed", "16-bit over INT8 step time",
                                       report::evidence_kind::modelled, range_text(r), "1", "scenario range");
        x.low = r.low;
        x.high = r.high;
        out.records.push_back(std::move(x));
        if (name == policy::usual_910b) {
            out.value = "INT8 on " + label + " would be " + range_text(r) + " as fast as 16 bits";
        }
    }
    if (const report::record* measured = result_named(how, int8_rate_id)) {
        t.add_row({"this machine, products alone", report::format_ratio(number_of(*measured), 3), "C"});
        out.kinds = "M, C";
    } else {
        t.add_row({"this machine, products alone (bench_gemm)", "NOT RUN", "C"});
    }
    t.notes = {
        "The same tiles and casts as DeepSeek's FP8. The error of one product in INT8 stands in V6. What matters is whether a model "
        "trains equally well; the training experiment tests that."};
    out.tables.push_back(std::move(t));
}

}  // namespace

row_result present_int8(const row_context& how, const training_figures& f) {
    row_result out;
    out.kinds = "M";
    add_int8_speed(how, out);
    if (!f.int8 || !f.gradient_snr_fp8 || !f.gradient_snr_int8) {
        out.reason = "no results file of the training experiment; the modelled speed is printed";
        return out;
    }
    const double below = *f.gradient_snr_fp8 - *f.gradient_snr_int8;
    const std::string summary = fmt::format("gap to BF16 {}, median gradient SNR {} dB below deepseek_v3's",
                                            gap_text(f.int8->gap), report::format_number(below, 2));
    out.tables.push_back(gap_table("V15", "int8_tile", *f.int8));
    out.records.push_back(gap_record("V15", "int8_tile", *f.int8, f.kind));
    if (!f.int8->verdict) {
        out.reason = f.int8->undecided + "; " + summary;
        return out;
    }
    out.word = int8_verdict(*f.int8->verdict, below);
    out.whole = true;
    out.kinds = letters_of(f.kind) + ", " + out.kinds;
    out.reason = std::string(word_of(*f.int8->verdict)) + ": " + summary;
    return out;
}

}  // namespace narrowfp::bench::claim
