// SPDX-License-Identifier: Apache-2.0
// The conversion kernels of one target as a table of functions. A kernel is chosen by rounding (and code word); the format
// comes as constants. `scalar` has no table: there the reference itself runs.
// All functions take at most run_elements elements and expect the default floating-point environment.
#pragma once

#include <narrowfp/base/target.hpp>
#include <narrowfp/round/kernel/runs.hpp>

#include <array>

namespace narrowfp::kernel {

struct kernel_table {
    using convert_function = void (*)(lane_constants, const float*, std::uint32_t* codes, std::size_t, event_counts&);
    using chance_function = void (*)(lane_constants, const float*, const std::uint32_t* random, std::uint32_t bits,
                                     std::uint32_t* codes, std::size_t, event_counts&);

    std::array<convert_function, 6> convert;        // by rounding
    std::array<convert_function, 6> convert_fixed;  // into fixed point
    std::array<chance_function, 3> by_chance;       // stochastic_a, b, c
    void (*store_8)(const std::uint32_t*, std::uint8_t*, std::size_t);
    void (*store_16)(const std::uint32_t*, std::uint16_t*, std::size_t);
    void (*load_8)(const std::uint8_t*, std::uint32_t*, std::size_t);
    void (*load_16)(const std::uint16_t*, std::uint32_t*, std::size_t);
    void (*decode)(decode_constants, const std::uint32_t*, float*, std::size_t);
    bool (*round_to_odd)(const double*, float*, std::size_t);  // expects rounding toward zero
    // The words of `count` elements from index `first` on, `log2_share` elements to a word (philox_stream::bits).
    void (*random)(const philox_stream&, std::uint64_t first, int bits, std::uint32_t*, std::size_t);
};

// The table of a target, or none for `scalar`.
const kernel_table* kernels_for(target t);

}  // namespace narrowfp::kernel
