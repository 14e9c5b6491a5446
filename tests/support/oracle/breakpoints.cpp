// SPDX-License-Identifier: Apache-2.0
#include "breakpoints.hpp"

#include <algorithm>
#include <stdexcept>

namespace narrowfp_oracle {

namespace {

dyadic with_sign(dyadic value, bool negative) {
    value.negative = negative;
    return value;
}

half_line make_half(const format& f, bool negative, rounding r, overflow o) {
    std::vector<dyadic> points;
    if (!f.has_zero) {
        points.push_back({});
    }
    for (std::size_t rank = 0; rank < f.magnitudes.size(); ++rank) {
        const dyadic& here = f.magnitudes[rank].value;
        const bool last = rank + 1 == f.magnitudes.size();
        points.push_back(here);
        points.push_back(midpoint_of_magnitudes(here, last ? f.beyond_max_value : f.magnitudes[rank + 1].value));
    }
    points.push_back(f.beyond_max_value);

    half_line result;
    const auto piece = [&](const dyadic& inside, const dyadic& start, bool start_belongs) {
        const std::uint32_t code = round_exact(f, with_sign(inside, negative), r, o);
        if (result.codes.empty()) {
            result.codes.push_back(code);
        } else if (result.codes.back() != code) {
            result.codes.push_back(code);
            result.breaks.push_back({reduced(start), start_belongs, first_float_from(start, !start_belongs)});
        }
    };
    for (std::size_t i = 0; i < points.size(); ++i) {
        const bool last = i + 1 == points.size();
        const dyadic& here = points[i];
        const dyadic next = last ? sum_of_magnitudes(here, here) : points[i + 1];
        piece(here, here, true);
        piece(midpoint_of_magnitudes(here, next), here, false);
    }
    return result;
}

// The magnitudes around which an implementation may go wrong.
std::vector<dyadic> critical_points(const format& f) {
    std::vector<std::size_t> ranks;
    const std::size_t count = magnitude_count(f);
    if (f.enumerated) {
        for (std::size_t rank = 0; rank < count; ++rank) {
            ranks.push_back(rank);
        }
    } else {
        constexpr std::size_t margin = 4;
        const std::size_t binade = std::size_t{1} << static_cast<unsigned>(f.precision - 1);
        for (std::size_t start = 0; start <= count; start += binade) {
            for (std::size_t step = 0; step <= 2 * margin; ++step) {
                const std::size_t around_start = start + step - margin;  // wraps below zero: too large, dropped
                const std::size_t around_middle = around_start + binade / 2;
                for (const std::size_t rank : {around_start, around_middle}) {
                    if (rank < count) {
                        ranks.push_back(rank);
                    }
                }
            }
        }
        for (std::size_t bit = 1; bit < binade; bit *= 2) {  // every power of two among the subnormals
            ranks.push_back(bit);
        }
    }
    std::vector<dyadic> points;
    for (const std::size_t rank : ranks) {
        const dyadic here = magnitude_at(f, rank).value;
        const dyadic next = rank + 1 == count ? f.beyond_max_value : magnitude_at(f, rank + 1).value;
        points.push_back(here);
        points.push_back(midpoint_of_magnitudes(here, next));
    }
    if (!f.has_zero) {
        points.push_back(midpoint_of_magnitudes({}, magnitude_at(f, 0).value));
    }
    const dyadic beyond = f.beyond_max_value;
    const dyadic further = sum_of_magnitudes(beyond, power_of_two(floor_log2(f.max_value) - (f.precision - 1)));
    const dyadic twice = sum_of_magnitudes(beyond, beyond);
    for (const dyadic& point :
         {beyond, midpoint_of_magnitudes(beyond, further), further, twice, product(twice, twice)}) {
        points.push_back(point);
    }
    return points;
}

// Patterns with their neighbours and both signs. Below is a pattern of sign 0, infinity the pattern of infinity.
template <class Bits>
void add_around(std::vector<Bits>& out, Bits below, bool exact, Bits infinity, Bits sign) {
    for (int step = exact ? -2 : -1; step <= 2; ++step) {
        const Bits neighbour = below + static_cast<Bits>(step);  // wraps below zero: too large, dropped
        if (neighbour <= infinity) {
            out.push_back(neighbour);
            out.push_back(neighbour | sign);
        }
    }
}

template <class Bits>
void sort_unique(std::vector<Bits>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

step_function breakpoints(const format& f, rounding r, overflow o) {
    if (!f.enumerated) {
        throw std::invalid_argument("oracle: " + f.name + " has too many codes for a step function");
    }
    step_function steps;
    steps.positive = make_half(f, false, r, o);
    steps.negative = make_half(f, true, r, o);
    steps.positive_infinity = round_infinity(f, false, o);
    steps.negative_infinity = round_infinity(f, true, o);
    steps.positive_nan = round_nan(f, false);
    steps.negative_nan = round_nan(f, true);
    return steps;
}

std::uint32_t lookup(const step_function& steps, std::uint32_t float_bits) {
    const std::uint32_t magnitude_bits = float_bits & ~float_sign_bit;
    const bool negative = float_bits != magnitude_bits;
    if (magnitude_bits > float_infinity_bits) {
        return negative ? steps.negative_nan : steps.positive_nan;
    }
    if (magnitude_bits == float_infinity_bits) {
        return negative ? steps.negative_infinity : steps.positive_infinity;
    }
    const half_line& half = negative ? steps.negative : steps.positive;
    const auto after = std::upper_bound(half.breaks.begin(), half.breaks.end(), magnitude_bits,
                                        [](std::uint32_t x, const breakpoint& b) { return x < b.first_float; });
    return half.codes[static_cast<std::size_t>(after - half.breaks.begin())];
}

std::uint32_t lookup_exact(const step_function& steps, const dyadic& x) {
    const half_line& half = x.negative ? steps.negative : steps.positive;
    const auto after =
        std::upper_bound(half.breaks.begin(), half.breaks.end(), x, [](const dyadic& value, const breakpoint& b) {
            const std::strong_ordering side = compare_magnitudes(value, b.at);
            return side < 0 || (side == 0 && !b.at_belongs_to_upper);
        });
    return half.codes[static_cast<std::size_t>(after - half.breaks.begin())];
}

std::vector<std::uint32_t> interesting_floats(const format& f) {
    std::vector<std::uint32_t> result;
    for (const dyadic& point : critical_points(f)) {
        const std::uint32_t below = float_at_or_below(point);
        const bool exact = compare_magnitudes(value_of_float_bits(below), point) == 0;
        add_around(result, below, exact, float_infinity_bits, float_sign_bit);
    }
    // Zero, largest subnormal, half of the smallest normal number, largest finite number; NaNs quiet and signalling.
    for (const std::uint32_t bits : {0U, 0x007FFFFFU, 0x00400000U, 0x7F7FFFFFU}) {
        add_around(result, bits, true, float_infinity_bits, float_sign_bit);
    }
    for (const std::uint32_t bits : {0x7F800001U, 0x7FC00000U, 0x7FFFFFFFU}) {
        result.push_back(bits);
        result.push_back(bits | float_sign_bit);
    }
    sort_unique(result);
    return result;
}

std::vector<std::uint64_t> interesting_doubles(const format& f) {
    std::vector<std::uint64_t> result;
    for (const dyadic& point : critical_points(f)) {
        const std::uint64_t below = double_at_or_below(point);
        const bool exact = compare_magnitudes(value_of_double_bits(below), point) == 0;
        add_around(result, below, exact, double_infinity_bits, double_sign_bit);
    }
    for (const std::uint64_t bits : {std::uint64_t{0}, std::uint64_t{0x000FFFFFFFFFFFFFU},
                                     std::uint64_t{0x0008000000000000U}, std::uint64_t{0x7FEFFFFFFFFFFFFFU}}) {
        add_around(result, bits, true, double_infinity_bits, double_sign_bit);
    }
    for (const std::uint64_t bits :
         {std::uint64_t{0x7FF0000000000001U}, std::uint64_t{0x7FF8000000000000U}, std::uint64_t{0x7FFFFFFFFFFFFFFFU}}) {
        result.push_back(bits);
        result.push_back(bits | double_sign_bit);
    }
    for (const dyadic& point : {power_of_two(-149), power_of_two(-150), power_of_two(-126), power_of_two(128)}) {
        add_around(result, double_at_or_below(point), true, double_infinity_bits, double_sign_bit);
    }
    sort_unique(result);
    return result;
}

}  // namespace narrowfp_oracle
