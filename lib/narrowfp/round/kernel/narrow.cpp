// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/round/kernel/avx512_support.hpp>
#include <narrowfp/round/kernel/narrow.hpp>

#include <algorithm>

namespace narrowfp::kernel {

bool has_narrow(const any_format& format, const rounding_rule& rule) {
    const auto* f = std::get_if<float_format>(&format);
    if (f == nullptr || is_stochastic(rule.mode) || rule.mode == rounding::ties_to_away ||
        rule.mode == rounding::to_odd) {
        return false;
    }
    const int largest = static_cast<int>(f->max_ordinal() >> f->fraction_bits) - f->bias;
    return f->is_signed && f->code_bits() <= 8 && f->fraction_bits <= 6 && f->has_zero() && f->has_subnormals &&
           f->min_exponent() >= -126 && largest + 1 + 23 - f->fraction_bits <= 126;
}

narrow_job narrow_job_of(const any_format& format, rounding mode, overflow_mode overflow) {
    const auto& f = std::get<float_format>(format);
    const int to_last_place = 23 - f.fraction_bits;
    return {.smallest_normal = nearest_host<float>(real::make_finite(false, 1, f.min_exponent())),
            .to_last_place = nearest_host<float>(real::make_finite(false, 1, to_last_place)),
            .offset = static_cast<std::uint32_t>(f.min_exponent() + 127 + to_last_place)
                      << static_cast<unsigned>(f.fraction_bits),
            .max_ordinal = static_cast<std::uint32_t>(f.max_ordinal()),
            .max_value = max_finite(format),
            .fraction_bits = static_cast<std::uint32_t>(f.fraction_bits),
            .code_bits = f.code_bits(),
            .has_negative_zero = f.has_negative_zero,
            .lanes = constants_of(format, mode, overflow),
            .decoding = decode_constants_of(f),
            .mode = mode};
}

#if NARROWFP_X86_KERNELS

namespace {

constexpr std::size_t group = 64;  // elements whose codes fill a register

// What the loops hold in registers.
struct narrow_registers {
    __m512 smallest_normal, to_last_place;
    __m512i offset, max_ordinal;
    __m128i to_code, to_sign;
    __m512i sign;
};

NARROWFP_AVX512_INLINE narrow_registers registers_of(const narrow_job& job) {
    return {_mm512_set1_ps(job.smallest_normal),
            _mm512_set1_ps(job.to_last_place),
            _mm512_set1_epi16(static_cast<short>(job.offset)),
            _mm512_set1_epi16(static_cast<short>(job.max_ordinal)),
            _mm_cvtsi32_si128(static_cast<int>(7 - job.fraction_bits)),
            _mm_cvtsi32_si128(8 - job.code_bits),
            _mm512_set1_epi8(static_cast<char>(1u << (job.code_bits - 1)))};
}

template <prescale How>
NARROWFP_AVX512_INLINE __m512 load_scaled(const float* in, __m512 scale) {
    const __m512 x = _mm512_loadu_ps(in);
    if constexpr (How == prescale::multiply) {
        return _mm512_mul_ps(x, scale);
    } else if constexpr (How == prescale::divide) {
        return _mm512_div_ps(x, scale);
    } else {
        return x;
    }
}

// The power of two of the binade that counts, with the sign of x.
NARROWFP_AVX512_INLINE __m512 binade_of(__m512 x, const narrow_registers& r) {
    const __m512i upper = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(static_cast<int>(0xFF800000)));
    return _mm512_range_ps(_mm512_castsi512_ps(upper), r.smallest_normal, 0x3);  // larger magnitude, sign of the first
}

template <int Direction>
NARROWFP_AVX512_INLINE __m512 round_at_last_place(__m512 x, __m512 binade, const narrow_registers& r) {
    return _mm512_fmadd_round_ps(binade, r.to_last_place, x, Direction | _MM_FROUND_NO_EXC);
}

// Elements that differ from their rounded value, as a mask.
NARROWFP_AVX512_INLINE __mmask16 inexact_of(__m512 x, __m512 binade, __m512 s, const narrow_registers& r) {
    return _mm512_cmp_ps_mask(_mm512_fnmadd_ps(binade, r.to_last_place, s), x, _CMP_NEQ_UQ);
}

// Magnitude codes of two registers of sums, as words side by side: a0 b0 a1 b1 ...
struct word_pair {
    __m512i magnitude, upper;
};
NARROWFP_AVX512_INLINE word_pair words_of(__m512 a, __m512 b, const narrow_registers& r) {
    const __m512i x = _mm512_castps_si512(a);
    const __m512i y = _mm512_castps_si512(b);
    constexpr __mmask32 odd = 0xAAAAAAAA;
    const __m512i lower = _mm512_mask_blend_epi16(odd, x, _mm512_slli_epi32(y, 16));
    const __m512i upper = _mm512_mask_blend_epi16(odd, _mm512_srli_epi32(x, 16), y);
    const __m512i field = _mm512_srl_epi16(_mm512_and_si512(upper, _mm512_set1_epi16(0x7FFF)), r.to_code);
    // Saturating, so that the payload of a NaN cannot wrap into a small code.
    return {_mm512_sub_epi16(_mm512_adds_epu16(lower, field), r.offset), upper};
}

NARROWFP_AVX512_INLINE std::uint64_t zeros_in(__m512 x) {
    return static_cast<std::uint64_t>(
        _mm_popcnt_u32(_mm512_testn_epi32_mask(_mm512_castps_si512(x), _mm512_set1_epi32(0x7FFFFFFF))));
}

// What one group gives: bytes in order, and what can be read off them.
template <int Direction, bool Count, prescale How>
struct narrow_group {
    __m512i codes;
    bool special;
    std::uint64_t inexact = 0, zero = 0, small = 0, was_zero = 0;

