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

inline bool is_aligned(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 64 == 0; }

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
