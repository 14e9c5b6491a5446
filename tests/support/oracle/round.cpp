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

bool points_inward(const format& f, bool negative, rounding r) {
    return r == rounding::toward_zero || (r == rounding::toward_negative && !negative) ||
           (r == rounding::toward_positive && negative) || (r == rounding::to_odd && is_odd(f, f.max_code));
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

// The same by chance.
bool goes_up(const dyadic& x, const dyadic& lower, const dyadic& upper, stochastic s, int n, std::uint32_t random) {
    const auto steps_from_lower = [&](std::uint64_t half_steps) {  // lower + gap * half_steps / 2^(n+1)
        int gap_exponent = floor_log2(upper);  // the gap is a power of two in every format: found by trying
        while (compare_magnitudes(sum_of_magnitudes(lower, power_of_two(gap_exponent)), upper) > 0) {
            --gap_exponent;
        }
        return sum_of_magnitudes(lower, {false, half_steps, gap_exponent - (n + 1)});
    };
    const std::uint64_t all = std::uint64_t{1} << static_cast<unsigned>(n);
    switch (s) {
        case stochastic::a: return compare_magnitudes(x, steps_from_lower(2 * (all - random))) >= 0;
        case stochastic::b: return compare_magnitudes(x, steps_from_lower(2 * (all - random) - 1)) >= 0;
        case stochastic::c: {
            const std::strong_ordering side = compare_magnitudes(x, steps_from_lower(2 * (all - random) - 1));
            return side > 0 || (side == 0 && (all - random) % 2 == 0);
        }
    }
    throw std::invalid_argument("oracle: not a stochastic rounding");
}

// Rounds a finite number: up(lower, upper, lower_is_odd) decides between two neighbours, inward whether an overflow
// stays at the largest finite value.
template <class Up>
std::uint32_t round_finite(const format& f, const dyadic& x, overflow o, bool inward, Up up) {
    const bool cannot_be_negative = x.negative && f.sign_mask == 0;
    if (!f.has_zero && (x.is_zero() || x.negative)) {
        return below_range(f, o);
    }
    if (f.flushes && compare_magnitudes(x, power_of_two(f.minimum_exponent)) < 0) {
        return with_sign(f, 0, x.negative);
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
        if (beyond || up(chosen.value, upper, is_odd(f, chosen.code))) {
            if (last) {
                return cannot_be_negative              ? below_range(f, o)
                       : o != overflow::none || inward ? with_sign(f, f.max_code, x.negative)
                                                       : outward(f, x.negative);
            }
            chosen = magnitude_at(f, *below + 1);
        }
    }
    if (chosen.value.is_zero()) {
        return with_sign(f, chosen.code, x.negative && f.has_negative_zero);
    }
    return cannot_be_negative ? below_range(f, o) : with_sign(f, chosen.code, x.negative);
}

// Sends NaN, infinities and numbers given by their bits to where they belong.
template <class Bits, class Finite>
std::uint32_t round_bits(const format& f, Bits bits, Bits sign, Bits infinity, overflow o, Finite finite) {
    const Bits magnitude_bits = bits & ~sign;
    const bool negative = bits != magnitude_bits;
    if (magnitude_bits > infinity) {
        return round_nan(f, negative);
    }
    return magnitude_bits == infinity ? round_infinity(f, negative, o) : finite();
}

void require_defined(const format& f, rounding r) {
    if (!is_defined(f, r)) {
        throw std::invalid_argument("oracle: " + f.name + " does not define " + name_of(r));
    }
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
    require_defined(f, r);
    return round_finite(f, x, o, points_inward(f, x.negative, r),
                        [&](const dyadic& lower, const dyadic& upper, bool lower_is_odd) {
                            return goes_up(x, lower, upper, lower_is_odd, r);
                        });
}

std::uint32_t round_exact(const format& f, const dyadic& x, stochastic s, int n, std::uint32_t random, overflow o) {
    return round_finite(f, x, o, false, [&](const dyadic& lower, const dyadic& upper, bool) {
        return goes_up(x, lower, upper, s, n, random);
    });
}

std::uint32_t round_double_bits(const format& f, std::uint64_t bits, rounding r, overflow o) {
    require_defined(f, r);
    return round_bits(f, bits, double_sign_bit, double_infinity_bits, o,
                      [&] { return round_exact(f, value_of_double_bits(bits), r, o); });
}

std::uint32_t round_float_bits(const format& f, std::uint32_t bits, rounding r, overflow o) {
    require_defined(f, r);
    return round_bits(f, bits, float_sign_bit, float_infinity_bits, o,
                      [&] { return round_exact(f, value_of_float_bits(bits), r, o); });
}

std::uint32_t round_double_bits(const format& f, std::uint64_t bits, stochastic s, int n, std::uint32_t random,
                                overflow o) {
    return round_bits(f, bits, double_sign_bit, double_infinity_bits, o,
                      [&] { return round_exact(f, value_of_double_bits(bits), s, n, random, o); });
}

std::uint32_t round_float_bits(const format& f, std::uint32_t bits, stochastic s, int n, std::uint32_t random,
                               overflow o) {
    return round_bits(f, bits, float_sign_bit, float_infinity_bits, o,
                      [&] { return round_exact(f, value_of_float_bits(bits), s, n, random, o); });
}

std::uint32_t round(const format& f, double x, rounding r, overflow o) {
    return round_double_bits(f, std::bit_cast<std::uint64_t>(x), r, o);
}

}  // namespace narrowfp_oracle
