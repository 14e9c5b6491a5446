// SPDX-License-Identifier: Apache-2.0
// How messages about .npy files write a shape.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace narrowfp::internal {

// As Python writes the tuple: "(2, 3)", "(5,)", "()".
inline std::string npy_shape_text(const std::vector<std::size_t>& shape) {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return text + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace narrowfp::internal
