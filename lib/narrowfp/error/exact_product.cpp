// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/base/shape.hpp>
#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/format/exact_sum.hpp>

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace narrowfp {

namespace {

template <class T>
void require_product(matrix_view<const T> a, matrix_view<const T> b) {
    if (a.cols() != b.rows()) {
        throw std::invalid_argument("exact product: A is " + shape_text(a.rows(), a.cols()) + " and B is " +
                                    shape_text(b.rows(), b.cols()) + "; the columns of A must equal the rows of B");
    }
    const auto require_finite = [](const char* name, matrix_view<const T> x) {
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (std::size_t j = 0; j < x.cols(); ++j) {
                if (!std::isfinite(x(i, j))) {
                    throw std::invalid_argument(std::string("exact product: element (") + std::to_string(i) + ", " +
                                                std::to_string(j) + ") of " + name + " is not finite");
                }
            }
        }
    };
    require_finite("A", a);
    require_finite("B", b);
}

// The lines along k of an operand, contiguous: rows of A, columns of B (pass B transposed).
template <class T>
std::vector<real> lines_of(matrix_view<const T> x) {
    std::vector<real> lines;
    lines.reserve(x.size());
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            lines.push_back(to_real(x(i, j)));
        }
    }
    return lines;
}

// An operand in fixed point: x = integer * 2^unit. `bits` is the width of the widest integer.
struct fixed_lines {
    int unit = 0;
    int bits = 0;
    std::vector<std::int64_t> integers;  // empty if they do not fit 63 bits
};

fixed_lines fixed_point(const std::vector<real>& lines) {
    fixed_lines fixed;
    int lowest = INT32_MAX;
    int highest = INT32_MIN;
    for (const real& x : lines) {
        if (!x.is_zero()) {
            lowest = std::min(lowest, x.exponent + std::countr_zero(x.significand));
            highest = std::max(highest, x.floor_log2());
        }
    }
    if (lowest > highest) {  // all zero
        fixed.integers.assign(lines.size(), 0);
        return fixed;
    }
    fixed.unit = lowest;
    fixed.bits = highest - lowest + 1;
    if (fixed.bits > 63) {
        return fixed;
    }
    fixed.integers.reserve(lines.size());
    for (const real& x : lines) {
        const int shift = x.exponent - lowest;
        const std::uint64_t magnitude =
            x.is_zero() ? 0 : (shift >= 0 ? x.significand << shift : x.significand >> -shift);
        fixed.integers.push_back(x.negative ? -static_cast<std::int64_t>(magnitude)
                                            : static_cast<std::int64_t>(magnitude));
    }
    return fixed;
}

double round_int128(int128 sum, int unit) {
    if (sum == 0) {
        return 0.0;
    }
    const bool negative = sum < 0;
    const uint128 magnitude = negative ? -static_cast<uint128>(sum) : static_cast<uint128>(sum);
    exact_sum<0, 128> wide;
    wide.add(false, magnitude, 0);
    real x = wide.result();
    x.negative = negative;
    x.exponent += unit;
    return nearest_host<double>(x);
}

double dot_of_integers(const std::int64_t* x, const std::int64_t* y, std::size_t k, int unit) {
    int128 sum = 0;
    for (std::size_t n = 0; n < k; ++n) {
        sum += static_cast<int128>(x[n]) * y[n];
    }
    return round_int128(sum, unit);
}

double dot_of_reals(const real* x, const real* y, std::size_t k) {
    exact_product_sum sum;
    for (std::size_t n = 0; n < k; ++n) {
        sum.add(x[n].negative != y[n].negative, static_cast<uint128>(x[n].significand * y[n].significand),
                x[n].exponent + y[n].exponent);
    }
    return nearest_host<double>(sum.result());
}

template <class T>
std::vector<double> magnitudes_of(matrix_view<const T> lines) {
    std::vector<double> out;
    out.reserve(lines.size());
    for (std::size_t i = 0; i < lines.rows(); ++i) {
        for (std::size_t j = 0; j < lines.cols(); ++j) {
            out.push_back(std::fabs(double{lines(i, j)}));
        }
    }
    return out;
}

// Euclidean norm of each line.
template <class T>
std::vector<double> norms_of(matrix_view<const T> lines) {
    std::vector<double> out(lines.rows());
    for (std::size_t i = 0; i < lines.rows(); ++i) {
        double sum = 0;
        for (std::size_t n = 0; n < lines.cols(); ++n) {
            sum += double{lines(i, n)} * double{lines(i, n)};
        }
        out[i] = std::sqrt(sum);
    }
    return out;
}

