// SPDX-License-Identifier: Apache-2.0
#include "round.hpp"

#include <bit>
#include <stdexcept>
#include <string>

namespace narrowfp_oracle {

namespace {

std::uint32_t with_sign(const format& f, std::uint32_t code, bool negative) {
    if (f.twos_complement && negative && code != 0) {
        return 2 * f.sign_mask - code;
    }
    return negative ? code | f.sign_mask : code;
}

bool is_odd(const format& f, std::uint32_t code) { return (code >> static_cast<unsigned>(f.code_shift)) % 2 == 1; }

// A negative number that an unsigned format cannot hold.
std::uint32_t below_range(const format& f, overflow o) {
    return o == overflow::none ? *f.nan_code : magnitude_at(f, 0).code;
}

// Beyond the largest finite value, saturation aside, with a rounding that does not hold the number back.
std::uint32_t outward(const format& f, bool negative) {
    switch (f.beyond_max) {
        case overflow_result::infinity: return with_sign(f, *f.infinity_code, negative);
        case overflow_result::nan: return round_nan(f, negative);
        case overflow_result::max_finite: break;
    }
    return with_sign(f, f.max_code, negative);
}

std::uint32_t finite_overflow(const format& f, bool negative, rounding r, overflow o) {
    const bool inward = r == rounding::toward_zero || (r == rounding::toward_negative && !negative) ||
                        (r == rounding::toward_positive && negative) ||
                        (r == rounding::to_odd && is_odd(f, f.max_code));
    if (o != overflow::none || inward) {
        return with_sign(f, f.max_code, negative);
    }
    return outward(f, negative);
}

// Whether |x|, strictly between the neighbours lower and upper, goes to upper.
bool goes_up(const dyadic& x, const dyadic& lower, const dyadic& upper, bool lower_is_odd, rounding r) {
    const std::strong_ordering side = compare_magnitudes(x, midpoint_of_magnitudes(lower, upper));
    switch (r) {
        case rounding::ties_to_even: return side > 0 || (side == 0 && lower_is_odd);
        case rounding::ties_to_away: return side >= 0;
        case rounding::toward_zero: return false;
        case rounding::toward_positive: return !x.negative;
        case rounding::toward_negative: return x.negative;
        case rounding::to_odd: return !lower_is_odd;
    }
    throw std::invalid_argument("oracle: not a rounding");
}

}  // namespace

const char* name_of(rounding r) {
    constexpr std::array names = {"ties_to_even",    "ties_to_away",    "toward_zero",
                                  "toward_positive", "toward_negative", "to_odd"};
    return names.at(static_cast<std::size_t>(r));
}

const char* name_of(overflow o) {
    constexpr std::array names = {"none", "saturate_finite", "saturate_propagate"};
    return names.at(static_cast<std::size_t>(o));
}

bool is_defined(const format& f, rounding r) { return !f.ties_to_away_only || r == rounding::ties_to_away; }

std::uint32_t round_nan(const format& f, bool negative) {
    if (!f.nan_code) {
        return f.max_code;
    }
    return with_sign(f, *f.nan_code, negative && f.nan_has_sign);
}

std::uint32_t round_infinity(const format& f, bool negative, overflow o) {
    if (negative && f.sign_mask == 0) {
        return below_range(f, o);
    }
    return o == overflow::saturate_finite ? with_sign(f, f.max_code, negative) : outward(f, negative);
}

std::uint32_t round_exact(const format& f, const dyadic& x, rounding r, overflow o) {
    if (!is_defined(f, r)) {
        throw std::invalid_argument("oracle: " + f.name + " does not define " + name_of(r));
    }
    const bool cannot_be_negative = x.negative && f.sign_mask == 0;
    if (!f.has_zero && (x.is_zero() || x.negative)) {
        return below_range(f, o);
    }
    const auto below = rank_at_or_below(f, x);
    if (!below) {
        return magnitude_at(f, 0).code;
    }
    magnitude chosen = magnitude_at(f, *below);
    if (compare_magnitudes(chosen.value, x) != 0) {
        const bool last = *below + 1 == magnitude_count(f);
        const dyadic upper = last ? f.beyond_max_value : magnitude_at(f, *below + 1).value;
        const bool beyond = last && compare_magnitudes(x, upper) >= 0;
        if (beyond || goes_up(x, chosen.value, upper, is_odd(f, chosen.code), r)) {
            if (last) {
                return cannot_be_negative ? below_range(f, o) : finite_overflow(f, x.negative, r, o);
            }
            chosen = magnitude_at(f, *below + 1);
        }
    }
    if (chosen.value.is_zero()) {
        return with_sign(f, chosen.code, x.negative && f.has_negative_zero);
    }
    return cannot_be_negative ? below_range(f, o) : with_sign(f, chosen.code, x.negative);
}

std::uint32_t round_double_bits(const format& f, std::uint64_t bits, rounding r, overflow o) {
    if (!is_defined(f, r)) {
        throw std::invalid_argument("oracle: " + f.name + " does not define " + name_of(r));
    }
    const std::uint64_t magnitude_bits = bits & ~double_sign_bit;
    const bool negative = bits != magnitude_bits;
    if (magnitude_bits > double_infinity_bits) {
        return round_nan(f, negative);
    }
    if (magnitude_bits == double_infinity_bits) {
        return round_infinity(f, negative, o);
    }
    return round_exact(f, value_of_double_bits(bits), r, o);
}

std::uint32_t round_float_bits(const format& f, std::uint32_t bits, rounding r, overflow o) {
    if (!is_defined(f, r)) {
        throw std::invalid_argument("oracle: " + f.name + " does not define " + name_of(r));
    }
    const std::uint32_t magnitude_bits = bits & ~float_sign_bit;
    const bool negative = bits != magnitude_bits;
    if (magnitude_bits > float_infinity_bits) {
        return round_nan(f, negative);
    }
    if (magnitude_bits == float_infinity_bits) {
        return round_infinity(f, negative, o);
    }
    return round_exact(f, value_of_float_bits(bits), r, o);
}

std::uint32_t round(const format& f, double x, rounding r, overflow o) {
    return round_double_bits(f, std::bit_cast<std::uint64_t>(x), r, o);
}

}  // namespace narrowfp_oracle
