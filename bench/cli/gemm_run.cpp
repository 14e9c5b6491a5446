// SPDX-License-Identifier: Apache-2.0
#include "cli/gemm_run.hpp"

#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/gemm/gemm.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::cli {
namespace {

// decode(code) * scale, exact: at most 24 + 24 significant bits.
matrix<double> exact_values(const quantized_matrix& q) {
    matrix<double> out(q.rows(), q.cols());
    for (std::size_t i = 0; i < q.rows(); ++i) {
        for (std::size_t j = 0; j < q.cols(); ++j) {
            out(i, j) = double{decode_float(q.element(), q.code(i, j))} * double{q.scale(i, j)};
        }
    }
    return out;
}

bool equal_values(const matrix<double>& x, const bench::real_matrix& given) {
    return std::visit(
        [&x](const auto& y) {
            for (std::size_t n = 0; n < x.size(); ++n) {
                if (x.data()[n] != double{y.data()[n]}) {
                    return false;
                }
            }
            return true;
        },
        given);
}

quantized_matrix quantized(const bench::real_matrix& x, const quantization& how, const options& opts) {
    return std::visit([&](const auto& m) { return quantize(m.view(), how, opts); }, x);
}

matrix<double> as_doubles(const bench::real_matrix& x) {
    return std::visit(
        [](const auto& m) {
            matrix<double> out(m.rows(), m.cols());
            std::copy(m.data(), m.data() + m.size(), out.data());
            return out;
        },
        x);
}

// What the errors against the given matrices are measured with.
struct given_product {
    matrix<double> exact;
    matrix<double> norms;
    matrix<double> absolute;
};

// Without the exact product.
template <class T>
given_product bounds_of(const matrix<T>& a, const matrix<T>& b, const options& opts) {
    return {{}, norm_product(a.view(), b.view()), absolute_product(a.view(), b.view(), opts)};
}

template <class T>
given_product product_of_given(const matrix<T>& a, const matrix<T>& b, const options& opts) {
    given_product out = bounds_of(a, b, opts);
    out.exact = exact_product(a.view(), b.view(), opts);
    return out;
}

given_product product_of_given(const gemm_setup& setup, const options& opts) {
    const auto* a = std::get_if<matrix<float>>(&setup.a);
    const auto* b = std::get_if<matrix<float>>(&setup.b);
    return a != nullptr && b != nullptr ? product_of_given(*a, *b, opts)
                                        : product_of_given(as_doubles(setup.a), as_doubles(setup.b), opts);
}

// x = high + low, both FP32.
struct float_pair {
    matrix<float> high;
    matrix<float> low;
    bool exact = true;
    bool low_is_zero = true;
};

float_pair split(const matrix<double>& x) {
    float_pair out{matrix<float>(x.rows(), x.cols()), matrix<float>(x.rows(), x.cols())};
    for (std::size_t n = 0; n < x.size(); ++n) {
        const double value = x.data()[n];
        const float high = static_cast<float>(value);
        const float low = static_cast<float>(value - double{high});
        out.high.data()[n] = high;
        out.low.data()[n] = low;
        out.exact = out.exact && double{high} + double{low} == value;
        out.low_is_zero = out.low_is_zero && low == 0.0f;
    }
    return out;
}

// Matrices side by side, of equal numbers of rows.
matrix<float> side_by_side(std::initializer_list<matrix_view<const float>> parts) {
    std::size_t cols = 0;
    for (const auto& part : parts) {
        cols += part.cols();
    }
    matrix<float> out(parts.begin()->rows(), cols);
    std::size_t first = 0;
    for (const auto& part : parts) {
        for (std::size_t i = 0; i < part.rows(); ++i) {
            for (std::size_t j = 0; j < part.cols(); ++j) {
                out(i, first + j) = part(i, j);
            }
        }
        first += part.cols();
    }
    return out;
}

// The exact product of the quantised operands, each element rounded once to double. FP32 scales make values of up to
// 48 bits, and the exact product of double matrices is slow. So each operand is written as a sum of two FP32 matrices:
//   (ah + al) (bh + bl) = [ah al ah al] [bh bh bl bl]^T
// is one exact product of FP32 matrices, four times as long.
matrix<double> exact_product_of_values(const matrix<double>& a, const matrix<double>& b, const options& opts) {
    const float_pair x = split(a);
    const float_pair y = split(b);
    if (!x.exact || !y.exact) {
        return exact_product(matrix_view<const double>(a.view()), matrix_view<const double>(b.view()), opts);
    }
    if (x.low_is_zero && y.low_is_zero) {
        return exact_product(matrix_view<const float>(x.high.view()), matrix_view<const float>(y.high.view()), opts);
    }
    const matrix_view<const float> ah = x.high.view();
    const matrix_view<const float> al = x.low.view();
    const matrix_view<const float> bh = y.high.view().transposed();
    const matrix_view<const float> bl = y.low.view().transposed();
    const matrix<float> left = side_by_side({ah, al, ah, al});
    const matrix<float> right = side_by_side({bh, bh, bl, bl});
    return exact_product(matrix_view<const float>(left.view()), matrix_view<const float>(right.view()).transposed(),
                         opts);
}

operand_bytes bytes_of(const quantized_matrix& q) {
    const std::size_t elements = q.rows() * q.cols();
    return {.codes = q.code_bytes(),
            .scales = q.scale_bytes(),
            .as_f32 = packed_bytes(elements, f32.storage_bits),
            .as_bf16 = packed_bytes(elements, bf16.storage_bits)};
}

error_report compare_with(const matrix<float>& result, const given_product& reference) {
    return compare(result.view(), reference.exact.view(), {reference.norms.view(), reference.absolute.view()});
}

}  // namespace

gemm_outcome run_gemm(const gemm_setup& setup) {
    const options opts{setup.threads};
    const quantized_matrix qa = quantized(setup.a, setup.scaling.for_a(setup.a_format), opts);
    const quantized_matrix qb = quantized(setup.b, setup.scaling.for_b(setup.b_format), opts);
    // First, since it refuses an accumulator that does not take these operands.
    const matrix<float> result = gemm(qa, qb, setup.acc, {}, setup.output, opts);
    const given_product reference = product_of_given(setup, opts);

    gemm_outcome out;
    out.a_bytes = bytes_of(qa);
    out.b_bytes = bytes_of(qb);
    out.a_events = qa.events();
    out.b_events = qb.events();
    out.total = compare_with(result, reference);

    const matrix<double> a = exact_values(qa);
    const matrix<double> b = exact_values(qb);
    out.operands_exact = equal_values(a, setup.a) && equal_values(b, setup.b);
    if (out.operands_exact) {
        out.accumulation = out.total;
        return out;
    }
    const matrix<float> without_accumulator = gemm(qa, qb, exact{}, {}, f32, opts);
    out.quantization = compare_with(without_accumulator, reference);
    const bool restorable = qa.events().restored_infinite + qb.events().restored_infinite == 0;
    given_product values =
        restorable ? bounds_of(dequantize(qa, opts), dequantize(qb, opts), opts) : bounds_of(a, b, opts);
    values.exact = exact_product_of_values(a, b, opts);
    out.accumulation = compare_with(result, values);
    return out;
}

}  // namespace narrowfp::cli
