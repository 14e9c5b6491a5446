// SPDX-License-Identifier: Apache-2.0
// What the files with AVX-512 intrinsics share.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define NARROWFP_AVX512 __attribute__((target("avx2,fma,f16c,popcnt,avx512f,avx512bw,avx512dq,avx512vl")))
#define NARROWFP_AVX512_INLINE NARROWFP_AVX512 __attribute__((always_inline)) static inline

namespace narrowfp::kernel {

// How a kernel goes through an array: whether it stores past the caches, after `before` elements that lead to a multiple of
// 64 bytes, and whether it asks for what it reads later.
struct stream_plan {
    bool past_caches = false;
    bool long_enough = false;
    std::size_t before = 0;
};
template <class T>
stream_plan plan_stream(const T* out, std::size_t count, bool wanted) {
    constexpr std::size_t worth_a_start = 4096;  // elements
    const std::size_t before = (64 - reinterpret_cast<std::uintptr_t>(out) % 64) % 64 / sizeof(T);
    if (!wanted || (before > 0 && count < worth_a_start)) {
        return {};
    }
    return {true, count >= worth_a_start, before};
}

// `Lines` lines a page ahead of what is read at `in`: the processor's own prefetcher does not look across pages. They are
// read once, so they need not stay.
template <int Lines>
NARROWFP_AVX512_INLINE void prefetch_page_ahead(const void* in) {
    const auto first = reinterpret_cast<std::uintptr_t>(in) + 4096;
    for (std::uintptr_t line = 0; line < Lines; ++line) {
        _mm_prefetch(reinterpret_cast<const char*>(first + 64 * line), _MM_HINT_NTA);
    }
}

// `Lines` lines of floats, `ahead` elements from `in`, into the second-level cache.
template <int Lines>
NARROWFP_AVX512_INLINE void prefetch_for_later(const float* in, std::ptrdiff_t ahead) {
    const auto first = reinterpret_cast<std::uintptr_t>(in) + static_cast<std::uintptr_t>(ahead) * sizeof(float);
    for (std::uintptr_t line = 0; line < Lines; ++line) {
        _mm_prefetch(reinterpret_cast<const char*>(first + 64 * line), _MM_HINT_T1);
    }
}

NARROWFP_AVX512_INLINE std::uint64_t bits_in(std::uint32_t mask) {
    return static_cast<std::uint64_t>(_mm_popcnt_u32(mask));
}

// Indices of the upper halves of 32 numbers of 32 bits in two registers: words 1, 3, 5 and so on. Less one: the lower halves.
NARROWFP_AVX512_INLINE __m512i upper_half_indices() {
    const __m512i pairs = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_add_epi32(_mm512_mullo_epi32(pairs, _mm512_set1_epi32(0x00040004)), _mm512_set1_epi32(0x00030001));
}

}  // namespace narrowfp::kernel

#endif
