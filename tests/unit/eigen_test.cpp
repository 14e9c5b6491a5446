// SPDX-License-Identifier: Apache-2.0
// Eigen objects as views and results as maps: same addresses, same elements, both storage orders, blocks with strides.
#include <narrowfp/eigen.hpp>
#include <narrowfp/format.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <array>
#include <sstream>

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

TEST_CASE("a matrix of values multiplies and reduces as its operators do") {
    using narrow = Eigen::Matrix<float8_e4m3fn, Eigen::Dynamic, Eigen::Dynamic>;
    const auto sixteenths = [](Eigen::Index rows, Eigen::Index cols, int seed) {
        narrow m(rows, cols);
        for (Eigen::Index i = 0; i < m.size(); ++i) {
            m(i) = float8_e4m3fn(static_cast<float>((i * 37 + seed) % 23 - 11) / 16.0f);
        }
        return m;
    };
    const narrow a = sixteenths(33, 70, 3);
    const narrow b = sixteenths(70, 29, 5);
    // Sums small enough to stay exact, whatever the order: 8 products of multiples of 1/4 up to 1/2.
    narrow small_a = narrow::Constant(5, 8, float8_e4m3fn(0.5f));
    narrow small_b = narrow::Constant(8, 6, float8_e4m3fn(0.25f));
    small_b(3, 2) = float8_e4m3fn(-0.25f);
    const narrow exact = small_a * small_b;
    int compared = 0;
    for (Eigen::Index i = 0; i < exact.rows(); ++i) {
        for (Eigen::Index j = 0; j < exact.cols(); ++j) {
            CHECK(float{exact(i, j)} == (j == 2 ? 0.75f : 1.0f));
            ++compared;
        }
    }
    CHECK(compared == 30);
    // A lazy product is one inner product an element, in the order of k.
    const narrow lazy = a.lazyProduct(b);
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
        for (Eigen::Index j = 0; j < b.cols(); ++j) {
            float8_e4m3fn sum = a(i, 0) * b(0, j);
            for (Eigen::Index k = 1; k < a.cols(); ++k) {
                sum += a(i, k) * b(k, j);
            }
            CHECK(lazy(i, j).bits() == sum.bits());
        }
    }
    const narrow blocked = a * b;  // Eigen's own order
    CHECK((blocked.cast<float>() - lazy.cast<float>()).cwiseAbs().maxCoeff() < 4.0f);
    CHECK(blocked.cast<float>().allFinite());
    CHECK(float{a.cwiseAbs().maxCoeff()} == 0.6875f);
    CHECK(float{a.minCoeff()} == -0.6875f);
    CHECK(float{small_a.sum()} == 8.0f);  // 40 halves in e4m3fn: from 8 on each half is a tie, and goes to the even 8
    CHECK(small_a.cast<float>().sum() == 20.0f);
    CHECK(float{small_a.row(0).squaredNorm()} == 2.0f);
    CHECK(float{small_a.row(0).dot(small_a.row(1))} == 2.0f);
    CHECK(float{small_a.block(0, 0, 1, 4).norm()} == 1.0f);
    CHECK((a + a - a).isApprox(a));
    CHECK((a.transpose() * float8_e4m3fn(2.0f) / float8_e4m3fn(2.0f)).eval() == narrow(a.transpose()));
    CHECK(a.allFinite());
    CHECK_FALSE(a.hasNaN());
    std::ostringstream text;
    text << small_a.block(0, 0, 1, 2);
    CHECK(text.str() == "0.5 0.5");
}

TEST_CASE("every kind of value type is an Eigen scalar") {
    const auto check = [](auto one) {
        using scalar = decltype(one);
        const Eigen::Matrix<scalar, 4, 4> m = Eigen::Matrix<scalar, 4, 4>::Identity();
        const Eigen::Matrix<scalar, Eigen::Dynamic, Eigen::Dynamic> d = m * m;
        CHECK(d == m);
        CHECK(float{d.trace()} == 4.0f);
        CHECK(float{d.template cast<float>().template cast<scalar>().sum()} == 4.0f);
        CHECK(Eigen::NumTraits<scalar>::highest() == std::numeric_limits<scalar>::max());
        CHECK(Eigen::NumTraits<scalar>::lowest() == std::numeric_limits<scalar>::lowest());
        CHECK(Eigen::NumTraits<scalar>::epsilon() == std::numeric_limits<scalar>::epsilon());
    };
    check(float8_e5m2(1.0f));
    check(float8_e4m3fnuz(1.0f));
    check(hifloat8(1.0f));
    check(float4_e2m1fn(1.0f));
    check(bfloat16(1.0f));
    check(float16(1.0f));
    check(tfloat32(1.0f));
}
