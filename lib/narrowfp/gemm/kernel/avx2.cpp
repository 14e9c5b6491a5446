// SPDX-License-Identifier: Apache-2.0
// Kernels for AVX2 with FMA and F16C. The instruction set is chosen in this file, not by a compiler option, so that
// nothing from a shared header is compiled for it.
#include <narrowfp/base/target_attributes.hpp>
#include <narrowfp/gemm/internal/kernel_set.hpp>

#if NARROWFP_X86_KERNELS

#include <immintrin.h>

#include <cstring>
#include <iterator>

NARROWFP_BEGIN_TARGET(NARROWFP_AVX2_ATTRIBUTES)

#include <narrowfp/gemm/internal/tile_kernel.hpp>

namespace narrowfp::detail {
namespace {

struct avx2_ops {
    using vector = __m256;
    static constexpr std::size_t lanes = 8;
    static constexpr std::size_t tile_vectors = 2;

    static vector set(float x) { return _mm256_set1_ps(x); }
    static vector load(const float* p) { return _mm256_loadu_ps(p); }
    static void store(float* p, vector x) { _mm256_storeu_ps(p, x); }
    static vector multiply(vector a, vector b) { return _mm256_mul_ps(a, b); }
    static vector fma(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
    static vector canonical(vector x) {
        const vector quiet_nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000));
        return _mm256_blendv_ps(x, quiet_nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    }
};

__m256i load_vector(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
void store_vector(void* p, __m256i x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }

struct avx2_fma {
    using acc = __m256;
    using operand = __m256;
    static acc zero() { return _mm256_setzero_ps(); }
    static acc load(const float* p) { return _mm256_loadu_ps(p); }
    static void store(float* p, acc x) { _mm256_storeu_ps(p, x); }
    static operand load_operand(const std::uint32_t* p) { return _mm256_castsi256_ps(load_vector(p)); }
    static operand broadcast(const std::uint32_t* p) {
        return _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(*p)));
    }
    static acc step(acc c, operand a, operand b) { return _mm256_fmadd_ps(a, b, c); }
    static __m256 value(acc x, float) { return x; }
};

// Pairs of 16-bit integers.
struct avx2_integer {
    using acc = __m256i;
    using operand = __m256i;
    static acc zero() { return _mm256_setzero_si256(); }
    static acc load(const float* p) { return load_vector(p); }
    static void store(float* p, acc x) { store_vector(p, x); }
    static operand load_operand(const std::uint32_t* p) { return load_vector(p); }
    static operand broadcast(const std::uint32_t* p) { return _mm256_set1_epi32(static_cast<int>(*p)); }
    static acc step(acc c, operand a, operand b) { return _mm256_add_epi32(c, _mm256_madd_epi16(a, b)); }
    static __m256 value(acc x, float unit) { return _mm256_mul_ps(_mm256_cvtepi32_ps(x), _mm256_set1_ps(unit)); }
};

// -- decoding ---------------------------------------------------------------------------------------------------------
// One code as FP32 bits; bytes through the table, which lies in the first-level cache.
template <code_kind Kind>
std::uint32_t decoded(const std::uint8_t* code, const word_table* table) {
    if constexpr (Kind == code_kind::table8) {
        return std::uint32_t{table->word[*code]} << 16;
    } else if constexpr (Kind == code_kind::f32) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, code, sizeof bits);
        return bits;
    } else {
        std::uint16_t word = 0;
        std::memcpy(&word, code, sizeof word);
        if constexpr (Kind == code_kind::bf16) {
            return std::uint32_t{word} << 16;
        } else {
            return static_cast<std::uint32_t>(
                _mm_cvtsi128_si32(_mm_castps_si128(_mm_cvtph_ps(_mm_cvtsi32_si128(word)))));
        }
    }
}

template <code_kind Kind>
void line_f32(const std::uint8_t* codes, std::size_t count, const word_table* table, std::uint32_t* out) {
    std::size_t i = 0;
    if constexpr (Kind == code_kind::f16) {
        for (; i + 8 <= count; i += 8) {
            const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + 2 * i));
            store_vector(out + i, _mm256_castps_si256(_mm256_cvtph_ps(words)));
        }
    }
    for (; i < count; ++i) {
        out[i] = decoded<Kind>(codes + i * bytes_of(Kind), table);
    }
}

template <code_kind Kind>
void panel_f32(const std::uint8_t* codes, std::size_t stride, std::size_t count, const word_table* table,
               std::uint32_t* out) {
    for (std::size_t k = 0; k < count; ++k) {
        line_f32<Kind>(codes + k * stride, 16, table, out + 16 * k);
    }
}

void panel_pairs(const std::uint8_t* codes, std::size_t stride, std::size_t count, const word_table* table,
                 std::uint32_t* out) {
    for (std::size_t k = 0; k < count; k += 2, out += 16) {
        const std::uint8_t* early = codes + k * stride;
        for (std::size_t column = 0; column < 16; ++column) {
            const std::uint32_t late = k + 1 < count ? table->word[early[stride + column]] : 0U;
            out[column] = std::uint32_t{table->word[early[column]]} << 16 | late;
        }
    }
}

void line_pairs(const std::uint8_t* codes, std::size_t count, const word_table* table, std::uint32_t* out) {
    for (std::size_t i = 0; i < count; i += 2) {
        const std::uint32_t late = i + 1 < count ? table->word[codes[i + 1]] : 0U;
        out[i / 2] = std::uint32_t{table->word[codes[i]]} << 16 | late;
    }
}

template <class Dot>
constexpr tile_function tiles[6] = {tile_product<avx2_ops, Dot, 1>::run, tile_product<avx2_ops, Dot, 2>::run,
                                    tile_product<avx2_ops, Dot, 3>::run, tile_product<avx2_ops, Dot, 4>::run,
                                    tile_product<avx2_ops, Dot, 5>::run, tile_product<avx2_ops, Dot, 6>::run};

constexpr kernel_family f32_family{.elements_per_step = 1,
                                   .tile_rows = std::size(tiles<avx2_fma>),
                                   .tile_columns = tile_columns_of<avx2_ops>,
                                   .tile = tiles<avx2_fma>,
                                   .panel = {panel_f32<code_kind::table8>, panel_f32<code_kind::bf16>,
                                             panel_f32<code_kind::f16>, panel_f32<code_kind::f32>},
                                   .line = {line_f32<code_kind::table8>, line_f32<code_kind::bf16>,
                                            line_f32<code_kind::f16>, line_f32<code_kind::f32>}};

constexpr kernel_family integer_family{.elements_per_step = 2,
                                       .tile_rows = std::size(tiles<avx2_integer>),
                                       .tile_columns = tile_columns_of<avx2_ops>,
                                       .tile = tiles<avx2_integer>,
                                       .panel = {panel_pairs},
                                       .line = {line_pairs}};

constexpr kernel_set kernels{&f32_family, nullptr, &integer_family, nullptr};

}  // namespace

const kernel_set& avx2_kernels() { return checked_set<kernels>(); }

}  // namespace narrowfp::detail

NARROWFP_END_TARGET

#endif
