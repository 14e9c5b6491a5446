// SPDX-License-Identifier: Apache-2.0
// The sampler against closed forms, and the model against its own simulations. With NARROWFP_TEST_SIMULATIONS=n in the
// environment the latter takes n simulations instead of 100.
#include <doctest/doctest.h>

#include "evidence/pair.hpp"
#include "ratio_model/chain_diagnostics.hpp"
#include "ratio_model/posterior.hpp"
#include "support/parallel.hpp"

#include <boost/math/distributions/chi_squared.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <vector>

using namespace narrowfp::bench;
using namespace narrowfp::bench::ratio_model;

namespace {

bool near(double a, double b, double tolerance) { return std::fabs(a - b) <= tolerance; }

const design& published_design() {
    static const design d = design_of(observations_of(evidence::units_of(evidence::published_pairs())));
    return d;
}

struct moments {
    double mean = 0;
    double variance = 0;
};

moments moments_of(const std::vector<chain>& chains, std::size_t which) {
    moments out;
    double n = 0;
    for (const chain& c : chains) {
        for (std::size_t i = 0; i < c.size(); ++i, ++n) {
            out.mean += c.state(i)[which];
        }
    }
    out.mean /= n;
    for (const chain& c : chains) {
        for (std::size_t i = 0; i < c.size(); ++i) {
            out.variance += (c.state(i)[which] - out.mean) * (c.state(i)[which] - out.mean) / (n - 1);
        }
    }
    return out;
}

}  // namespace

TEST_CASE("the posterior of a straight line with known variance has its closed form") {
    // y = a + b t + noise of variance v at t = 0..9, flat prior: mean (X'X)^-1 X'y, covariance v (X'X)^-1. Data lie on the
    // line 1 + 0.5 t with alternating errors of 0.3; sum t = 45, sum t^2 = 285, determinant 10 285 - 45^2 = 825.
    constexpr double v = 0.04;
    std::array<double, 10> y{};
    double sum_y = 0;
    double sum_ty = 0;
    for (std::size_t t = 0; t < 10; ++t) {
        const auto x = static_cast<double>(t);
        y[t] = 1 + 0.5 * x + (t % 2 == 0 ? 0.3 : -0.3);
        sum_y += y[t];
        sum_ty += x * y[t];
    }
    const log_density density = [&](std::span<const double> p) {
        double sum = 0;
        for (std::size_t t = 0; t < 10; ++t) {
            const double r = y[t] - p[0] - p[1] * static_cast<double>(t);
            sum -= r * r / (2 * v);
        }
        return sum;
    };
    std::vector<chain> chains;
    for (std::uint32_t i = 0; i < 4; ++i) {
        chains.push_back(
            sample_chain(density, std::array{0.0, 0.0}, std::array{0.1, 0.1}, {.stream = i}, {.steps = 60000}));
    }
    const std::array<moments, 2> exact{
        {{(285 * sum_y - 45 * sum_ty) / 825, v * 285 / 825}, {(10 * sum_ty - 45 * sum_y) / 825, v * 10 / 825}}};
    for (std::size_t which = 0; which < 2; ++which) {
        const moments found = moments_of(chains, which);
        const diagnostics d = diagnose(chains, which);
        MESSAGE("effective size " << d.effective_size << ", R-hat " << d.r_hat);
        CHECK(d.r_hat < 1.01);
        CHECK(d.effective_size > 5000);
        CHECK(near(found.mean, exact[which].mean, 4 * std::sqrt(exact[which].variance / d.effective_size)));
        CHECK(near(found.variance / exact[which].variance, 1, 4 * std::sqrt(2 / d.effective_size)));
    }
}

TEST_CASE("chains say what is wrong with their options") {
    const log_density flat = [](std::span<const double>) { return 0.0; };
    const log_density nowhere = [](std::span<const double>) { return -std::numeric_limits<double>::infinity(); };
    const std::array<double, 1> one{0.0};
    CHECK_THROWS_AS(sample_chain(flat, one, std::array{0.1, 0.1}, {}, {}), std::invalid_argument);
    CHECK_THROWS_AS(sample_chain(flat, one, one, {}, {.steps = 10, .burn_in = 10}), std::invalid_argument);
    CHECK_THROWS_AS(sample_chain(flat, one, one, {}, {.thinning = 0}), std::invalid_argument);
    CHECK_THROWS_AS(sample_chain(nowhere, one, one, {}, {}), std::invalid_argument);
}

