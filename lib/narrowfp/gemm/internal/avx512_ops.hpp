// SPDX-License-Identifier: Apache-2.0
// Vectors, multiplications and decoding that the AVX-512 targets share. For kernel sources only, see tile_kernel.hpp.
#pragma once

#include <narrowfp/gemm/internal/tile_kernel.hpp>
#include <narrowfp/round/kernel/avx512_support.hpp>

#include <immintrin.h>

#include <cstring>

namespace narrowfp::detail {
namespace {

struct avx512_ops {
    using vector = __m512;
    static constexpr std::size_t lanes = 16;
    static constexpr std::size_t tile_vectors = 4;

    static vector set(float x) { return _mm512_set1_ps(x); }
    static vector load(const float* p) { return _mm512_loadu_ps(p); }
    static void store(float* p, vector x) { _mm512_storeu_ps(p, x); }
    static vector multiply(vector a, vector b) { return _mm512_mul_ps(a, b); }
    static vector fma(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
    static vector canonical(vector x) {
        const vector quiet_nan = _mm512_castsi512_ps(_mm512_set1_epi32(0x7FC00000));
        return _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), quiet_nan);
    }
};

struct avx512_fma {
    using acc = __m512;
    using operand = __m512;
    static acc zero() { return _mm512_setzero_ps(); }
    static acc load(const float* p) { return _mm512_loadu_ps(p); }
    static void store(float* p, acc x) { _mm512_storeu_ps(p, x); }
    static operand load_operand(const std::uint32_t* p) { return _mm512_loadu_ps(p); }
    static operand broadcast(const std::uint32_t* p) {
        return _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(*p)));
    }
    static operand as_operand(__m512i x) { return _mm512_castsi512_ps(x); }
    static acc step(acc c, operand a, operand b) { return _mm512_fmadd_ps(a, b, c); }
    static __m512 value(acc x, float) { return x; }
};

// Pairs of 16-bit integers.
template <class Sum>
struct avx512_integer {
    using acc = __m512i;
    using operand = __m512i;
    static acc zero() { return _mm512_setzero_si512(); }
    static acc load(const float* p) { return _mm512_loadu_si512(p); }
    static void store(float* p, acc x) { _mm512_storeu_si512(p, x); }
    static operand load_operand(const std::uint32_t* p) { return _mm512_loadu_si512(p); }
    static operand broadcast(const std::uint32_t* p) { return _mm512_set1_epi32(static_cast<int>(*p)); }
    static acc step(acc c, operand a, operand b) { return Sum::add(c, a, b); }
    static __m512 value(acc x, float unit) { return _mm512_mul_ps(_mm512_cvtepi32_ps(x), _mm512_set1_ps(unit)); }
};

struct multiply_then_add {
    static __m512i add(__m512i c, __m512i a, __m512i b) { return _mm512_add_epi32(c, _mm512_madd_epi16(a, b)); }
};

// -- decoding ---------------------------------------------------------------------------------------------------------
// 32 words from 32 bytes, by a table of 256 words in eight registers.
struct word_lookup {
    __m512i part[8];

    explicit word_lookup(const word_table* table) {
        NARROWFP_UNROLL
        for (int i = 0; i < 8; ++i) {
            part[i] = _mm512_load_si512(table->word + 32 * i);
        }
    }

    __m512i operator()(const std::uint8_t* codes) const { return kernel::lookup_words(part, codes); }
};

// 16 codes of a kind as FP32 bits.
template <code_kind Kind>
__m512i widen(const std::uint8_t* codes) {
    if constexpr (Kind == code_kind::f32) {
        return _mm512_loadu_si512(codes);
    } else {
        const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
        if constexpr (Kind == code_kind::f16) {
            return _mm512_castps_si512(_mm512_cvtph_ps(words));
        } else {
            return _mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16);
        }
    }
}

inline __m512i half(__m512i words, int which) {
    return _mm512_cvtepu16_epi32(which == 0 ? _mm512_castsi512_si256(words) : _mm512_extracti64x4_epi64(words, 1));
}

// `count` codes, a multiple of 64, to FP32.
template <code_kind Kind>
void codes_to_f32(const std::uint8_t* codes, std::size_t count, const word_table* table, std::uint32_t* out) {
    if constexpr (Kind == code_kind::table8) {
        const word_lookup lookup(table);
        for (std::size_t i = 0; i < count; i += 32) {
            const __m512i words = lookup(codes + i);
            _mm512_storeu_si512(out + i, _mm512_slli_epi32(half(words, 0), 16));
            _mm512_storeu_si512(out + i + 16, _mm512_slli_epi32(half(words, 1), 16));
        }
    } else {
        for (std::size_t i = 0; i < count; i += 16) {
            _mm512_storeu_si512(out + i, widen<Kind>(codes + i * bytes_of(Kind)));
        }
    }
}

