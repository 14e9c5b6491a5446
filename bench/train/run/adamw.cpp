// SPDX-License-Identifier: Apache-2.0
#include "train/run/adamw.hpp"

#include <narrowfp/round/convert.hpp>

#include "train/model/lanes.hpp"
#include "train/model/scalar_math.hpp"

namespace narrowfp::bench::train {
namespace {

double power(double x, std::size_t n) {
    double y = 1;
    for (std::size_t i = 0; i < n; ++i) {
        y *= x;
    }
    return y;
}

}  // namespace

double learning_rate(double peak, std::size_t step, std::size_t steps) {
    const std::size_t warm_up = std::max<std::size_t>(1, steps / 10);
    if (step < warm_up) {
        return peak * static_cast<double>(step + 1) / static_cast<double>(warm_up);
    }
    constexpr double pi = 0x1.921fb54442d18p+1;
    const double part = static_cast<double>(step - warm_up + 1) / static_cast<double>(steps - warm_up);
    return peak * 0.5 * (1 + fixed_cos(pi * part));
}

double norm_of(const execution& how, std::span<const float> x) {
    double sum = 0;
    with_default_environment([&] {
        on_target(how.on, [&] {
            sum = lane_sum<double>(x.size(), [&](std::size_t i, double s) {
                const double value = x[i];
                return s + value * value;
            });
        });
    });
    return std::sqrt(sum);
}

void update_parameters(const execution& how, const parameter_layout& layout, std::span<float> parameters,
                       std::span<float> first, std::span<float> second, std::span<const float> gradient,
                       const adamw_step& step, const adamw_options& constants) {
    const auto beta1 = static_cast<float>(constants.beta1);
    const auto beta2 = static_cast<float>(constants.beta2);
    const auto rest1 = static_cast<float>(1 - constants.beta1);
    const auto rest2 = static_cast<float>(1 - constants.beta2);
    const auto correct1 = static_cast<float>(1 / (1 - power(constants.beta1, step.updates + 1)));
    const auto correct2 = static_cast<float>(1 / (1 - power(constants.beta2, step.updates + 1)));
    const auto epsilon = static_cast<float>(constants.epsilon);
    const auto rate = static_cast<float>(step.rate);
    const auto factor = static_cast<float>(step.gradient_factor);
    for (const parameter_tensor& t : layout.tensors()) {
        const auto decay = static_cast<float>(t.is_matrix ? step.rate * constants.weight_decay : 0.0);
        float* const p = parameters.data() + t.offset;
        float* const m = first.data() + t.offset;
        float* const v = second.data() + t.offset;
        const float* const g = gradient.data() + t.offset;
        for_ranges(how, t.size(), [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) {
                const float slope = g[i] * factor;
                m[i] = std::fma(beta1, m[i], rest1 * slope);
                v[i] = std::fma(beta2, v[i], rest2 * slope * slope);
                const float move = m[i] * correct1 / (std::sqrt(v[i] * correct2) + epsilon);
                p[i] = std::fma(-rate, move, std::fma(-decay, p[i], p[i]));
            }
        });
    }
    if (!(step.moments == any_format{f32})) {
        for (const std::span<float> moment : {first, second}) {
            round_to_format(std::span<const float>(moment), moment, step.moments, rounding::ties_to_even,
                            overflow_mode::none, {.threads = how.threads, .count_events = false});
        }
    }
}

}  // namespace narrowfp::bench::train
