// SPDX-License-Identifier: Apache-2.0
// Rows that rest on the training experiment: V7 loss, V8 FP16 or BF16, V15 INT8 instead. They read its results file
// (narrowfp claim --results FILE); without it they are NOT RUN. The ids that they read stand at the head; V7 and V15
// judge by the rules in rules.cpp.
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <cmath>
#include <stdexcept>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

// Relative loss gap in percent: value, low and high the 90 % interval, n the seeds.
constexpr std::string_view gap_less_null_id = "train.gap_less_null.deepseek_v3";
constexpr std::string_view plain_gap_id = "train.gap.deepseek_v3";
constexpr std::string_view int8_gap_id = "train.gap_less_null.int8_tile";
// Median signal-to-noise ratio of gradients, dB.
constexpr std::string_view snr_id = "train.gradient_snr.deepseek_v3";
constexpr std::string_view int8_snr_id = "train.gradient_snr.int8_tile";
// Of bench_gemm: rate of INT8 products with tiles over BF16 products on this machine.
constexpr std::string_view int8_rate_id = "claim.input.int8_speed_up";
// Relative loss in percent by which learning rate 1e-3 is worse than the best of three in FP32.
constexpr std::string_view regime_id = "train.learning_rate_excess";
constexpr std::array<std::string_view, 4> count_ids{"train.events.f16.overflowed", "train.events.f16.underflowed",
                                                    "train.events.bf16.overflowed", "train.events.bf16.underflowed"};
// Gradient and loss of FP16 with and without a loss scale, of BF16.
constexpr std::array<std::string_view, 3> wide_arms{"f16", "f16_loss_scale", "bf16"};
constexpr std::int64_t seeds_needed = 12;

interval interval_of(const report::record& r) {
    if (!r.low || !r.high) {
        throw std::runtime_error("results: record \"" + r.id + "\" must have low and high, its 90 % interval");
    }
    return {*r.low, *r.high};
}

row_result not_run(const char* kinds, std::string reason) {
    row_result out;
    out.kinds = kinds;
    out.reason = std::move(reason);
    return out;
}

bool flag_of(const report::record& r, std::string_view key) {
    const report::field_value* value = report::find_field(r.parameters, key);
    const bool* flag = value != nullptr ? std::get_if<bool>(value) : nullptr;
    return flag != nullptr && *flag;
}

// Why a gap decides nothing: too few seeds, or another size, number of steps or learning rate than was fixed. Empty if it
// decides.
std::string not_deciding(const report::record& gap) {
    const std::int64_t seeds = gap.n.value_or(0);
    if (seeds < seeds_needed) {
        return std::to_string(seeds) + (seeds == 1 ? " seed, " : " seeds, ") + std::to_string(seeds_needed) + " needed";
    }
    return flag_of(gap, "decides") ? "" : "not the fixed design: size S, 400 steps, learning rate 1e-3";
}

equivalence judged(const report::record& gap) {
    return flag_of(gap, "path_noise_too_large") ? equivalence::inconclusive : equivalence_of(interval_of(gap));
}

// A gap of one seed has no interval.
std::string gap_text(const report::record& r) {
    const std::string value = report::format_number(number_of(r), 2) + " %";
    if (!r.low && !r.high) {
        return value;
    }
    const interval i = interval_of(r);
    return value + " (90 % interval " + report::format_number(i.low, 2) + " to " + report::format_number(i.high, 2) +
           " %)";
}

}  // namespace

