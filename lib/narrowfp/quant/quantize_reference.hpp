// SPDX-License-Identifier: Apache-2.0
// From a real matrix to codes and scales, and back: the readable reference, which defines the results of the compiled
// functions in quant/quantize.hpp. Headers only, one thread, slow.
// NaN and infinities in a block:
//   The amax is taken over the finite elements; NaN and infinities do not influence it (as in IEEE P3109 v4.0,
//   ConvertToBlockMaxAbsFinite).
//   An infinity is converted by the overflow mode (under saturate_finite to the largest value) and counted.
//   A NaN becomes the NaN of the element format. Where the element format has none (E2M1, E2M3, E3M2, INT8) and the scale
//   follows from the data, the scale of the block becomes NaN and with it every element of the block (OCP MX 1.0: a scale
//   of 0xFF makes its block NaN); the codes of such a block are 0. Under a fixed factor or without scales the NaN becomes
//   the largest value and is counted as `nan` and `saturated`.
// Elements of a matrix of doubles are scaled exactly, without FP32 in between, so they are rounded only once.
#pragma once

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/matrix.hpp>
#include <narrowfp/quant/quantization.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>
#include <narrowfp/round/convert_reference.hpp>

#include <algorithm>

namespace narrowfp {

namespace detail {

// Largest magnitude of the finite elements.
template <class T>
std::remove_const_t<T> amax_of(matrix_view<T> block) {
    std::remove_const_t<T> amax = 0;
    for (std::size_t i = 0; i < block.rows(); ++i) {
        for (std::size_t j = 0; j < block.cols(); ++j) {
            const auto magnitude = std::fabs(block(i, j));
            if (std::isfinite(magnitude) && magnitude > amax) {
                amax = magnitude;
            }
        }
    }
    return amax;
}

template <class T>
bool holds_nan(matrix_view<T> block) {
    for (std::size_t i = 0; i < block.rows(); ++i) {
        for (std::size_t j = 0; j < block.cols(); ++j) {
            if (std::isnan(block(i, j))) {
                return true;
            }
        }
    }
    return false;
}

// Whether a NaN in a block makes its scale NaN: if the element format has no NaN and the scale follows from the data.
inline bool nan_goes_to_scale(const quantization& q) {
    return q.scale.method != scale_method::none && q.scale.fixed_factor == 0.0f &&
           !std::visit([](const auto& f) { return f.has_nan(); }, q.element);
}

// The scale of one block and how it is applied to the elements.
struct block_scaling {
    scale_method method = scale_method::none;
    int exponent = 0;     // power_of_two: elements are multiplied with 2^-exponent, exactly
    float_scale scale{};  // `apply` not for power_of_two
    bool is_nan = false;
};

// The scaling of a block whose finite elements have that amax. `tensor_factor` is that of tensor_factor_of under two
// levels.
template <host_float T>
block_scaling block_scaling_of(T amax, bool has_nan, const quantization& q, float tensor_factor) {
    block_scaling s{.method = q.scale.method};
    if (has_nan && nan_goes_to_scale(q)) {
        constexpr float nan = std::numeric_limits<float>::quiet_NaN();
        s.is_nan = true;
        s.scale = {nan, nan, static_cast<std::uint32_t>(scale_format(q.scale).nan_code(false))};
    } else if (s.method == scale_method::power_of_two) {
        s.exponent = power_of_two_exponent(amax, q.element, q.scale.rule);
        s.scale.restore = std::ldexp(1.0f, s.exponent);
        s.scale.code = static_cast<std::uint32_t>(s.exponent + e8m0fnu.bias);
    } else if (s.method != scale_method::none) {
        s.scale = float_scale_of(amax, q.element, q.scale, tensor_factor);
    }
    return s;
}

// The scaled element before rounding, computed as the scale's owner does: a float is scaled by an FP32 scale in FP32, a
// double exactly.
template <host_float T>
real scaled_element(T x, const block_scaling& s) {
    constexpr bool in_fp32 = std::same_as<T, float>;
    switch (s.method) {
        case scale_method::multiplier:
        case scale_method::two_level:
            if constexpr (in_fp32) {
                return to_real(multiply_f32(x, s.scale.apply));
            } else {
                return product_of(to_real(x), to_real(s.scale.apply));
            }
        case scale_method::divisor:
            if constexpr (in_fp32) {
                return to_real(divide_f32(x, s.scale.apply));
            } else {
                return quotient_of(to_real(x), to_real(s.scale.apply));
            }
        case scale_method::power_of_two: {
            real r = to_real(x);
            r.exponent -= s.exponent;
            return r;
        }
        case scale_method::none: break;
    }
    return to_real(x);
}

// The code of one element of a block. Adds its events to `counts`, which describe the element as given and as restored:
// a nonzero element underflowed if code * scale is zero, wherever on the way it became zero.
template <element_format F, host_float T>
std::uint64_t quantize_element(const F& format, T x, const block_scaling& s, rounding mode, overflow_mode overflow,
                               event_counts& counts) {
    const real given = to_real(x);
    if (s.is_nan) {
        counts += {.elements = 1,
                   .nan = given.is_nan() ? 1U : 0U,
                   .infinite = given.is_infinity() ? 1U : 0U,
                   .nan_by_scale = given.is_finite() ? 1U : 0U};
        return 0;
    }
    const real scaled = scaled_element(x, s);
    projected p = project(format, scaled, mode, overflow);
    if (given.kind == real_class::finite && s.method != scale_method::none) {
        const real value = format.decode(p.code);
        const float restored = value.is_finite() ? multiply_f32(nearest_host<float>(value), s.scale.restore) : 1.0f;
        if (s.scale.restore == 0.0f) {  // whatever the code is
            p = {.code = p.code, .inexact = true, .underflowed = true};
        } else if (scaled.is_infinity()) {
            p.inexact = true;
            p.overflowed = true;
        } else if (scaled.is_zero() || (restored == 0.0f && !value.is_zero() && !p.overflowed)) {
            p.inexact = true;
            p.underflowed = true;
        }
        counts.restored_infinite += std::isinf(restored);
    }
    count_events(counts, given, p);
    return p.code;
}

template <host_float T>
event_counts quantize_block(matrix_view<const T> x, std::size_t block_row, std::size_t block_col, const quantization& q,
                            float tensor_factor, quantized_matrix& out) {
    const std::size_t row = block_row * q.blocks.block_rows;  // block 0 when the extent is the whole matrix
    const std::size_t col = block_col * q.blocks.block_cols;
    const std::size_t rows = std::min(q.blocks.block_rows, x.rows() - row);
    const std::size_t cols = std::min(q.blocks.block_cols, x.cols() - col);
    const matrix_view<const T> block = x.block(row, col, rows, cols);
    block_scaling s;
    if (q.scale.method != scale_method::none) {
        s = block_scaling_of(amax_of(block), holds_nan(block), q, tensor_factor);
        out.set_scale_code(out.block_index(row, col), s.scale.code);
    }
    event_counts counts;
    std::visit(
        [&](const auto& format) {
            for (std::size_t i = 0; i < rows; ++i) {
                for (std::size_t j = 0; j < cols; ++j) {
                    const std::uint64_t code = quantize_element(format, block(i, j), s, q.mode, q.overflow, counts);
                    out.set_code(row + i, col + j, static_cast<std::uint32_t>(code));
                }
            }
        },
        q.element);
    return counts;
}

template <host_float T>
void quantize_all(matrix_view<const T> x, const quantization& q, quantized_matrix& out) {
    require_quantization(q);
    out = quantized_matrix(x.rows(), x.cols(), q.element, q.scale.method != scale_method::none, q.blocks,
                           scale_format(q.scale));
    event_counts events;
    with_default_environment([&] {
        float tensor_factor = 1.0f;
        if (q.scale.method == scale_method::two_level) {
            tensor_factor = tensor_factor_of(amax_of(x), q.element);
            out.set_tensor_scale(divide_f32(1.0f, tensor_factor));
        }
        for (std::size_t i = 0; i < block_count(x.rows(), q.blocks.block_rows); ++i) {
            for (std::size_t j = 0; j < block_count(x.cols(), q.blocks.block_cols); ++j) {
                events += quantize_block(x, i, j, q, tensor_factor, out);
            }
        }
    });
    out.set_events(events);
}

}  // namespace detail

// Quantises x into `out`, which takes the shape of x. Returns nothing; codes, scales and event counts are in `out`. An
// element counts as inexact when its code differs from the scaled element or its value is zero and it is not. Throws
// std::invalid_argument for a quantisation that require_quantization refuses. Does not depend on the caller's
// floating-point environment. Cost: two passes over x, tens of nanoseconds per element.
inline void quantize_reference_into(matrix_view<const float> x, const quantization& q, quantized_matrix& out) {
    detail::quantize_all(x, q, out);
}
inline void quantize_reference_into(matrix_view<const double> x, const quantization& q, quantized_matrix& out) {
    detail::quantize_all(x, q, out);
}

// The same, returned.
inline quantized_matrix quantize_reference(matrix_view<const float> x, const quantization& q) {
    quantized_matrix out;
    quantize_reference_into(x, q, out);
    return out;
}
inline quantized_matrix quantize_reference(matrix_view<const double> x, const quantization& q) {
    quantized_matrix out;
    quantize_reference_into(x, q, out);
    return out;
}

// decode(code) * scale, rounded once to FP32 (exact for power-of-two scales unless the product leaves FP32's range).
inline void dequantize_reference_into(const quantized_matrix& q, matrix_view<float> out) {
    require_shape("dequantize: output", out.rows(), out.cols(), q.rows(), q.cols());
    with_default_environment([&] {
        for (std::size_t i = 0; i < q.rows(); ++i) {
            for (std::size_t j = 0; j < q.cols(); ++j) {
                out(i, j) = multiply_f32(decode_float(q.element(), q.code(i, j)), q.scale(i, j));
            }
        }
    });
}

// The same, returned.
inline matrix<float> dequantize_reference(const quantized_matrix& q) {
    matrix<float> out(q.rows(), q.cols());
    dequantize_reference_into(q, out.view());
    return out;
}

}  // namespace narrowfp
