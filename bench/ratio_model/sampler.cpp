// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace narrowfp::bench::ratio_model {
namespace {

using matrix = std::vector<double>;  // k x k, row after row

// The lower triangle L with L L' = a.
matrix cholesky(const matrix& a, std::size_t k) {
    matrix l(k * k, 0.0);
    for (std::size_t i = 0; i < k; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double rest = a[i * k + j];
            for (std::size_t m = 0; m < j; ++m) {
                rest -= l[i * k + m] * l[j * k + m];
            }
            l[i * k + j] = i == j ? std::sqrt(rest) : rest / l[j * k + j];
        }
    }
    return l;
}

// Covariance of the states [first, last], with n - 1 below.
matrix covariance(const std::vector<double>& states, std::size_t k, std::size_t first, std::size_t last) {
    const auto n = static_cast<double>(last - first + 1);
    std::vector<double> mean(k, 0.0);
    for (std::size_t t = first; t <= last; ++t) {
        for (std::size_t i = 0; i < k; ++i) {
            mean[i] += states[t * k + i];
        }
    }
    for (double& m : mean) {
        m /= n;
    }
    matrix c(k * k, 0.0);
    for (std::size_t t = first; t <= last; ++t) {
        for (std::size_t i = 0; i < k; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                c[i * k + j] += (states[t * k + i] - mean[i]) * (states[t * k + j] - mean[j]);
            }
        }
    }
    for (std::size_t i = 0; i < k; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            c[i * k + j] /= n - 1;
            c[j * k + i] = c[i * k + j];
        }
    }
    return c;
}

// The root of 2.4^2 / k times a covariance; `ridge` on the diagonal keeps it positive definite.
matrix proposal_root(matrix c, std::size_t k, double ridge) {
    const double factor = 2.4 * 2.4 / static_cast<double>(k);
    for (std::size_t i = 0; i < k; ++i) {
        c[i * k + i] += ridge;
    }
    for (double& x : c) {
        x *= factor;
    }
    return cholesky(c, k);
}

matrix first_root(std::span<const double> steps) {
    const std::size_t k = steps.size();
    matrix c(k * k, 0.0);
    for (std::size_t i = 0; i < k; ++i) {
        c[i * k + i] = steps[i] * steps[i];
    }
    return proposal_root(std::move(c), k, 0);
}

// next = state + root * (normal numbers of this step)
void propose(std::span<const double> state, const matrix& root, random_key key, std::uint32_t step,
             std::vector<double>& normal, std::vector<double>& next) {
    const std::size_t k = state.size();
    for (std::size_t i = 0; i < k; i += 4) {
        const std::array<double, 4> four =
            normals(key.block(purpose::proposal, step, static_cast<std::uint32_t>(i / 4)));
        std::copy_n(four.begin(), std::min<std::size_t>(4, k - i), normal.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (std::size_t i = 0; i < k; ++i) {
        double moved = state[i];
        for (std::size_t j = 0; j <= i; ++j) {
            moved += root[i * k + j] * normal[j];
        }
        next[i] = moved;
    }
}

void check(std::span<const double> start, std::span<const double> first_steps, const chain_options& options) {
    if (start.empty() || start.size() != first_steps.size()) {
        throw std::invalid_argument("a chain needs a first step for each of its " + std::to_string(start.size()) +
                                    " coordinates, found " + std::to_string(first_steps.size()));
    }
    if (options.burn_in >= options.steps || options.thinning == 0) {
        throw std::invalid_argument("chain options: burn_in " + std::to_string(options.burn_in) + " of steps " +
                                    std::to_string(options.steps) + ", thinning " + std::to_string(options.thinning) +
                                    "; expected burn_in below steps and thinning of at least 1");
    }
}

}  // namespace

chain sample_chain(const log_density& density, std::span<const double> start, std::span<const double> first_steps,
                   random_key key, const chain_options& options) {
    check(start, first_steps, options);
    const std::size_t k = start.size();
    std::vector<double> state(start.begin(), start.end());
    std::vector<double> next(k);
    std::vector<double> normal(k);
    std::vector<double> history;  // all states that an adaptation reads
    const std::uint32_t last_adaptation = *std::max_element(options.adapt_after.begin(), options.adapt_after.end());
    double at_state = density(state);
    if (!std::isfinite(at_state)) {
        throw std::invalid_argument("a chain cannot start where its density is 0 or not a number");
    }
    matrix root = first_root(first_steps);
    chain out{.dimension = k, .states = {}};
    std::uint32_t accepted = 0;
    for (std::uint32_t step = 0; step < options.steps; ++step) {
        propose(state, root, key, step, normal, next);
        const double at_next = density(next);
        if (fixed_log(unit_number(key.block(purpose::acceptance, step)[0])) < at_next - at_state) {
            state.swap(next);
            at_state = at_next;
            accepted += step >= options.burn_in ? 1U : 0U;
        }
        if (step <= last_adaptation) {
            history.insert(history.end(), state.begin(), state.end());
            if (std::find(options.adapt_after.begin(), options.adapt_after.end(), step) != options.adapt_after.end()) {
                root = proposal_root(covariance(history, k, step / 2, step), k, 1e-8);
            }
        }
        if (step >= options.burn_in && (step - options.burn_in) % options.thinning == 0) {
            out.states.insert(out.states.end(), state.begin(), state.end());
        }
    }
    out.acceptance = accepted / static_cast<double>(options.steps - options.burn_in);
    return out;
}

}  // namespace narrowfp::bench::ratio_model
