// SPDX-License-Identifier: Apache-2.0
// How far a computed matrix is from a reference (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.,
// sections 1.2, 3.5, 7.1). Sums are taken in double in a fixed order. Elements that are not finite in either matrix are
// counted and left out of every figure.
#pragma once

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/shape.hpp>
#include <narrowfp/base/view.hpp>
#include <narrowfp/format/real.hpp>

#include <cmath>
#include <cstdint>
#include <optional>

namespace narrowfp {

struct error_report {
    std::uint64_t elements = 0;
    std::uint64_t nonfinite = 0;                   // elements left out
    std::uint64_t differing = 0;                   // elements that differ from the reference rounded to FP32
    double relative_frobenius = 0;                 // ||X - R||_F / ||R||_F
    double max_absolute = 0;                       // max |x - r|
    double max_relative = 0;                       // max |x - r| / |r| over r != 0
    double max_ulp = 0;                            // max |x - r| in units of the last place of fl32(r)
    double rms_reference = 0;                      // root mean square of r
    double bias = 0;                               // mean(x - r) / mean(|r|): signed, zero if errors cancel
    double bias_standard_error = 0;                // standard error of `bias` under independent errors
    std::optional<double> sqnr_db;                 // -20 log10(relative_frobenius); none if the result is exact
    std::optional<double> correct_bits;            // -log2(relative_frobenius); none if the result is exact
    std::optional<double> cosine;                  // <X, R> / (||X|| ||R||); none if either is zero
    std::optional<double> normwise_backward;       // max over elements |x - r| / (||a_i||_2 ||b_j||_2)
    std::optional<double> componentwise_backward;  // max |x - r| / (|A| |B|)_ij

    bool exact() const { return relative_frobenius == 0 && nonfinite == 0; }
};

// Bounds against which backward errors are measured: matrices of the shape of the result; either may be empty.
struct backward_bounds {
    matrix_view<const double> norm_product;      // ||a_i||_2 ||b_j||_2
    matrix_view<const double> absolute_product;  // (|A| |B|)_ij
};

namespace detail {

// Distance between neighbouring FP32 numbers at |r| (2^-149 at the lower end).
inline double ulp_f32(double r) {
    const real x = to_real(r);
    const int top = x.is_zero() ? -126 : x.floor_log2();
    return std::ldexp(1.0, (top > -126 ? top : -126) - 23);
}

inline void raise_ratio(std::optional<double>& worst, double distance, matrix_view<const double> bound, std::size_t i,
                        std::size_t j) {
    if (!bound.empty() && bound(i, j) > 0) {
        const double ratio = distance / bound(i, j);
        if (!worst || ratio > *worst) {
            worst = ratio;
        }
    }
}

inline error_report compare_in_default_environment(matrix_view<const float> result, matrix_view<const double> reference,
                                                   const backward_bounds& bounds) {
    error_report report;
    report.elements = result.size();
    double error2 = 0, reference2 = 0, result2 = 0, inner = 0, error_sum = 0, absolute_sum = 0;
    for (std::size_t i = 0; i < result.rows(); ++i) {
        for (std::size_t j = 0; j < result.cols(); ++j) {
            const double x = result(i, j);
            const double r = reference(i, j);
            if (!std::isfinite(x) || !std::isfinite(r)) {
                ++report.nonfinite;
                continue;
            }
            const double distance = std::fabs(x - r);
            report.differing += result(i, j) != static_cast<float>(r);
            error2 = std::fma(distance, distance, error2);  // std::fma: no compiler option can change it
            reference2 = std::fma(r, r, reference2);
            result2 = std::fma(x, x, result2);
            inner = std::fma(x, r, inner);
            error_sum += x - r;
            absolute_sum += std::fabs(r);
            report.max_absolute = std::fmax(report.max_absolute, distance);
            report.max_ulp = std::fmax(report.max_ulp, distance / detail::ulp_f32(r));
            if (r != 0) {
                report.max_relative = std::fmax(report.max_relative, distance / std::fabs(r));
            }
            detail::raise_ratio(report.normwise_backward, distance, bounds.norm_product, i, j);
            detail::raise_ratio(report.componentwise_backward, distance, bounds.absolute_product, i, j);
        }
    }
    const double n = static_cast<double>(report.elements - report.nonfinite);
    if (n == 0) {
        return report;
    }
    report.rms_reference = std::sqrt(reference2 / n);
    if (reference2 > 0) {
        report.relative_frobenius = std::sqrt(error2 / reference2);
        report.bias = error_sum / absolute_sum;
        const double variance = std::fmax(0.0, std::fma(-(error_sum / n), error_sum / n, error2 / n));
        report.bias_standard_error = std::sqrt(variance / n) / (absolute_sum / n);
        if (result2 > 0) {
            report.cosine = inner / (std::sqrt(result2) * std::sqrt(reference2));
        }
    } else if (error2 > 0) {
        report.relative_frobenius = std::numeric_limits<double>::infinity();
    }
    if (report.relative_frobenius > 0 && std::isfinite(report.relative_frobenius)) {
        report.sqnr_db = -20 * std::log10(report.relative_frobenius);
        report.correct_bits = -std::log2(report.relative_frobenius);
    }
    return report;
}

}  // namespace detail

// Compares a result with its reference, both m x n. Exact figures up to the rounding of double sums. Throws
// std::invalid_argument for shapes that differ. Cost: one pass, a few nanoseconds per element.
inline error_report compare(matrix_view<const float> result, matrix_view<const double> reference,
                            const backward_bounds& bounds = {}) {
    require_shape("compare: result", result.rows(), result.cols(), reference.rows(), reference.cols());
    return with_default_environment([&] { return detail::compare_in_default_environment(result, reference, bounds); });
}

}  // namespace narrowfp
