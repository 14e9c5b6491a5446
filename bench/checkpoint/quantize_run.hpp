// SPDX-License-Identifier: Apache-2.0
// Quantises and restores the elements of one block of a matrix, a run at a time: the values of dequantize(quantize(x))
// and the counts of the events, bit for bit, without storing codes. Uses a table (step_table.hpp) where there is one,
// else the library's own functions.
#pragma once

#include "checkpoint/step_table.hpp"

#include <narrowfp/quant/block_care.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

namespace narrowfp::bench {

// As in event_counts.
struct run_events {
    std::uint64_t underflowed = 0;
    std::uint64_t saturated = 0;
    std::uint64_t subnormal = 0;
    std::uint64_t restored_infinite = 0;
    std::uint64_t nan_by_scale = 0;
    std::uint64_t under_nan_scale = 0;  // NaN and infinities in blocks whose scale became NaN: not in `saturated`

    run_events& operator+=(const run_events& other) {
        underflowed += other.underflowed;
        saturated += other.saturated;
        subnormal += other.subnormal;
        restored_infinite += other.restored_infinite;
        nan_by_scale += other.nan_by_scale;
        under_nan_scale += other.under_nan_scale;
        return *this;
    }
    friend bool operator==(const run_events&, const run_events&) = default;
};

// The scale of a block and how it is applied to the elements. `amax` is the largest finite magnitude of the block,
// `has_nan` whether it holds a NaN; two levels also need the factor of the tensor (tensor_factor_of).
struct block_scale {
    template <host_float T>
    block_scale(T amax, const quantization& q, float tensor_factor = 1.0f, bool has_nan = false)
        : how(detail::block_scaling_of(amax, has_nan, q, tensor_factor)),
          apply(how.method == scale_method::power_of_two ? std::ldexp(1.0f, -how.exponent) : how.scale.apply),
          all_zero(amax == 0 && q.scale.fixed_factor == 0.0f) {}

    detail::block_scaling how;
    float apply;    // of every method
    bool all_zero;  // of the finite elements
};

class quantizer {
public:
    // Throws as require_rounding.
    explicit quantizer(const quantization& q);

    const quantization& description() const { return q_; }

    // out[i] = x[i] quantised and restored. Call it in the default floating-point environment. Precondition: same
    // lengths.
    run_events operator()(std::span<const float> x, const block_scale& s, std::span<float> out) const {
        return run(x, s, out);
    }
    run_events operator()(std::span<const double> x, const block_scale& s, std::span<float> out) const {
        return run(x, s, out);
    }

private:
    template <class T>
    run_events run(std::span<const T> x, const block_scale& s, std::span<float> out) const;
    template <class T>
    bool may_lose(std::span<const T> x, const block_scale& s) const;
    template <class T, class Scaled>
    run_events by_table(std::span<const T> x, float restore, std::span<float> out, Scaled scaled) const;
    template <class T>
    run_events by_projection(std::span<const T> x, const block_scale& s, std::span<float> out) const;

    quantization q_;
    detail::care_rule care_;
    std::optional<step_table> table_;
};

}  // namespace narrowfp::bench
