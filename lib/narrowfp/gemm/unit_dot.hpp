// SPDX-License-Identifier: Apache-2.0
// One element of D = A B + C from codes, without matrices: the accumulator of a matrix unit on two lines of any length. The
// result of gemm_reference for one row and one column, bit for bit, at a fraction of its cost per call.
#pragma once

#include <narrowfp/gemm/accumulate.hpp>
#include <narrowfp/gemm/block_scaled_step.hpp>
#include <narrowfp/gemm/require.hpp>

#include <span>
#include <vector>

namespace narrowfp {

class unit_dot {
public:
    // Throws std::invalid_argument if the accumulator does not take such operands, or is promoted or of integers.
    unit_dot(const accumulator& acc, const any_format& a, const any_format& b) : acc_(acc), a_(valid(a)), b_(valid(b)) {
        require_accumulator(acc, a, b);
        std::visit(
            [&](const auto& alternative) {
                using type = std::remove_cvref_t<decltype(alternative)>;
                if constexpr (std::is_same_v<type, block_scaled>) {
                    detail::require_block_scaled(alternative, a, b);
                } else if constexpr (std::is_same_v<type, promoted> || std::is_same_v<type, int32_exact>) {
                    throw std::invalid_argument("unit_dot: " + name_of(alternative) + " needs gemm");
                } else {
                    detail::require_elements_of(alternative, a, b, 1);
                }
            },
            acc);
    }

    // Codes, and the codes of the scales of consecutive blocks of k (block-scaled units only). D is a number of FP32 or FP16,
    // as the unit's registers are. Expects the default floating-point environment. Throws std::invalid_argument if the numbers
    // of elements differ or scales are missing.
    float operator()(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b, float c,
                     std::span<const std::uint32_t> a_scales = {}, std::span<const std::uint32_t> b_scales = {}) {
        if (a.size() != b.size()) {
            throw std::invalid_argument("A has " + std::to_string(a.size()) + " elements and B " +
                                        std::to_string(b.size()));
        }
        a_.load(a);
        b_.load(b);
        if (const auto* scaled = std::get_if<block_scaled>(&acc_)) {
            const auto block = static_cast<std::size_t>(scaled->block);
            const std::size_t blocks = (a.size() + block - 1) / block;
            if (a_scales.size() != blocks || b_scales.size() != blocks) {
                throw std::invalid_argument("scales of " + std::to_string(blocks) +
                                            " blocks expected for A and B, found " + std::to_string(a_scales.size()) +
                                            " and " + std::to_string(b_scales.size()));
            }
            const float_format& format = detail::format_of(scaled->scale);
            const auto scale_of = [&](std::span<const std::uint32_t> scales) {
                return [&format, scales, block](std::size_t k) {
                    return nearest_host<float>(format.decode(scales[k / block]));
                };
            };
            return detail::accumulate_scaled(*scaled, a_.line(), b_.line(), c, scale_of(a_scales), scale_of(b_scales));
        }
        return std::visit(
            [&](const auto& alternative) {
                using type = std::remove_cvref_t<decltype(alternative)>;
                if constexpr (std::is_same_v<type, promoted> || std::is_same_v<type, block_scaled>) {
                    return c;  // refused by the constructor, or returned above
                } else {
                    return detail::accumulate(alternative, a_.line(), b_.line(), c);
                }
            },
            acc_);
    }

private:
    static const any_format& valid(const any_format& format) {
        require_format(format);
        return format;
    }

    // Codes of one operand, taken apart; formats of up to 16 bits by a table.
    class decoded_line {
    public:
        explicit decoded_line(const any_format& format) : decode_(format) {
            const int bits = code_bits_of(format);
            for (std::uint32_t code = 0; bits <= 16 && code < 1U << bits; ++code) {
                table_.push_back(decode_(code));
            }
        }

        void load(std::span<const std::uint32_t> codes) {
            value_.resize(codes.size());
            significand_.resize(codes.size());
            exponent_.resize(codes.size());
            all_finite_ = true;
            for (std::size_t k = 0; k < codes.size(); ++k) {
                const detail::element_parts p =
                    table_.empty() ? decode_(codes[k]) : table_[codes[k] & (table_.size() - 1)];
                value_[k] = p.value;
                significand_[k] = p.significand;
                exponent_[k] = p.exponent;
                all_finite_ = all_finite_ && p.finite;
            }
        }

        detail::operand_line line() const {
            return {value_, significand_, exponent_, decode_.fraction_bits(), decode_.fixed_unit(), all_finite_};
        }

    private:
        detail::element_decoder decode_;
        std::vector<detail::element_parts> table_;
        std::vector<float> value_;
        std::vector<std::int32_t> significand_;
        std::vector<std::int32_t> exponent_;
        bool all_finite_ = true;
    };

    accumulator acc_;
    decoded_line a_;
    decoded_line b_;
};

}  // namespace narrowfp
