// SPDX-License-Identifier: Apache-2.0
// Accumulator descriptors: in which order, with which roundings, the products of a dot product are added. What each does
// is defined by gemm/accumulate.hpp and gemm/reference.hpp; here is only what can be chosen.
// A new accumulator is a descriptor here, an overload of `accumulate`, and an alternative of the variants below.
#pragma once

#include <narrowfp/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace narrowfp {

// The exact sum, rounded once to FP32.
struct exact {
    friend constexpr bool operator==(const exact&, const exact&) = default;
};

// acc = fma(a_k, b_k, acc) in T, k increasing. T = float.
template <class T>
struct sequential {
    friend constexpr bool operator==(const sequential&, const sequential&) = default;
};

enum class align_rounding : std::uint8_t { toward_zero, toward_negative };

enum class aligned_output : std::uint8_t {
    f32_toward_zero,  // 24 significant bits, truncated; overflow gives infinity
    e8m13_toward_zero,  // the same with 14 significant bits (the low 10 fraction bits of the FP32 result are zero)
    f16_ties_to_even,   // rounded to binary16 after every step
};

// A matrix unit that aligns `products` exact products and the addend to their largest exponent, keeps `fraction_bits`
// below it, adds exactly and rounds once per step: the "truncated fused dot-product-add" of NVIDIA tensor cores
// (Khattak & Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909). Steps take consecutive groups of k.
struct aligned {
    int products = 32;
    int fraction_bits = 13;
    align_rounding alignment = align_rounding::toward_zero;
    int zero_exponent = -133;  // exponent with which an exact zero takes part in the maximum
    aligned_output output = aligned_output::e8m13_toward_zero;
    std::uint32_t nan_pattern = 0x7FFFFFFF;  // FP32 pattern of every NaN result

    friend constexpr bool operator==(const aligned&, const aligned&) = default;
};

// The exact sum of products of fixed-point elements in a 32-bit integer, rounded once to FP32 (what INT8 units give), then
// added to the addend in FP32. Only for fixed-point operands, and for runs whose sum fits whatever the codes: fewer than
// 2^17 products of INT8.
struct int32_exact {
    friend constexpr bool operator==(const int32_exact&, const int32_exact&) = default;
};

using inner_accumulator = std::variant<sequential<float>, aligned, exact, int32_exact>;

// Partial sums of `interval` elements of k from a zero accumulator, each added to an FP32 total by one fma with its
// scale (DeepSeek-V3, arXiv 2412.19437, 3.3.2: interval 128).
struct promoted {
    inner_accumulator inner = sequential<float>{};
    std::size_t interval = 128;

    friend constexpr bool operator==(const promoted&, const promoted&) = default;
};

using accumulator = std::variant<sequential<float>, aligned, exact, int32_exact, promoted>;

inline std::string name_of(const sequential<float>&) { return "sequential"; }
inline std::string name_of(const exact&) { return "exact"; }
inline std::string name_of(const int32_exact&) { return "int32_exact"; }
inline std::string name_of(const aligned& a) {
    return "aligned(" + std::to_string(a.products) + "," + std::to_string(a.fraction_bits) + ")";
}
inline std::string name_of(const promoted& p) {
    return "promoted(" + std::visit([](const auto& inner) { return name_of(inner); }, p.inner) + "," +
           std::to_string(p.interval) + ")";
}
inline std::string name_of(const accumulator& a) {
    return std::visit([](const auto& alternative) { return name_of(alternative); }, a);
}

}  // namespace narrowfp
