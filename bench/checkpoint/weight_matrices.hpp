// SPDX-License-Identifier: Apache-2.0
// How `quantize` cuts a tensor into matrices.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace narrowfp::bench {

// Two dimensions are rows and k; of three, the first counts matrices (stacked experts), so that no block crosses two of
// them; of four and more, the first is rows and all others k (filters).
struct weight_matrices {
    std::size_t count = 1;
    std::size_t rows = 0;
    std::size_t cols = 0;
};

// None for fewer than two dimensions (norms, biases and single numbers stay as they are) and without elements.
std::optional<weight_matrices> matrices_of_shape(const std::vector<std::size_t>& shape);

}  // namespace narrowfp::bench
