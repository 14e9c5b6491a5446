// SPDX-License-Identifier: Apache-2.0
// What the studies of scaling share: numbers, and how far quantised ones are from them.
#pragma once

#include "study/scaling_study.hpp"
#include "support/random_data.hpp"

#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench {

// The source of the figures shown beside ours: an emulation that shares no code with this project.
inline constexpr std::string_view emulation = "a numpy emulation on the same distributions";

// N(0, 1), another matrix for every batch and tensor.
inline matrix<float> normal_matrix(std::size_t rows, std::size_t cols, const scaling_options& o, std::uint32_t batch,
                                   std::uint32_t tensor) {
    return make_matrix(distribution::normal, rows, cols, o.seed, batch * 16 + tensor);
}

// X of the recorded layer, or normal numbers.
inline matrix<float> activations(std::size_t rows, std::size_t cols, const scaling_options& o, std::uint32_t batch,
                                 std::uint32_t tensor) {
    return o.recorded ? o.recorded->operands.x : normal_matrix(rows, cols, o, batch, tensor);
}

// A power of two times 2^k, or a sixteenth of it.
inline std::size_t count_of(const scaling_options& o, std::size_t full) { return o.small ? full / 16 : full; }

inline matrix<float> restored(matrix_view<const float> x, const quantization& q, const scaling_options& o) {
    return dequantize(quantize(x, q, {.threads = o.threads}), {.threads = o.threads});
}

// ||y - x|| / ||x|| over the elements that `counts` accepts.
template <class Counts>
double relative_error(matrix_view<const float> y, matrix_view<const float> x, Counts counts) {
    double error = 0;
    double reference = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            if (counts(i, j)) {
                const double d = double{y(i, j)} - double{x(i, j)};
                error += d * d;
                reference += double{x(i, j)} * double{x(i, j)};
            }
        }
    }
    return std::sqrt(error / reference);
}
inline double relative_error(matrix_view<const float> y, matrix_view<const float> x) {
    return relative_error(y, x, [](std::size_t, std::size_t) { return true; });
}

// Share of nonzero elements that are zero in y.
inline double flushed_share(matrix_view<const float> y, matrix_view<const float> x) {
    std::size_t lost = 0;
    std::size_t all = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            all += x(i, j) != 0;
            lost += x(i, j) != 0 && y(i, j) == 0;
        }
    }
    return all == 0 ? 0.0 : static_cast<double>(lost) / static_cast<double>(all);
}

// The q-quantile of values, by rank (nearest).
inline double quantile(std::vector<double> values, double q) {
    const auto rank = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank), values.end());
    return values[rank];
}

inline double decibel(double relative) { return relative > 0 ? -20 * std::log10(relative) : 200.0; }

inline sample percent(std::string id, std::string what, double share) {
    return {std::move(id), std::move(what), "%", 100 * share};
}

// FP32 scales amax / max without a clamp, in blocks of that size.
inline quantization fp32_blocks(const any_format& element, const granularity& g) {
    return {.element = element, .blocks = g, .scale = {.method = scale_method::divisor}};
}

}  // namespace narrowfp::bench