template <code_kind Kind>
void panel_f32(const std::uint8_t* codes, std::size_t stride, std::size_t count, const word_table* table,
               std::uint32_t* out) {
    for (std::size_t k = 0; k < count; ++k) {
        codes_to_f32<Kind>(codes + k * stride, 64, table, out + 64 * k);
    }
}

// 32 words of a row or a line, from bytes or as they are.
struct words_of_bytes {
    static constexpr std::size_t bytes = 1;
    word_lookup lookup;
    explicit words_of_bytes(const word_table* table) : lookup(table) {}
    __m512i operator()(const std::uint8_t* codes) const { return lookup(codes); }
};

struct words_of_words {
    static constexpr std::size_t bytes = 2;
    explicit words_of_words(const word_table*) {}
    __m512i operator()(const std::uint8_t* codes) const { return _mm512_loadu_si512(codes); }
};

// Rows k and k + 1 become the high and the low halves.
template <class Words>
void panel_pairs(const std::uint8_t* codes, std::size_t stride, std::size_t count, const word_table* table,
                 std::uint32_t* out) {
    const Words words(table);
    for (std::size_t k = 0; k < count; k += 2, out += 64) {
        for (std::size_t column = 0; column < 64; column += 32) {
            const std::uint8_t* first = codes + k * stride + column * Words::bytes;
            const __m512i early = words(first);
            const __m512i late = k + 1 < count ? words(first + stride) : _mm512_setzero_si512();
            NARROWFP_UNROLL
            for (int i = 0; i < 2; ++i) {
                _mm512_storeu_si512(out + column + 16 * static_cast<std::size_t>(i),
                                    _mm512_or_si512(_mm512_slli_epi32(half(early, i), 16), half(late, i)));
            }
        }
    }
}

// Calls body(codes, count, out) for a multiple of 64 codes; the rest goes through buffers of its own.
template <std::size_t Bytes, std::size_t ElementsPerStep, class Body>
void with_padded_rest(const std::uint8_t* codes, std::size_t count, std::uint32_t* out, Body body) {
    const std::size_t whole = count / 64 * 64;
    body(codes, whole, out);
    if (whole != count) {
        alignas(64) std::uint8_t rest[64 * Bytes] = {};
        alignas(64) std::uint32_t steps[64 / ElementsPerStep];
        std::memcpy(rest, codes + whole * Bytes, (count - whole) * Bytes);
        body(rest, std::size_t{64}, steps);
        std::memcpy(out + whole / ElementsPerStep, steps,
                    (count - whole + ElementsPerStep - 1) / ElementsPerStep * sizeof(std::uint32_t));
    }
}

template <code_kind Kind>
void line_f32(const std::uint8_t* codes, std::size_t count, const word_table* table, std::uint32_t* out) {
    with_padded_rest<bytes_of(Kind), 1>(codes, count, out,
                                        [table](const std::uint8_t* from, std::size_t n, std::uint32_t* to) {
                                            codes_to_f32<Kind>(from, n, table, to);
                                        });
}

// `Pad` is the low half of the last step of an odd line.
template <std::uint32_t Pad>
void pad_odd_line(std::size_t count, std::uint32_t* out) {
    if (count % 2 != 0) {
        out[count / 2] = (out[count / 2] & 0xFFFF0000U) | Pad;
    }
}

template <class Words, std::uint32_t Pad>
void line_pairs(const std::uint8_t* codes, std::size_t count, const word_table* table, std::uint32_t* out) {
    const Words words(table);
    with_padded_rest<Words::bytes, 2>(
        codes, count, out, [&words](const std::uint8_t* from, std::size_t n, std::uint32_t* to) {
            for (std::size_t i = 0; i < n; i += 32) {
                _mm512_storeu_si512(to + i / 2, _mm512_rol_epi32(words(from + i * Words::bytes), 16));
            }
        });
    pad_odd_line<Pad>(count, out);
}

template <class Dot>
inline constexpr tile_function avx512_tiles[6] = {
    tile_product<avx512_ops, Dot, 1>::run, tile_product<avx512_ops, Dot, 2>::run,
    tile_product<avx512_ops, Dot, 3>::run, tile_product<avx512_ops, Dot, 4>::run,
    tile_product<avx512_ops, Dot, 5>::run, tile_product<avx512_ops, Dot, 6>::run};

}  // namespace
}  // namespace narrowfp::detail
