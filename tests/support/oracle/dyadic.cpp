// SPDX-License-Identifier: Apache-2.0
#include "dyadic.hpp"

#include <bit>
#include <stdexcept>

namespace narrowfp_oracle {

namespace {

// value * 2^shift as an integer of 64 bits.
std::uint64_t shifted(std::uint64_t value, int shift) {
    if (value == 0) {
        return 0;
    }
    if (shift < 0 || shift > std::countl_zero(value)) {
        throw std::overflow_error("oracle: a dyadic result needs more than 64 bits");
    }
    return value << shift;
}

// Largest index in [0, count) whose value is <= target. value_at is increasing and value_at(0) is zero.
template <class Index, class ValueAt>
Index last_at_or_below(Index count, const dyadic& target, ValueAt value_at) {
    Index low = 0;
    Index high = count;
    while (high - low > 1) {
        const Index middle = low + (high - low) / 2;
        if (compare_magnitudes(value_at(middle), target) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

}  // namespace

dyadic power_of_two(int exponent) { return {false, 1, exponent}; }

dyadic reduced(dyadic value) {
    if (value.is_zero()) {
        value.exponent = 0;
        return value;
    }
    while (value.significand % 2 == 0) {
        value.significand /= 2;
        ++value.exponent;
    }
    return value;
}

int floor_log2(const dyadic& value) {
    if (value.is_zero()) {
        throw std::invalid_argument("oracle: floor_log2 of zero");
    }
    return 63 - std::countl_zero(value.significand) + value.exponent;
}

std::strong_ordering compare_magnitudes(const dyadic& a, const dyadic& b) {
    if (a.is_zero() || b.is_zero()) {
        return !a.is_zero() <=> !b.is_zero();
    }
    const int log_a = floor_log2(a);
    const int log_b = floor_log2(b);
    if (log_a != log_b) {
        return log_a <=> log_b;
    }
    return (a.significand << std::countl_zero(a.significand)) <=> (b.significand << std::countl_zero(b.significand));
}

std::strong_ordering compare(const dyadic& a, const dyadic& b) {
    const bool a_negative = a.negative && !a.is_zero();
    const bool b_negative = b.negative && !b.is_zero();
    if (a_negative != b_negative) {
        return b_negative <=> a_negative;
    }
    return a_negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

dyadic sum_of_magnitudes(const dyadic& a, const dyadic& b) {
    if (a.is_zero() || b.is_zero()) {
        dyadic only = reduced(a.is_zero() ? b : a);
        only.negative = false;
        return only;
    }
    const dyadic x = reduced(a);
    const dyadic y = reduced(b);
    const int exponent = x.exponent < y.exponent ? x.exponent : y.exponent;
    const std::uint64_t p = shifted(x.significand, x.exponent - exponent);
    const std::uint64_t q = shifted(y.significand, y.exponent - exponent);
    if (p + q < p) {
        throw std::overflow_error("oracle: a dyadic result needs more than 64 bits");
    }
    return {false, p + q, exponent};
}

dyadic midpoint_of_magnitudes(const dyadic& a, const dyadic& b) {
    dyadic result = sum_of_magnitudes(a, b);
    result.exponent -= 1;
    return reduced(result);
}

dyadic product(const dyadic& a, const dyadic& b) {
    const dyadic x = reduced(a);
    const dyadic y = reduced(b);
    if (!x.is_zero() && y.significand > UINT64_MAX / x.significand) {
        throw std::overflow_error("oracle: a dyadic product needs more than 64 bits");
    }
    return {x.negative != y.negative, x.significand * y.significand, x.exponent + y.exponent};
}

dyadic value_of_double_bits(std::uint64_t bits) {
    const std::uint64_t magnitude = bits & ~double_sign_bit;
    if (magnitude >= double_infinity_bits) {
        throw std::invalid_argument("oracle: a NaN or an infinity has no dyadic value");
    }
    const std::uint64_t unit = std::uint64_t{1} << 52U;
    const auto field = static_cast<int>(magnitude / unit);
    const std::uint64_t fraction = magnitude % unit;
    return {bits != magnitude, field == 0 ? fraction : unit + fraction, (field == 0 ? 1 : field) - 1023 - 52};
}

dyadic value_of_float_bits(std::uint32_t bits) {
    const std::uint32_t magnitude = bits & ~float_sign_bit;
    if (magnitude >= float_infinity_bits) {
        throw std::invalid_argument("oracle: a NaN or an infinity has no dyadic value");
    }
    const std::uint32_t unit = std::uint32_t{1} << 23U;
    const auto field = static_cast<int>(magnitude / unit);
    const std::uint32_t fraction = magnitude % unit;
    return {bits != magnitude, field == 0 ? fraction : unit + fraction, (field == 0 ? 1 : field) - 127 - 23};
}

dyadic exact_value_of(double value) { return value_of_double_bits(std::bit_cast<std::uint64_t>(value)); }

dyadic exact_value_of(float value) { return value_of_float_bits(std::bit_cast<std::uint32_t>(value)); }

std::uint32_t float_at_or_below(const dyadic& value) {
    return last_at_or_below(float_infinity_bits, value, value_of_float_bits);
}

std::uint64_t double_at_or_below(const dyadic& value) {
    return last_at_or_below(double_infinity_bits, value, value_of_double_bits);
}

std::uint32_t first_float_from(const dyadic& value, bool strictly) {
    const std::uint32_t below = float_at_or_below(value);
    const bool exact = compare_magnitudes(value_of_float_bits(below), value) == 0;
    return exact && !strictly ? below : below + 1;
}

std::string to_text(const dyadic& value) {
    const dyadic shown = reduced(value);
    return (shown.negative ? "-" : "") + std::to_string(shown.significand) + " * 2^" + std::to_string(shown.exponent);
}

}  // namespace narrowfp_oracle
