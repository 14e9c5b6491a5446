// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/step_table.hpp"

namespace narrowfp::bench {

step_table::entry entry_of(const any_format& format, const projected& p) {
    return {decode_float(format, p.code), (p.underflowed ? step_table::underflowed : 0) |
                                              (p.saturated ? step_table::saturated : 0) |
                                              (p.subnormal ? step_table::subnormal : 0)};
}

bool step_table::fill(const any_format& format, rounding mode, overflow_mode overflow, int fraction_bits) {
    constexpr int float_bits = 32;
    constexpr int float_fraction_bits = 23;
    shift_ = float_fraction_bits - fraction_bits;
    rest_mask_ = (1U << shift_) - 1;
    const std::size_t points = std::size_t{1} << (float_bits - shift_);
    entries_.resize(2 * points);
    return std::visit(
        [&](const auto& f) {
            const auto at = [&](std::size_t bits) {
                return project(f, to_real(std::bit_cast<float>(static_cast<std::uint32_t>(bits))), mode, overflow);
            };
            for (std::size_t point = 0; point < points; ++point) {
                const std::size_t bits = point << shift_;
                const projected low = at(bits + 1);
                const projected high = at(bits + rest_mask_);
                entries_[2 * point] = entry_of(format, at(bits));
                entries_[2 * point + 1] = entry_of(format, low);
                if (low.code != high.code || entry_of(format, low).events != entry_of(format, high).events) {
                    return false;
                }
            }
            return true;
        },
        format);
}

std::optional<step_table> step_table::make(const any_format& format, rounding mode, overflow_mode overflow) {
    constexpr int most_fraction_bits = 11;
    std::visit([&](const auto& f) { require_rounding(f, mode); }, format);
    step_table table;
    for (int fraction_bits = 1; fraction_bits <= most_fraction_bits; ++fraction_bits) {
        if (table.fill(format, mode, overflow, fraction_bits)) {
            const std::uint32_t first = table.entries_[1].events;
            const float value = table.entries_[1].value;
            std::size_t entry = 1;
            while (table.entries_[entry].value == value && table.entries_[entry].events == first) {
                ++entry;
            }
            table.smallest_step_ = std::bit_cast<float>(static_cast<std::uint32_t>(entry / 2) << table.shift_);
            return table;
        }
    }
    return std::nullopt;
}

}  // namespace narrowfp::bench
