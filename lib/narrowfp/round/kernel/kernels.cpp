// SPDX-License-Identifier: Apache-2.0
// The loops of runs.hpp, compiled once per target. `flatten` inlines all of a loop's body; nothing compiled for a target
// can leak into code that runs elsewhere.
#include <narrowfp/round/kernel/kernels.hpp>

namespace narrowfp::kernel {

#if defined(__x86_64__) && defined(__GNUC__)

namespace {

#if defined(__clang__)
#define NARROWFP_WIDE_VECTORS
#else
#define NARROWFP_WIDE_VECTORS ",prefer-vector-width=512"
#endif

// The functions of one target, as static members of a struct of that name.
#define NARROWFP_KERNELS(Target, Attributes)                                                                          \
    struct Target {                                                                                                   \
        template <rounding Mode>                                                                                      \
        __attribute__((target(Attributes), flatten)) static void convert(lane_constants k, const float* in,           \
                                                                         std::uint32_t* codes, std::size_t count,     \
                                                                         event_counts& counts) {                      \
            convert_run(in, codes, count, counts,                                                                     \
                        [k](std::uint32_t bits, std::size_t) { return convert_lane<Mode>(k, bits); });                \
        }                                                                                                             \
        template <rounding Mode>                                                                                      \
        __attribute__((target(Attributes), flatten)) static void convert_fixed(lane_constants k, const float* in,     \
                                                                               std::uint32_t* codes,                  \
                                                                               std::size_t count,                     \
                                                                               event_counts& counts) {                \
            convert_run(in, codes, count, counts,                                                                     \
                        [k](std::uint32_t bits, std::size_t) { return convert_fixed_lane<Mode>(k, bits); });          \
        }                                                                                                             \
        template <rounding Mode>                                                                                      \
        __attribute__((target(Attributes), flatten)) static void by_chance(lane_constants k, const float* in,         \
                                                                           const std::uint32_t* random,               \
                                                                           std::uint32_t bits, std::uint32_t* codes,  \
                                                                           std::size_t count, event_counts& counts) { \
            convert_run(in, codes, count, counts, [k, random, bits](std::uint32_t x, std::size_t i) {                 \
                return convert_lane_by_chance<Mode>(k, x, random[i], bits);                                           \
            });                                                                                                       \
        }                                                                                                             \
        template <class Code>                                                                                         \
        __attribute__((target(Attributes), flatten)) static void store(const std::uint32_t* codes, Code* out,         \
                                                                       std::size_t count) {                           \
            store_run(codes, out, count);                                                                             \
        }                                                                                                             \
        template <class Code>                                                                                         \
        __attribute__((target(Attributes), flatten)) static void load(const Code* in, std::uint32_t* codes,           \
                                                                      std::size_t count) {                            \
            load_run(in, codes, count);                                                                               \
        }                                                                                                             \
        __attribute__((target(Attributes), flatten)) static void decode(decode_constants k,                           \
                                                                        const std::uint32_t* codes, float* out,       \
                                                                        std::size_t count) {                          \
            decode_run(k, codes, out, count);                                                                         \
        }                                                                                                             \
        __attribute__((target(Attributes), flatten)) static bool round_to_odd(const double* in, float* out,           \
                                                                              std::size_t count) {                    \
            return round_to_odd_run(in, out, count);                                                                  \
        }                                                                                                             \
        __attribute__((target(Attributes), flatten)) static void random(const philox_stream& stream,                  \
                                                                        std::uint64_t first, int bits,                \
                                                                        std::uint32_t* out, std::size_t count) {      \
            random_run(stream, first, bits, out, count);                                                              \
        }                                                                                                             \
    };

NARROWFP_KERNELS(avx2, "avx2,fma,f16c")
NARROWFP_KERNELS(avx512, "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl" NARROWFP_WIDE_VECTORS)

template <class T>
constexpr kernel_table table_of() {
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
            .random = T::random};
}

constexpr kernel_table avx2_kernels = table_of<avx2>();
constexpr kernel_table avx512_kernels = table_of<avx512>();

}  // namespace

const kernel_table* kernels_for(target t) {
    switch (t) {
        case target::avx2: return &avx2_kernels;
        case target::avx512:
        case target::avx512_bf16: return &avx512_kernels;
        case target::scalar: break;
    }
    return nullptr;
}

#else

const kernel_table* kernels_for(target) { return nullptr; }

#endif

}  // namespace narrowfp::kernel
