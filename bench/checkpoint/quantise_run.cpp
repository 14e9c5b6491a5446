// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/quantise_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace narrowfp::bench {

block_scale::block_scale(float amax, const quantization& q, float tensor_factor) {
    if (q.scale.method == scale_method::power_of_two) {
        exponent = power_of_two_exponent(amax, q.element, q.scale.rule);
        scale.apply = std::ldexp(1.0f, -exponent);
        scale.restore = std::ldexp(1.0f, exponent);
    } else if (q.scale.method != scale_method::none) {
        scale = float_scale_of(amax, q.element, q.scale, tensor_factor);
    }
}

quantiser::quantiser(const quantization& q) : q_(q), table_(step_table::make(q.element, q.mode, q.overflow)) {
    // x * 2^-e may become subnormal in FP32 and so inexact; that must not matter to the table.
    if (table_ && q.scale.method == scale_method::power_of_two &&
        table_->smallest_step() <= 2 * std::numeric_limits<float>::min()) {
        table_.reset();
    }
}

template <class Scaled>
run_events quantiser::by_table(std::span<const float> x, float restore, std::span<float> out, Scaled scaled) const {
    const step_table& table = *table_;
    run_events total;
    for (std::size_t first = 0; first < x.size(); first += step_table::most_summed) {
        const std::size_t last = std::min(x.size(), first + step_table::most_summed);
        std::uint32_t events = 0;
        for (std::size_t i = first; i < last; ++i) {
            const step_table::entry& e = table(scaled(x[i]));
            events += e.events;
            out[i] = e.value * restore;
        }
        constexpr std::uint32_t mask = step_table::saturated - 1;
        total += {events & mask, events / step_table::saturated & mask, events / step_table::subnormal};
    }
    return total;
}

run_events quantiser::by_projection(std::span<const float> x, const block_scale& s, std::span<float> out) const {
    run_events total;
    for (std::size_t i = 0; i < x.size(); ++i) {
        real scaled = to_real(x[i]);
        switch (q_.scale.method) {
            case scale_method::none: break;
            case scale_method::multiplier:
            case scale_method::two_level: scaled = to_real(multiply_f32(x[i], s.scale.apply)); break;
            case scale_method::divisor: scaled = to_real(divide_f32(x[i], s.scale.apply)); break;
            case scale_method::power_of_two: scaled.exponent -= s.exponent; break;
        }
        const projected p = project(q_.element, scaled, q_.mode, q_.overflow);
        total += {p.underflowed, p.saturated, p.subnormal};
        out[i] = multiply_f32(decode_float(q_.element, p.code), s.scale.restore);
    }
    return total;
}

run_events quantiser::operator()(std::span<const float> x, const block_scale& s, std::span<float> out) const {
    if (!table_) {
        return by_projection(x, s, out);
    }
    // One rounding to FP32 in hardware is what multiply_f32 and divide_f32 compute through double.
    const float apply = s.scale.apply;
    switch (q_.scale.method) {
        case scale_method::none: return by_table(x, 1.0f, out, [](float v) { return v; });
        case scale_method::multiplier:
        case scale_method::two_level: return by_table(x, s.scale.restore, out, [apply](float v) { return v * apply; });
        case scale_method::divisor: return by_table(x, s.scale.restore, out, [apply](float v) { return v / apply; });
        case scale_method::power_of_two: break;
    }
    // What underflows in FP32 is far below the smallest step; it stays nonzero, so that it counts as underflowed.
    return by_table(x, s.scale.restore, out, [apply](float v) {
        const float y = v * apply;
        return y == 0 && v != 0 ? std::copysign(std::numeric_limits<float>::denorm_min(), v) : y;
    });
}

}  // namespace narrowfp::bench
