// SPDX-License-Identifier: Apache-2.0
// The matrix products that no recipe touches (attention, head) and those of the reference models: D = A B, each element
// one chain of multiply-adds over k, k increasing. In FP32 it is the library's product; the bits are those of the loop.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/gemm/gemm.hpp>

#include "support/on_target.hpp"
#include "train/model/scalar_math.hpp"

namespace narrowfp::bench::train {

// Precondition: shapes match; the columns of D lie side by side.
template <class T>
void multiply_into(const execution& how, matrix_view<const T> a, matrix_view<const T> b, matrix_view<T> d) {
    matrix<T> dense;
    if (b.col_stride() != 1) {
        dense = matrix<T>(b.rows(), b.cols());
        for (std::size_t k = 0; k < b.rows(); ++k) {
            for (std::size_t j = 0; j < b.cols(); ++j) {
                dense(k, j) = b(k, j);
            }
        }
        b = dense.view();
    }
    for_ranges(how, d.rows(), [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            T* const row = &d(i, 0);
            for (std::size_t j = 0; j < d.cols(); ++j) {
                row[j] = T(0);
            }
            for (std::size_t k = 0; k < a.cols(); ++k) {
                const T factor = a(i, k);
                const T* const from = &b(k, 0);
                for (std::size_t j = 0; j < d.cols(); ++j) {
                    row[j] = multiply_add(factor, from[j], row[j]);
                }
            }
        }
    });
}

inline void multiply_into(const execution& how, matrix_view<const float> a, matrix_view<const float> b,
                          matrix_view<float> d) {
    gemm_into(a, b, d, {}, {.threads = how.threads});
}

}  // namespace narrowfp::bench::train
