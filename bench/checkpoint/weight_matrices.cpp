// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/weight_matrices.hpp"

namespace narrowfp::bench {

std::optional<weight_matrices> matrices_of_shape(const std::vector<std::size_t>& s) {
    std::size_t elements = 1;
    for (const std::size_t n : s) {
        elements *= n;
    }
    if (s.size() < 2 || elements == 0) {
        return std::nullopt;
    }
    if (s.size() == 3) {
        return weight_matrices{s[0], s[1], s[2]};
    }
    return weight_matrices{1, s[0], elements / s[0]};
}

}  // namespace narrowfp::bench
