// SPDX-License-Identifier: Apache-2.0
#include "support/verification.hpp"

#include <narrowfp/gemm/reference.hpp>

#include <fmt/format.h>

#include <zlib.h>

#include <bit>
#include <cmath>

namespace narrowfp::bench {
namespace {

// Elements of a rows x cols matrix: corners first, then drawn.
class element_draw {
public:
    element_draw(std::size_t rows, std::size_t cols, std::uint32_t seed) : rows_(rows), cols_(cols), state_(seed) {}

    std::pair<std::size_t, std::size_t> operator()(int sample) {
        const std::size_t i = next() % rows_;
        const std::size_t j = next() % cols_;
        switch (sample) {
            case 0: return {0, 0};
            case 1: return {rows_ - 1, cols_ - 1};
            case 2: return {rows_ - 1, 0};
            case 3: return {0, cols_ - 1};
            default: return {i, j};
        }
    }

private:
    std::uint32_t next() {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>(state_ >> 33);
    }

    std::size_t rows_;
    std::size_t cols_;
    std::uint64_t state_;
};

// Rows [row, row + rows) x columns [col, col + cols) of q, one of the two extents being one line.
quantized_matrix line_of(const quantized_matrix& q, std::size_t row, std::size_t rows, std::size_t col,
                         std::size_t cols) {
    const granularity blocks =
        granularity::block(rows == 1 ? 1 : q.blocks().block_rows, cols == 1 ? 1 : q.blocks().block_cols);
    quantized_matrix line(rows, cols, q.element(), q.has_scales(), blocks, q.scale_element());
    if (q.tensor_scale()) {
        line.set_tensor_scale(*q.tensor_scale());
    }
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < cols; ++j) {
            line.set_code(i, j, q.code(row + i, col + j));
            if (q.has_scales()) {
                line.set_scale_code(line.block_index(i, j), q.scale_code(q.block_index(row + i, col + j)));
            }
        }
    }
    return line;
}

}  // namespace

std::uint32_t crc32_of(const matrix<float>& x, std::uint32_t crc) {
    const auto* bytes = reinterpret_cast<const Bytef*>(x.data());
    return static_cast<std::uint32_t>(crc32_z(crc, bytes, x.size() * sizeof(float)));
}

std::string first_difference(const matrix<float>& found, const matrix<float>& expected) {
    if (found.rows() != expected.rows() || found.cols() != expected.cols()) {
        return fmt::format("the result is {} x {}, expected {} x {}", found.rows(), found.cols(), expected.rows(),
                           expected.cols());
    }
    for (std::size_t i = 0; i < found.rows(); ++i) {
        for (std::size_t j = 0; j < found.cols(); ++j) {
            const auto x = std::bit_cast<std::uint32_t>(found(i, j));
            const auto y = std::bit_cast<std::uint32_t>(expected(i, j));
            if (x != y) {
                return fmt::format("element ({}, {}) is {} (0x{:08x}), the reference has {} (0x{:08x})", i, j,
                                   found(i, j), x, expected(i, j), y);
            }
        }
    }
    return {};
}

std::string outside_bound(const matrix<float>& found, const matrix<double>& exact, const matrix<double>& absolute,
                          std::size_t k) {
    const double ku = std::ldexp(static_cast<double>(k), -24);
    const double gamma = ku / (1 - ku);
    double worst = 1;
    std::string text;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        for (std::size_t j = 0; j < found.cols(); ++j) {
            const double distance = std::fabs(found(i, j) - exact(i, j));
            const double bound = gamma * absolute(i, j);
            const double ratio = distance == 0 ? 0 : distance / bound;
            if (!(ratio <= worst)) {  // also for NaN
                worst = ratio;
                text = fmt::format("element ({}, {}) is {}, {:.3g} away from the exact {:.9g}; the bound is {:.3g}", i,
                                   j, found(i, j), distance, exact(i, j), bound);
            }
            if (std::isnan(ratio)) {
                return text;
            }
        }
    }
    return text;
}

std::string sampled_difference(const matrix<float>& found, const quantized_matrix& a, const quantized_matrix& b,
                               const accumulator& acc, int samples, std::uint32_t seed) {
    element_draw draw(found.rows(), found.cols(), seed);
    for (int sample = 0; sample < samples; ++sample) {
        const auto [i, j] = draw(sample);
        const float expected = gemm_reference(line_of(a, i, 1, 0, a.cols()), line_of(b, 0, b.rows(), j, 1), acc)(0, 0);
        const auto x = std::bit_cast<std::uint32_t>(found(i, j));
        const auto y = std::bit_cast<std::uint32_t>(expected);
        if (x != y) {
            return fmt::format("element ({}, {}) is {} (0x{:08x}), the reference has {} (0x{:08x})", i, j, found(i, j),
                               x, expected, y);
        }
    }
    return {};
}

std::string sampled_outside_bound(const matrix<float>& found, const matrix<float>& a, const matrix<float>& b,
                                  int samples, std::uint32_t seed) {
    element_draw draw(found.rows(), found.cols(), seed);
    const double ku = std::ldexp(static_cast<double>(a.cols()), -24);
    for (int sample = 0; sample < samples; ++sample) {
        const auto [i, j] = draw(sample);
        double exact = 0;
        double absolute = 0;
        for (std::size_t k = 0; k < a.cols(); ++k) {
            const double product = static_cast<double>(a(i, k)) * static_cast<double>(b(k, j));
            exact += product;
            absolute += std::fabs(product);
        }
        const double bound = ku / (1 - ku) * absolute;
        if (!(std::fabs(found(i, j) - exact) <= bound)) {
            return fmt::format("element ({}, {}) is {}, not within {:.3g} of {:.9g}", i, j, found(i, j), bound, exact);
        }
    }
    return {};
}

}  // namespace narrowfp::bench
