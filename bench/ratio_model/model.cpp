// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/model.hpp"

#include "ratio_model/random_numbers.hpp"
#include "support/fixed_math.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace narrowfp::bench::ratio_model {
namespace {

constexpr double first_step_share = 0.2;  // of the prior's spread

parameter_info logarithmic(std::string_view name, double parameters::*place, double centre, double spread) {
    return {name, place, fixed_log(centre), spread, true, 0, first_step_share * spread};
}

parameter_info speed(std::string_view name, double parameters::*place, double centre, double spread, double smallest) {
    return {name, place, centre, spread, false, smallest, first_step_share * spread};
}

// Means of ln R: wide for gains between 0.6 and 2.
parameter_info shift(std::string_view name, double parameters::*place, double centre) {
    return {name, place, centre, 0.3, false, -std::numeric_limits<double>::infinity(), 0.03};
}

// Priors of the speeds come from products alone (evidence/data/gemm.csv): 1.90 on NVIDIA's chips, 1.70 on AMD's.
const std::array<parameter_info, 11>& cost_parameters() {
    static const std::array<parameter_info, 11> table{logarithmic("alpha", &parameters::alpha, 0.35, 0.7),
                                                      logarithmic("beta", &parameters::beta, 0.15, 0.9),
                                                      logarithmic("delta", &parameters::delta, 1.0, 0.6),
                                                      logarithmic("gamma", &parameters::gamma, 0.5, 0.8),
                                                      logarithmic("kappa_tensor", &parameters::kappa_tensor, 0.04, 0.9),
                                                      logarithmic("kappa_row", &parameters::kappa_row, 0.2, 0.9),
                                                      logarithmic("kappa_tiles", &parameters::kappa_tiles, 0.1, 0.9),
                                                      speed("s", &parameters::s, 1.90, 0.05, 1.3),
                                                      speed("s_amd", &parameters::s_amd, 1.70, 0.20, 1.2),
                                                      logarithmic("tau", &parameters::tau, 0.08, 0.6),
                                                      logarithmic("sigma", &parameters::sigma, 0.06, 0.5)};
    return table;
}

const std::array<parameter_info, 6>& cell_parameters() {
    static const std::array<parameter_info, 6> table{
        shift("level", &parameters::level, 0.15),        shift("moe", &parameters::moe_shift, 0),
        shift("row", &parameters::row_shift, 0),         shift("tiles", &parameters::tiles_shift, 0),
        logarithmic("tau", &parameters::tau, 0.08, 0.6), logarithmic("sigma", &parameters::sigma, 0.06, 0.5)};
    return table;
}

const std::array<parameter_info, 3>& constant_parameters() {
    static const std::array<parameter_info, 3> table{cell_parameters()[0], cell_parameters()[4], cell_parameters()[5]};
    return table;
}

// The logarithm of a product of numbers of at least 1, each below 1e200.
class log_of_product {
public:
    void multiply(double x) {
        product_ *= x;
        if (product_ > 1e100) {
            sum_ += fixed_log(product_);
            product_ = 1;
        }
    }
    double log() const { return sum_ + fixed_log(product_); }

private:
    double product_ = 1;
    double sum_ = 0;
};

bool same_inputs(const observation& a, const observation& b) {
    return a.elementwise == b.elementwise && a.attention == b.attention && a.moe == b.moe && a.amd == b.amd &&
           a.recipe == b.recipe;
}

void find_alike(design& d) {
    for (std::size_t i = 0; i < d.units.size(); ++i) {
        const auto found = std::find_if(d.examples.begin(), d.examples.end(),
                                        [&](std::size_t e) { return same_inputs(d.units[e], d.units[i]); });
        d.alike.push_back(static_cast<std::size_t>(found - d.examples.begin()));
        if (found == d.examples.end()) {
            d.examples.push_back(i);
        }
    }
    for (const design::group& g : d.sources) {
        d.counts.push_back(g.count);
    }
    std::sort(d.counts.begin(), d.counts.end());
    d.counts.erase(std::unique(d.counts.begin(), d.counts.end()), d.counts.end());
}

double cost_mean(const parameters& p, const observation& o) {
    const double wide = 1 + p.alpha + p.beta * o.elementwise + p.delta * o.attention + (o.moe ? p.gamma : 0);
    const double s = o.amd ? p.s_amd : p.s;
    return fixed_log(wide / (wide - (1 - 1 / s) + cast_time(p, o.recipe) * o.elementwise));
}

double cell_mean(const parameters& p, const observation& o) {
    double mean = p.level + (o.moe ? p.moe_shift : 0);
    switch (o.recipe) {
        case evidence::scaling::tensor: break;
        case evidence::scaling::row: mean += p.row_shift; break;
        case evidence::scaling::block:
        case evidence::scaling::mx: mean += p.tiles_shift; break;
    }
    return mean;
}

}  // namespace

