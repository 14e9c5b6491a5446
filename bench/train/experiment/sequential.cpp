// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/sequential.hpp"

#include "train/experiment/paired_statistics.hpp"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench::train {

namespace {

double upper_tail(double z) { return boost::math::cdf(boost::math::complement(boost::math::normal(), z)); }
double upper_quantile(double p) { return boost::math::quantile(boost::math::complement(boost::math::normal(), p)); }

void require_looks(const sequential_plan& plan) {
    if (plan.looks.empty() || plan.looks.front() < 2) {
        throw std::invalid_argument("a sequential test needs looks at 2 seeds or more");
    }
    if (std::adjacent_find(plan.looks.begin(), plan.looks.end(), std::greater_equal<>()) != plan.looks.end()) {
        throw std::invalid_argument("the looks of a sequential test must ascend");
    }
}

// The sum over scores W(t) of a Brownian motion that has crossed no bound so far: its density on a grid. W(t) has variance
// t; a bound b at time t is the score b sqrt(t).
class surviving_scores {
public:
    // Probability that the score lies above `from` at time t.
    double above(double t, double from) const {
        if (density_.empty()) {
            return upper_tail(from / std::sqrt(t));
        }
        const double spread = std::sqrt(t - time_);
        return integral([&](double w) { return upper_tail((from - w) / spread); });
    }

    // Goes on to time t, where scores above `bound` have stopped.
    void advance(double t, double bound) {
        const double low = -reach * std::sqrt(t);
        const double step = (bound - low) / intervals;
        std::vector<double> next(intervals + 1);
        const boost::math::normal from_start(0, std::sqrt(t));
        const double spread = std::sqrt(t - time_);
        for (std::size_t n = 0; n < next.size(); ++n) {
            const double x = low + step * static_cast<double>(n);
            next[n] = density_.empty()
                          ? boost::math::pdf(from_start, x)
                          : integral([&](double w) { return boost::math::pdf(boost::math::normal(w, spread), x); });
        }
        density_ = std::move(next);
        low_ = low;
        step_ = step;
        time_ = t;
    }

private:
    static constexpr double reach = 9;              // standard deviations: what lies below is under 1e-18
    static constexpr std::size_t intervals = 1200;  // even, for Simpson's rule

    template <class Function>
    double integral(const Function& f) const {
        double sum = 0;
        for (std::size_t n = 0; n < density_.size(); ++n) {
            const double weight = n == 0 || n + 1 == density_.size() ? 1 : (n % 2 != 0 ? 4 : 2);
            sum += weight * density_[n] * f(low_ + step_ * static_cast<double>(n));
        }
        return sum * step_ / 3;
    }

    std::vector<double> density_;
    double low_ = 0;
    double step_ = 0;
    double time_ = 0;
};

}  // namespace

double spent_alpha(double t, double alpha) { return 2 * upper_tail(upper_quantile(alpha / 2) / std::sqrt(t)); }

std::vector<double> sequential_bounds(const sequential_plan& plan) {
    require_looks(plan);
    const auto end = static_cast<double>(plan.looks.back());
    surviving_scores scores;
    std::vector<double> bounds;
    double spent = 0;
    for (const std::size_t look : plan.looks) {
        const double t = static_cast<double>(look) / end;
        const double spend = spent_alpha(t, plan.alpha) - spent;
        double low = 0, high = 12;
        for (int n = 0; n < 60; ++n) {  // bisection: 12 / 2^60 is below rounding
            const double middle = (low + high) / 2;
            (scores.above(t, middle * std::sqrt(t)) > spend ? low : high) = middle;
        }
        bounds.push_back(high);
        spent += spend;
        if (look != plan.looks.back()) {
            scores.advance(t, high * std::sqrt(t));
        }
    }
    return bounds;
}

equivalence sequential_outcome::verdict() const {
    return stopped && !looks.empty() ? looks.back().verdict : equivalence::inconclusive;
}

sequential_outcome judge(std::span<const double> values, const sequential_plan& plan) {
    return judge(values, plan, sequential_bounds(plan));
}

sequential_outcome judge(std::span<const double> values, const sequential_plan& plan, std::span<const double> bounds) {
    require_looks(plan);
    sequential_outcome out;
    for (std::size_t n = 0; n < plan.looks.size() && plan.looks[n] <= values.size() && !out.stopped; ++n) {
        look_outcome look{.seeds = plan.looks[n]};
        const paired_summary s = summarise(values.first(look.seeds), plan.margin);
        look.mean = s.mean;
        look.error = s.deviation / std::sqrt(static_cast<double>(look.seeds));
        const boost::math::students_t t(static_cast<double>(look.seeds - 1));
        look.bound = boost::math::quantile(boost::math::complement(t, upper_tail(bounds[n])));
        look.repeated = {look.mean - look.bound * look.error, look.mean + look.bound * look.error};
        look.verdict = equivalence_of(look.repeated, plan.margin);
        out.stopped = look.verdict != equivalence::inconclusive || n + 1 == plan.looks.size();
        out.decided_at = out.stopped ? look.seeds : 0;
        out.looks.push_back(look);
    }
    return out;
}

}  // namespace narrowfp::bench::train
