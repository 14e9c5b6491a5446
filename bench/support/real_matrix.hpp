// SPDX-License-Identifier: Apache-2.0
// A matrix of real numbers from a file: doubles for 64-bit data, floats for all other types. So each element is rounded
// once, from its own type, and FP32 data take no extra memory.
#pragma once

#include <narrowfp/base/matrix.hpp>

#include <variant>

namespace narrowfp::bench {

using real_matrix = std::variant<matrix<float>, matrix<double>>;

inline std::size_t rows_of(const real_matrix& x) {
    return std::visit([](const auto& m) { return m.rows(); }, x);
}
inline std::size_t cols_of(const real_matrix& x) {
    return std::visit([](const auto& m) { return m.cols(); }, x);
}

}  // namespace narrowfp::bench
