// SPDX-License-Identifier: Apache-2.0
#include "support/machine_peak.hpp"

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>

#if NARROWFP_X86_KERNELS
#include <immintrin.h>
#endif

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstring>
#include <new>

namespace narrowfp::bench {
namespace {

constexpr int chains = 16;  // independent: more than latency times instructions a clock (12 of vdpbf16ps on Zen 5)
constexpr int rounds = 20000;

#if NARROWFP_X86_KERNELS

// STEP(x) is one multiply-add on the chain x. The empty statement keeps the compiler from leaving a step out.
#define NARROWFP_PEAK_STEP(STEP, X) \
    X = STEP(X);                    \
    asm volatile("" : "+v"(X))
#define NARROWFP_PEAK_FOUR(STEP, X) \
    NARROWFP_PEAK_STEP(STEP, X##0); \
    NARROWFP_PEAK_STEP(STEP, X##1); \
    NARROWFP_PEAK_STEP(STEP, X##2); \
    NARROWFP_PEAK_STEP(STEP, X##3)
#define NARROWFP_PEAK_LOOP(NAME, TARGET, VECTOR, START, STEP)                             \
    __attribute__((target(TARGET))) float NAME() {                                        \
        VECTOR a0 = START, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0; \
        VECTOR c0 = a0, c1 = a0, c2 = a0, c3 = a0, d0 = a0, d1 = a0, d2 = a0, d3 = a0;    \
        for (int r = 0; r < rounds; ++r) {                                                \
            NARROWFP_PEAK_FOUR(STEP, a);                                                  \
            NARROWFP_PEAK_FOUR(STEP, b);                                                  \
            NARROWFP_PEAK_FOUR(STEP, c);                                                  \
            NARROWFP_PEAK_FOUR(STEP, d);                                                  \
        }                                                                                 \
        float first = 0;                                                                  \
        std::memcpy(&first, &a0, sizeof first);                                           \
        return first;                                                                     \
    }

#define NARROWFP_FMA_YMM(X) _mm256_fmadd_ps(_mm256_set1_ps(0.5f), _mm256_set1_ps(0.5f), X)
#define NARROWFP_FMA_ZMM(X) _mm512_fmadd_ps(_mm512_set1_ps(0.5f), _mm512_set1_ps(0.5f), X)
#define NARROWFP_DOT_BF16(X)                                                       \
    _mm512_dpbf16_ps(X, reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3F003F00)), \
                     reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3F003F00)))
#define NARROWFP_DOT_INT8(X) _mm512_dpbusd_epi32(X, _mm512_set1_epi32(0x01010101), _mm512_set1_epi32(0x01010101))

NARROWFP_PEAK_LOOP(fma_ymm, "avx2,fma", __m256, _mm256_set1_ps(1.0f), NARROWFP_FMA_YMM)
NARROWFP_PEAK_LOOP(fma_zmm, "avx512f", __m512, _mm512_set1_ps(1.0f), NARROWFP_FMA_ZMM)
NARROWFP_PEAK_LOOP(dot_bf16_zmm, "avx512f,avx512bf16", __m512, _mm512_set1_ps(1.0f), NARROWFP_DOT_BF16)
NARROWFP_PEAK_LOOP(dot_int8_zmm, "avx512f,avx512vnni", __m512i, _mm512_set1_epi32(1), NARROWFP_DOT_INT8)

#undef NARROWFP_PEAK_LOOP

__attribute__((target("avx512f"))) std::uint64_t read_zmm(const std::uint8_t* from, std::size_t bytes) {
    __m512i sum[4] = {};
    std::size_t i = 0;
    for (; i + 256 <= bytes; i += 256) {
        _mm_prefetch(reinterpret_cast<const char*>(from + i + 4096), _MM_HINT_T0);
        _mm_prefetch(reinterpret_cast<const char*>(from + i + 4096 + 64), _MM_HINT_T0);
        _mm_prefetch(reinterpret_cast<const char*>(from + i + 4096 + 128), _MM_HINT_T0);
        _mm_prefetch(reinterpret_cast<const char*>(from + i + 4096 + 192), _MM_HINT_T0);
        sum[0] = _mm512_add_epi64(sum[0], _mm512_loadu_si512(from + i));
        sum[1] = _mm512_add_epi64(sum[1], _mm512_loadu_si512(from + i + 64));
        sum[2] = _mm512_add_epi64(sum[2], _mm512_loadu_si512(from + i + 128));
        sum[3] = _mm512_add_epi64(sum[3], _mm512_loadu_si512(from + i + 192));
    }
    for (; i + 64 <= bytes; i += 64) {
        sum[0] = _mm512_add_epi64(sum[0], _mm512_loadu_si512(from + i));
    }
    std::uint64_t words[8];
    _mm512_storeu_si512(words, _mm512_add_epi64(_mm512_add_epi64(sum[0], sum[1]), _mm512_add_epi64(sum[2], sum[3])));
    std::uint64_t total = 0;
    for (const std::uint64_t w : words) {
        total += w;
    }
    return total;
}

#endif

std::uint64_t read_words(const std::uint8_t* from, std::size_t bytes) {
    std::uint64_t sum[8] = {};
    for (std::size_t i = 0; i + 64 <= bytes; i += 64) {
        std::uint64_t words[8];
        std::memcpy(words, from + i, sizeof words);
        for (int w = 0; w < 8; ++w) {
            sum[w] += words[w];
        }
    }
    std::uint64_t total = 0;
    for (const std::uint64_t w : sum) {
        total += w;
    }
    return total;
}

// One loop: the instruction, its multiply-adds a step, and the loop; null where there is none.
struct peak_instruction {
    const char* name = "";
    double macs = 0;
    float (*run)() = nullptr;
};

constexpr dispatch_row<peak_instruction> fma_f32_loops[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512), {"vfmadd231ps zmm", 16, fma_zmm}},
    {features_of(target::avx2), {"vfmadd231ps ymm", 8, fma_ymm}},
#endif
    {{}, {}},
};
constexpr dispatch_row<peak_instruction> dot_bf16_loops[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512_bf16), {"vdpbf16ps zmm", 32, dot_bf16_zmm}},
#endif
    {{}, {}},
};
constexpr dispatch_row<peak_instruction> dot_int8_loops[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512_bf16), {"vpdpbusd zmm", 64, dot_int8_zmm}},
#endif
    {{}, {}},
};
constexpr dispatch_row<std::uint64_t (*)(const std::uint8_t*, std::size_t)> readers[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512), read_zmm},
#endif
    {{}, read_words},
};

