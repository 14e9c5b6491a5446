// SPDX-License-Identifier: Apache-2.0
// What a product needs to be defined: shapes that fit, and an accumulator that takes operands of these formats and scales.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/base/shape.hpp>
#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/block_scaled_step.hpp>
#include <narrowfp/gemm/validate.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

#include <algorithm>
#include <stdexcept>

namespace narrowfp {

namespace detail {

inline void require_int32(const any_format& a, const any_format& b, std::size_t products) {
    const auto* left = std::get_if<fixed_format>(&a);
    const auto* right = std::get_if<fixed_format>(&b);
    if (left == nullptr || right == nullptr) {
        throw std::invalid_argument("gemm: int32_exact needs fixed-point operands, found " + std::string(name_of(a)) +
                                    " and " + std::string(name_of(b)));
    }
    // Magnitudes are at most 2^(width - 1), so `products` of them stay below 2^31 if products < 2^(33 - both widths).
    const int spare = 33 - left->width - right->width;
    if (spare <= 0 || products >= std::size_t{1} << spare) {
        throw std::invalid_argument("gemm: int32_exact over " + std::to_string(products) +
                                    " products may overflow 32 bits; use a shorter promotion interval");
    }
}

inline void require_aligned(const aligned& unit) {
    // A step's sum of at most 2^16 + 1 terms below 2^(40 + 2) fits 64 bits.
    if (unit.products < 1 || unit.products > 65536 || unit.fraction_bits < 1 || unit.fraction_bits > 40) {
        throw std::invalid_argument("gemm: " + name_of(unit) + " needs 1 to 65536 products and 1 to 40 fraction bits");
    }
}

// All numbers of the format are numbers of FP16.
inline bool fits_f16(const any_format& element) {
    const auto* format = std::get_if<float_format>(&element);
    return format != nullptr && format->is_signed && format->precision() <= f16.precision() &&
           format->min_exponent() - format->fraction_bits >= f16.min_exponent() - f16.fraction_bits &&
           format->decode(format->code_of(format->max_ordinal(), false)).floor_log2() <= 15;
}

// At most 11 significant bits each, so that sums of products fit 64 bits.
inline bool is_at_most_tf32(const any_format& element) {
    const auto* format = std::get_if<float_format>(&element);
    return format != nullptr && format->precision() <= tf32.precision();
}

template <class Unit, class Fits>
void require_elements(const Unit& unit, const any_format& a, const any_format& b, Fits fits, std::string_view which) {
    for (const any_format* element : {&a, &b}) {
        if (!fits(*element)) {
            throw std::invalid_argument("gemm: " + name_of(unit) + " takes " + std::string(which) + ", found " +
                                        std::string(name_of(*element)));
        }
    }
}

inline void require_products(int products, int most, const std::string& name) {
    if (products < 1 || products > most) {
        throw std::invalid_argument("gemm: " + name + " needs 1 to " + std::to_string(most) + " products");
    }
}

// What each accumulator needs of the elements; `products` is the longest run it sums.
inline void require_elements_of(const sequential<float>&, const any_format&, const any_format&, std::size_t) {}
inline void require_elements_of(const exact&, const any_format&, const any_format&, std::size_t) {}
inline void require_elements_of(const int32_exact&, const any_format& a, const any_format& b, std::size_t products) {
    require_int32(a, b, products);
}
inline void require_elements_of(const aligned& unit, const any_format&, const any_format&, std::size_t) {
    require_aligned(unit);
}
inline void require_elements_of(const widened& unit, const any_format& a, const any_format& b, std::size_t) {
    require_aligned(unit.step);
    require_elements(unit, a, b, fits_f16, "elements that FP16 holds");
}
inline void require_elements_of(const exact_groups& unit, const any_format&, const any_format&, std::size_t) {
    require_products(unit.products, 65536, name_of(unit));
}
inline void require_elements_of(const cdna2& unit, const any_format& a, const any_format& b, std::size_t) {
    if (unit.products != 2 && unit.products != 4) {
        throw std::invalid_argument("gemm: " + name_of(unit) + ": groups of 2 or 4 products expected");
    }
    require_elements(unit, a, b, is_at_most_tf32, "floating-point elements of up to 11 significant bits");
}
inline void require_elements_of(const cdna3& unit, const any_format& a, const any_format& b, std::size_t) {
    require_products(unit.products, 1024, name_of(unit));
    require_elements(unit, a, b, is_at_most_tf32, "floating-point elements of up to 11 significant bits");
}
inline void require_elements_of(const promoted& unit, const any_format& a, const any_format& b, std::size_t products) {
    if (unit.interval == 0) {
        throw std::invalid_argument("gemm: a promotion interval of 0; use an accumulator without promotion");
    }
    std::visit([&](const auto& inner) { require_elements_of(inner, a, b, std::min(unit.interval, products)); },
               unit.inner);
}

inline void require_block_scaled(const block_scaled& unit, const any_format& a, const any_format& b) {
    const bool sensible = unit.products >= 1 && unit.group >= 1 && unit.block >= unit.group &&
                          unit.products % unit.group == 0 && unit.block % unit.group == 0 &&
                          static_cast<std::size_t>(unit.products / unit.group) <= most_scaled_terms &&
                          unit.group <= 64 && unit.fraction_bits >= 1 && unit.fraction_bits <= 35;
    if (!sensible) {
        throw std::invalid_argument(
            "gemm: " + name_of(unit) +
            " needs groups of 1 to 64 that divide the step and the block, at most 64 groups a step "
            "and 1 to 35 fraction bits");
    }
    if (unit.group > 1) {
        require_elements(
            unit, a, b, [](const any_format& f) { return f == any_format{e2m1fn}; }, "e2m1fn");
    } else {
        const auto narrow = [](const any_format& f) { return is_at_most_tf32(f) && code_bits_of(f) <= 8; };
        require_elements(unit, a, b, narrow, "floating-point elements of up to 8 bits");
    }
}

// Both operands need scales of the unit's format that do not change within its blocks.
inline void require_block_scales(const block_scaled& unit, const quantized_matrix& a, const quantized_matrix& b) {
    require_block_scaled(unit, a.element(), b.element());
    const float_format& format = format_of(unit.scale);
    const auto check = [&](const quantized_matrix& q, std::size_t along_k, const char* which) {
        const std::size_t k = a.cols();
        if (k == 0) {
            return;  // nothing to scale
        }
        const bool whole_blocks = along_k >= k || along_k % static_cast<std::size_t>(unit.block) == 0;
        if (!q.has_scales() || q.scale_element().name != format.name || !whole_blocks) {
            throw std::invalid_argument(
                "gemm: " + name_of(unit) + " needs a scale in " + std::string(format.name) + " per " +
                std::to_string(unit.block) + " elements along k of " + which + ", which has " +
                (q.has_scales() ? std::string(q.scale_element().name) + " scales of blocks " + name_of(q.blocks())
                                : std::string("no scales")));
        }
    };
    check(a, a.blocks().block_cols, "A");
    check(b, b.blocks().block_rows, "B");
}

// Throws std::invalid_argument unless A is m x k, B k x n, C empty or m x n and D m x n.
template <class A, class B>
void require_shapes_of_product(const A& a, const B& b, matrix_view<const float> c, matrix_view<float> d) {
    if (a.cols() != b.rows()) {
        throw std::invalid_argument("gemm: A is " + shape_text(a.rows(), a.cols()) + " and B is " +
                                    shape_text(b.rows(), b.cols()) + "; the columns of A must equal the rows of B");
    }
    require_shape("gemm: D", d.rows(), d.cols(), a.rows(), b.cols());
    if (!c.empty()) {
        require_shape("gemm: C", c.rows(), c.cols(), a.rows(), b.cols());
    }
}

}  // namespace detail

// Throws std::invalid_argument unless A is m x k, B k x n, C empty or m x n, D m x n and the accumulator makes sense.
inline void require_gemm_shapes(const quantized_matrix& a, const quantized_matrix& b, const accumulator& acc,
                                matrix_view<const float> c, matrix_view<float> d) {
    detail::require_shapes_of_product(a, b, c, d);
    require_accumulator(acc, a.element(), b.element());
    std::visit(
        [&](const auto& alternative) {
            using type = std::remove_cvref_t<decltype(alternative)>;
            if constexpr (std::is_same_v<type, block_scaled>) {
                detail::require_block_scales(alternative, a, b);
            } else {
                detail::require_elements_of(alternative, a.element(), b.element(), a.cols());
            }
        },
        acc);
}

}  // namespace narrowfp
