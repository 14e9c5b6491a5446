// SPDX-License-Identifier: Apache-2.0
// Time lost to failures: the interval between checkpoints after Young (1974) and Daly (2006), and the effective share
// of training time when failures come at a constant rate: exact, and Meta's estimate (arXiv 2410.21680).
// All times in one unit, the caller's. What a failure rate is on a given chip is not asked here.
#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::cost {

struct failure_costs {
    double checkpoint = 0;  // the part of saving that stops training
    double restart = 0;     // detection, repair, loading
};

// Work between checkpoints that loses least, first order.
inline double young_interval(double mtbf, double checkpoint) { return std::sqrt(2 * checkpoint * mtbf); }

// The same with two more orders; the MTBF itself where checkpoints cost twice that or more.
inline double daly_interval(double mtbf, double checkpoint) {
    if (checkpoint >= 2 * mtbf) {
        return mtbf;
    }
    const double x = checkpoint / (2 * mtbf);
    return std::sqrt(2 * checkpoint * mtbf) * (1 + std::sqrt(x) / 3 + x / 9) - checkpoint;
}

// Effective share of time with `interval` of work between checkpoints: interval / (M e^(R/M) (e^((interval + w)/M) - 1)).
inline double effective_share(double mtbf, const failure_costs& c, double interval) {
    return interval / (mtbf * std::exp(c.restart / mtbf) * std::expm1((interval + c.checkpoint) / mtbf));
}

// Meta's estimate of the same (arXiv 2410.21680): (1 - (restart + interval / 2) / M) / (1 + w / interval). First order in the
// losses: good while they are small, negative where they are not.
struct share_estimate {
    double share = 0;
    // The loss to one failure is more than a tenth of the MTBF: the estimate is off by several percent or worse.
    bool doubtful = false;
};
inline share_estimate estimated_share(double mtbf, const failure_costs& c, double interval) {
    const double lost = (c.restart + interval / 2) / mtbf;
    return {(1 - lost) / (1 + c.checkpoint / interval), lost > 0.1};
}

// At the best interval, which is searched within a factor of 30 of Daly's. Exact to 1e-9 of the share.
inline double best_effective_share(double mtbf, const failure_costs& c) {
    if (!(mtbf > 0) || !(c.checkpoint > 0) || c.restart < 0) {
        throw std::invalid_argument("failures: MTBF and checkpoint cost must be above 0, restart cost not below");
    }
    // The share has one maximum over the logarithm of the interval: golden-section search.
    const double start = std::log(std::max(daly_interval(mtbf, c.checkpoint), c.checkpoint * 1e-3));
    double low = start - std::log(30.0);
    double high = start + std::log(30.0);
    const double golden = (std::sqrt(5.0) - 1) / 2;
    const auto at = [&](double x) { return effective_share(mtbf, c, std::exp(x)); };
    for (int n = 0; n < 100; ++n) {
        const double left = high - golden * (high - low);
        const double right = low + golden * (high - low);
        (at(left) < at(right) ? low : high) = at(left) < at(right) ? left : right;
    }
    return at((low + high) / 2);
}

// The MTBF at which failures cost as much as a step that takes `ratio` times as long: best share = 1 / ratio. Throws
// std::invalid_argument unless ratio > 1.
inline double equivalent_mtbf(double ratio, const failure_costs& c) {
    if (!(ratio > 1)) {
        throw std::invalid_argument("failures: a ratio above 1 is needed");
    }
    double low = c.checkpoint * 1e-2;
    double high = 1e6 * (c.checkpoint + c.restart + 1) / (ratio - 1);
    for (int n = 0; n < 200; ++n) {
        const double middle = std::sqrt(low * high);
        (best_effective_share(middle, c) < 1 / ratio ? low : high) = middle;
    }
    return std::sqrt(low * high);
}

}  // namespace narrowfp::cost
