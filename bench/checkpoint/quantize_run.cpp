// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/quantize_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace narrowfp::bench {

namespace {

constexpr float smallest = std::numeric_limits<float>::denorm_min();

// A float scaled in FP32. A result that underflows in FP32 is far below the smallest step of any table; it is kept
// nonzero, so that it counts as underflowed.
float kept_nonzero(float scaled, float given) {
    return scaled == 0 && given != 0 ? std::copysign(smallest, given) : scaled;
}

// product + rest, rounded to odd in FP32; `rest` is the rounding error of the double `product`. The steps of a table
// are at coarser floats, so the table gives the same result as for the exact number.
float rounded_to_odd(double product, double rest, double given) {
    if (product == 0) {
        return given == 0 || std::isnan(given) ? static_cast<float>(given)
                                               : static_cast<float>(std::copysign(smallest, product));
    }
    constexpr double largest = std::numeric_limits<float>::max();
    if (std::fabs(product) > largest) {
        return std::isinf(given) ? static_cast<float>(given)
                                 : static_cast<float>(std::copysign(largest, product));  // its last bit is odd
    }
    const auto nearest = static_cast<float>(product);
    if (std::isnan(product) || (double{nearest} == product && rest == 0)) {
        return nearest;
    }
    const bool above = double{nearest} != product ? std::fabs(double{nearest}) > std::fabs(product)
                                                  : std::signbit(rest) != std::signbit(product);
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(nearest) - (above ? 1U : 0U)) | 1U);
}

bool rounds_to_nearest(rounding mode) { return mode == rounding::ties_to_even || mode == rounding::ties_to_away; }

}  // namespace

quantizer::quantizer(const quantization& q) : q_(q), care_(q), table_(step_table::make(q.element, q.mode, q.overflow)) {
    // x * 2^-e may become subnormal in FP32 and so inexact; that must not change the table's result. Nor must replacing
    // an element that became zero by the smallest float.
    const bool has_zero = std::visit([](const auto& f) { return f.has_zero(); }, q.element);
    if (table_ && q.scale.method != scale_method::none &&
        (!has_zero || !rounds_to_nearest(q.mode) ||
         (q.scale.method == scale_method::power_of_two &&
          table_->smallest_step() <= 2 * std::numeric_limits<float>::min()))) {
        table_.reset();
    }
}

template <class T, class Scaled>
run_events quantizer::by_table(std::span<const T> x, float restore, std::span<float> out, Scaled scaled) const {
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
        total += {.underflowed = events & mask,
                  .saturated = events / step_table::saturated & mask,
                  .subnormal = events / step_table::subnormal};
    }
    return total;
}

template <class T>
run_events quantizer::by_projection(std::span<const T> x, const block_scale& s, std::span<float> out) const {
    event_counts counts;
    std::visit(
        [&](const auto& format) {
            for (std::size_t i = 0; i < x.size(); ++i) {
                const std::uint64_t code = detail::quantize_element(format, x[i], s.how, q_.mode, q_.overflow, counts);
                out[i] = multiply_f32(nearest_host<float>(format.decode(code)), s.how.scale.restore);
            }
        },
        q_.element);
    return {.underflowed = counts.underflowed,
            .saturated = counts.saturated,
            .subnormal = counts.subnormal,
            .restored_infinite = counts.restored_infinite,
            .nan_by_scale = counts.nan_by_scale,
            .under_nan_scale = s.how.is_nan ? counts.nan + counts.infinite : 0};
}

// Whether restoring can lose an element, or the scale is NaN: the table does not cover these cases.
template <class T>
bool quantizer::may_lose(std::span<const T> x, const block_scale& s) const {
    if (s.how.is_nan) {
        return true;
    }
    if (s.how.method == scale_method::none || s.all_zero) {
        return false;
    }
    const bool undone = s.how.method == scale_method::divisor || s.how.method == scale_method::power_of_two;
    const auto care = care_.of_scale(s.how.scale.restore, undone ? 1.0 : double{s.apply} * double{s.how.scale.restore});
    return care == detail::block_care::all || (care == detail::block_care::extreme && detail::has_extremes(x));
}

template <class T>
run_events quantizer::run(std::span<const T> x, const block_scale& s, std::span<float> out) const {
    if (!table_ || may_lose(x, s)) {
        return by_projection(x, s, out);
    }
    const float apply = s.apply;
    const float restore = s.how.scale.restore;
    if constexpr (std::same_as<T, double>) {
        const double factor = apply;
        switch (s.how.method) {
            case scale_method::none: return by_table(x, 1.0f, out, [](double v) { return rounded_to_odd(v, 0, v); });
            case scale_method::divisor:
                return by_table(x, restore, out, [factor](double v) {
                    const double quotient = v / factor;
                    return rounded_to_odd(quotient, std::fma(-quotient, factor, v), v);
                });
            default:
                return by_table(x, restore, out, [factor](double v) {
                    const double product = v * factor;
                    return rounded_to_odd(product, std::fma(v, factor, -product), v);
                });
        }
    } else {
        // One rounding to FP32 in hardware is what multiply_f32 and divide_f32 compute through double.
        switch (s.how.method) {
            case scale_method::none: return by_table(x, 1.0f, out, [](float v) { return v; });
            case scale_method::divisor:
                return by_table(x, restore, out, [apply](float v) { return kept_nonzero(v / apply, v); });
            default: return by_table(x, restore, out, [apply](float v) { return kept_nonzero(v * apply, v); });
        }
    }
}

template run_events quantizer::run(std::span<const float>, const block_scale&, std::span<float>) const;
template run_events quantizer::run(std::span<const double>, const block_scale&, std::span<float>) const;

}  // namespace narrowfp::bench
