// SPDX-License-Identifier: Apache-2.0
#include "verification.hpp"

#include <fmt/format.h>

#include <zlib.h>

#include <bit>
#include <cmath>

namespace narrowfp::bench {

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

}  // namespace narrowfp::bench
