// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/summary.hpp"

#include "support/median.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench::train {
namespace {

bool is_baseline(const std::string& arm) {
    return arm == "fp32" || arm == "bf16" || arm == "null_noise" || arm == "null_eps";
}

std::string base_of(const std::string& arm) { return is_baseline(arm) ? "fp32" : "bf16"; }

// Signal-to-noise ratio of a relative error in dB; an error of 1 and more is 0 dB.
double snr_of_error(double relative) {
    constexpr double exact_db = 320;  // about what double can tell
    return relative == 0 ? exact_db : std::max(0.0, -20 * std::log10(relative));
}

// Nothing if the design did not come to it.
const run_outcome* run_of(const experiment_outcome& e, std::string_view arm, std::uint32_t seed) {
    const auto found = std::find_if(e.runs.begin(), e.runs.end(),
                                    [&](const run_outcome& r) { return r.arm == arm && r.seed == seed; });
    return found == e.runs.end() ? nullptr : &*found;
}

// Gaps of the smoothed training loss: the last one and the largest absolute one of the last quarter.
std::pair<double, double> curve_gap(const run_outcome& run, const run_outcome& base) {
    const std::vector<double> a = smoothed(run.losses), b = smoothed(base.losses);
    double worst = 0;
    for (std::size_t n = a.size() - a.size() / 4 - 1; n < a.size(); ++n) {
        worst = std::max(worst, std::fabs(relative_gap_percent(a[n], b[n])));
    }
    return {relative_gap_percent(a.back(), b.back()), worst};
}

arm_gap gap_over_seeds(const experiment_outcome& e, const std::string& arm) {
    arm_gap out{.arm = arm, .base = base_of(arm)};
    for (std::size_t n = 0; n < e.design.seeds; ++n) {
        const std::uint32_t seed = e.design.seed_at(n);
        const run_outcome* run = run_of(e, arm, seed);
        const run_outcome* base = run_of(e, out.base, seed);
        const run_outcome* null = run_of(e, "null_noise", seed);
        const run_outcome* fp32 = run_of(e, "fp32", seed);
        if (run == nullptr || base == nullptr || null == nullptr || fp32 == nullptr) {
            continue;
        }
        if (run->diverged || base->diverged || null->diverged || fp32->diverged) {
            ++out.diverged;
            continue;
        }
        out.seeds.push_back(seed);
        out.own.push_back(relative_gap_percent(run->loss, base->loss));
        out.fp32.push_back(relative_gap_percent(run->loss_fp32, base->loss_fp32));
        if (!is_baseline(arm)) {
            out.less_null.push_back(out.own.back() - relative_gap_percent(null->loss, fp32->loss));
            out.over_null.push_back(relative_gap_percent(run->loss, null->loss));
        }
        if (!run->losses.empty() && !base->losses.empty()) {
            const auto [last, worst] = curve_gap(*run, *base);
            out.smoothed.push_back(last);
            out.smoothed_worst.push_back(worst);
        }
    }
    if (out.diverged == 0) {
        out.own_summary = summarise(out.own, equivalence_margin);
        out.fp32_summary = summarise(out.fp32, equivalence_margin);
        if (!out.less_null.empty()) {
            out.less_null_summary = summarise(out.less_null, equivalence_margin);
            out.over_null_summary = summarise(out.over_null, equivalence_margin);
        }
    }
    const std::vector<std::string>& primary = e.design.primary_arms;
    if (e.design.plan && std::find(primary.begin(), primary.end(), arm) != primary.end()) {
        out.test = judge(out.own, *e.design.plan);
    }
    return out;
}

arm_snr snr_over_batches(const arm_fidelity& f) {
    arm_snr out{.arm = f.arm, .finite = !f.gradients.empty()};
    std::vector<double> snr, cosine, bias;
    for (const gradient_fidelity& g : f.gradients) {
        out.finite = out.finite && g.finite;
        snr.push_back(g.finite ? snr_of_error(g.relative_error) : 0);
        cosine.push_back(g.cosine);
        bias.push_back(g.bias);
        out.loss_difference += std::fabs(g.loss_difference) / static_cast<double>(f.gradients.size());
    }
    if (!snr.empty()) {
        out.median = median_of(snr);
        out.low = *std::min_element(snr.begin(), snr.end());
        out.high = *std::max_element(snr.begin(), snr.end());
        out.cosine = median_of(cosine);
        out.bias = median_of(bias);
    }
    return out;
}

role_summary role_over_layers(const arm_fidelity& f, const char* role) {
    role_summary out{.arm = f.arm, .role = role, .finite = true};
    const auto median = [&](double product_fidelity::*member) {
        std::vector<double> all;
        for (const product_fidelity& p : f.products) {
            if (p.role == role) {
                all.push_back(p.*member);
                out.finite = out.finite && p.finite;
            }
        }
        return median_of(all);
    };
    out.total = median(&product_fidelity::total);
    out.quantization = median(&product_fidelity::quantization);
    out.accumulation = median(&product_fidelity::accumulation);
    out.bias = median(&product_fidelity::bias);
    out.row_snr_median = median(&product_fidelity::row_snr_median);
    out.row_snr_p1 = median(&product_fidelity::row_snr_p1);
    return out;
}

fork_summary over_forks(const arm_forks& f, const arm_forks& base) {
    fork_summary out{.arm = f.arm, .forks = f.forks.size()};
    std::vector<double> gaps;
    for (std::size_t k = 0; k < f.forks.size(); ++k) {
        out.skipped_steps += f.forks[k].skipped_steps;
        if (f.forks[k].diverged || base.forks[k].diverged) {
            ++out.diverged;
            continue;
        }
        gaps.push_back(relative_gap_percent(f.forks[k].loss, base.forks[k].loss));
        out.gap_fp32 += relative_gap_percent(f.forks[k].loss_fp32, base.forks[k].loss_fp32);
    }
    if (!gaps.empty()) {
        for (const double g : gaps) {
            out.gap += g / static_cast<double>(gaps.size());
        }
        out.gap_fp32 /= static_cast<double>(gaps.size());
        out.low = *std::min_element(gaps.begin(), gaps.end());
        out.high = *std::max_element(gaps.begin(), gaps.end());
    }
    return out;
}

// By how much the design's rate is worse than the best of the tried ones.
std::optional<double> excess_of_rate(const experiment_outcome& e) {
    const run_outcome* own = run_of(e, "fp32", e.design.first_seed);
    if (e.rates.empty() || own == nullptr || own->diverged) {
        return std::nullopt;
    }
    double best = own->loss;
    for (const run_outcome& r : e.rates) {
        best = r.diverged ? best : std::min(best, r.loss);
    }
    return relative_gap_percent(own->loss, best);
}

}  // namespace

