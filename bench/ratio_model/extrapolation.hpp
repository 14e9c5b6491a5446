// SPDX-License-Identifier: Apache-2.0
// R on a chip and for a kind of model that the pairs do not have. Terms made of bytes (beta, kappa) scale with the chip's
// FLOP per byte of memory traffic over that of H100 and H800, the chips of most pairs; communication and idle (alpha, gamma)
// with one unknown factor between the ratio of the 16-bit peaks and 1, log-uniform; attention counts operations and stays.
// Chips that are far from the pairs get a further standard deviation of ln R. Its words are capped: `extrapolation_limits`.
#pragma once

#include "ratio_model/prediction.hpp"

#include <narrowfp/device/chip.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct speed_range {
    double low = 0;
    double high = 0;
};

struct asked_chip {
    std::string name;                  // as printed
    std::string vendor;                // "NVIDIA"
    std::string family;                // "Hopper"; "other" for chips without a family
    double peak = 0;                   // of 16-bit products, TFLOP/s, dense
    double memory = 0;                 // TB/s
    std::string source;                // of both figures
    std::optional<speed_range> speed;  // s uniform in it; nothing: the posterior's s
    double extra_deviation = 0;        // of ln R
    bool hypothetical = false;         // it has no FP8 units

    double flop_per_byte() const { return peak / memory; }
};

// The chips that the terms are scaled from: H100 and H800, on which most pairs were measured.
inline constexpr double reference_peak = 989;     // TFLOP/s of 16-bit products
inline constexpr double reference_memory = 3.35;  // TB/s

// A chip of the catalogue. s: the posterior's on NVIDIA's chips, uniform from 1.6 to 1.95 on others. Further standard
// deviation: 0.15 where the vendor is another, 0.05 on NVIDIA's chips with less than half of the reference's FLOP per byte
// (H20). Peak and bandwidth are the catalogue's preferred figures, but for 910B3 and 910C, whose peaks are disputed: 304,
// between 295 (cores x clock) and 313 (name), and 752, between 708 and 800. Throws as device::require_datum.
asked_chip asked_chip_of(const device::chip& c);

struct kind_of_model {
    std::string name;
    model_sizes sizes;
    bool moe = false;
    evidence::scaling recipe = evidence::scaling::tensor;
};

// z of the model times the chip's FLOP per byte over the reference's.
double scaled_elementwise(const asked_chip& c, const kind_of_model& k);

// The smallest factor on alpha and gamma: the ratio of the peaks, at most 1.
double lowest_factor(const asked_chip& c);

// Draws of ln R; equal numbers belong together.
struct ratio_draws {
    std::vector<double> typical;  // mean over stacks
    std::vector<double> stack;    // one new stack: t with 4 degrees of freedom about `centre`, of this scale
    std::vector<double> centre;   // mean over stacks and the further deviation
    std::vector<double> scale;
};

ratio_draws extrapolate(const posterior& p, const asked_chip& c, const kind_of_model& k, std::uint32_t draws_per_sample,
                        random_key key);

struct probability {
    double value = 0;
    double error = 0;  // Monte Carlo standard error, from the scatter over `parts` of the draws
};

// P(R > ratio) of one new stack: the mean over draws of the t distribution of each, which scatters less than counting draws.
// `parts`: number of chains, whose draws follow each other; at least 2 for an error, else it is 0.
probability probability_above(const ratio_draws& draws, double ratio, std::size_t parts);

// What the pairs cover, and so where an extrapolation goes beyond them.
struct pair_coverage {
    double lowest = 0;  // FLOP per byte of the chips with pairs that the catalogue knows
    double highest = 0;
    std::vector<std::string> vendors;  // with pairs
};

pair_coverage coverage_of(std::span<const observation> observations);

// Reasons why a word about the chip is capped at LEANS, in words; empty: none.
std::vector<std::string> extrapolation_limits(const asked_chip& c, const pair_coverage& covered);

}  // namespace narrowfp::bench::ratio_model
