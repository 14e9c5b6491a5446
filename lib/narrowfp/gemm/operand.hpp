// SPDX-License-Identifier: Apache-2.0
// An operand of a matrix product, decoded once: for each line (row of A, column of B) the elements along k as exact
// floats and as un-normalised integer significands, and the scale of each segment of k. Internal to gemm/.
#pragma once

#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace narrowfp::detail {

// Exponent of an exact zero before an accumulator gives it its own: below that of any product.
inline constexpr int no_exponent = -100000;

// A line of the operand: k elements. value = significand * 2^(exponent - fraction_bits), where the significand of a
// normal number is in [2^f, 2^(f+1)) and that of a subnormal is not renormalised. NaN and infinity have significand 0.
struct operand_line {
    std::span<const float> value;
    std::span<const std::int32_t> significand;
    std::span<const std::int32_t> exponent;  // no_exponent for zero
    int fraction_bits = 0;
    int fixed_unit = 0;  // fixed-point elements only: value = significand * 2^fixed_unit
    bool all_finite = true;

    operand_line part(std::size_t first, std::size_t count) const {
        return {value.subspan(first, count),
                significand.subspan(first, count),
                exponent.subspan(first, count),
                fraction_bits,
                fixed_unit,
                all_finite};
    }
};

// Ends of the segments of k in which neither operand's scale changes: the multiples of both block extents, and k.
inline std::vector<std::size_t> segment_ends(std::size_t k, std::size_t a_block, std::size_t b_block) {
    std::vector<std::size_t> ends;
    for (std::size_t begin = 0; begin < k;) {
        const auto next = [begin, k](std::size_t block) {
            return block >= k ? k : std::min(k, (begin / block + 1) * block);
        };
        begin = std::min(next(a_block), next(b_block));
        ends.push_back(begin);
    }
    return ends;
}

// One element, taken apart.
struct element_parts {
    float value = 0.0f;
    std::int32_t significand = 0;
    std::int32_t exponent = no_exponent;
    bool finite = true;
};

// Exponent of the unit of a fixed-point format; the floating ones have none.
inline int fixed_unit_of(const float_format&) { return 0; }
inline int fixed_unit_of(const hifloat8_format&) { return 0; }
inline int fixed_unit_of(const fixed_format& format) { return -format.fraction_bits; }

// Whether the format is tapered: numbers far from 1 have fewer fraction bits.
inline bool is_tapered(const float_format&) { return false; }
inline bool is_tapered(const hifloat8_format&) { return true; }
inline bool is_tapered(const fixed_format&) { return false; }

// Takes codes of one format apart.
class element_decoder {
public:
    explicit element_decoder(const any_format& element)
        : element_(element),
          fraction_bits_(std::visit([](const auto& f) { return f.precision() - 1; }, element)),
          fixed_unit_(std::visit([](const auto& f) { return fixed_unit_of(f); }, element)),
          tapered_(std::visit([](const auto& f) { return is_tapered(f); }, element)) {}

    int fraction_bits() const { return fraction_bits_; }
    int fixed_unit() const { return fixed_unit_; }

    element_parts operator()(std::uint32_t code) const {
        const real x = decode(element_, code);
        element_parts out{.value = nearest_host<float>(x)};
        if (x.kind == real_class::finite) {
            // A tapered format stores fewer fraction bits far from one: its significands are filled up to the widest.
            const int shift = tapered_ ? fraction_bits_ + x.exponent - x.floor_log2() : 0;
            out.significand = static_cast<std::int32_t>(x.significand << shift) * (x.negative ? -1 : 1);
            out.exponent = x.exponent - shift + fraction_bits_;
        } else {
            out.finite = x.is_zero();
        }
        return out;
    }

private:
    any_format element_;
    int fraction_bits_;
    int fixed_unit_;
    bool tapered_;
};

class operand {
public:
    // `k_is_columns`: true for A (m x k, a line is a row), false for B (k x n, a line is a column).
    operand(const quantized_matrix& q, bool k_is_columns, const std::vector<std::size_t>& ends)
        : lines_(k_is_columns ? q.rows() : q.cols()),
          k_(k_is_columns ? q.cols() : q.rows()),
          segments_(ends.size()),
          decode_(q.element()),
          value_(lines_ * k_),
          significand_(lines_ * k_),
          exponent_(lines_ * k_),
          scale_(q.has_scales() ? lines_ * segments_ : 0),
          block_scale_(q.tensor_scale() ? scale_.size() : 0),
          tensor_scale_(q.tensor_scale().value_or(1.0f)),
          finite_(lines_, 1) {
        for (std::size_t line = 0; line < lines_; ++line) {
            for (std::size_t k = 0; k < k_; ++k) {
                const std::uint32_t code = k_is_columns ? q.code(line, k) : q.code(k, line);
                put(line, line * k_ + k, decode_(code));
            }
            std::size_t begin = 0;
            for (std::size_t segment = 0; segment < segments_ && q.has_scales(); ++segment) {
                scale_[line * segments_ + segment] = k_is_columns ? q.scale(line, begin) : q.scale(begin, line);
                if (has_tensor_scale()) {
                    block_scale_[line * segments_ + segment] =
                        k_is_columns ? q.block_scale(line, begin) : q.block_scale(begin, line);
                }
                begin = ends[segment];
            }
        }
    }

    std::size_t lines() const { return lines_; }
    std::size_t k() const { return k_; }
    bool has_scales() const { return !scale_.empty(); }
    float scale(std::size_t line, std::size_t segment) const {
        return has_scales() ? scale_[line * segments_ + segment] : 1.0f;
    }

    // Of scales in two levels: the block's own one, and the factor of the tensor.
    float block_scale(std::size_t line, std::size_t segment) const {
        return has_tensor_scale() ? block_scale_[line * segments_ + segment] : scale(line, segment);
    }
    bool has_tensor_scale() const { return !block_scale_.empty(); }
    float tensor_scale() const { return tensor_scale_; }

    operand_line line(std::size_t index) const {
        const std::size_t first = index * k_;
        return {{value_.data() + first, k_},    {significand_.data() + first, k_},
                {exponent_.data() + first, k_}, decode_.fraction_bits(),
                decode_.fixed_unit(),           finite_[index] != 0};
    }

private:
    void put(std::size_t line, std::size_t at, const element_parts& x) {
        value_[at] = x.value;
        significand_[at] = x.significand;
        exponent_[at] = x.exponent;
        finite_[line] = finite_[line] != 0 && x.finite ? 1 : 0;
    }

    std::size_t lines_;
    std::size_t k_;
    std::size_t segments_;
    element_decoder decode_;
    std::vector<float> value_;
    std::vector<std::int32_t> significand_;
    std::vector<std::int32_t> exponent_;
    std::vector<float> scale_;
    std::vector<float> block_scale_;
    float tensor_scale_;
    std::vector<char> finite_;
};

}  // namespace narrowfp::detail
