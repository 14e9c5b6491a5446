// SPDX-License-Identifier: Apache-2.0
// The scales of many blocks: what scaled_source of quant/quantize_reference.hpp does for one, with everything that does not
// depend on the block worked out once. The formulas stay in quant/scale_rule.hpp.
#pragma once

#include <narrowfp/quant/kernel/block_kernels.hpp>
#include <narrowfp/quant/quantization.hpp>
#include <narrowfp/round/kernel/converter.hpp>

#include <array>
#include <optional>

namespace narrowfp::kernel {

class block_scaler {
public:
    // `tensor_factor` is that of tensor_factor_of under two levels. Precondition: q.scale.method is not `none`.
    block_scaler(const quantization& q, float tensor_factor);

    // Of each block, from the pattern of its amax: the factor that its elements meet, and the code of its scale.
    void operator()(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes) const;

    scale_operation operation() const { return operation_; }

private:
    int power_exponent(std::uint32_t amax) const;
    void two_level(const std::uint32_t* amax, std::size_t count, float* factors, std::uint32_t* codes) const;

    quantization how_;
    scale_operation operation_ = scale_operation::multiply;
    float largest_ = 0;
    float tensor_factor_ = 1;
    // power_of_two: the exponent is that of amax minus `below`, and one more if its fraction is at least `from`.
    int below_ = 0;
    std::uint32_t from_ = 0;
    // two_level: the code of the wanted scale, and what becomes of it.
    std::optional<converter> to_code_;
    std::array<float, 256> factor_of_code_{};
};

}  // namespace narrowfp::kernel
