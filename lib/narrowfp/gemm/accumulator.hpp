// SPDX-License-Identifier: Apache-2.0
// Accumulator descriptors: in which order, with which roundings, the products of a dot product are added. What each
// does is defined by gemm/accumulate.hpp and gemm/reference.hpp; this header only has the descriptors. Names:
// gemm/accumulator_name.hpp. A new accumulator is a descriptor here and an alternative of the variants; code that does
// not handle it yet does not compile.
#pragma once

#include <narrowfp/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace narrowfp {

// The unit whose accumulator a descriptor is (accumulator_of writes it; "" for one described by hand): gemm refuses
// operands to which that unit applies another rule. It changes no result, so neither names nor equality include it.
struct unit_mark {
    std::string_view unit{};

    friend constexpr bool operator==(const unit_mark&, const unit_mark&) { return true; }
};

// The exact sum, rounded once to FP32.
struct exact {
    static constexpr std::string_view kind = "exact";

    friend constexpr bool operator==(const exact&, const exact&) = default;
};

// acc = fma(a_k, b_k, acc) in T, k increasing. T = float.
template <class T>
struct sequential {
    static constexpr std::string_view kind = "sequential";

    friend constexpr bool operator==(const sequential&, const sequential&) = default;
};

enum class align_rounding : std::uint8_t { toward_zero, toward_negative };

enum class aligned_output : std::uint8_t {
    f32_toward_zero,    // 24 significant bits, truncated; overflow gives infinity
    e8m13_toward_zero,  // the same with 14 significant bits (the low 10 fraction bits of the FP32 result are zero)
    f16_ties_to_even,   // rounded to binary16 after every step
};

// A matrix unit that aligns `products` exact products and the addend to their largest exponent, keeps `fraction_bits`
// below it, adds exactly and rounds once per step: the "truncated fused dot-product-add" of NVIDIA tensor cores
// (Khattak & Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909). Steps take consecutive groups of k.
struct aligned {
    static constexpr std::string_view kind = "aligned";

    int products = 32;
    int fraction_bits = 13;
    align_rounding alignment = align_rounding::toward_zero;
    int zero_exponent = -133;  // exponent with which an exact zero takes part in the maximum
    aligned_output output = aligned_output::e8m13_toward_zero;
    std::uint32_t nan_pattern = 0x7FFFFFFF;  // FP32 pattern of every NaN result
    unit_mark of{};

    friend constexpr bool operator==(const aligned&, const aligned&) = default;
};

// The exact sum of products of fixed-point elements in a 32-bit integer, rounded once to FP32 (what INT8 units give),
// then added to the addend in FP32. Only for fixed-point operands, and for runs whose sum fits whatever the codes:
// fewer than 2^17 products of INT8.
struct int32_exact {
    static constexpr std::string_view kind = "int32_exact";

    friend constexpr bool operator==(const int32_exact&, const int32_exact&) = default;
};

// 8-bit operands that a compiler widens to FP16 because the instruction does not reach the FP8 unit (mma.sync on Hopper
// and B200): blocks of 32 elements of k, each two steps of 16 from a zero accumulator, over k = 4t, 4t+1 and then over
// k = 4t+2, 4t+3; the addend is added last, ties to even, in FP32 or, if the steps give FP16, in FP16. Found by search
// on published outputs (MATLAB-tensor-core) and confirmed on others.
struct widened {
    static constexpr std::string_view kind = "widened";

    aligned step;

    friend constexpr bool operator==(const widened&, const widened&) = default;
};

// Groups of `products` products and the addend, summed exactly and rounded once to FP32, ties to even (CDNA1, MMA-Sim).
struct exact_groups {
    static constexpr std::string_view kind = "exact_groups";

    int products = 4;
    unit_mark of{};

    friend constexpr bool operator==(const exact_groups&, const exact_groups&) = default;
};

// CDNA2 (MMA-Sim): no subnormal numbers on any side; products rounded to FP32, groups of 2 or 4 of them added in pairs,
// then to the accumulator, each time ties to even.
struct cdna2 {
    static constexpr std::string_view kind = "cdna2";

    int products = 4;
    unit_mark of{};

    friend constexpr bool operator==(const cdna2&, const cdna2&) = default;
};

// CDNA3 (MMA-Sim): products truncated to 24 fraction bits below the largest of them, the addend and their sum cut
// toward minus infinity, ties to even at the end. `two_sums` (FP8): products of even and of odd index are aligned
// apart.
struct cdna3 {
    static constexpr std::string_view kind = "cdna3";

    int products = 8;
    bool two_sums = false;
    unit_mark of{};

    friend constexpr bool operator==(const cdna3&, const cdna3&) = default;
};

// Inside a promotion, or alone.
using inner_accumulator =
    std::variant<sequential<float>, aligned, exact, int32_exact, widened, exact_groups, cdna2, cdna3>;

// Partial sums of `interval` elements of k from a zero accumulator, each added to an FP32 total by one fma with its
// scale (DeepSeek-V3, arXiv 2412.19437, 3.3.2: interval 128).
struct promoted {
    static constexpr std::string_view kind = "promoted";

    inner_accumulator inner = sequential<float>{};
    std::size_t interval = 128;

    friend constexpr bool operator==(const promoted&, const promoted&) = default;
};

enum class block_scale : std::uint8_t { e8m0, e4m3 };

// A unit that takes the scales of blocks inside (Blackwell; MMA-Sim). group = 1: aligned, with the exponents of both
// scales added to that of each product. group > 1 (E2M1): so many products are summed exactly and times both scales are
// one term, aligned by the exponents of the scales alone. The addend is not scaled; FP32 toward zero.
struct block_scaled {
    static constexpr std::string_view kind = "block_scaled";

    int products = 32;
    int group = 1;
    int block = 32;  // elements of k with one scale of each operand
    block_scale scale = block_scale::e8m0;
    int fraction_bits = 25;
    int zero_exponent = -133;
    unit_mark of{};

    friend constexpr bool operator==(const block_scaled&, const block_scaled&) = default;
};

using accumulator = std::variant<sequential<float>, aligned, exact, int32_exact, widened, exact_groups, cdna2, cdna3,
                                 promoted, block_scaled>;

namespace detail {
template <class T, class Variant>
inline constexpr bool is_alternative = false;
template <class T, class... Alternatives>
inline constexpr bool is_alternative<T, std::variant<Alternatives...>> = (std::is_same_v<T, Alternatives> || ...);
}  // namespace detail

// The alternatives, for functions that take one of them. A visitor whose branches end with one of these two, and not
// with "anything else", fails to compile for an alternative that it does not handle.
template <class T>
concept accumulator_kind = detail::is_alternative<T, accumulator>;
template <class T>
concept inner_accumulator_kind = detail::is_alternative<T, inner_accumulator>;

// `acc` with promotion every `interval` elements of k; 0: as it is. Throws std::invalid_argument if it is promoted
// already or takes its scales inside.
inline accumulator with_promotion(const accumulator& acc, std::size_t interval) {
    if (interval == 0) {
        return acc;
    }
    return std::visit(
        [&](const auto& alternative) -> accumulator {
            using type = std::remove_cvref_t<decltype(alternative)>;
            if constexpr (inner_accumulator_kind<type>) {
                return promoted{alternative, interval};
            } else {
                static_assert(std::is_same_v<type, promoted> || std::is_same_v<type, block_scaled>);
                throw std::invalid_argument("accumulator " + std::string(type::kind) + " cannot be promoted");
            }
        },
        acc);
}

}  // namespace narrowfp
