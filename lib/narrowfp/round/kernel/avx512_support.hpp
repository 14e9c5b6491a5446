// SPDX-License-Identifier: Apache-2.0
// What the files with AVX-512 intrinsics share.
#pragma once

#include <narrowfp/base/target_attributes.hpp>

#if NARROWFP_X86_KERNELS
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define NARROWFP_AVX512 __attribute__((target(NARROWFP_AVX512_ATTRIBUTES)))
#define NARROWFP_AVX512_INLINE NARROWFP_AVX512 __attribute__((always_inline)) static inline

namespace narrowfp::kernel {

// How a kernel goes through an array: whether it stores past the caches, after `before` elements that lead to a multiple of
// 64 bytes, and whether it asks for what it reads later, which a short part of an array does not repay.
struct stream_plan {
    bool past_caches = false;
    bool prefetches = false;
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

// A register to a multiple of 64 bytes, or to any address not past the caches.
NARROWFP_AVX512_INLINE void store_register(void* out, __m512i x, bool past_caches) {
    if (past_caches) {
        _mm512_stream_si512(static_cast<__m512i*>(out), x);
    } else {
        _mm512_storeu_si512(out, x);
    }
}

// 32 words of 16 bits for 32 bytes, by a table of 256 words.
NARROWFP_AVX512_INLINE __m512i lookup_words(const __m512i (&table)[8], const std::uint8_t* codes) {
    const __m512i index = _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
    const __mmask32 bit_6 = _mm512_test_epi16_mask(index, _mm512_set1_epi16(0x40));
    const __mmask32 bit_7 = _mm512_test_epi16_mask(index, _mm512_set1_epi16(0x80));
    const __m512i low = _mm512_mask_blend_epi16(bit_6, _mm512_permutex2var_epi16(table[0], index, table[1]),
                                                _mm512_permutex2var_epi16(table[2], index, table[3]));
    const __m512i high = _mm512_mask_blend_epi16(bit_6, _mm512_permutex2var_epi16(table[4], index, table[5]),
                                                 _mm512_permutex2var_epi16(table[6], index, table[7]));
    return _mm512_mask_blend_epi16(bit_7, low, high);
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
