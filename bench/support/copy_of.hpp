// SPDX-License-Identifier: Apache-2.0
// A dense copy of a view, its elements times a factor.
#pragma once

#include <narrowfp/base/matrix.hpp>

namespace narrowfp::bench {

inline matrix<float> copy_of(matrix_view<const float> x, float factor = 1.0f) {
    matrix<float> out(x.rows(), x.cols());
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            out(i, j) = x(i, j) * factor;
        }
    }
    return out;
}

}  // namespace narrowfp::bench
