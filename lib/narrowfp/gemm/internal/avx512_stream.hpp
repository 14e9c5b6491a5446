// SPDX-License-Identifier: Apache-2.0
// One row of D straight from codes (stream_call): 64 columns are four vectors of accumulators, up to 256 columns stay in
// registers. For kernel sources only, see tile_kernel.hpp.
#pragma once

#include <narrowfp/gemm/internal/avx512_ops.hpp>

namespace narrowfp::detail {
namespace {

// Codes ahead of those in use; the hardware does not look across pages.
inline constexpr std::size_t prefetch_bytes = 4096;

// Decode: rows_per_step, bytes (of a code), and columns(row, out[4]), 64 columns of one step; where a step takes two rows,
// keep(row, kept[bytes]) holds the lines of the early one and columns(kept, late row, out[4]) joins them with the late one.

// Adds the products of one step, whose rows lie one behind the other. Lines are asked for and read in the order of their
// addresses, all of the early row before the late one: in turn from both, memory gives a quarter less.
template <class Dot, class Decode, std::size_t Groups>
inline void stream_step(const Decode& decode, typename Dot::operand x, const std::uint8_t* row,
                        [[maybe_unused]] const std::uint8_t* late, __m512 (&acc)[Groups][4]) {
    constexpr std::size_t lines = Decode::bytes;
    NARROWFP_UNROLL
    for (std::size_t line = 0; line < Decode::rows_per_step * Groups * lines; ++line) {
        _mm_prefetch(reinterpret_cast<const char*>(row + 64 * line + prefetch_bytes), _MM_HINT_T0);
    }
    [[maybe_unused]] __m512i early[Groups][lines];
    if constexpr (Decode::rows_per_step == 2) {
        NARROWFP_UNROLL
        for (std::size_t g = 0; g < Groups; ++g) {
            decode.keep(row + 64 * lines * g, early[g]);
        }
    }
    NARROWFP_UNROLL
    for (std::size_t g = 0; g < Groups; ++g) {
        __m512i columns[4];
        if constexpr (Decode::rows_per_step == 2) {
            decode.columns(early[g], late + 64 * lines * g, columns);
        } else {
            decode.columns(row + 64 * lines * g, columns);
        }
        NARROWFP_UNROLL
        for (std::size_t v = 0; v < 4; ++v) {
            acc[g][v] = Dot::step(acc[g][v], x, Dot::as_operand(columns[v]));
        }
    }
}

template <class Dot, class Decode, std::size_t Groups>
void stream_product(const stream_call& t) {
    const Decode decode(t.table);
    alignas(64) static constexpr std::uint8_t zeros[256 * 4] = {};
    const std::uint8_t* row = t.codes;
    const std::uint32_t* a = t.a;
    float* const d = t.d;
    __m512 acc[Groups][4];
    NARROWFP_UNROLL
    for (std::size_t g = 0; g < Groups; ++g) {
        NARROWFP_UNROLL
        for (std::size_t v = 0; v < 4; ++v) {
            acc[g][v] = _mm512_loadu_ps(d + 64 * g + 16 * v);
        }
    }
    for (std::size_t p = 0; p < t.piece_count; ++p) {
        const k_piece& piece = t.pieces[p];
        if (t.scaled) {
            NARROWFP_UNROLL
            for (std::size_t g = 0; g < Groups; ++g) {
                NARROWFP_UNROLL
                for (std::size_t v = 0; v < 4; ++v) {
                    acc[g][v] = Dot::zero();
                }
            }
        }
        for (std::size_t left = piece.elements; left != 0; ++a) {
            const bool pair = left >= Decode::rows_per_step;
            stream_step<Dot>(decode, Dot::broadcast(a), row, pair ? row + t.stride : zeros, acc);
            const std::size_t used = pair ? Decode::rows_per_step : 1;
            row += used * t.stride;
            left -= used;
        }
        if (t.scaled) {
            const __m512 row_scale = _mm512_set1_ps(t.a_scale[piece.segment]);
            const float* column_scale = t.b_scale + piece.segment * t.b_scale_stride;
            NARROWFP_UNROLL
            for (std::size_t g = 0; g < Groups; ++g) {
                NARROWFP_UNROLL
                for (std::size_t v = 0; v < 4; ++v) {
                    float* const sum = d + 64 * g + 16 * v;
                    const __m512 scale = _mm512_mul_ps(row_scale, _mm512_loadu_ps(column_scale + 64 * g + 16 * v));
                    _mm512_storeu_ps(sum, _mm512_fmadd_ps(scale, acc[g][v], _mm512_loadu_ps(sum)));
                }
            }
        }
    }
    NARROWFP_UNROLL
    for (std::size_t g = 0; g < Groups; ++g) {
        NARROWFP_UNROLL
        for (std::size_t v = 0; v < 4; ++v) {
            float* const sum = d + 64 * g + 16 * v;
            _mm512_storeu_ps(sum, avx512_ops::canonical(t.scaled ? _mm512_loadu_ps(sum) : acc[g][v]));
        }
    }
}

template <class Dot, class Decode>
void stream_columns_of(const stream_call& t) {
    switch (t.columns / 64) {
        case 1: stream_product<Dot, Decode, 1>(t); break;
        case 2: stream_product<Dot, Decode, 2>(t); break;
        case 3: stream_product<Dot, Decode, 3>(t); break;
        default: stream_product<Dot, Decode, 4>(t); break;
    }
}

// 64 codes of a kind as FP32.
template <code_kind Kind>
struct stream_f32 {
    static constexpr std::size_t rows_per_step = 1;
    static constexpr std::size_t bytes = bytes_of(Kind);
    explicit stream_f32(const word_table*) {}
    void columns(const std::uint8_t* row, __m512i (&out)[4]) const {
        NARROWFP_UNROLL
        for (std::size_t v = 0; v < 4; ++v) {
            out[v] = widen<Kind>(row + 16 * v * bytes);
        }
    }
};

struct stream_f32_by_words {
    static constexpr std::size_t rows_per_step = 1;
    static constexpr std::size_t bytes = 1;
    word_lookup lookup;
    explicit stream_f32_by_words(const word_table* table) : lookup(table) {}
    void columns(const std::uint8_t* row, __m512i (&out)[4]) const {
        NARROWFP_UNROLL
        for (int h = 0; h < 2; ++h) {
            const __m512i words = lookup(row + 32 * h);
            out[2 * h] = _mm512_slli_epi32(half(words, 0), 16);
            out[2 * h + 1] = _mm512_slli_epi32(half(words, 1), 16);
        }
    }
};

}  // namespace
}  // namespace narrowfp::detail
