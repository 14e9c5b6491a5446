// SPDX-License-Identifier: Apache-2.0
// Eigen objects as views and results as maps: same addresses, same elements, both storage orders, blocks with strides.
#include <narrowfp/eigen.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <array>

using namespace narrowfp;

namespace {

template <class View, class Matrix>
int count_equal(const View& v, const Matrix& x) {
    REQUIRE(v.rows() == static_cast<std::size_t>(x.rows()));
    REQUIRE(v.cols() == static_cast<std::size_t>(x.cols()));
    int equal = 0;
    for (std::size_t i = 0; i < v.rows(); ++i) {
        for (std::size_t j = 0; j < v.cols(); ++j) {
            const auto& element = x.coeff(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
            equal += v(i, j) == element ? 1 : 0;
        }
    }
    return equal;
}

template <class Matrix>
Matrix numbered(Eigen::Index rows, Eigen::Index cols) {
    Matrix x(rows, cols);
    for (Eigen::Index i = 0; i < rows; ++i) {
        for (Eigen::Index j = 0; j < cols; ++j) {
            x(i, j) = static_cast<float>(i * 100 + j);
        }
    }
    return x;
}

template <class Matrix>
void check_layout() {
    const Matrix x = numbered<Matrix>(5, 7);
    CHECK(view(x).data() == x.data());
    CHECK(count_equal(view(x), x) == 35);
    CHECK(count_equal(view(x.transpose()), x.transpose()) == 35);
    CHECK(view(x.transpose()).data() == x.data());
    const auto part = x.block(1, 2, 3, 4);
    CHECK(view(part).data() == &x.coeffRef(1, 2));
    CHECK(count_equal(view(part), part) == 12);
    CHECK(count_equal(view(x.row(3)), x.row(3)) == 7);
    CHECK(count_equal(view(x.col(3)), x.col(3)) == 5);
    Matrix y = x;
    matrix_view<float> writable = mutable_view(y);
    writable(4, 6) = -1.0f;
    CHECK(y(4, 6) == -1.0f);
}

}  // namespace

TEST_CASE("column major and row major matrices are viewed without a copy") {
    check_layout<Eigen::MatrixXf>();
    check_layout<row_major_matrix<float>>();
}

TEST_CASE("maps with strides are viewed without a copy") {
    std::array<float, 60> memory{};
    for (std::size_t i = 0; i < memory.size(); ++i) {
        memory[i] = static_cast<float>(i);
    }
    using stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
    const Eigen::Map<const Eigen::MatrixXf, Eigen::Unaligned, stride> x(memory.data(), 4, 3, stride(20, 2));
    CHECK(view(x).data() == memory.data());
    CHECK(count_equal(view(x), x) == 12);
    CHECK(view(x)(3, 2) == 46.0f);
    const Eigen::VectorXf vector = Eigen::VectorXf::LinSpaced(6, 0, 5);
    CHECK(view(vector).rows() == 6);
    CHECK(view(vector).cols() == 1);
    CHECK(view(vector).data() == vector.data());
    const Eigen::MatrixXd wide = Eigen::MatrixXd::Identity(3, 3);
    CHECK(view(wide)(2, 2) == 1.0);
}

TEST_CASE("results are mapped without a copy") {
    matrix<float> m(3, 4);
    auto mapped = map(m);
    CHECK(mapped.data() == m.data());
    mapped(2, 3) = 5.0f;
    CHECK(m(2, 3) == 5.0f);
    const matrix<float>& constant = m;
    CHECK(map(constant).data() == m.data());
    CHECK(map(constant)(2, 3) == 5.0f);
    auto part = map(m.view().transposed().block(1, 1, 3, 2));
    CHECK(part.rows() == 3);
    CHECK(part.cols() == 2);
    CHECK(part(2, 1) == 5.0f);
    part(0, 0) = 2.0f;
    CHECK(m(1, 1) == 2.0f);
    CHECK(map(matrix_view<const float>(m.view()))(1, 1) == 2.0f);
}

TEST_CASE("an Eigen product through quantize and gemm") {
    const Eigen::MatrixXf a = numbered<Eigen::MatrixXf>(3, 4) / 256.0f;
    const row_major_matrix<float> b = numbered<row_major_matrix<float>>(4, 2) / 256.0f;
    const auto qa = quantize(view(a), recipes::none.for_a(f32));
    const auto qb = quantize(view(b), recipes::none.for_b(f32));
    matrix<float> d = gemm(qa, qb, exact{});
    const Eigen::MatrixXd expected = a.cast<double>() * b.cast<double>();
    CHECK((map(d).cast<double>() - expected).cwiseAbs().maxCoeff() <= 1e-6);
    Eigen::MatrixXf into = Eigen::MatrixXf::Zero(3, 2);
    gemm_into(qa, qb, exact{}, mutable_view(into));
    CHECK((into - map(d)).cwiseAbs().maxCoeff() == 0.0f);
}