row_result run_v7(const row_context& how) {
    const report::record* gap = result_named(how, gap_less_null_id);
    if (gap == nullptr) {
        return not_run("E", "no results file of the training experiment");
    }
    row_result out;
    out.kinds = "E";
    out.value = gap_text(*gap);
    out.reason = not_deciding(*gap);
    if (!out.reason.empty()) {
        return out;  // NOT RUN, its gap printed
    }
    const equivalence e = judged(*gap);
    out.whole = true;
    out.word = e == equivalence::equivalent       ? verdict::supported
               : e == equivalence::not_equivalent ? verdict::not_supported
                                                  : verdict::undecided;
    out.range = std::string(word_of(e)) + ", " + std::to_string(*gap->n) + " seeds";
    out.reason = "SUPPORTED means equivalent within 0.25 %; nats per byte of a small model, not DeepSeek's 0.25 %";
    if (const report::record* plain = result_named(how, plain_gap_id)) {
        out.notes.push_back("The plain gap to BF16: " + gap_text(*plain) + ".");
    }
    if (flag_of(*gap, "path_noise_too_large")) {
        out.notes.push_back("Path noise too large: gaps cannot be interpreted, whatever the interval.");
    }
    if (const report::record* regime = result_named(how, regime_id); regime != nullptr && number_of(*regime) > 2) {
        out.notes.push_back("Under-trained regime: learning rate 1e-3 is " +
                            report::format_number(number_of(*regime), 2) + " % worse than the best in FP32.");
    }
    report::record r =
        make_record("V7", "gap", "training gap of deepseek_v3 less the noise-matched null",
                    report::evidence_kind::emulated, number_of(*gap), "%", "90 % interval, TOST at 0.25 %");
    r.low = gap->low;
    r.high = gap->high;
    r.n = gap->n;
    out.records.push_back(std::move(r));
    return out;
}

row_result run_v8(const row_context& how) {
    row_result out = not_run("E", "no results file of the training experiment");
    report::table t;
    t.title = "V8: overflow and underflow of the two 16-bit formats on the training experiment's tensors";
    t.columns = {{"record"}, {"value", alignment::right}};
    for (const std::string_view id : count_ids) {
        const report::record* r = result_named(how, id);
        if (r == nullptr) {
            return out;
        }
        t.add_row({std::string(id), report::format_number(number_of(*r), 6)});
    }
    for (const std::string_view arm : wide_arms) {
        for (const std::string_view what : {"train.gradient_snr.", "train.fork_gap."}) {
            const std::string id = std::string(what) + std::string(arm);
            if (const report::record* r = result_named(how, id)) {
                t.add_row({id, report::format_number(number_of(*r), 4) + " " + r->unit});
            }
        }
    }
    t.notes = {
        "Counts: elements of X, W and dY of all linear layers in the gradients of T1, FP16 without a loss scale. Below "
        "them, where they were computed: gradient SNR against FP64, and the loss after short forks; f16_loss_scale has "
        "a dynamic loss scale."};
    out.word = verdict::value;
    out.whole = true;
    out.reason = "910A has no BF16, so \"16-bit\" meant FP16 there; 910B and 910C have it";
    out.value = "FP16 " + t.rows[0][1].text + " overflows, " + t.rows[1][1].text + " underflows; BF16 " +
                t.rows[2][1].text + ", " + t.rows[3][1].text;
    out.tables.push_back(std::move(t));
    return out;
}

row_result run_v15(const row_context& how) {
    row_result out;
    out.kinds = "M";
    // What can be said without the experiment: speed on the chip in question.
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
        "The same tiles and casts as DeepSeek's FP8. The error of one product in INT8 stands in V6. Whether a "
        "model trains as well decides, and that is the training experiment's."};
    out.tables.push_back(std::move(t));
    const report::record* gap = result_named(how, int8_gap_id);
    const report::record* snr = result_named(how, snr_id);
    const report::record* int8_snr = result_named(how, int8_snr_id);
    if (gap == nullptr || snr == nullptr || int8_snr == nullptr) {
        out.reason = "no results file of the training experiment; the modelled speed is printed";
        return out;
    }
    const equivalence e = judged(*gap);
    const double below = number_of(*snr) - number_of(*int8_snr);
    const std::string summary = "gap less null " + gap_text(*gap) + ", median gradient SNR " +
                                report::format_number(below, 2) + " dB below deepseek_v3's";
    out.reason = not_deciding(*gap);
    if (!out.reason.empty()) {
        out.reason += "; " + summary;
        return out;
    }
    out.word = int8_verdict(e, below);
    out.whole = true;
    out.kinds = "E, " + out.kinds;
    out.reason = std::string(word_of(e)) + ": " + summary;
    return out;
}

}  // namespace narrowfp::bench::claim