peak_loop loop_of(const peak_instruction& of) {
    constexpr double steps = static_cast<double>(chains) * rounds;
    return {of.name, of.macs * steps, of.run};
}

}  // namespace

peak_loop peak_loop_for(peak_kind kind) {
    const feature_set has = active_features();
    switch (kind) {
        case peak_kind::fma_f32: return loop_of(best_of(complete_table<fma_f32_loops>(), has));
        case peak_kind::dot_bf16: return loop_of(best_of(complete_table<dot_bf16_loops>(), has));
        case peak_kind::dot_int8: return loop_of(best_of(complete_table<dot_int8_loops>(), has));
    }
    return {};
}

byte_block::byte_block(std::size_t bytes) : memory_(nullptr), size_(bytes) {
    constexpr std::size_t huge_page = std::size_t{1} << 21;
    const std::size_t rounded =
        (bytes + huge_page - 1) / huge_page * huge_page + huge_page;  // prefetches run past the end
    memory_ = std::aligned_alloc(huge_page, rounded);
    if (memory_ == nullptr) {
        throw std::bad_alloc();
    }
#if defined(__linux__)
    ::madvise(memory_, rounded, MADV_HUGEPAGE);
#endif
    std::memset(memory_, 1, rounded);
}

std::uint64_t read_all(const std::uint8_t* from, std::size_t bytes) {
    return best_of(complete_table<readers>(), active_features())(from, bytes);
}

}  // namespace narrowfp::bench
