// SPDX-License-Identifier: Apache-2.0
// A matrix of floats as one of doubles, exactly: what metrics take as their reference.
#pragma once

#include <narrowfp/base/matrix.hpp>

#include <algorithm>

namespace narrowfp::bench {

inline matrix<double> widened(const matrix<float>& x) {
    matrix<double> out(x.rows(), x.cols());
    std::copy(x.data(), x.data() + x.size(), out.data());
    return out;
}

}  // namespace narrowfp::bench