const arm_gap* experiment_summary::gap_of(std::string_view arm) const {
    const auto found = std::find_if(gaps.begin(), gaps.end(), [&](const arm_gap& g) { return g.arm == arm; });
    return found == gaps.end() ? nullptr : &*found;
}

const arm_snr* experiment_summary::snr_of(std::string_view arm) const {
    const auto found = std::find_if(snr.begin(), snr.end(), [&](const arm_snr& g) { return g.arm == arm; });
    return found == snr.end() ? nullptr : &*found;
}

std::vector<double> smoothed(std::span<const float> losses) {
    std::vector<double> out;
    for (const float x : losses) {
        out.push_back(out.empty() ? x : 0.9 * out.back() + 0.1 * static_cast<double>(x));
    }
    return out;
}

experiment_summary summarise(const experiment_outcome& e) {
    experiment_summary out;
    for (const std::string& arm : e.design.run_arms) {
        if (arm != "fp32") {
            out.gaps.push_back(gap_over_seeds(e, arm));
        }
    }
    for (const arm_fidelity& f : e.fidelity) {
        out.snr.push_back(snr_over_batches(f));
        for (const char* role : {"fprop", "dgrad", "wgrad"}) {
            if (!f.products.empty()) {
                out.roles.push_back(role_over_layers(f, role));
            }
        }
    }
    const auto base = std::find_if(e.forks.begin(), e.forks.end(), [](const arm_forks& f) { return f.arm == "fp32"; });
    for (const arm_forks& f : e.forks) {
        out.forks.push_back(over_forks(f, *base));
    }
    const run_outcome* fp32 = run_of(e, "fp32", e.design.first_seed);
    if (!e.perturbed.empty() && !e.perturbed.front().diverged && fp32 != nullptr && !fp32->diverged) {
        out.perturbed_gap = relative_gap_percent(e.perturbed.front().loss, fp32->loss);
    }
    if (const arm_gap* null = out.gap_of("null_noise");
        null != nullptr && null->own_summary && null->own_summary->n > 1) {
        out.null_deviation = null->own_summary->deviation;
    }
    out.learning_rate_excess = excess_of_rate(e);
    return out;
}

std::optional<equivalence> verdict_of(const experiment_outcome& e, const arm_gap& g) {
    const bool enough = g.own.size() >= e.design.least_seeds;
    if (!e.design.decides() || !enough || !g.test || !g.test->stopped ||
        g.test->decided_at < e.design.plan->looks.front()) {
        return std::nullopt;
    }
    return g.test->verdict();
}

}  // namespace narrowfp::bench::train
