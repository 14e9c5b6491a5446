// SPDX-License-Identifier: Apache-2.0
// The conversion kernels of one target as a table of functions. A kernel is chosen by rounding (and code word); the
// format comes as constants. `scalar` has no table: there the reference itself runs.
// Functions expect the default floating-point environment; those of kernel_table itself take at most run_elements
// elements.
#pragma once

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>
#include <narrowfp/round/kernel/runs.hpp>

#include <array>

namespace narrowfp::kernel {

struct narrow_job;
struct block_factors;
struct chance_job;
enum class half_kind : std::uint8_t;

// A target's kernels for whole arrays, for some formats and roundings; they are faster than run by run. Null: there is
// no such kernel, and the lanes do the work. Each is described in its own header: narrow.hpp, half.hpp, chance.hpp,
// tapered.hpp.
struct array_kernels {
    event_counts (*narrow)(const narrow_job&, const float* in, std::uint8_t* out, std::size_t count,
                           const block_factors&, bool count_events, bool stream) = nullptr;
    event_counts (*round_narrow)(const narrow_job&, const float* in, float* out, std::size_t count, bool count_events,
                                 bool stream) = nullptr;
    event_counts (*half)(half_kind, const lane_constants&, const float* in, std::uint16_t* out, std::size_t count,
                         bool count_events, bool stream) = nullptr;
    event_counts (*by_chance)(const chance_job&, const philox_stream&, std::uint64_t first, const float* in,
                              std::uint8_t* out, std::size_t count) = nullptr;
    event_counts (*tapered)(const std::uint16_t* table, const float* in, std::uint8_t* out, std::size_t count,
                            bool stream) = nullptr;
    void (*decode_8)(const std::uint16_t* table, const std::uint8_t* in, float* out, std::size_t count,
                     bool stream) = nullptr;
};

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
    array_kernels arrays = {};
};

// The table of a struct T with one function, or template of functions, for each entry.
template <class T>
constexpr kernel_table table_of(array_kernels arrays) {
    return {.convert = {T::template convert<rounding::ties_to_even>, T::template convert<rounding::ties_to_away>,
                        T::template convert<rounding::toward_zero>, T::template convert<rounding::toward_positive>,
                        T::template convert<rounding::toward_negative>, T::template convert<rounding::to_odd>},
            .convert_fixed = {T::template convert_fixed<rounding::ties_to_even>,
                              T::template convert_fixed<rounding::ties_to_away>,
                              T::template convert_fixed<rounding::toward_zero>,
                              T::template convert_fixed<rounding::toward_positive>,
                              T::template convert_fixed<rounding::toward_negative>,
                              T::template convert_fixed<rounding::to_odd>},
            .by_chance = {T::template by_chance<rounding::stochastic_a>, T::template by_chance<rounding::stochastic_b>,
                          T::template by_chance<rounding::stochastic_c>},
            .store_8 = T::template store<std::uint8_t>,
            .store_16 = T::template store<std::uint16_t>,
            .load_8 = T::template load<std::uint8_t>,
            .load_16 = T::template load<std::uint16_t>,
            .decode = T::decode,
            .round_to_odd = T::round_to_odd,
            .random = T::random,
            .arrays = arrays};
}

// By target. Null: the reference.
dispatch_table<const kernel_table*> conversion_kernels();
inline const kernel_table* conversion_kernels_for(feature_set has) { return best_of(conversion_kernels(), has); }

#if NARROWFP_X86_KERNELS
// The lanes to which the kernels with AVX-512 intrinsics leave the remaining cases.
const kernel_table& avx512_lanes();
#endif

}  // namespace narrowfp::kernel
