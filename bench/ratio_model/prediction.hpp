// SPDX-License-Identifier: Apache-2.0
// Draws of ln R for a source that the posterior has not seen: mean, offset of the source, residual, all under one t factor.
#pragma once

#include "ratio_model/posterior.hpp"
#include "ratio_model/quantile.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct prediction_options {
    std::uint32_t draws_per_sample = 4;  // of ln R for each draw of the parameters
    double extra_deviation = 0;          // further standard deviation of ln R, normal, shared by the source
    random_key key;
};

// Draws of ln R for each of the observations, as of one new source: [observation][draw]. Draws with equal numbers belong
// together. Their log_ratio is not read.
std::vector<std::vector<double>> predict_source(const posterior& p, std::span<const observation> observations,
                                                const prediction_options& options);

std::vector<double> predict(const posterior& p, const observation& o, const prediction_options& options);

}  // namespace narrowfp::bench::ratio_model
