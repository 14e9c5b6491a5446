// SPDX-License-Identifier: Apache-2.0
// Shape errors: one std::invalid_argument with the numbers in the text, thrown before any work starts.
#pragma once

#include <narrowfp/base/config.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace narrowfp {

// "784 x 4096"
inline std::string shape_text(std::size_t rows, std::size_t cols) {
    return std::to_string(rows) + " x " + std::to_string(cols);
}

// Throws std::invalid_argument unless found equals expected; `what` says of what the shape is.
inline void require_shape(const char* what, std::size_t rows, std::size_t cols, std::size_t expected_rows,
                          std::size_t expected_cols) {
    if (rows != expected_rows || cols != expected_cols) {
        throw std::invalid_argument(std::string(what) + " is " + shape_text(rows, cols) + ", expected " +
                                    shape_text(expected_rows, expected_cols));
    }
}

// Throws std::invalid_argument unless two lengths are equal.
inline void require_length(const char* what, std::size_t found, std::size_t expected) {
    if (found != expected) {
        throw std::invalid_argument(std::string(what) + " has " + std::to_string(found) + " elements, expected " +
                                    std::to_string(expected));
    }
}

}  // namespace narrowfp
