// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/pocket_calculation.hpp"

#include "support/fixed_math.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

// The 90 % quantile of Student's t with 4 degrees of freedom; a test compares it with Boost.Math's.
constexpr double t4_quantile_90 = 1.53320627405894;

// Adds lines and gives their values back.
class sheet {
public:
    double add(std::string name, double value, std::string formula) {
        lines_.push_back({std::move(name), std::move(formula), value});
        return value;
    }
    std::vector<pocket_line> take() { return std::move(lines_); }

private:
    std::vector<pocket_line> lines_;
};

struct step_times {
    double wide = 0;  // T16
    double narrow = 0;
};

step_times times_by_hand(sheet& s, const parameters& p, const asked_chip& c, const kind_of_model& k) {
    const model_sizes& m = k.sizes;
    const double z = s.add("z", elementwise_of(m), fmt::format("4096 (1/{} + 1/{}) / 1.25", m.hidden, m.ffn));
    const double on_chip =
        s.add("z on the chip", scaled_elementwise(c, k),
              fmt::format("{:.3f} x {}/{} x {}/{}", z, reference_memory, c.memory, c.peak, reference_peak));
    const double a = s.add("a", attention_of(m), fmt::format("{} / (12 x {})", m.sequence, m.hidden));
    const double u = s.add("u", std::sqrt(lowest_factor(c)),
                           fmt::format("sqrt(min(1, {}/{})), the middle of its range", c.peak, reference_peak));
    const double alpha =
        s.add("idle, communication", p.alpha * u, fmt::format("alpha u = {:.3f} x {:.3f}", p.alpha, u));
    const double beta =
        s.add("elementwise work", p.beta * on_chip, fmt::format("beta z = {:.3f} x {:.3f}", p.beta, on_chip));
    const double delta = s.add("attention", p.delta * a, fmt::format("delta a = {:.3f} x {:.4f}", p.delta, a));
    const double gamma = k.moe ? p.gamma * u : 0;
    if (k.moe) {
        s.add("MoE", gamma, fmt::format("gamma u = {:.3f} x {:.3f}", p.gamma, u));
    }
    const double kappa = cast_time(p, k.recipe);
    const double casts = s.add("casts", kappa * on_chip, fmt::format("kappa z = {:.3f} x {:.3f}", kappa, on_chip));
    const double speed = c.speed ? (c.speed->low + c.speed->high) / 2 : p.s;
    const double saved = s.add("saved by FP8 products", 1 - 1 / speed, fmt::format("1 - 1/{:.3f}", speed));
    const double wide = s.add("T16", 1 + alpha + beta + delta + gamma,
                              fmt::format("1 + {:.3f} + {:.3f} + {:.3f} + {:.3f}", alpha, beta, delta, gamma));
    const double narrow =
        s.add("T8", wide - saved + casts, fmt::format("{:.3f} - {:.3f} + {:.3f}", wide, saved, casts));
    return {wide, narrow};
}

}  // namespace

pocket_calculation calculate_by_hand(const parameters& median, const asked_chip& c, const kind_of_model& k,
                                     double threshold) {
    sheet s;
    const step_times times = times_by_hand(s, median, c, k);
    pocket_calculation out;
    out.typical = s.add("R", times.wide / times.narrow, fmt::format("{:.3f} / {:.3f}", times.wide, times.narrow));
    const double extra = c.extra_deviation;
    const double scale =
        s.add("scale of ln R", std::sqrt(median.tau * median.tau + median.sigma * median.sigma + extra * extra),
              fmt::format("sqrt({:.3f}^2 + {:.3f}^2 + {:.2f}^2)", median.tau, median.sigma, extra));
    out.low = s.add("R, 10 %", out.typical * fixed_exp(-t4_quantile_90 * scale),
                    fmt::format("{:.3f} exp(-1.533 x {:.3f})", out.typical, scale));
    out.high = s.add("R, 90 %", out.typical * fixed_exp(t4_quantile_90 * scale),
                     fmt::format("{:.3f} exp(1.533 x {:.3f})", out.typical, scale));
    const double t = s.add("t", fixed_log(out.typical / threshold) / scale,
                           fmt::format("ln({:.3f} / {:.2f}) / {:.3f}", out.typical, threshold, scale));
    out.probability = s.add(fmt::format("P(R > {:.2f})", threshold), t4_distribution(t),
                            fmt::format("1/2 + 3/8 t/sqrt(w) (1 - t^2/(12 w)), w = 1 + t^2/4 = {:.3f}", 1 + t * t / 4));
    out.lines = s.take();
    return out;
}

}  // namespace narrowfp::bench::ratio_model
