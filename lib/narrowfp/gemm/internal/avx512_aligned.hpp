// SPDX-License-Identifier: Apache-2.0
// Aligned accumulation of 8-bit operands (accumulator.hpp) for 16 columns of D at a time. For kernel sources only, see
// tile_kernel.hpp. Each step is two passes over its products: the largest exponent, 64 products in an instruction; then
// magnitudes multiplied, shifted right by their distance from it, and added with their signs, 32 at a time.
#pragma once

#include <narrowfp/gemm/internal/avx512_ops.hpp>

namespace narrowfp::detail {
namespace {

template <class Sum, std::size_t Rows>
class aligned_product {
public:
    static void run(const aligned_call& t) {
        const std::uint32_t* a = t.a;
        const std::uint32_t* b = t.b;
        __m512 acc[Rows];
        if (!t.scaled) {
            NARROWFP_UNROLL
            for (std::size_t r = 0; r < Rows; ++r) {
                acc[r] = _mm512_loadu_ps(t.d + r * t.d_stride);
            }
        }
        for (std::size_t s = 0; s < t.step_count; ++s) {
            const k_piece& piece = t.steps[s];
            if (t.scaled && piece.opens) {
                NARROWFP_UNROLL
                for (std::size_t r = 0; r < Rows; ++r) {
                    acc[r] = _mm512_setzero_ps();
                }
            }
            step(acc, t, a, b, piece.steps);
            a += piece.steps * aligned_words;
            b += piece.steps * aligned_words * 16;
            if (t.scaled && piece.closes) {
                promote(acc, t, piece.segment);
            }
        }
        if (!t.scaled) {
            NARROWFP_UNROLL
            for (std::size_t r = 0; r < Rows; ++r) {
                _mm512_storeu_ps(t.d + r * t.d_stride, acc[r]);
            }
        }
    }

private:
    static __m512i broadcast(const std::uint32_t* p) { return _mm512_set1_epi32(static_cast<int>(*p)); }