std::string_view name_of(model_form form) {
    switch (form) {
        case model_form::constant: return "constant";
        case model_form::cells: return "cells";
        case model_form::cost: return "cost";
    }
    return "?";
}

std::span<const parameter_info> parameters_of(model_form form) {
    switch (form) {
        case model_form::constant: return constant_parameters();
        case model_form::cells: return cell_parameters();
        case model_form::cost: return cost_parameters();
    }
    return {};
}

parameters from_coordinates(model_form form, std::span<const double> x) {
    const std::span<const parameter_info> infos = parameters_of(form);
    parameters p;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        p.*infos[i].place = infos[i].logarithmic ? fixed_exp(x[i]) : x[i];
    }
    return p;
}

double cast_time(const parameters& p, evidence::scaling recipe) {
    switch (recipe) {
        case evidence::scaling::tensor: return p.kappa_tensor;
        case evidence::scaling::row: return p.kappa_row;
        case evidence::scaling::block:
        case evidence::scaling::mx: return p.kappa_tiles;
    }
    return 0;
}

double mean_log_ratio(model_form form, const parameters& p, const observation& o) {
    switch (form) {
        case model_form::constant: return p.level;
        case model_form::cells: return cell_mean(p, o);
        case model_form::cost: return cost_mean(p, o);
    }
    return 0;
}

design design_of(std::vector<observation> observations) {
    if (observations.empty()) {
        throw std::invalid_argument("the ratio model needs at least one unit that is included and has a ratio");
    }
    std::vector<std::size_t> order(observations.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(observations[a].source, a) < std::tie(observations[b].source, b);
    });
    design out;
    for (const std::size_t i : order) {
        out.units.push_back(std::move(observations[i]));
    }
    for (std::size_t i = 0; i < out.units.size(); ++i) {
        if (i == 0 || out.units[i].source != out.units[i - 1].source) {
            out.sources.push_back({i, 0});
        }
        ++out.sources.back().count;
    }
    find_alike(out);
    return out;
}

double log_prior(model_form form, std::span<const double> x) {
    const std::span<const parameter_info> infos = parameters_of(form);
    double sum = 0;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        if (!infos[i].logarithmic && x[i] < infos[i].smallest) {
            return -std::numeric_limits<double>::infinity();
        }
        const double distance = (x[i] - infos[i].centre) / infos[i].spread;
        sum -= 0.5 * distance * distance;
    }
    return sum;
}

// The covariance sigma^2 I + tau^2 11' of n units has the determinant sigma^(2(n-1)) (sigma^2 + n tau^2) and, by Sherman
// and Morrison, the inverse (I - tau^2 / (sigma^2 + n tau^2) 11') / sigma^2. Sources of one size share the determinant, and
// one logarithm of the product of their t terms.
double log_likelihood(model_form form, const parameters& p, const design& d) {
    constexpr double nu = degrees_of_freedom;
    const double tau_2 = p.tau * p.tau;
    const double sigma_2 = p.sigma * p.sigma;
    const double log_sigma_2 = fixed_log(sigma_2);
    std::vector<double> means(d.examples.size());
    for (std::size_t i = 0; i < means.size(); ++i) {
        means[i] = mean_log_ratio(form, p, d.units[d.examples[i]]);
    }
    double sum = 0;
    for (const std::size_t count : d.counts) {
        const auto n = static_cast<double>(count);
        const double together = sigma_2 + n * tau_2;
        const double log_determinant = (n - 1) * log_sigma_2 + fixed_log(together);
        log_of_product t_terms;
        for (const design::group& g : d.sources) {
            if (g.count != count) {
                continue;
            }
            double total = 0;
            double squares = 0;
            for (std::size_t i = g.first; i < g.first + g.count; ++i) {
                const double r = d.units[i].log_ratio - means[d.alike[i]];
                total += r;
                squares += r * r;
            }
            const double q = (squares - tau_2 / together * total * total) / sigma_2;
            t_terms.multiply(1 + q / nu);
            sum -= 0.5 * log_determinant;
        }
        sum -= 0.5 * (nu + n) * t_terms.log();
    }
    return sum;
}

double log_posterior(model_form form, std::span<const double> x, const design& d) {
    const double prior = log_prior(form, x);
    return prior == -std::numeric_limits<double>::infinity()
               ? prior
               : prior + log_likelihood(form, from_coordinates(form, x), d);
}

}  // namespace narrowfp::bench::ratio_model
