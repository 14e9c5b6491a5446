// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/round/kernel/avx512_support.hpp>
#include <narrowfp/round/kernel/chance.hpp>

#include <algorithm>

namespace narrowfp::kernel {

namespace {

// Places below the last one at which an element is cut.
int cut_bits(const rounding_rule& rule) { return rule.random_bits + (rule.mode == rounding::stochastic_b ? 1 : 0); }

}  // namespace

bool has_chance(const any_format& format, const rounding_rule& rule) {
    if (!is_stochastic(rule.mode) || rule.random_bits > 16 || !has_narrow(format, rounding::toward_zero)) {
        return false;
    }
    // Two bits of the 24 are left to the power of two that is added.
    return std::get<float_format>(format).fraction_bits + cut_bits(rule) <= 21;
}

chance_job chance_job_of(const any_format& format, const rounding_rule& rule, overflow_mode overflow) {
    chance_job job{narrow_job_of(format, rounding::toward_zero, overflow), rule};
    job.format.lanes = constants_of(format, rule.mode, overflow);
    return job;
}

#if NARROWFP_X86_KERNELS

namespace {

constexpr std::size_t group = 16;  // elements at a time
constexpr std::size_t most_bytes =
    768;  // of random numbers for one run: 16 bits each, and blocks begun before and after

// The words of `blocks` Philox blocks from `block` on, in order. Writes up to 128 bytes more.
NARROWFP_AVX512 void fill_random(const philox_stream& stream, std::uint64_t block, std::size_t blocks,
                                 std::uint8_t* out) {
    const __m512i m0 = _mm512_set1_epi64(static_cast<long long>(philox_multiplier_0));
    const __m512i m1 = _mm512_set1_epi64(static_cast<long long>(philox_multiplier_1));
    const __m512i low = _mm512_set1_epi64(0xFFFFFFFF);
    for (std::size_t b = 0; b < blocks; b += 8) {
        // One counter in each 64-bit lane; a product reads lower halves only, so upper halves may hold anything.
        __m512i c0 = _mm512_add_epi64(_mm512_set1_epi64(static_cast<long long>(block + b)),
                                      _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
        __m512i c1 = _mm512_srli_epi64(c0, 32);
        __m512i c2 = _mm512_setzero_si512();
        __m512i c3 = _mm512_setzero_si512();
        std::uint32_t key0 = stream.seed;
        std::uint32_t key1 = stream.tensor;
        for (int round = 0; round < 10; ++round) {
            const __m512i p0 = _mm512_mul_epu32(c0, m0);
            const __m512i p1 = _mm512_mul_epu32(c2, m1);
            c0 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), c1, _mm512_set1_epi64(key0),
                                           0x96);  // exclusive or
            c2 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), c3, _mm512_set1_epi64(key1), 0x96);
            c1 = p1;
            c3 = p0;
            key0 += philox_weyl_0;
            key1 += philox_weyl_1;
        }
        const __m512i words_01 =
            _mm512_ternarylogic_epi64(low, c0, _mm512_slli_epi64(c1, 32), 0xCA);  // first ? second : third
        const __m512i words_23 = _mm512_ternarylogic_epi64(low, c2, _mm512_slli_epi64(c3, 32), 0xCA);
        _mm512_storeu_si512(out + 16 * b,
                            _mm512_permutex2var_epi64(words_01, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11), words_23));
        _mm512_storeu_si512(out + 16 * b + 64, _mm512_permutex2var_epi64(
                                                   words_01, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15), words_23));
    }
}

template <rounding Mode>
struct chance_run {
    static constexpr int direction =
        (Mode == rounding::stochastic_c ? _MM_FROUND_TO_NEAREST_INT : _MM_FROUND_TO_ZERO) | _MM_FROUND_NO_EXC;

