// SPDX-License-Identifier: Apache-2.0
#include "ratio_model/prediction.hpp"

#include <cstddef>
#include <utility>

namespace narrowfp::bench::ratio_model {

std::vector<std::vector<double>> predict_source(const posterior& p, std::span<const observation> observations,
                                                const prediction_options& options) {
    std::vector<std::vector<double>> out(observations.size());
    for (std::vector<double>& draws : out) {
        draws.reserve(p.draws.size() * options.draws_per_sample);
    }
    std::uint64_t draw = 0;
    std::vector<double> means(observations.size());
    for (const parameters& sample : p.draws) {
        for (std::size_t i = 0; i < observations.size(); ++i) {
            means[i] = mean_log_ratio(p.form, sample, observations[i]);
        }
        for (std::uint32_t n = 0; n < options.draws_per_sample; ++n, ++draw) {
            const philox_block words = options.key.block(purpose::prediction, draw, 0);
            const double factor = t_factor(words[0], words[1]);
            std::array<double, 4> four = normals(options.key.block(purpose::prediction, draw, 1));
            const double offset = factor * sample.tau * four[0] + options.extra_deviation * four[1];
            for (std::size_t i = 0; i < observations.size(); ++i) {
                const std::size_t place = i + 2;  // the first two numbers are used
                if (place % 4 == 0) {
                    four = normals(
                        options.key.block(purpose::prediction, draw, static_cast<std::uint32_t>(1 + place / 4)));
                }
                out[i].push_back(means[i] + offset + factor * sample.sigma * four[place % 4]);
            }
        }
    }
    return out;
}

std::vector<double> predict(const posterior& p, const observation& o, const prediction_options& options) {
    return std::move(predict_source(p, {&o, 1}, options).front());
}

}  // namespace narrowfp::bench::ratio_model
