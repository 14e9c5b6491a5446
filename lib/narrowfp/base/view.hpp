// SPDX-License-Identifier: Apache-2.0
// Non-owning views of dense matrices: pointer, rows, columns, row stride and column stride, counted in elements.
// Row-major, column-major, transposed and sub-matrix layouts are strides, so nothing is copied at the border.
// A view never checks an index; functions check whole shapes once, before work starts (shape.hpp).
#pragma once

#include <narrowfp/base/config.hpp>

#include <cstddef>
#include <span>
#include <type_traits>

namespace narrowfp {

template <class T>
class matrix_view {
public:
    constexpr matrix_view() = default;

    constexpr matrix_view(T* data, std::size_t rows, std::size_t cols, std::ptrdiff_t row_stride,
                          std::ptrdiff_t col_stride)
        : data_(data), rows_(rows), cols_(cols), row_stride_(row_stride), col_stride_(col_stride) {}

    // A dense row-major matrix.
    constexpr matrix_view(T* data, std::size_t rows, std::size_t cols)
        : matrix_view(data, rows, cols, static_cast<std::ptrdiff_t>(cols), 1) {}

    // matrix_view<T> converts to matrix_view<const T>.
    template <class U>
        requires(std::is_same_v<const U, T> && !std::is_same_v<U, T>)
    constexpr matrix_view(const matrix_view<U>& other)
        : matrix_view(other.data(), other.rows(), other.cols(), other.row_stride(), other.col_stride()) {}

    constexpr T& operator()(std::size_t i, std::size_t j) const {
        return data_[static_cast<std::ptrdiff_t>(i) * row_stride_ + static_cast<std::ptrdiff_t>(j) * col_stride_];
    }

    constexpr T* data() const { return data_; }
    constexpr std::size_t rows() const { return rows_; }
    constexpr std::size_t cols() const { return cols_; }
    constexpr std::size_t size() const { return rows_ * cols_; }
    constexpr std::ptrdiff_t row_stride() const { return row_stride_; }
    constexpr std::ptrdiff_t col_stride() const { return col_stride_; }
    constexpr bool empty() const { return rows_ == 0 || cols_ == 0; }

    // The same elements with rows and columns exchanged.
    constexpr matrix_view transposed() const { return {data_, cols_, rows_, col_stride_, row_stride_}; }

    // The block of `rows` x `cols` elements whose first element is (row, col).
    constexpr matrix_view block(std::size_t row, std::size_t col, std::size_t rows, std::size_t cols) const {
        return {&(*this)(row, col), rows, cols, row_stride_, col_stride_};
    }

private:
    T* data_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::ptrdiff_t row_stride_ = 0;
    std::ptrdiff_t col_stride_ = 1;
};

}  // namespace narrowfp
