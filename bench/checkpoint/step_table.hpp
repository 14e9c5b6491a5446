// SPDX-License-Identifier: Apache-2.0
// Projection of a float by table: the same value and events as `project`, many times faster. A rounding is a step
// function of its argument; between two neighbouring floats with f fraction bits it takes one value if all its
// steps lie at such floats. The table holds what `project` gives at those floats and between them, and is made only if
// `project` agrees with itself at both ends of every gap; because rounding is monotone, it is then equal everywhere.
#pragma once

#include <narrowfp/quant/quantize_reference.hpp>

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace narrowfp::bench {

class step_table {
public:
    // Events as counters in one word, so that one addition counts all of them; the sum of 1023 entries fits.
    struct entry {
        float value = 0;  // of the code
        std::uint32_t events = 0;
    };
    static constexpr std::uint32_t underflowed = 1;
    static constexpr std::uint32_t saturated = 1U << 10;
    static constexpr std::uint32_t subnormal = 1U << 20;
    static constexpr std::size_t most_summed = 1023;

    // None if the format needs more than 2^21 entries (f32; f16 needs them all). Throws as require_rounding. Cost:
    // 3 ms for 8-bit formats with few fraction bits, up to a quarter of a second for f16.
    static std::optional<step_table> make(const any_format& format, rounding mode, overflow_mode overflow);

    const entry& operator()(float x) const {
        const auto bits = std::bit_cast<std::uint32_t>(x);
        const std::size_t gap = (bits & rest_mask_) != 0 ? 1 : 0;
        return entries_[std::size_t{bits >> shift_} << 1 | gap];
    }

    // Magnitudes below this one become zero or, where there is no zero, the smallest value.
    float smallest_step() const { return smallest_step_; }

private:
    step_table() = default;
    bool fill(const any_format& format, rounding mode, overflow_mode overflow, int fraction_bits);

    std::vector<entry> entries_;
    std::uint32_t rest_mask_ = 0;
    int shift_ = 0;
    float smallest_step_ = 0;
};

// The entry that describes one projection, made without a table.
step_table::entry entry_of(const any_format& format, const projected& p);

}  // namespace narrowfp::bench
