// SPDX-License-Identifier: Apache-2.0
#include "faults/flip_law.hpp"

#include <narrowfp/format/float_format.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace narrowfp::bench {

namespace {

// P(|x| < t) of a standard normal number.
double inside(double t) { return std::erf(t / std::sqrt(2.0)); }

// t with P(|x| < t) = p, 0 < p < 1.
double inside_inverse(double p) {
    double low = 0;
    double high = 40;
    for (int n = 0; n < 100; ++n) {
        const double middle = (low + high) / 2;
        (inside(middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

// A magnitude that a format can hold, with the codes of both signs, and the interval that rounds to it.
struct cell {
    double value = 0;
    double low = 0;
    double high = 0;
    std::uint32_t positive = 0;
    std::uint32_t negative = 0;
};

std::vector<cell> cells_of(const any_format& format, const std::vector<float>& values) {
    std::vector<cell> cells;
    const auto negative_of = [&](double value, std::uint32_t positive) {
        for (std::uint32_t code = 0; code < values.size(); ++code) {
            if (double{values[code]} == -value && (value != 0 || std::signbit(values[code]))) {
                return code;
            }
        }
        return positive;  // no negative zero
    };
    for (std::uint32_t code = 0; code < values.size(); ++code) {
        const double value = values[code];
        if (std::isfinite(value) && !std::signbit(value)) {
            cells.push_back({.value = value, .positive = code});
        }
    }
    std::sort(cells.begin(), cells.end(), [](const cell& a, const cell& b) { return a.value < b.value; });
    const bool sign_bit = std::holds_alternative<float_format>(format);
    for (std::size_t n = 0; n < cells.size(); ++n) {
        cell& c = cells[n];
        c.low = n == 0 ? 0 : (cells[n - 1].value + c.value) / 2;
        c.high = n + 1 < cells.size() ? (c.value + cells[n + 1].value) / 2 : HUGE_VAL;
        c.negative =
            sign_bit ? c.positive | static_cast<std::uint32_t>(values.size() / 2) : negative_of(c.value, c.positive);
    }
    return cells;
}

// What a tile's scale makes of its largest number: numbers are divided by the result.
double divisor_for(const stored_format& f, double largest) {
    switch (f.scaling.a.scale.method) {
        case scale_method::divisor:
        case scale_method::multiplier: return largest / double{max_finite(f.element)};
        case scale_method::power_of_two:
            return std::exp2(std::ceil(std::log2(largest / double{max_finite(f.element)})));
        default: return 1;
    }
}

struct damage {
    double error = 0;
    bool finite = true;
};

std::vector<damage> damages(const std::vector<float>& values, int bits) {
    std::vector<damage> all(values.size() * static_cast<std::size_t>(bits));
    for (std::size_t code = 0; code < values.size(); ++code) {
        for (int bit = 0; bit < bits; ++bit) {
            const float after = values[code ^ (std::size_t{1} << bit)];
            all[code * static_cast<std::size_t>(bits) + static_cast<std::size_t>(bit)] =
                std::isfinite(after) ? damage{std::fabs(double{after} - double{values[code]}), true} : damage{0, false};
        }
    }
    return all;
}

}  // namespace

double exponent_flip_factor(int bit) { return std::exp2(std::exp2(bit)); }

flip_law law_of_flips(const stored_format& f) {
    const int bits = storage_bits_of(f.element);
    if (bits > 16) {
        throw std::invalid_argument("law of flips: formats of up to 16 bits, found " + std::string(name_of(f.element)));
    }
    const std::vector<float> values = values_by_code(f.element);
    const std::vector<cell> cells = cells_of(f.element, values);
    const std::vector<damage> all = damages(values, bits);
    flip_law law;
    law.by_bit.resize(static_cast<std::size_t>(bits));
    const auto n = static_cast<double>(f.tile);
    // The integral over the largest: midpoints of equal probability.
    const int points = bits <= 8 ? 4000 : 100;
    for (int point = 0; point < points; ++point) {
        const double p = std::pow((point + 0.5) / points, 1 / n);
        const double largest = inside_inverse(p);
        const double divisor = divisor_for(f, largest);
        const double top = largest / divisor;
        const auto at_top = std::find_if(cells.begin(), cells.end(), [&](const cell& c) { return top < c.high; });
        const double limit = at_top->value;
        const auto add = [&](std::uint32_t code, double weight) {
            for (std::size_t bit = 0; bit < law.by_bit.size(); ++bit) {
                const damage& d = all[code * law.by_bit.size() + bit];
                law.by_bit[bit].not_finite += d.finite ? 0 : weight;
                law.by_bit[bit].above += d.finite && d.error > limit ? weight : 0;
                if (d.finite && weight > 0) {
                    law.error_bound = std::max(law.error_bound, d.error / limit);
                }
            }
        };
        // The largest itself, then the others, which are normal within +-largest.
        add(at_top->positive, 0.5 / n / points);
        add(at_top->negative, 0.5 / n / points);
        double below = 0;
        for (auto c = cells.begin(); c <= at_top; ++c) {
            const double up_to = inside(std::min(c->high, top) * divisor);
            const double weight = 0.5 * (n - 1) / n * (up_to - below) / p / points;
            below = up_to;
            add(c->positive, weight);
            add(c->negative, weight);
        }
    }
    for (const flip_probabilities& bit : law.by_bit) {
        law.of_any.not_finite += bit.not_finite / bits;
        law.of_any.above += bit.above / bits;
    }
    return law;
}

}  // namespace narrowfp::bench
