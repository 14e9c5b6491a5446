// SPDX-License-Identifier: Apache-2.0
// Exact dot products as integer * 2^exponent of any size, their correctly rounded conversion to FP32 and FP64 (nearest,
// ties to even, subnormals, overflow to infinity; independent of round.hpp), and the sequential FP32 chain of fused
// multiply-adds computed in exact integers. Boost.Multiprecision stays behind the header.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dyadic.hpp"

namespace narrowfp_oracle {

// (-1)^negative * (sum of limbs[i] * 2^(32 i)) * 2^exponent; no limbs: zero, which is never negative. The integer is
// odd.
struct exact_value {
    bool negative = false;
    std::vector<std::uint32_t> limbs;
    int exponent = 0;

    [[nodiscard]] bool is_zero() const { return limbs.empty(); }
    friend bool operator==(const exact_value&, const exact_value&) = default;
};

[[nodiscard]] exact_value to_exact(const dyadic& value);
[[nodiscard]] exact_value add(const exact_value& a, const exact_value& b);
[[nodiscard]] exact_value subtract(const exact_value& a, const exact_value& b);
[[nodiscard]] exact_value multiply(const exact_value& a, const exact_value& b);
[[nodiscard]] exact_value absolute(exact_value a);
[[nodiscard]] std::strong_ordering compare(const exact_value& a, const exact_value& b);

// Returns c + sum of a[k] * b[k], exactly. Throws std::invalid_argument when the lengths differ.
[[nodiscard]] exact_value exact_dot(std::span<const dyadic> a, std::span<const dyadic> b, const dyadic& c = {});

// The same for finite FP32 operands. Throws std::invalid_argument for NaN and infinities too.
[[nodiscard]] exact_value exact_dot(std::span<const float> a, std::span<const float> b, float c = 0.0F);

// The nearest FP32 (FP64) number, ties to even. A nonzero value that rounds to zero keeps its sign.
[[nodiscard]] float to_float(const exact_value& value);
[[nodiscard]] double to_double(const exact_value& value);

// Returns a * b + c with one rounding, as IEEE 754 fusedMultiplyAdd in ties_to_even; every NaN is 0x7FC00000.
[[nodiscard]] float fused_multiply_add(float a, float b, float c);

// Returns acc after acc = fused_multiply_add(a[k], b[k], acc) for k = 0, 1, ..., from acc = c.
// Throws std::invalid_argument when the lengths differ.
[[nodiscard]] float fma_chain(std::span<const float> a, std::span<const float> b, float c);

// For messages: "-0x1f * 2^-4".
[[nodiscard]] std::string to_text(const exact_value& value);

}  // namespace narrowfp_oracle
