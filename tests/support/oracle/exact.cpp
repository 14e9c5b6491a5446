// SPDX-License-Identifier: Apache-2.0
#include "exact.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <boost/multiprecision/cpp_int.hpp>

namespace narrowfp_oracle {

namespace {

using boost::multiprecision::cpp_int;

// mantissa * 2^exponent.
struct scaled {
    cpp_int mantissa;
    int exponent = 0;
};

cpp_int shifted_left(const cpp_int& value, int count) { return value << static_cast<unsigned>(count); }

scaled to_scaled(const dyadic& value) {
    cpp_int mantissa = value.significand;
    return {value.negative ? cpp_int(-mantissa) : mantissa, value.exponent};
}

scaled to_scaled(const exact_value& value) {
    cpp_int mantissa = 0;  // import_bits reads before the start when there are no limbs
    for (std::size_t i = value.limbs.size(); i > 0; --i) {
        mantissa = (mantissa << 32U) + value.limbs[i - 1];
    }
    return {value.negative ? cpp_int(-mantissa) : mantissa, value.exponent};
}

exact_value to_exact_value(const scaled& value) {
    exact_value result;
    if (value.mantissa == 0) {
        return result;
    }
    result.negative = value.mantissa < 0;
    cpp_int mantissa = abs(value.mantissa);
    const auto zeros = lsb(mantissa);
    mantissa >>= zeros;
    result.exponent = value.exponent + static_cast<int>(zeros);
    export_bits(mantissa, std::back_inserter(result.limbs), 32, false);
    return result;
}

scaled sum(const scaled& a, const scaled& b) {
    if (a.mantissa == 0) {
        return b;
    }
    if (b.mantissa == 0) {
        return a;
    }
    const int exponent = std::min(a.exponent, b.exponent);
    return {shifted_left(a.mantissa, a.exponent - exponent) + shifted_left(b.mantissa, b.exponent - exponent),
            exponent};
}

// A binary interchange format with `fractions` stored fraction bits and normal exponents from `lowest` to `highest`.
struct target {
    int fractions;
    int lowest;
    int highest;
};
constexpr target binary32{23, -126, 127};
constexpr target binary64{52, -1022, 1023};

// Returns the pattern without the sign: the nearest multiple of the unit of the binade, counted in units of its
// pattern.
std::uint64_t nearest_pattern(const scaled& value, const target& to) {
    const std::uint64_t per_binade = std::uint64_t{1} << static_cast<unsigned>(to.fractions);
    const std::uint64_t infinity = static_cast<std::uint64_t>(to.highest - to.lowest + 2) * per_binade;
    const cpp_int magnitude = abs(value.mantissa);
    if (magnitude == 0) {
        return 0;
    }
    const int binade = std::max(static_cast<int>(msb(magnitude)) + value.exponent, to.lowest);
    if (binade > to.highest) {
        return infinity;
    }
    // magnitude * 2^exponent = (numerator / denominator) * 2^(binade - fractions)
    const int shift = value.exponent - (binade - to.fractions);
    const cpp_int numerator = shift > 0 ? shifted_left(magnitude, shift) : magnitude;
    const cpp_int denominator = shift < 0 ? shifted_left(1, -shift) : cpp_int(1);
    cpp_int quotient;
    cpp_int remainder;
    divide_qr(numerator, denominator, quotient, remainder);
    const cpp_int twice = 2 * remainder;
    if (twice > denominator || (twice == denominator && quotient % 2 == 1)) {
        ++quotient;
    }
    // A normal quotient carries the implicit bit, hence binade - lowest whole binades and the quotient; a quotient that
    // was rounded up to the next power of two lands on the next binade, past the last one on infinity.
    const std::uint64_t below = static_cast<std::uint64_t>(binade - to.lowest) * per_binade;
    return std::min(infinity, below + static_cast<std::uint64_t>(quotient));
}

float float_from(const scaled& value) {
    const auto magnitude = static_cast<std::uint32_t>(nearest_pattern(value, binary32));
    return std::bit_cast<float>(value.mantissa < 0 ? magnitude | float_sign_bit : magnitude);
}

double double_from(const scaled& value) {
    const std::uint64_t magnitude = nearest_pattern(value, binary64);
    return std::bit_cast<double>(value.mantissa < 0 ? magnitude | double_sign_bit : magnitude);
}

// What a pattern is, without floating-point comparisons (a processor mode may flush subnormals).
struct parts {
    explicit parts(float x)
        : bits(std::bit_cast<std::uint32_t>(x)),
          magnitude_bits(bits & ~float_sign_bit),
          negative(bits != magnitude_bits) {}

    [[nodiscard]] bool nan() const { return magnitude_bits > float_infinity_bits; }
    [[nodiscard]] bool infinite() const { return magnitude_bits == float_infinity_bits; }
    [[nodiscard]] bool zero() const { return magnitude_bits == 0; }

