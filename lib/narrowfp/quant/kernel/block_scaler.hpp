// SPDX-License-Identifier: Apache-2.0
// The scales of many blocks: what block_scaling_of of quant/quantize_reference.hpp does for one, with everything that does not
// depend on the block worked out once. The formulas stay in quant/scale_rule.hpp.
#pragma once

#include <narrowfp/quant/block_care.hpp>
#include <narrowfp/quant/kernel/block_kernels.hpp>
#include <narrowfp/quant/quantization.hpp>
#include <narrowfp/round/kernel/converter.hpp>

#include <array>
#include <optional>

namespace narrowfp::kernel {

using narrowfp::detail::block_care;
using narrowfp::detail::care_rule;
using narrowfp::detail::nan_mark;

class block_scaler {
public:
    // `tensor_factor` is that of tensor_factor_of under two levels. Precondition: q.scale.method is not `none`.
    block_scaler(const quantization& q, float tensor_factor);

    // Of each block, from the pattern of its amax (marked if the block holds a NaN): the factor that its elements meet,
    // the code of its scale, and the care that it needs. Returns whether any block needs care.
    bool operator()(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes,
                    block_care* care) const;

    scale_operation operation() const { return operation_; }

private:
    int power_exponent(std::uint32_t amax) const;
    void scale(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes,
               block_care* care) const;
    void two_level(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes,
                   block_care* care) const;

    quantization how_;
    care_rule care_;
    scale_operation operation_ = scale_operation::multiply;
    float largest_ = 0;
    float tensor_factor_ = 1;
    // power_of_two: the exponent is that of amax minus `below`, and one more if its fraction is at least `from`.
    int below_ = 0;
    std::uint32_t from_ = 0;
    std::array<block_care, 255> care_of_exponent_{};  // -127 to 127
    // two_level: the code of the wanted scale, and what becomes of it.
    std::optional<converter> to_code_;
    std::array<float, 256> factor_of_code_{};
    std::array<block_care, 256> care_of_code_{};
};

}  // namespace narrowfp::kernel
