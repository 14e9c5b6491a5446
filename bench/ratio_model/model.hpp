// SPDX-License-Identifier: Apache-2.0
// The ratio model. Times in units of the 16-bit products of one training step, R = rate in FP8 / rate in 16 bits at equal
// layout and batch:
//     T16 = 1 + alpha + beta z + delta a + gamma [MoE]
//     T8  = T16 - (1 - 1/s) + kappa[recipe] z
//     R   = T16 / T8
// The residuals of ln R of one source are one multivariate t with 4 degrees of freedom: each has the scale sigma, and they
// share an offset of scale tau. Beside this form, `cost`, stand two that know less: `constant` and `cells` (means by MoE and
// recipe). No sampling (sampler.hpp) and no prediction (prediction.hpp).
#pragma once

#include "ratio_model/observation.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace narrowfp::bench::ratio_model {

enum class model_form : std::uint8_t { constant, cells, cost };

std::string_view name_of(model_form form);

// Values of one form; the members of the other forms stay 0.
struct parameters {
    // cost: times over that of the 16-bit products
    double alpha = 0;         // idle time, communication, optimizer
    double beta = 0;          // elementwise work at z = 1
    double delta = 0;         // attention at a = 1
    double gamma = 0;         // further time of MoE models: routing, exchange of tokens
    double kappa_tensor = 0;  // casts at z = 1: one scale a tensor
    double kappa_row = 0;     // one scale a row
    double kappa_tiles = 0;   // blocks (1x128, 128x128) and MX
    double s = 0;             // speed of 8-bit products over 16-bit ones
    double s_amd = 0;         // the same on AMD's chips
    // constant and cells: ln R
    double level = 0;        // dense, one scale a tensor
    double moe_shift = 0;    // added for MoE
    double row_shift = 0;    // added for scales by row
    double tiles_shift = 0;  // added for blocks and MX
    // all forms: ln R
    double tau = 0;    // scale of a source's offset
    double sigma = 0;  // scale of a unit's residual
};

// One parameter of a form: its place, its name in print and its prior, which is normal in the coordinate x that is sampled:
// ln of the parameter or the parameter itself.
struct parameter_info {
    std::string_view name;
    double parameters::*place;
    double centre;      // of x
    double spread;      // standard deviation of x
    bool logarithmic;   // x = ln parameter
    double smallest;    // the prior ends here, in units of the parameter; 0 for logarithmic ones
    double first_step;  // standard deviation of the first proposals in x, before the chain is adapted
};

// The parameters of a form in the order of their coordinates; the last two are tau and sigma.
std::span<const parameter_info> parameters_of(model_form form);

parameters from_coordinates(model_form form, std::span<const double> x);

// Cast time at z = 1 of a recipe.
double cast_time(const parameters& p, evidence::scaling recipe);

// The mean of ln R under `form`, without offset and residual.
double mean_log_ratio(model_form form, const parameters& p, const observation& o);

// Observations with those of one source together, and what is equal among them found once.
struct design {
    struct group {
        std::size_t first = 0;
        std::size_t count = 0;
    };
    std::vector<observation> units;
    std::vector<group> sources;
    std::vector<std::size_t> examples;  // one unit for each set of inputs that the means depend on
    std::vector<std::size_t> alike;     // unit i has the inputs of examples[alike[i]]
    std::vector<std::size_t> counts;    // each size of a source, once, ascending
};

// Sorted by source; the order within a source is kept. Throws std::invalid_argument if there are none.
design design_of(std::vector<observation> observations);

double log_prior(model_form form, std::span<const double> x);  // up to a constant; -infinity beyond `smallest`

// Multivariate t of each source, up to a constant.
double log_likelihood(model_form form, const parameters& p, const design& d);

double log_posterior(model_form form, std::span<const double> x, const design& d);

}  // namespace narrowfp::bench::ratio_model
