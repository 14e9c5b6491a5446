// SPDX-License-Identifier: Apache-2.0
// An exact sum of binary numbers: a fixed-point register wide enough for every addend (Kulisch, "Computer Arithmetic and
// Validity", ch. 8). Nothing is ever rounded before the end; the order of the addends has no influence.
// For sums of unlimited range use Boost.Multiprecision (error/exact_product.hpp does for double).
#pragma once

#include <narrowfp/format/real.hpp>

#include <array>
#include <cstddef>

namespace narrowfp {

__extension__ using uint128 = unsigned __int128;
__extension__ using int128 = __int128;

// Addends are multiples of 2^MinExponent below 2^MaxExponent; up to 2^62 of them may be added.
template <int MinExponent, int MaxExponent>
class exact_sum {
    static_assert(MinExponent < MaxExponent, "narrowfp: exact_sum: MinExponent must be below MaxExponent");

public:
    // Adds (-1)^negative * significand * 2^exponent. Precondition: it is a multiple of 2^MinExponent below
    // 2^MaxExponent. Cost: three limbs and the carry.
    constexpr void add(bool negative, uint128 significand, int exponent) {
        if (significand == 0) {
            return;
        }
        const auto offset = static_cast<std::size_t>(exponent - MinExponent);
        std::size_t limb = offset / 64;
        const int shift = static_cast<int>(offset % 64);
        const auto low = static_cast<std::uint64_t>(significand);
        const auto high = static_cast<std::uint64_t>(significand >> 64);
        const std::array<std::uint64_t, 3> parts{low << shift, high << shift | (shift == 0 ? 0 : low >> (64 - shift)),
                                                 shift == 0 ? 0 : high >> (64 - shift)};
        std::uint64_t carry = 0;
        for (std::size_t part = 0; limb < limb_count && (part < parts.size() || carry != 0); ++part, ++limb) {
            const std::uint64_t addend = part < parts.size() ? parts[part] : 0;
            const std::uint64_t before = limbs_[limb];
            if (negative) {
                const std::uint64_t difference = before - addend;
                limbs_[limb] = difference - carry;
                carry = static_cast<std::uint64_t>(before < addend) | static_cast<std::uint64_t>(difference < carry);
            } else {
                const std::uint64_t total = before + addend;
                limbs_[limb] = total + carry;
                carry = static_cast<std::uint64_t>(total < before) | static_cast<std::uint64_t>(limbs_[limb] < total);
            }
        }
    }

    constexpr void add(const real& x) { add(x.negative, x.significand, x.exponent); }

    // The sum as a real: its 64 leading bits, sticky if there are more. Zero is positive.
    constexpr real result() const {
        std::array<std::uint64_t, limb_count> magnitude = limbs_;
        const bool negative = (limbs_[limb_count - 1] >> 63) != 0;
        if (negative) {  // two's complement
            std::uint64_t carry = 1;
            for (std::uint64_t& limb : magnitude) {
                limb = ~limb + carry;
                carry = static_cast<std::uint64_t>(carry != 0 && limb == 0);
            }
        }
        std::size_t top = limb_count;
        while (top > 0 && magnitude[top - 1] == 0) {
            --top;
        }
        if (top == 0) {
            return real::make_zero(false);
        }
        const int lead = std::countl_zero(magnitude[top - 1]);
        const std::uint64_t below = top > 1 ? magnitude[top - 2] : 0;
        const std::uint64_t significand = magnitude[top - 1] << lead | (lead == 0 ? 0 : below >> (64 - lead));
        bool sticky = lead == 0 ? below != 0 : (below << lead) != 0;
        for (std::size_t limb = 0; limb + 2 < top; ++limb) {
            sticky = sticky || magnitude[limb] != 0;
        }
        return real::make_finite(negative, significand, MinExponent + static_cast<int>(64 * (top - 1)) - lead, sticky);
    }

private:
    // 62 bits for carries and the sign, then up to whole limbs.
    static constexpr std::size_t limb_count = static_cast<std::size_t>(MaxExponent - MinExponent + 63) / 64 + 1;
    std::array<std::uint64_t, limb_count> limbs_{};
};

// Products of two binary32 numbers: multiples of 2^(2 * -149) below 2^256.
using exact_product_sum = exact_sum<-298, 256>;
// Products of two scaled elements, each the product of two binary32 numbers.
using exact_scaled_sum = exact_sum<-596, 512>;

}  // namespace narrowfp