TEST_CASE("diagnostics of chains whose properties are known") {
    // x_t = r x_(t-1) + normal number: n draws are worth n (1 - r) / (1 + r).
    constexpr double r = 0.6;
    std::vector<chain> chains;
    for (std::uint32_t i = 0; i < 4; ++i) {
        chain c{.dimension = 1, .states = {}};
        double x = 0;
        for (std::uint32_t t = 0; t < 20000; ++t) {
            x = r * x + normals(random_key{.seed = 5, .stream = i}.block(purpose::simulation, t))[0];
            c.states.push_back(x);
        }
        chains.push_back(c);
    }
    const diagnostics good = diagnose(chains, 0);
    CHECK(near(good.r_hat, 1, 0.003));
    CHECK(near(good.effective_size / (80000 * (1 - r) / (1 + r)), 1, 0.1));
    for (double& x : chains[0].states) {  // one chain elsewhere: variance between chains 3^2/4 beside 1.56 within
        x += 3;
    }
    CHECK(diagnose(chains, 0).r_hat > 1.3);
    chain still{.dimension = 1, .states = std::vector<double>(100, 2.0)};
    CHECK(diagnose(std::array{still}, 0).effective_size == 0);
    still.states.resize(3);
    CHECK_THROWS_AS(diagnose(std::array{still}, 0), std::invalid_argument);
}

// -- simulation-based calibration (Talts et al. 2018) -------------------------------------------------------------------
// Parameters from the prior, data from the model at the real design, posterior draws: the rank of the true parameter among
// the draws is uniform if sampler and model agree.
namespace {

constexpr std::size_t ranked_draws = 19;  // ranks 0 to 19
constexpr std::size_t bins = 5;
// Adapted as in the fits. With chains of less than half this length the ranks of sigma lean upwards (level 1e-4 in 2,000
// simulations).
constexpr chain_options simulated_chain{.steps = 8000 + 450 * ranked_draws, .burn_in = 8000, .thinning = 450};

std::vector<double> draw_of_prior(random_key key) {
    std::vector<double> x;
    for (const parameter_info& info : parameters_of(model_form::cost)) {
        double value = 0;
        std::uint32_t attempt = 0;
        do {
            const auto place = static_cast<std::uint32_t>(x.size() + 16 * attempt++);
            value = info.centre + info.spread * normals(key.block(purpose::simulation, 0, place))[0];
        } while (!info.logarithmic && value < info.smallest);
        x.push_back(value);
    }
    return x;
}

design simulated(const parameters& p, random_key key) {
    design d = published_design();
    for (const design::group& g : d.sources) {
        const narrowfp::philox_block words = key.block(purpose::simulation, 1, static_cast<std::uint32_t>(g.first));
        const double factor = t_factor(words[0], words[1]);
        const double offset =
            p.tau * normals(key.block(purpose::simulation, 2, static_cast<std::uint32_t>(g.first)))[0];
        for (std::size_t i = g.first; i < g.first + g.count; ++i) {
            const double residual = normals(key.block(purpose::simulation, 3, static_cast<std::uint32_t>(i)))[0];
            d.units[i].log_ratio =
                mean_log_ratio(model_form::cost, p, d.units[i]) + factor * (offset + p.sigma * residual);
        }
    }
    return d;
}

std::size_t simulations() {
    const char* wanted = std::getenv("NARROWFP_TEST_SIMULATIONS");
    return wanted == nullptr ? 100 : static_cast<std::size_t>(std::atoi(wanted));
}

}  // namespace

TEST_CASE("ranks of true parameters among posterior draws are uniform") {
    const std::span<const parameter_info> infos = parameters_of(model_form::cost);
    const std::size_t count = simulations();
    std::vector<std::vector<std::size_t>> ranks(count);
    parallel_for(count, 0, [&](std::size_t n) {
        const random_key key{.seed = 77, .stream = static_cast<std::uint32_t>(n)};
        const parameters truth = from_coordinates(model_form::cost, draw_of_prior(key));
        const posterior found = sample_posterior(simulated(truth, key), model_form::cost,
                                                 {.chains = 1, .chain = simulated_chain, .key = key});
        for (const parameter_info& info : infos) {
            ranks[n].push_back(static_cast<std::size_t>(
                std::count_if(found.draws.begin(), found.draws.end(),
                              [&](const parameters& p) { return p.*info.place < truth.*info.place; })));
        }
    });
    const boost::math::chi_squared law(static_cast<double>(bins - 1));
    double smallest = 1;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        std::array<double, bins> seen{};
        for (const std::vector<std::size_t>& r : ranks) {
            seen[r[i] * bins / (ranked_draws + 1)] += 1;
        }
        const double expected = static_cast<double>(count) / bins;
        double chi = 0;
        for (const double s : seen) {
            chi += (s - expected) * (s - expected) / expected;
        }
        const double level = boost::math::cdf(boost::math::complement(law, chi));
        MESSAGE(infos[i].name << ": chi-square " << chi << " with " << bins - 1 << " degrees of freedom, level "
                              << level);
        smallest = std::min(smallest, level);
    }
    // Eleven parameters: a level of 0.001 for the whole test.
    MESSAGE(count << " simulations, smallest level " << smallest);
    CHECK(smallest > 0.001 / static_cast<double>(infos.size()));
}