    static void step(__m512 (&acc)[Rows], const aligned_call& t, const std::uint32_t* a, const std::uint32_t* b,
                     std::size_t groups) {
        __m512i top[Rows];
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            top[r] = _mm512_set1_epi8(-128);
        }
        for (std::size_t g = 0; g < groups; ++g) {
            const __m512i exponents = _mm512_loadu_si512(b + g * aligned_words * 16);
            NARROWFP_UNROLL
            for (std::size_t r = 0; r < Rows; ++r) {
                top[r] = _mm512_max_epi8(
                    top[r], _mm512_adds_epi8(exponents, broadcast(a + r * t.a_stride + g * aligned_words)));
            }
        }
        __m512i sum[Rows];
        __m512i top_bytes[Rows];
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            start(acc[r], t.fraction_bits, top[r], top_bytes[r], sum[r]);
        }
        for (std::size_t g = 0; g < groups; ++g) {
            const std::uint32_t* column = b + g * aligned_words * 16;
            const __m512i exponents = _mm512_loadu_si512(column);
            const __m512i even = _mm512_loadu_si512(column + 16);
            const __m512i odd = _mm512_loadu_si512(column + 32);
            const __m512i even_sign = _mm512_loadu_si512(column + 48);
            const __m512i odd_sign = _mm512_loadu_si512(column + 64);
            NARROWFP_UNROLL
            for (std::size_t r = 0; r < Rows; ++r) {
                const std::uint32_t* row = a + r * t.a_stride + g * aligned_words;
                const __m512i distance = _mm512_sub_epi8(top_bytes[r], _mm512_adds_epi8(exponents, broadcast(row)));
                const __m512i even_distance = _mm512_and_si512(distance, _mm512_set1_epi16(0xFF));
                const __m512i odd_distance = _mm512_srli_epi16(distance, 8);
                sum[r] = add(sum[r], even, broadcast(row + 1), even_sign, broadcast(row + 3), even_distance);
                sum[r] = add(sum[r], odd, broadcast(row + 2), odd_sign, broadcast(row + 4), odd_distance);
            }
        }
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            acc[r] = result(sum[r], top[r], t);
        }
    }

    static __m512i add(__m512i sum, __m512i b, __m512i a, __m512i b_sign, __m512i a_sign, __m512i distance) {
        const __m512i cut = _mm512_srlv_epi16(_mm512_mullo_epi16(a, b), distance);
        const __m512i sign = _mm512_ternarylogic_epi32(a_sign, b_sign, _mm512_set1_epi16(1), 0xBE);  // (a ^ b) | 1
        return Sum::add(sum, cut, sign);
    }

    // From the largest exponents of four products each: the largest of all terms with the addend, as numbers (`top`) and
    // in every byte; and the addend in their unit.
    static void start(__m512 addend, int fraction_bits, __m512i& top, __m512i& top_bytes, __m512i& sum) {
        const __m512i bits = _mm512_castps_si512(addend);
        const __m512i exponent = _mm512_sub_epi32(
            _mm512_and_si512(_mm512_srli_epi32(bits, 23), _mm512_set1_epi32(0xFF)), _mm512_set1_epi32(127));
        __m512i largest = _mm512_max_epi8(top, _mm512_rol_epi32(top, 16));
        largest = _mm512_max_epi8(largest, _mm512_rol_epi32(largest, 8));
        top = _mm512_max_epi32(_mm512_srai_epi32(largest, 24), exponent);
        const __m512i first_bytes = _mm512_set4_epi32(0x0C0C0C0C, 0x08080808, 0x04040404, 0x00000000);
        top_bytes = _mm512_shuffle_epi8(top, first_bytes);
        const __m512i significand =
            _mm512_maskz_or_epi32(_mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x7FFFFFFF)),
                                  _mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFF)), _mm512_set1_epi32(0x800000));
        const __m512i down = _mm512_add_epi32(_mm512_sub_epi32(top, exponent), _mm512_set1_epi32(23 - fraction_bits));
        const __m512i magnitude = _mm512_srlv_epi32(significand, down);
        const __m512i sign = _mm512_srai_epi32(bits, 31);
        sum = _mm512_sub_epi32(_mm512_xor_si512(magnitude, sign), sign);
    }

    // sum * 2^(top - fraction_bits), cut to the register. The sum has at most 24 bits, so FP32 holds it.
    static __m512 result(__m512i sum, __m512i top, const aligned_call& t) {
        const __m512i kept = _mm512_and_si512(_mm512_castps_si512(_mm512_cvtepi32_ps(sum)),
                                              _mm512_set1_epi32(static_cast<int>(t.register_mask)));
        const __m512i field = _mm512_max_epi32(_mm512_add_epi32(top, _mm512_set1_epi32(127 - t.fraction_bits)),
                                               _mm512_set1_epi32(1));  // below only where the sum is zero
        return _mm512_mul_ps(_mm512_castsi512_ps(kept), _mm512_castsi512_ps(_mm512_slli_epi32(field, 23)));
    }

    static void promote(const __m512 (&acc)[Rows], const aligned_call& t, std::size_t segment) {
        const __m512 column_scale = _mm512_loadu_ps(t.b_scale + segment * t.b_scale_stride);
        NARROWFP_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            float* d = t.d + r * t.d_stride;
            const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(t.a_scale[r * t.a_scale_stride + segment]), column_scale);
            _mm512_storeu_ps(d, _mm512_fmadd_ps(scale, acc[r], _mm512_loadu_ps(d)));
        }
    }
};

template <class Sum>
inline constexpr aligned_function avx512_aligned[4] = {aligned_product<Sum, 1>::run, aligned_product<Sum, 2>::run,
                                                       aligned_product<Sum, 3>::run, aligned_product<Sum, 4>::run};

}  // namespace
}  // namespace narrowfp::detail