    NARROWFP_AVX512_INLINE narrow_group of(const float* in, __m512 scale, const narrow_registers& r,
                                           const narrow_job& job) {
        const __m512 x0 = load_scaled<How>(in, scale);
        const __m512 x1 = load_scaled<How>(in + 16, scale);
        const __m512 x2 = load_scaled<How>(in + 32, scale);
        const __m512 x3 = load_scaled<How>(in + 48, scale);
        const __m512 c0 = binade_of(x0, r);
        const __m512 c1 = binade_of(x1, r);
        const __m512 c2 = binade_of(x2, r);
        const __m512 c3 = binade_of(x3, r);
        const __m512 s0 = round_at_last_place<Direction>(x0, c0, r);
        const __m512 s1 = round_at_last_place<Direction>(x1, c1, r);
        const __m512 s2 = round_at_last_place<Direction>(x2, c2, r);
        const __m512 s3 = round_at_last_place<Direction>(x3, c3, r);
        const word_pair even = words_of(s0, s2, r);
        const word_pair odd = words_of(s1, s3, r);
        narrow_group out;
        out.special = _mm512_cmpgt_epu16_mask(_mm512_max_epu16(even.magnitude, odd.magnitude), r.max_ordinal) != 0;
        // Bytes of each 32 bits: x0[i], x1[i], x2[i], x3[i].
        const __m512i magnitude = _mm512_or_si512(even.magnitude, _mm512_slli_epi16(odd.magnitude, 8));
        __m512i sign = _mm512_ternarylogic_epi32(_mm512_set1_epi16(static_cast<short>(0xFF00)), odd.upper,
                                                 _mm512_srli_epi16(even.upper, 8), 0xCA);  // first ? second : third
        if (!job.has_negative_zero) {
            sign = _mm512_maskz_mov_epi8(_mm512_test_epi8_mask(magnitude, magnitude), sign);
        }
        const __m512i bytes = _mm512_ternarylogic_epi32(magnitude, _mm512_srl_epi16(sign, r.to_sign), r.sign, 0xF8);
        const __m512i transpose =
            _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        const __m512i gather = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        out.codes = _mm512_permutexvar_epi32(gather, _mm512_shuffle_epi8(bytes, transpose));
        if constexpr (Count) {
            out.inexact = static_cast<std::uint64_t>(
                _mm_popcnt_u64(_mm512_kunpackd(_mm512_kunpackw(inexact_of(x3, c3, s3, r), inexact_of(x2, c2, s2, r)),
                                               _mm512_kunpackw(inexact_of(x1, c1, s1, r), inexact_of(x0, c0, s0, r)))));
            const std::uint64_t zeros = _mm512_testn_epi8_mask(magnitude, magnitude);
            out.zero = static_cast<std::uint64_t>(_mm_popcnt_u64(zeros));
            out.small = static_cast<std::uint64_t>(_mm_popcnt_u64(
                _mm512_cmplt_epu8_mask(magnitude, _mm512_set1_epi8(static_cast<char>(1u << job.fraction_bits)))));
            if (zeros != 0) {  // what was zero did not underflow
                out.was_zero = zeros_in(x0) + zeros_in(x1) + zeros_in(x2) + zeros_in(x3);
                if constexpr (How != prescale::none) {  // but elements that scaling made zero did, inexactly
                    const std::uint64_t scaled_to_zero = out.was_zero;
                    out.was_zero = 0;
                    for (int part = 0; part < 4; ++part) {
                        out.was_zero += zeros_in(_mm512_loadu_ps(in + 16 * part));
                    }
                    out.inexact += scaled_to_zero - out.was_zero;
                }
            }
        }
        return out;
    }
};

// A group with special elements, or a short one, by lanes.
void convert_by_lanes(const narrow_job& job, const float* in, std::uint8_t* out, std::size_t count, prescale how,
                      float scale, event_counts& counts) {
    float scaled[group];
    for (std::size_t i = 0; i < count; ++i) {
        scaled[i] = how == prescale::multiply ? in[i] * scale : (how == prescale::divide ? in[i] / scale : in[i]);
    }
    if (how != prescale::none) {
        count_lost_by_scaling(in, scaled, count, true, counts);
    }
    std::uint32_t codes[group];
    const kernel_table& table = avx512_lanes();
    table.convert[static_cast<std::size_t>(job.mode)](job.lanes, scaled, codes, count, counts);
    table.store_8(codes, out, count);
}

template <int Direction, bool Count, prescale How>
NARROWFP_AVX512 event_counts convert_all(const narrow_job& job, const float* in, std::uint8_t* out, std::size_t count,
                                         const block_factors& scale, bool stream) {
    const narrow_registers r = registers_of(job);
    event_counts counts;
    std::uint64_t inexact = 0, underflowed = 0, subnormal = 0, elements = 0;
    stream_plan stores = plan_stream(out, count, stream);
    if (How != prescale::none && stores.before > 0) {  // the start of a block is where it is
        stores = {};
    }
    if (stores.before > 0) {
        convert_by_lanes(job, in, out, stores.before, How, 1.0f, counts);
    }
    std::size_t i = stores.before;
    for (std::size_t b = 0; i < count; ++b) {
        const float factor = How == prescale::none ? 1.0f : scale.factors[b];
        const __m512 factors = _mm512_set1_ps(factor);
        const std::size_t end = scale.block < count - i ? i + scale.block : count;
        for (; i + group <= end; i += group) {
            if constexpr (How == prescale::none) {
                if (stores.prefetches) {
                    prefetch_page_ahead<4>(in + i);
                }
            } else if (scale.ahead != 0) {
                prefetch_for_later<4>(in + i, scale.ahead);
            }
            const auto g = narrow_group<Direction, Count, How>::of(in + i, factors, r, job);
            if (g.special) {
                convert_by_lanes(job, in + i, out + i, group, How, factor, counts);
                continue;
            }
            store_register(out + i, g.codes, stores.past_caches);
            if constexpr (Count) {
                inexact += g.inexact;
                underflowed += g.zero - g.was_zero;
                subnormal += g.small - g.zero;
                elements += group;
            }
        }
        if (i < end) {
            convert_by_lanes(job, in + i, out + i, end - i, How, factor, counts);
            i = end;
        }
    }
    counts += {.elements = elements, .inexact = inexact, .underflowed = underflowed, .subnormal = subnormal};
    return counts;
}

template <int Direction, bool Count>
event_counts convert_how(const narrow_job& job, const float* in, std::uint8_t* out, std::size_t count,
                         const block_factors& scale, bool stream) {
    switch (scale.how) {
        case prescale::multiply:
            return convert_all<Direction, Count, prescale::multiply>(job, in, out, count, scale, stream);
        case prescale::divide:
            return convert_all<Direction, Count, prescale::divide>(job, in, out, count, scale, stream);
        case prescale::none: break;
    }
    return convert_all<Direction, Count, prescale::none>(job, in, out, count, scale, stream);
}

void round_by_lanes(const narrow_job& job, const float* in, float* out, std::size_t count, event_counts& counts) {
    std::uint32_t codes[group];
    const kernel_table& table = avx512_lanes();
    table.convert[static_cast<std::size_t>(job.mode)](job.lanes, in, codes, count, counts);
    table.decode(job.decoding, codes, out, count);
}

// Events in lanes of 32 bits: up to 2^36 elements.
struct lane_counts {
    __m512i inexact, underflowed, subnormal;
};
NARROWFP_AVX512_INLINE void count_in(__m512i& lanes, __mmask16 which) {
    lanes = _mm512_mask_add_epi32(lanes, which, lanes, _mm512_set1_epi32(1));
}
NARROWFP_AVX512_INLINE std::uint64_t sum_of(__m512i lanes) {
    const __m512i even = _mm512_and_si512(lanes, _mm512_set1_epi64(0xFFFFFFFF));
    return static_cast<std::uint64_t>(_mm512_reduce_add_epi64(_mm512_add_epi64(even, _mm512_srli_epi64(lanes, 32))));
}

// Stores line j of four. Three of four lines use non-temporal stores and one a normal store, so that neither path
// saturates. As fast as four non-temporal stores where those run at full speed, faster where they do not.
NARROWFP_AVX512_INLINE void store_line(float* out, int j, __m512i line, bool past_caches) {
    store_register(out + 16 * j, line, past_caches && j < 3);
}

// Four registers of rounded floats at once.
template <int Direction, bool Count>
NARROWFP_AVX512 event_counts round_all(const narrow_job& job, const float* in, float* out, std::size_t count,
                                       bool stream) {
    const narrow_registers r = registers_of(job);
    const __m512i largest = _mm512_castps_si512(_mm512_set1_ps(job.max_value));
    const __m512i sign_mask = _mm512_set1_epi32(job.has_negative_zero ? static_cast<int>(0x80000000) : 0);
    const __m512i magnitude_mask = _mm512_set1_epi32(0x7FFFFFFF);
    event_counts counts;
    const __m512i none = _mm512_setzero_si512();
    lane_counts lanes{none, none, none};
    std::uint64_t elements = 0;
    const stream_plan stores = plan_stream(out, count, stream);
    if (stores.before > 0) {
        round_by_lanes(job, in, out, stores.before, counts);
    }
    std::size_t i = stores.before;
    for (; i + group <= count; i += group) {
        if (stores.prefetches) {
            prefetch_page_ahead<4>(in + i);
        }
        __m512 x[4];
        __m512 rounded[4];
        __m512i magnitude[4];
        for (int j = 0; j < 4; ++j) {
            x[j] = _mm512_loadu_ps(in + i + 16 * j);
            const __m512 binade = binade_of(x[j], r);
            const __m512 s = round_at_last_place<Direction>(x[j], binade, r);
            rounded[j] = _mm512_fnmadd_ps(binade, r.to_last_place, s);
            magnitude[j] = _mm512_and_si512(_mm512_castps_si512(rounded[j]), magnitude_mask);
        }
        const __m512i most = _mm512_max_epu32(_mm512_max_epu32(magnitude[0], magnitude[1]),
                                              _mm512_max_epu32(magnitude[2], magnitude[3]));
        if (_mm512_cmpgt_epu32_mask(most, largest) != 0) {  // NaN too
            round_by_lanes(job, in + i, out + i, group, counts);
            continue;
        }
        for (int j = 0; j < 4; ++j) {
            const __m512 y = _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(rounded[j]),
                                                                           _mm512_castps_si512(x[j]), sign_mask,
                                                                           0xF8));  // first | second & third
            store_line(out + i, j, _mm512_castps_si512(y), stores.past_caches);
            if constexpr (Count) {
                const __mmask16 not_zero = _mm512_test_epi32_mask(magnitude[j], magnitude[j]);
                const __mmask16 inexact = _mm512_cmp_ps_mask(rounded[j], x[j], _CMP_NEQ_UQ);
                count_in(lanes.inexact, inexact);
                count_in(lanes.underflowed, _kandn_mask16(not_zero, inexact));  // what was zero is exact
                count_in(lanes.subnormal,
                         _mm512_mask_cmplt_epu32_mask(not_zero, magnitude[j], _mm512_castps_si512(r.smallest_normal)));
            }
        }
        elements += Count ? group : 0;
    }
    if (i < count) {
        round_by_lanes(job, in + i, out + i, count - i, counts);
    }
    if constexpr (Count) {
        counts += {.elements = elements,
                   .inexact = sum_of(lanes.inexact),
                   .underflowed = sum_of(lanes.underflowed),
                   .subnormal = sum_of(lanes.subnormal)};
    }
    return counts;
}

