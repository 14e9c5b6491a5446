// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/experiment_records.hpp"

#include "support/median.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::train {

using report::add_field;
using report::evidence_kind;
using report::record;
using report::record_status;

namespace {

class writer {
public:
    writer(const experiment_outcome& e, const experiment_summary& s, std::string repro)
        : e_(e), s_(s), repro_(std::move(repro)) {}

    std::vector<record> take() && { return std::move(records_); }

    void write() {
        for (const run_outcome& r : e_.runs) {
            add_loss(r, seed_id("train.loss", r.arm, r.seed));
        }
        for (const arm_gap& g : s_.gaps) {
            add_gap(g);
        }
        add_guards();
        for (const run_outcome& r : e_.rates) {
            add_loss(r, fmt::format("train.learning_rate_loss.{}", r.rate));
        }
        for (const arm_snr& x : s_.snr) {
            add_snr(x);
        }
        for (const arm_fidelity& f : e_.fidelity) {
            add_products(f);
            add_events(f);
        }
        for (const fork_summary& f : s_.forks) {
            add_forks(f);
        }
    }

private:
    const experiment_outcome& e_;
    const experiment_summary& s_;
    std::string repro_;
    std::vector<record> records_;

    static std::string seed_id(const char* what, const std::string& arm, std::uint32_t seed) {
        return fmt::format("{}.{}.seed{:02}", what, arm, seed);
    }

    record make(std::string id, std::string name, std::string unit, std::string method, std::string reference) const {
        record r;
        r.id = std::move(id);
        r.name = std::move(name);
        r.unit = std::move(unit);
        r.method = std::move(method);
        r.reference = std::move(reference);
        r.repro = repro_;
        add_field(r.parameters, "size", std::string(e_.design.size.name));
        add_field(r.parameters, "steps", e_.design.steps);
        return r;
    }

    void add_loss(const run_outcome& run, std::string id) {
        record r = make(std::move(id), "validation loss of " + run.arm, "nats per symbol",
                        "256 windows, the arm's own arithmetic", "");
        add_field(r.parameters, "arm", run.arm);
        add_field(r.parameters, "seed", run.seed);
        add_field(r.parameters, "rate", run.rate);
        add_field(r.parameters, "weights_sha256", run.weights);
        add_field(r.parameters, "skipped_steps", run.skipped_steps);
        add_field(r.parameters, "loss_scale_at_end", run.loss_scale);
        add_field(r.parameters, "kept_bytes", run.kept_bytes);
        if (run.diverged) {
            set_no_value(r, record_status::undefined, "the run diverged");
        } else {
            add_field(r.parameters, "loss_fp32", run.loss_fp32);
            if (!run.losses.empty()) {
                add_field(r.parameters, "training_loss_smoothed", smoothed(run.losses).back());
            }
            r.value = run.loss;
        }
        records_.push_back(std::move(r));
    }

    // The mean over seeds, its 90 % interval as low and high, and each seed.
    void add_paired(const std::string& kind, const arm_gap& g, const std::vector<double>& values,
                    const std::optional<paired_summary>& x, const std::string& name, const std::string& reference) {
        record r = make(kind + "." + g.arm, name, "%", "mean over seeds; low and high: 90 % interval of Student's t",
                        reference);
        add_field(r.parameters, "rate", e_.design.rate);
        add_field(r.parameters, "decides", e_.design.decides());
        if (!x) {
            set_no_value(r, record_status::undefined,
                         fmt::format("{} of {} seeds diverged", g.diverged, e_.design.seeds));
            records_.push_back(std::move(r));
            return;
        }
        r.value = x->mean;
        r.n = static_cast<std::int64_t>(x->n);
        if (x->n > 1) {
            r.low = x->mean - x->half_90;
            r.high = x->mean + x->half_90;
            add_field(r.parameters, "deviation", x->deviation);
            add_field(r.parameters, "low_95", x->mean - x->half_95);
            add_field(r.parameters, "high_95", x->mean + x->half_95);
            add_field(r.parameters, "tost_p", x->tost_p);
        } else {
            r.method = "one seed: no interval";
        }
        records_.push_back(std::move(r));
        for (std::size_t n = 0; n < values.size(); ++n) {
            record one =
                make(fmt::format("{}.{}.seed{:02}", kind, g.arm, g.seeds[n]), name, "%", "one seed", reference);
            add_field(one.parameters, "seed", g.seeds[n]);
            one.value = values[n];
            records_.push_back(std::move(one));
        }
    }

