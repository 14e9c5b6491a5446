// SPDX-License-Identifier: Apache-2.0
// The loops of runs.hpp, compiled once per target. `flatten` inlines all of a loop's body; nothing compiled for a target
// can leak into code that runs elsewhere.
#include <narrowfp/round/kernel/chance.hpp>
#include <narrowfp/round/kernel/half.hpp>
#include <narrowfp/round/kernel/kernels.hpp>
#include <narrowfp/round/kernel/narrow.hpp>
#include <narrowfp/round/kernel/tapered.hpp>

namespace narrowfp::kernel {

#if NARROWFP_X86_KERNELS

namespace {

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

NARROWFP_KERNELS(avx2, NARROWFP_AVX2_ATTRIBUTES)
NARROWFP_KERNELS(avx512, NARROWFP_AVX512_ATTRIBUTES NARROWFP_WIDE_VECTORS)

constexpr kernel_table avx2_kernels = table_of<avx2>({});
constexpr kernel_table avx512_kernels = table_of<avx512>({.narrow = convert_narrow_avx512,
                                                          .round_narrow = round_narrow_avx512,
                                                          .half = convert_half_avx512,
                                                          .by_chance = convert_by_chance_avx512,
                                                          .tapered = convert_tapered_avx512,
                                                          .decode_8 = decode_8_avx512});

}  // namespace

const kernel_table& avx512_lanes() { return avx512_kernels; }

#endif

namespace {

constexpr dispatch_row<const kernel_table*> rows[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512), &avx512_kernels},
    {features_of(target::avx2), &avx2_kernels},
#endif
    {{}, nullptr},
};

}  // namespace

dispatch_table<const kernel_table*> conversion_kernels() { return complete_table<rows>(); }

}  // namespace narrowfp::kernel
