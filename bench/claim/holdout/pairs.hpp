// SPDX-License-Identifier: Apache-2.0
// The hold-outs: pairs of training runs in 16 bits and in FP8 at equal layout and batch. Here stand the inputs of each
// and the range that the model gives; what was measured in FP8 stands apart, in measured.hpp, and was added after
// these ranges were recorded. Inputs: model, chip, layout, and the rate of the run in 16 bits. That rate is an input
// because much of such a step (host, launches, traffic, imbalance) is in no model of products; it is the same in both
// runs, so the prediction is what changes with the format: products and casts.
#pragma once

#include "claim/claim.hpp"
#include "step_model/calibration/efficiencies.hpp"

#include <span>

namespace narrowfp::bench::claim::holdout {

struct pair {
    std::string_view id;
    std::string_view name;
    cost::model_shape model;
    cost::training_layout layout;
    std::string_view chip;
    double wide_rate = 0;              // tokens a second and device, in 16 bits, published
    assumed casts;                     // share of memory bandwidth
    bool weights_may_be_cast = false;  // for each micro-batch: not known, so a scenario
    std::string_view source;
};

const std::vector<pair>& all_pairs();

struct prediction {
    double low = 0;
    double centre = 0;
    double high = 0;
    int scenarios = 0;
    int contradicted = 0;  // scenarios whose 16-bit work alone takes longer than the published step; left out
};

// FP8 rate over 16-bit rate.
prediction predict(const pair& p);
// With another high end of the products' slowdown within a step: what a measured ratio outside the range would ask for.
prediction predict_with_slowdown(const pair& p, double high);

// What `predict` gave when it was first recorded, before any comparison; a test holds today's model against it.
struct recorded_range {
    std::string_view id;
    double low = 0;
    double high = 0;
};
std::span<const recorded_range> recorded_ranges();

}  // namespace narrowfp::bench::claim::holdout