    void add_gap(const arm_gap& g) {
        add_paired("train.gap", g, g.own, g.own_summary, "relative gap of the validation loss of " + g.arm, g.base);
        add_paired("train.gap_evaluated_in_fp32", g, g.fp32, g.fp32_summary,
                   "relative gap of the validation loss of " + g.arm + ", both evaluated in FP32", g.base);
        const auto mean = [](const std::vector<double>& v) {
            double sum = 0;
            for (const double x : v) {
                sum += x / static_cast<double>(v.size());
            }
            return sum;
        };
        if (!g.smoothed.empty()) {
            record last =
                make("train.smoothed_gap." + g.arm, "relative gap of the training loss of " + g.arm + " at the end",
                     "%", "moving average 0.9, mean over seeds", g.base);
            last.value = mean(g.smoothed);
            last.n = static_cast<std::int64_t>(g.smoothed.size());
            records_.push_back(std::move(last));
            record worst = make("train.smoothed_gap_worst." + g.arm,
                                "largest absolute gap of the training loss of " + g.arm + " in the last quarter", "%",
                                "moving average 0.9, largest of all seeds", g.base);
            worst.value = *std::max_element(g.smoothed_worst.begin(), g.smoothed_worst.end());
            worst.n = static_cast<std::int64_t>(g.smoothed_worst.size());
            records_.push_back(std::move(worst));
        }
        if (g.base != "bf16") {
            return;
        }
        add_paired("train.gap_less_null", g, g.less_null, g.less_null_summary,
                   "gap of " + g.arm + " less that of the noise-matched null", "null_noise, own noise key per seed");
        add_paired("train.gap_to_null", g, g.over_null, g.over_null_summary,
                   "relative gap of the validation loss of " + g.arm + " to that of unbiased errors of its size",
                   "null_noise, own noise key per seed");
        add_test(g);
    }

    // The sequential test of a primary gap, and each of its looks.
    void add_test(const arm_gap& g) {
        record verdict =
            make("train.verdict." + g.arm, "two one-sided tests at 0.25 % on the gap of " + g.arm, "",
                 "repeated interval inside: equivalent; wholly outside: not equivalent; else inconclusive", g.base);
        if (const auto word = verdict_of(e_, g)) {
            verdict.value = std::string(bench::word_of(*word));
            verdict.n = static_cast<std::int64_t>(g.test->decided_at);
        } else {
            set_no_value(
                verdict, record_status::not_run,
                g.diverged == 0 ? "only the design `deciding` decides, once its test has stopped" : "a run diverged");
        }
        records_.push_back(std::move(verdict));
        if (!g.test) {
            return;
        }
        for (const look_outcome& look : g.test->looks) {
            record r = make(fmt::format("train.look.{}.{}", g.arm, look.seeds),
                            fmt::format("gap of {} at the look at {} seeds", g.arm, look.seeds), "%",
                            "mean over seeds; low and high: repeated interval", g.base);
            r.value = look.mean;
            r.low = look.repeated.low;
            r.high = look.repeated.high;
            r.n = static_cast<std::int64_t>(look.seeds);
            add_field(r.parameters, "bound", look.bound);
            add_field(r.parameters, "verdict", std::string(bench::word_of(look.verdict)));
            records_.push_back(std::move(r));
        }
    }

    void add_optional(const char* id, const char* name, const std::optional<double>& value, const char* reference) {
        if (value) {
            record r = make(id, name, "%", "", reference);
            r.value = *value;
            records_.push_back(std::move(r));
        }
    }

    void add_guards() {
        add_optional("train.null_eps_gap", "gap after one weight was changed by a millionth", s_.perturbed_gap,
                     "fp32, first seed");
        add_optional("train.null_deviation", "standard deviation over seeds of the null's gap", s_.null_deviation,
                     "fp32");
        add_optional("train.learning_rate_excess", "loss at 1e-3 over the best of 3e-4, 1e-3 and 3e-3",
                     s_.learning_rate_excess, "fp32, first seed");
        record r = make("train.guard", "whether one weight changed by a millionth leaves the loss within 0.01 %", "",
                        "null_eps against fp32", "");
        r.value = s_.perturbation_held() ? "held" : "failed";
        records_.push_back(std::move(r));
    }

