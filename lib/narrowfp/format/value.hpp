// SPDX-License-Identifier: Apache-2.0
// The value type of a format: one code, with value semantics. from_bits and bits() are the only door to codes.
// Conversion to float is implicit because it is exact for every format; construction from another number rounds and is
// therefore explicit (default rounding of the format, overflow `none`: defined in round/construct.hpp, which also has the
// arithmetic). Comparison is IEEE 754's: NaN is unordered, -0 equals +0.
#pragma once

#include <narrowfp/format/element_format.hpp>
#include <narrowfp/format/valid_format.hpp>

#include <compare>

namespace narrowfp {

template <const auto& F>
    requires element_format<std::remove_cvref_t<decltype(F)>>
class value {
    static_assert(detail::valid_format<F>::holds, "narrowfp: this format descriptor breaks the rule named above");

public:
    using bits_type = code_type<F>;
    static constexpr const auto& format = F;

    constexpr value() = default;  // code 0

    // Rounded from the exact input (never through a narrower type).
    explicit constexpr value(float x);
    explicit constexpr value(double x);
    template <std::integral Integer>
        requires(!std::same_as<Integer, bool>)
    explicit constexpr value(Integer x);

    // Precondition: bits < 2^code_bits.
    static constexpr value from_bits(bits_type bits) {
        value v;
        v.bits_ = bits;
        return v;
    }
    constexpr bits_type bits() const { return bits_; }

    constexpr real exact() const { return F.decode(bits_); }
    constexpr operator float() const { return nearest_host<float>(exact()); }

    // In double no value is subnormal, so a caller's denormals-are-zero setting cannot make two values equal.
    friend constexpr bool operator==(value a, value b) { return a.as_double() == b.as_double(); }
    friend constexpr std::partial_ordering operator<=>(value a, value b) { return a.as_double() <=> b.as_double(); }

private:
    constexpr double as_double() const { return nearest_host<double>(exact()); }

    bits_type bits_ = 0;
};

template <class T>
inline constexpr bool is_value = false;
template <const auto& F>
inline constexpr bool is_value<value<F>> = true;

}  // namespace narrowfp
