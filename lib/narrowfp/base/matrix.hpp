// SPDX-License-Identifier: Apache-2.0
// The owning matrix that functions return: dense, row-major, values in a std::vector.
// It has no arithmetic; for that, map its view with Eigen (eigen.hpp).
#pragma once

#include <narrowfp/base/view.hpp>

#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace narrowfp {

// For results that are written in full: elements of built-in types get no value first.
struct uninitialized_t {};
inline constexpr uninitialized_t uninitialized{};

namespace detail {

// Leaves elements that are constructed from nothing as they are.
template <class T>
struct default_init_allocator : std::allocator<T> {
    template <class U>
    struct rebind {
        using other = default_init_allocator<U>;
    };
    template <class U, class... Arguments>
    void construct(U* p, Arguments&&... arguments) {
        if constexpr (sizeof...(Arguments) == 0) {
            ::new (static_cast<void*>(p)) U;
        } else {
            ::new (static_cast<void*>(p)) U(std::forward<Arguments>(arguments)...);
        }
    }
};

}  // namespace detail

template <class T>
class matrix {
public:
    matrix() = default;
    matrix(std::size_t rows, std::size_t cols, T fill = T{}) : rows_(rows), cols_(cols), values_(rows * cols, fill) {}
    matrix(std::size_t rows, std::size_t cols, uninitialized_t) : rows_(rows), cols_(cols), values_(rows * cols) {}

    T& operator()(std::size_t i, std::size_t j) { return values_[i * cols_ + j]; }
    const T& operator()(std::size_t i, std::size_t j) const { return values_[i * cols_ + j]; }

    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }
    std::size_t size() const { return values_.size(); }
    T* data() { return values_.data(); }
    const T* data() const { return values_.data(); }

    matrix_view<T> view() { return {values_.data(), rows_, cols_}; }
    matrix_view<const T> view() const { return {values_.data(), rows_, cols_}; }

    friend bool operator==(const matrix&, const matrix&) = default;

private:
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::vector<T, detail::default_init_allocator<T>> values_;
};

}  // namespace narrowfp
