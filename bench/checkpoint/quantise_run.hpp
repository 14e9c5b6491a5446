// SPDX-License-Identifier: Apache-2.0
// Quantises and restores the elements of one block of a matrix, a run at a time: the values of dequantize(quantize(x))
// and the counts of the events, bit for bit, without storing codes. By table (step_table.hpp) where there is one, else
// by the library's own functions.
#pragma once

#include "checkpoint/step_table.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace narrowfp::bench {

struct run_events {
    std::uint64_t underflowed = 0;
    std::uint64_t saturated = 0;
    std::uint64_t subnormal = 0;

    run_events& operator+=(const run_events& other) {
        underflowed += other.underflowed;
        saturated += other.saturated;
        subnormal += other.subnormal;
        return *this;
    }
    friend bool operator==(const run_events&, const run_events&) = default;
};

// How the elements of a block meet its scale. `amax` is the largest finite magnitude of the block; two levels also need
// the factor of the tensor (tensor_factor_of).
struct block_scale {
    block_scale(float amax, const quantization& q, float tensor_factor = 1.0f);

    float_scale scale{};
    int exponent = 0;  // of a power-of-two scale
};

class quantiser {
public:
    // Throws as require_rounding.
    explicit quantiser(const quantization& q);

    const quantization& description() const { return q_; }

    // out[i] = what x[i] becomes. To be called in the default floating-point environment. Precondition: same lengths.
    run_events operator()(std::span<const float> x, const block_scale& s, std::span<float> out) const;

private:
    template <class Scaled>
    run_events by_table(std::span<const float> x, float restore, std::span<float> out, Scaled scaled) const;
    run_events by_projection(std::span<const float> x, const block_scale& s, std::span<float> out) const;

    quantization q_;
    std::optional<step_table> table_;
};

}  // namespace narrowfp::bench
