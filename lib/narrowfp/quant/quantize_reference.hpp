// SPDX-License-Identifier: Apache-2.0
// From a real matrix to codes and scales, and back: the readable reference, which defines the results of the compiled
// functions in quant/quantize.hpp. Headers only, one thread, slow.
// The amax of a block is taken over its finite elements; NaN and infinities do not influence a scale (as in IEEE P3109
// v4.0, ConvertToBlockMaxAbsFinite) and become what the element format and the overflow mode make of them.
#pragma once

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/matrix.hpp>
#include <narrowfp/quant/quantization.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>
#include <narrowfp/round/convert_reference.hpp>

#include <algorithm>

namespace narrowfp {

namespace detail {

inline float amax_of(matrix_view<const float> block) {
    float amax = 0.0f;
    for (std::size_t i = 0; i < block.rows(); ++i) {
        for (std::size_t j = 0; j < block.cols(); ++j) {
            const float magnitude = std::fabs(block(i, j));
            if (std::isfinite(magnitude) && magnitude > amax) {
                amax = magnitude;
            }
        }
    }
    return amax;
}

// Sets the scale of the block and returns the function that brings an element into the range of the codes, exactly as
// the scale's owner does. `tensor_factor` is that of tensor_factor_of under two levels.
template <class SetScale>
auto scaled_source(float amax, const quantization& q, float tensor_factor, SetScale set_scale) {
    const bool by_power = q.scale.method == scale_method::power_of_two;
    const int e = by_power ? power_of_two_exponent(amax, q.element, q.scale.rule) : 0;
    const float_scale s = by_power || q.scale.method == scale_method::none
                              ? float_scale{}
                              : float_scale_of(amax, q.element, q.scale, tensor_factor);
    if (q.scale.method != scale_method::none) {
        set_scale(by_power ? static_cast<std::uint32_t>(e + e8m0fnu.bias) : s.code);
    }
    return [method = q.scale.method, e, s](float x) {
        switch (method) {
            case scale_method::multiplier:
            case scale_method::two_level: return to_real(multiply_f32(x, s.apply));
            case scale_method::divisor: return to_real(divide_f32(x, s.apply));
            case scale_method::power_of_two: {
                real r = to_real(x);
                r.exponent -= e;
                return r;
            }
            case scale_method::none: break;
        }
        return to_real(x);
    };
}

inline event_counts quantize_block(matrix_view<const float> x, std::size_t block_row, std::size_t block_col,
                                   const quantization& q, float tensor_factor, quantized_matrix& out) {
    const std::size_t row = block_row * q.blocks.block_rows;  // block 0 when the extent is the whole matrix
    const std::size_t col = block_col * q.blocks.block_cols;
    const std::size_t rows = std::min(q.blocks.block_rows, x.rows() - row);
    const std::size_t cols = std::min(q.blocks.block_cols, x.cols() - col);
    const matrix_view<const float> block = x.block(row, col, rows, cols);
    const std::size_t index = out.block_index(row, col);
    const auto source = scaled_source(q.scale.method == scale_method::none ? 0.0f : amax_of(block), q, tensor_factor,
                                      [&](std::uint32_t code) { out.set_scale_code(index, code); });
    return std::visit(
        [&](const auto& format) {
            return convert_each(
                format, rows * cols, q.mode, q.overflow,
                [&](std::size_t n) { return source(block(n / cols, n % cols)); },
                [&](std::size_t n, std::uint64_t code) {
                    out.set_code(row + n / cols, col + n % cols, static_cast<std::uint32_t>(code));
                });
        },
        q.element);
}

}  // namespace detail

// Quantises x into `out`, which takes the shape of x. Returns nothing; codes, scales and event counts are in `out`. An
// element counts as inexact when its code differs from the scaled element. Throws std::invalid_argument for a
// quantisation that require_quantization refuses. Does not depend on the caller's floating-point environment.
// Cost: two passes over x, tens of nanoseconds per element.
inline void quantize_reference_into(matrix_view<const float> x, const quantization& q, quantized_matrix& out) {
    require_quantization(q);
    out = quantized_matrix(x.rows(), x.cols(), q.element, q.scale.method != scale_method::none, q.blocks,
                           scale_format(q.scale));
    event_counts events;
    with_default_environment([&] {
        float tensor_factor = 1.0f;
        if (q.scale.method == scale_method::two_level) {
            tensor_factor = tensor_factor_of(detail::amax_of(x), q.element);
            out.set_tensor_scale(divide_f32(1.0f, tensor_factor));
        }
        for (std::size_t i = 0; i < block_count(x.rows(), q.blocks.block_rows); ++i) {
            for (std::size_t j = 0; j < block_count(x.cols(), q.blocks.block_cols); ++j) {
                events += detail::quantize_block(x, i, j, q, tensor_factor, out);
            }
        }
    });
    out.set_events(events);
}

// The same, returned.
inline quantized_matrix quantize_reference(matrix_view<const float> x, const quantization& q) {
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