    void add_snr(const arm_snr& x) {
        record r = make(
            "train.gradient_snr." + x.arm, "signal-to-noise ratio of the gradient of " + x.arm, "dB",
            "median over checkpoints and batches; low and high: smallest and largest; all weights of linear layers",
            "gradient in FP64 at the same weights");
        if (x.finite) {
            r.value = x.median;
            r.low = x.low;
            r.high = x.high;
            r.n = static_cast<std::int64_t>(e_.design.checkpoints.size() * e_.design.batches);
            add_field(r.parameters, "cosine", x.cosine);
            add_field(r.parameters, "bias", x.bias);
            add_field(r.parameters, "mean_loss_difference", x.loss_difference);
        } else {
            set_no_value(r, record_status::undefined, "a gradient is not finite");
        }
        records_.push_back(std::move(r));
    }

    // Medians over checkpoints of each product of each layer.
    void add_products(const arm_fidelity& f) {
        for (const product_fidelity& first : f.products) {
            if (first.step != f.products.front().step) {
                break;  // a later checkpoint of what is there
            }
            std::vector<const product_fidelity*> same;
            for (const product_fidelity& p : f.products) {
                if (p.layer == first.layer && p.linear == first.linear && p.role == first.role) {
                    same.push_back(&p);
                }
            }
            const auto median = [&](double product_fidelity::*member) {
                std::vector<double> all;
                for (const product_fidelity* p : same) {
                    all.push_back(p->*member);
                }
                return median_of(all);
            };
            record r = make(fmt::format("train.product.{}.layer{}.{}.{}", f.arm, first.layer, first.linear, first.role),
                            fmt::format("relative error of {} of {} in {}", first.role, first.linear, f.arm), "1",
                            "Frobenius norm, median over checkpoints", "FP64 product of the FP32 run's operands");
            r.n = static_cast<std::int64_t>(same.size());
            if (std::all_of(same.begin(), same.end(), [](const auto* p) { return p->finite; })) {
                r.value = median(&product_fidelity::total);
                add_field(r.parameters, "quantisation", median(&product_fidelity::quantization));
                add_field(r.parameters, "accumulation", median(&product_fidelity::accumulation));
                add_field(r.parameters, "cosine", median(&product_fidelity::cosine));
                add_field(r.parameters, "bias", median(&product_fidelity::bias));
                add_field(r.parameters, "row_snr_median_db", median(&product_fidelity::row_snr_median));
                add_field(r.parameters, "row_snr_p1_db", median(&product_fidelity::row_snr_p1));
            } else {
                set_no_value(r, record_status::undefined, "a result is not finite");
            }
            records_.push_back(std::move(r));
        }
    }

    void add_events(const arm_fidelity& f) {
        const auto add = [&](const char* what, std::uint64_t event_counts::*member) {
            record r = make(fmt::format("train.events.{}.{}", f.arm, what),
                            fmt::format("elements of X, W and dY {} in {}", what, f.arm), "elements",
                            "quantisations for fprop and dgrad, all gradients of T1", "");
            r.value = static_cast<std::int64_t>(f.events.x.*member + f.events.w.*member + f.events.dy.*member);
            r.n = static_cast<std::int64_t>(f.events.x.elements + f.events.w.elements + f.events.dy.elements);
            add_field(r.parameters, "x", f.events.x.*member);
            add_field(r.parameters, "w", f.events.w.*member);
            add_field(r.parameters, "dy", f.events.dy.*member);
            add_field(r.parameters, "dy_elements", f.events.dy.elements);
            records_.push_back(std::move(r));
        };
        add("overflowed", &event_counts::overflowed);
        add("underflowed", &event_counts::underflowed);
        add("subnormal", &event_counts::subnormal);
    }