// Fills the m x n result, row by row on several threads, with dot(i, j) under the default floating-point environment.
template <class Dot>
matrix<double> product_of(std::size_t m, std::size_t n, const options& opts, Dot dot) {
    matrix<double> out(m, n);
    parallel_ranges(m, 1, opts, [&](std::size_t first, std::size_t last) {
        with_default_environment([&] {
            for (std::size_t i = first; i < last; ++i) {
                for (std::size_t j = 0; j < n; ++j) {
                    out(i, j) = dot(i, j);
                }
            }
        });
    });
    return out;
}

}  // namespace

matrix<double> exact_product(matrix_view<const float> a, matrix_view<const float> b, const options& opts) {
    require_options(opts);
    require_product(a, b);
    const std::size_t k = a.cols();
    const std::vector<real> left = lines_of(a);
    const std::vector<real> right = lines_of(b.transposed());
    const fixed_lines x = fixed_point(left);
    const fixed_lines y = fixed_point(right);
    // A sum of k products below 2^(x.bits + y.bits) needs ceil(log2 k) more bits, and a sign.
    const bool fits = x.integers.size() == left.size() && y.integers.size() == right.size() &&
                      x.bits + y.bits + static_cast<int>(std::bit_width(k)) <= 127;
    if (fits) {
        return product_of(a.rows(), b.cols(), opts, [&](std::size_t i, std::size_t j) {
            return dot_of_integers(x.integers.data() + i * k, y.integers.data() + j * k, k, x.unit + y.unit);
        });
    }
    return product_of(a.rows(), b.cols(), opts, [&](std::size_t i, std::size_t j) {
        return dot_of_reals(left.data() + i * k, right.data() + j * k, k);
    });
}

matrix<double> exact_product(matrix_view<const double> a, matrix_view<const double> b, const options& opts) {
    require_options(opts);
    require_product(a, b);
    using integer = boost::multiprecision::cpp_int;
    constexpr int unit = 2 * -1074;  // every product of two doubles is a multiple of 2^unit
    const std::size_t k = a.cols();
    const std::vector<real> left = lines_of(a);
    const std::vector<real> right = lines_of(b.transposed());
    return product_of(a.rows(), b.cols(), opts, [&](std::size_t i, std::size_t j) {
        integer sum = 0;
        for (std::size_t n = 0; n < k; ++n) {
            const real& x = left[i * k + n];
            const real& y = right[j * k + n];
            if (x.is_zero() || y.is_zero()) {
                continue;
            }
            integer product = integer(x.significand) * y.significand;
            product <<= static_cast<unsigned>(x.exponent + y.exponent - unit);
            sum += x.negative != y.negative ? -product : product;
        }
        if (sum == 0) {
            return 0.0;
        }
        const bool negative = sum < 0;
        const integer magnitude = abs(sum);
        const auto top = static_cast<int>(msb(magnitude));
        const int drop = std::max(0, top - 63);
        const auto significand = static_cast<std::uint64_t>(magnitude >> static_cast<unsigned>(drop));
        const bool sticky = drop > 0 && static_cast<int>(lsb(magnitude)) < drop;
        return nearest_host<double>(real::make_finite(negative, significand, unit + drop, sticky));
    });
}

namespace {

template <class T>
matrix<double> absolute_product_of(matrix_view<const T> a, matrix_view<const T> b, const options& opts) {
    require_options(opts);
    require_product(a, b);
    const std::size_t k = a.cols();
    const std::vector<double> left = with_default_environment([&] { return magnitudes_of(a); });
    const std::vector<double> right = with_default_environment([&] { return magnitudes_of(b.transposed()); });
    return product_of(a.rows(), b.cols(), opts, [&](std::size_t i, std::size_t j) {
        double sum = 0;
        for (std::size_t n = 0; n < k; ++n) {
            sum += left[i * k + n] * right[j * k + n];
        }
        return sum;
    });
}

template <class T>
matrix<double> norm_product_of(matrix_view<const T> a, matrix_view<const T> b) {
    require_product(a, b);
    return with_default_environment([&] {
        const std::vector<double> left = norms_of(a);
        const std::vector<double> right = norms_of(b.transposed());
        matrix<double> out(a.rows(), b.cols());
        for (std::size_t i = 0; i < out.rows(); ++i) {
            for (std::size_t j = 0; j < out.cols(); ++j) {
                out(i, j) = left[i] * right[j];
            }
        }
        return out;
    });
}

}  // namespace

matrix<double> absolute_product(matrix_view<const float> a, matrix_view<const float> b, const options& opts) {
    return absolute_product_of(a, b, opts);
}
matrix<double> absolute_product(matrix_view<const double> a, matrix_view<const double> b, const options& opts) {
    return absolute_product_of(a, b, opts);
}

matrix<double> norm_product(matrix_view<const float> a, matrix_view<const float> b) { return norm_product_of(a, b); }
matrix<double> norm_product(matrix_view<const double> a, matrix_view<const double> b) { return norm_product_of(a, b); }

}  // namespace narrowfp