    std::uint32_t bits;
    std::uint32_t magnitude_bits;
    bool negative;
};

void expect_equal_lengths(std::size_t a, std::size_t b) {
    if (a != b) {
        throw std::invalid_argument("oracle: a has " + std::to_string(a) + " elements, b has " + std::to_string(b));
    }
}

}  // namespace

exact_value to_exact(const dyadic& value) { return to_exact_value(to_scaled(value)); }

exact_value add(const exact_value& a, const exact_value& b) { return to_exact_value(sum(to_scaled(a), to_scaled(b))); }

exact_value subtract(const exact_value& a, const exact_value& b) {
    scaled minus = to_scaled(b);
    minus.mantissa = -minus.mantissa;
    return to_exact_value(sum(to_scaled(a), minus));
}

exact_value multiply(const exact_value& a, const exact_value& b) {
    const scaled x = to_scaled(a);
    const scaled y = to_scaled(b);
    return to_exact_value({x.mantissa * y.mantissa, x.exponent + y.exponent});
}

exact_value absolute(exact_value a) {
    a.negative = false;
    return a;
}

std::strong_ordering compare(const exact_value& a, const exact_value& b) {
    const exact_value difference = subtract(a, b);
    if (difference.is_zero()) {
        return std::strong_ordering::equal;
    }
    return difference.negative ? std::strong_ordering::less : std::strong_ordering::greater;
}

exact_value exact_dot(std::span<const dyadic> a, std::span<const dyadic> b, const dyadic& c) {
    expect_equal_lengths(a.size(), b.size());
    int unit = c.is_zero() ? std::numeric_limits<int>::max() : c.exponent;
    for (std::size_t k = 0; k < a.size(); ++k) {
        if (!a[k].is_zero() && !b[k].is_zero()) {
            unit = std::min(unit, a[k].exponent + b[k].exponent);
        }
    }
    cpp_int total = c.is_zero() ? cpp_int(0) : shifted_left(to_scaled(c).mantissa, c.exponent - unit);
    for (std::size_t k = 0; k < a.size(); ++k) {
        if (!a[k].is_zero() && !b[k].is_zero()) {
            const cpp_int term = to_scaled(a[k]).mantissa * to_scaled(b[k]).mantissa;
            total += shifted_left(term, a[k].exponent + b[k].exponent - unit);
        }
    }
    return to_exact_value({total, unit});
}

exact_value exact_dot(std::span<const float> a, std::span<const float> b, float c) {
    std::vector<dyadic> x;
    std::vector<dyadic> y;
    for (const float value : a) {
        x.push_back(exact_value_of(value));
    }
    for (const float value : b) {
        y.push_back(exact_value_of(value));
    }
    return exact_dot(x, y, exact_value_of(c));
}

float to_float(const exact_value& value) { return float_from(to_scaled(value)); }

double to_double(const exact_value& value) { return double_from(to_scaled(value)); }

float fused_multiply_add(float a, float b, float c) {
    const parts x(a);
    const parts y(b);
    const parts z(c);
    const float nan = std::bit_cast<float>(0x7FC00000U);
    const bool product_negative = x.negative != y.negative;
    if (x.nan() || y.nan() || z.nan() || (x.infinite() && y.zero()) || (x.zero() && y.infinite())) {
        return nan;
    }
    if (x.infinite() || y.infinite()) {
        const std::uint32_t bits = float_infinity_bits | (product_negative ? float_sign_bit : 0U);
        return z.infinite() && z.negative != product_negative ? nan : std::bit_cast<float>(bits);
    }
    if (z.infinite()) {
        return c;
    }
    if ((x.zero() || y.zero()) && z.zero()) {  // a sum of two zeros is -0 only if both are
        return std::bit_cast<float>(product_negative && z.negative ? float_sign_bit : 0U);
    }
    const scaled p = to_scaled(exact_value_of(a));
    const scaled q = to_scaled(exact_value_of(b));
    return float_from(sum({p.mantissa * q.mantissa, p.exponent + q.exponent}, to_scaled(exact_value_of(c))));
}

float fma_chain(std::span<const float> a, std::span<const float> b, float c) {
    expect_equal_lengths(a.size(), b.size());
    float accumulator = c;
    for (std::size_t k = 0; k < a.size(); ++k) {
        accumulator = fused_multiply_add(a[k], b[k], accumulator);
    }
    return accumulator;
}

std::string to_text(const exact_value& value) {
    std::ostringstream text;
    text << (value.negative ? "-" : "") << std::hex << std::showbase << abs(to_scaled(value).mantissa) << std::dec
         << " * 2^" << value.exponent;
    return text.str();
}

}  // namespace narrowfp_oracle