    // Whole groups; `random` holds a byte or two for each element.
    NARROWFP_AVX512 static void convert(const chance_job& job, const std::uint8_t* random, const float* in,
                                        std::uint8_t* out, std::size_t count, event_counts& counts) {
        const narrow_job& f = job.format;
        const int cut = cut_bits(job.rule);
        const auto kept = static_cast<unsigned>(static_cast<int>(f.fraction_bits) + cut);
        const unsigned above = 23 - kept;
        const bool bytes = job.rule.random_bits <= 8;
        const __m512 smallest = _mm512_set1_ps(f.smallest_normal);
        const __m512 to_place = _mm512_set1_ps(static_cast<float>(1u << above));
        const __m512i offset = _mm512_set1_epi32(
            static_cast<int>(((std::bit_cast<std::uint32_t>(f.smallest_normal) >> 23) + above) << kept));
        const __m512i random_mask = _mm512_set1_epi32(static_cast<int>((1u << job.rule.random_bits) - 1));
        const __m512i cut_mask = _mm512_set1_epi32(static_cast<int>((1u << cut) - 1));
        const __m512i most = _mm512_set1_epi32(static_cast<int>(f.max_ordinal));
        const __m512i first_normal = _mm512_set1_epi32(static_cast<int>(1u << f.fraction_bits));
        const __m512i field_mask = _mm512_set1_epi32(0x7F800000);
        const __m512i sign_bit = _mm512_set1_epi32(1 << (f.code_bits - 1));
        const __m128i shift_cut = _mm_cvtsi32_si128(cut);
        const __m128i shift_field = _mm_cvtsi32_si128(static_cast<int>(above));
        const __m128i shift_sign = _mm_cvtsi32_si128(32 - f.code_bits);
        std::uint64_t inexact = 0, underflowed = 0, subnormal = 0, elements = 0;
        for (std::size_t i = 0; i + group <= count; i += group) {
            const __m512 x = _mm512_loadu_ps(in + i);
            const __m512i r = _mm512_and_si512(
                bytes ? _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(random + i)))
                      : _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(random + 2 * i))),
                random_mask);
            const __m512 upper = _mm512_castsi512_ps(
                _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(static_cast<int>(0xFF800000))));
            const __m512 c = _mm512_range_ps(upper, smallest, 0x3);  // larger magnitude, sign of the first
            const __m512 s = _mm512_fmadd_round_ps(c, to_place, x, direction);
            const __m512i pattern = _mm512_castps_si512(s);
            const __m512i wide =
                _mm512_sub_epi32(_mm512_add_epi32(_mm512_and_si512(pattern, _mm512_set1_epi32(0x007FFFFF)),
                                                  _mm512_srl_epi32(_mm512_and_si512(pattern, field_mask), shift_field)),
                                 offset);
            __m512i sum = _mm512_add_epi32(wide, r);
            if constexpr (Mode == rounding::stochastic_b) {
                sum = _mm512_add_epi32(sum, _mm512_add_epi32(r, _mm512_set1_epi32(1)));
            }
            const __m512i ordinal = _mm512_srl_epi32(sum, shift_cut);
            const __mmask16 special = _mm512_cmpgt_epu32_mask(ordinal, most) |
                                      _mm512_cmpge_epu32_mask(_mm512_and_si512(pattern, field_mask), field_mask);
            if (special != 0) {
                by_lanes(job, r, in + i, out + i, counts);
                continue;
            }
            const __mmask16 zero = _mm512_testn_epi32_mask(ordinal, ordinal);
            __m512i sign = _mm512_and_si512(_mm512_srl_epi32(_mm512_castps_si512(x), shift_sign), sign_bit);
            if (!f.has_negative_zero) {
                sign = _mm512_maskz_mov_epi32(static_cast<__mmask16>(~zero), sign);
            }
            _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm512_cvtepi32_epi8(_mm512_or_si512(ordinal, sign)));
            const __mmask16 exact = _mm512_mask_cmp_ps_mask(_mm512_testn_epi32_mask(wide, cut_mask),
                                                            _mm512_fnmadd_ps(c, to_place, s), x, _CMP_EQ_OQ);
            const __mmask16 small = _mm512_cmplt_epu32_mask(ordinal, first_normal);
            inexact += group - bits_in(exact);
            subnormal += bits_in(small) - bits_in(zero);
            underflowed += bits_in(zero) - bits_in(static_cast<std::uint32_t>(_mm512_mask_testn_epi32_mask(
                                               zero, _mm512_castps_si512(x), _mm512_set1_epi32(0x7FFFFFFF))));
            elements += group;
        }
        counts += {.elements = elements, .inexact = inexact, .underflowed = underflowed, .subnormal = subnormal};
    }

    NARROWFP_AVX512 static void by_lanes(const chance_job& job, __m512i random, const float* in, std::uint8_t* out,
                                         event_counts& counts) {
        std::uint32_t numbers[group];
        _mm512_storeu_si512(numbers, random);
        chance_lanes(job, numbers, in, out, group, counts);
    }

    static void chance_lanes(const chance_job& job, const std::uint32_t* random, const float* in, std::uint8_t* out,
                             std::size_t count, event_counts& counts) {
        const kernel_table& table = avx512_lanes();
        std::uint32_t codes[group];
        table.by_chance[static_cast<std::size_t>(Mode) - static_cast<std::size_t>(rounding::stochastic_a)](
            job.format.lanes, in, random, static_cast<std::uint32_t>(job.rule.random_bits), codes, count, counts);
        table.store_8(codes, out, count);
    }

    static event_counts run(const chance_job& job, const philox_stream& stream, std::uint64_t first, const float* in,
                            std::uint8_t* out, std::size_t count) {
        event_counts counts;
        const bool bytes = job.rule.random_bits <= 8;
        const std::size_t in_block = bytes ? 16 : 8;
        const std::size_t width = bytes ? 1 : 2;
        for (std::size_t i = 0; i < count; i += run_elements) {
            const std::size_t n = std::min(run_elements, count - i);
            const std::size_t before = (first + i) % in_block;
            std::uint8_t random[most_bytes];
            fill_random(stream, (first + i) / in_block, (before + n + in_block - 1) / in_block, random);
            const std::uint8_t* const numbers = random + before * width;
            convert(job, numbers, in + i, out + i, n, counts);
            const std::size_t rest = n % group;
            if (rest != 0) {
                std::uint32_t of_rest[group];
                const std::size_t begin = n - rest;
                for (std::size_t j = 0; j < rest; ++j) {
                    of_rest[j] = stream.bits(first + i + begin + j, job.rule.random_bits);
                }
                chance_lanes(job, of_rest, in + i + begin, out + i + begin, rest, counts);
            }
        }
        return counts;
    }
};

}  // namespace

event_counts convert_by_chance_avx512(const chance_job& job, const philox_stream& random, std::uint64_t first,
                                      const float* in, std::uint8_t* out, std::size_t count) {
    switch (job.rule.mode) {
        case rounding::stochastic_b: return chance_run<rounding::stochastic_b>::run(job, random, first, in, out, count);
        case rounding::stochastic_c: return chance_run<rounding::stochastic_c>::run(job, random, first, in, out, count);
        default: return chance_run<rounding::stochastic_a>::run(job, random, first, in, out, count);
    }
}

#endif

}  // namespace narrowfp::kernel
