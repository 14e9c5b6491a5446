// SPDX-License-Identifier: Apache-2.0
// Eigen at the border: matrices, maps, blocks and transposes become views without a copy, and results become maps.
// Needs Eigen >= 3.4 on the include path; link narrowfp::eigen. Expressions that are not stored (A + B) have no address:
// evaluate them first.
// Value types are Eigen scalars: Eigen::Matrix<float8_e4m3fn, ...> has products, reductions and casts. Each + and * of such
// an expression rounds into the format, in Eigen's order; for an accumulator of your choice use gemm.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/format/limits.hpp>
#include <narrowfp/round/functions.hpp>

#include <Eigen/Core>

namespace narrowfp {

namespace detail {

template <class Derived>
concept stored_in_eigen = (Derived::Flags & Eigen::DirectAccessBit) != 0;

template <class T, class Derived>
matrix_view<T> view_of_eigen(T* data, const Derived& x) {
    const auto inner = static_cast<std::ptrdiff_t>(x.innerStride());
    const auto outer = static_cast<std::ptrdiff_t>(x.outerStride());
    const auto rows = static_cast<std::size_t>(x.rows());
    const auto cols = static_cast<std::size_t>(x.cols());
    return Derived::IsRowMajor ? matrix_view<T>(data, rows, cols, outer, inner)
                               : matrix_view<T>(data, rows, cols, inner, outer);
}

}  // namespace detail

// A read-only view of a stored Eigen object (Matrix, Map, Ref, Block, Transpose of these). No copy; valid while x lives.
template <class Derived>
    requires detail::stored_in_eigen<Derived> matrix_view<const typename Derived::Scalar> view(
        const Eigen::DenseBase<Derived>& x) {
        return detail::view_of_eigen<const typename Derived::Scalar>(x.derived().data(), x.derived());
    }

// A view through which a stored Eigen object can be written.
template <class Derived>
    requires detail::stored_in_eigen<Derived> matrix_view<typename Derived::Scalar> mutable_view(
        Eigen::DenseBase<Derived>& x) {
        return detail::view_of_eigen<typename Derived::Scalar>(x.derived().data(), x.derived());
    }

template <class T>
using row_major_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// A matrix of this library as an Eigen map. No copy; valid while m lives.
template <class T>
Eigen::Map<row_major_matrix<T>> map(matrix<T>& m) {
    return {m.data(), static_cast<Eigen::Index>(m.rows()), static_cast<Eigen::Index>(m.cols())};
}
template <class T>
Eigen::Map<const row_major_matrix<T>> map(const matrix<T>& m) {
    return {m.data(), static_cast<Eigen::Index>(m.rows()), static_cast<Eigen::Index>(m.cols())};
}

// Any view as an Eigen map with its strides. Strides must not be negative.
template <class T>
auto map(matrix_view<T> v) {
    using plain = row_major_matrix<std::remove_const_t<T>>;
    using mapped = std::conditional_t<std::is_const_v<T>, const plain, plain>;
    using stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
    return Eigen::Map<mapped, Eigen::Unaligned, stride>(v.data(), static_cast<Eigen::Index>(v.rows()),
                                                        static_cast<Eigen::Index>(v.cols()),
                                                        stride(v.row_stride(), v.col_stride()));
}

}  // namespace narrowfp

template <const auto& F>
struct Eigen::NumTraits<narrowfp::value<F>> : Eigen::GenericNumTraits<narrowfp::value<F>> {
    using value = narrowfp::value<F>;
    enum {
        IsInteger = 0,
        IsSigned = F.is_signed ? 1 : 0,
        IsComplex = 0,
        RequireInitialization = 1,
        ReadCost = 1,
        AddCost = 30,  // emulated: a decode, a double operation and a rounding
        MulCost = 30
    };
    // For isApprox: a few units in the last place.
    static value dummy_precision() { return value(4 * static_cast<float>(std::numeric_limits<value>::epsilon())); }
    static constexpr int digits10() { return std::numeric_limits<value>::digits10; }
    static constexpr int digits() { return std::numeric_limits<value>::digits; }
    static constexpr int min_exponent() { return std::numeric_limits<value>::min_exponent; }
    static constexpr int max_exponent() { return std::numeric_limits<value>::max_exponent; }
};