    void add_forks(const fork_summary& f) {
        record r = make(
            "train.fork_gap." + f.arm, "relative gap of the validation loss of " + f.arm + " after a short fork", "%",
            fmt::format("mean over forks of {} steps; low and high: smallest and largest", e_.design.fork_steps()),
            "fp32 from the same checkpoint");
        add_field(r.parameters, "skipped_steps", f.skipped_steps);
        if (f.diverged == 0) {
            r.value = f.gap;
            r.low = f.low;
            r.high = f.high;
            r.n = static_cast<std::int64_t>(f.forks);
            add_field(r.parameters, "evaluated_in_fp32", f.gap_fp32);
        } else {
            set_no_value(r, record_status::undefined, fmt::format("{} of {} forks diverged", f.diverged, f.forks));
        }
        records_.push_back(std::move(r));
    }
};

}  // namespace

void add_design(report::field_list& context, const experiment_outcome& e) {
    add_field(context, "mode", e.design.mode);
    add_field(context, "text", e.text_name);
    add_field(context, "text_bytes", e.text_bytes);
    add_field(context, "text_crc32", fmt::format("{:08x}", e.text_crc32));
    add_field(context, "text_symbols", e.vocabulary);
    add_field(context, "text_bytes_of_rare_values", e.merged_bytes);
    add_field(context, "size", std::string(e.design.size.name));
    add_field(context, "steps", e.design.steps);
    add_field(context, "tokens_per_step", e.design.size.tokens());
    add_field(context, "seeds", e.design.seeds);
    add_field(context, "peak_rate", e.design.rate);
    std::vector<std::string> commits;
    for (const run_outcome& r : e.runs) {
        if (std::find(commits.begin(), commits.end(), r.commit) == commits.end()) {
            commits.push_back(r.commit);
        }
    }
    add_field(context, "commits_of_runs", fmt::format("{}", fmt::join(commits, ", ")));
}

report::document experiment_results(const experiment_outcome& e, const experiment_summary& s,
                                    report::field_list context, const std::string& repro) {
    add_design(context, e);
    writer w(e, s, repro);
    w.write();
    return {std::move(context), std::move(w).take()};
}

namespace {

// Of several ranks: how much of the time of all threads no item was computed, and what the counter cost.
void add_rank_times(const experiment_outcome& e, std::vector<record>& out) {
    if (e.ranks == 1) {
        return;
    }
    const rank_times& t = e.times;
    const auto add = [&](const char* id, const char* name, const char* unit, double value, const char* method) {
        record r;
        r.id = id;
        r.name = name;
        r.kind = evidence_kind::measured;
        r.unit = unit;
        r.method = method;
        r.value = value;
        r.n = e.ranks;
        out.push_back(std::move(r));
    };
    add("train.ranks.waiting", "share of the threads' time without work", "1", 1 - t.busy_seconds / t.thread_seconds,
        "all threads of all ranks, from the start of each loop over parts to its end on the last rank; n: ranks");
    add("train.ranks.fetch", "one fetch from the counter", "s", t.fetch_seconds / static_cast<double>(t.fetches),
        "mean over all ranks, with the wait for other threads of the rank; n: ranks");
}

}  // namespace

report::document experiment_timings(const experiment_outcome& e, report::field_list context) {
    add_design(context, e);
    report::document out{std::move(context), {}};
    for (const std::string& arm : e.design.run_arms) {
        std::vector<double> seconds;
        for (const run_outcome& r : e.runs) {
            if (r.arm == arm) {
                seconds.push_back(r.seconds);
            }
        }
        record r;
        r.id = "train.seconds." + arm;
        r.name = "one run of " + arm + " on one thread, with others beside it";
        r.kind = evidence_kind::measured;
        r.unit = "s";
        r.method = "median over seeds; low and high: smallest and largest";
        r.note = "the time of an emulation: no cost of a format";
        r.value = median_of(seconds);
        r.low = *std::min_element(seconds.begin(), seconds.end());
        r.high = *std::max_element(seconds.begin(), seconds.end());
        r.n = static_cast<std::int64_t>(seconds.size());
        out.records.push_back(std::move(r));
    }
    add_rank_times(e, out.records);
    return out;
}

std::string curves_csv(const experiment_outcome& e) {
    std::string out = "arm,seed,step,loss\r\n";
    for (const run_outcome& r : e.runs) {
        for (std::size_t step = 0; step < r.losses.size(); ++step) {
            out += fmt::format("{},{},{},{}\r\n", r.arm, r.seed, step, r.losses[step]);
        }
    }
    return out;
}

}  // namespace narrowfp::bench::train