// Calls run<direction, count>.
template <class Run>
event_counts by_direction(rounding mode, bool count_events, std::size_t count, Run run) {
    const auto with = [&]<int Direction>() {
        return count_events ? run.template operator()<Direction, true>() : run.template operator()<Direction, false>();
    };
    event_counts counts;
    switch (mode) {
        case rounding::toward_zero: counts = with.template operator()<_MM_FROUND_TO_ZERO>(); break;
        case rounding::toward_positive: counts = with.template operator()<_MM_FROUND_TO_POS_INF>(); break;
        case rounding::toward_negative: counts = with.template operator()<_MM_FROUND_TO_NEG_INF>(); break;
        default: counts = with.template operator()<_MM_FROUND_TO_NEAREST_INT>(); break;
    }
    return count_events ? counts : event_counts{.elements = count};
}

}  // namespace

event_counts convert_narrow_avx512(const narrow_job& job, const float* in, std::uint8_t* out, std::size_t count,
                                   const block_factors& scale, bool count_events, bool stream) {
    return by_direction(job.mode, count_events, count, [&]<int Direction, bool Count>() {
        return convert_how<Direction, Count>(job, in, out, count, scale, stream);
    });
}

event_counts round_narrow_avx512(const narrow_job& job, const float* in, float* out, std::size_t count,
                                 bool count_events, bool stream) {
    return by_direction(job.mode, count_events, count, [&]<int Direction, bool Count>() {
        return round_all<Direction, Count>(job, in, out, count, stream);
    });
}

NARROWFP_AVX512 void decode_8_avx512(const std::uint16_t* table, const std::uint8_t* in, float* out, std::size_t count,
                                     bool stream) {
    __m512i t[8];
    for (int j = 0; j < 8; ++j) {
        t[j] = _mm512_loadu_si512(table + 32 * j);
    }
    const auto one_by_one = [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(table[in[i]]) << 16);
        }
    };
    const stream_plan stores = plan_stream(out, count, stream);
    one_by_one(0, stores.before);
    std::size_t i = stores.before;
    for (; i + group <= count; i += group) {
        if (stores.prefetches) {
            prefetch_page_ahead<1>(in + i);
        }
        for (int h = 0; h < 2; ++h) {
            const __m512i half = lookup_words(t, in + i + 32 * h);
            store_line(out + i, 2 * h, _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(half)), 16),
                       stores.past_caches);
            store_line(out + i, 2 * h + 1,
                       _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(half, 1)), 16),
                       stores.past_caches);
        }
    }
    one_by_one(i, count);
}

#endif

}  // namespace narrowfp::kernel
