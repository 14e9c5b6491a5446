// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/format/types.hpp>
#include <narrowfp/round/kernel/avx512_support.hpp>
#include <narrowfp/round/kernel/half.hpp>

namespace narrowfp::kernel {

half_kind half_kind_of(const any_format& format, const rounding_rule& rule) {
    const auto* f = std::get_if<float_format>(&format);
    if (f == nullptr || rule.mode != rounding::ties_to_even || f->infinity != infinity_kind::ieee ||
        f->nan != nan_kind::ieee || !f->has_subnormals || !f->is_signed || f->padding_bits != 0 ||
        !f->has_negative_zero) {
        return half_kind::none;
    }
    const auto has_fields = [f](const float_format& other) {
        return f->exponent_bits == other.exponent_bits && f->fraction_bits == other.fraction_bits &&
               f->bias == other.bias;
    };
    return has_fields(bf16) ? half_kind::bfloat16 : (has_fields(f16) ? half_kind::binary16 : half_kind::none);
}

#if NARROWFP_X86_KERNELS

namespace {

constexpr std::size_t group = 32;  // elements whose codes fill a register

void by_lanes(const lane_constants& lanes, const float* in, std::uint16_t* out, std::size_t count,
              event_counts& counts) {
    const kernel_table& table = avx512_lanes();
    std::uint32_t codes[group];
    table.convert[static_cast<std::size_t>(rounding::ties_to_even)](lanes, in, codes, count, counts);
    table.store_16(codes, out, count);
}

struct half_group {
    __m512i codes;
    bool special;
    std::uint64_t inexact = 0;
};

template <half_kind Kind, bool Count>
NARROWFP_AVX512_INLINE half_group convert_group(__m512 a, __m512 b) {
    half_group out;
    if constexpr (Kind == half_kind::bfloat16) {
        const __m512i x = _mm512_castps_si512(a);
        const __m512i y = _mm512_castps_si512(b);
        const __m512i one = _mm512_set1_epi32(1);
        const __m512i below_half = _mm512_set1_epi32(0x7FFF);
        const __m512i up_x = _mm512_add_epi32(below_half, _mm512_and_si512(_mm512_srli_epi32(x, 16), one));
        const __m512i up_y = _mm512_add_epi32(below_half, _mm512_and_si512(_mm512_srli_epi32(y, 16), one));
        const __m512i upper_halves = upper_half_indices();
        out.codes = _mm512_permutex2var_epi16(_mm512_add_epi32(x, up_x), upper_halves, _mm512_add_epi32(y, up_y));
        // From here on a magnitude rounds to infinity, or is one, or NaN.
        const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
        const __m512i most = _mm512_max_epu32(_mm512_and_si512(x, magnitude), _mm512_and_si512(y, magnitude));
        out.special = _mm512_cmpge_epu32_mask(most, _mm512_set1_epi32(0x7F7F8000)) != 0;
        if constexpr (Count) {
            const __m512i lost = _mm512_set1_epi32(0xFFFF);
            out.inexact = bits_in(_mm512_test_epi32_mask(x, lost)) + bits_in(_mm512_test_epi32_mask(y, lost));
        }
    } else {
        constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        const __m256i low = _mm512_cvtps_ph(a, nearest);
        const __m256i high = _mm512_cvtps_ph(b, nearest);
        out.codes = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
        const __m512i magnitude = _mm512_and_si512(out.codes, _mm512_set1_epi16(0x7FFF));
        out.special = _mm512_cmpge_epu16_mask(magnitude, _mm512_set1_epi16(0x7C00)) != 0;
        if constexpr (Count) {
            out.inexact = bits_in(_mm512_cmp_ps_mask(_mm512_cvtph_ps(low), a, _CMP_NEQ_UQ)) +
                          bits_in(_mm512_cmp_ps_mask(_mm512_cvtph_ps(high), b, _CMP_NEQ_UQ));
        }
    }
    return out;
}

NARROWFP_AVX512_INLINE std::uint64_t zeros_in(__m512 x) {
    return bits_in(_mm512_testn_epi32_mask(_mm512_castps_si512(x), _mm512_set1_epi32(0x7FFFFFFF)));
}

template <half_kind Kind, bool Count>
NARROWFP_AVX512 event_counts convert_all(const lane_constants& lanes, const float* in, std::uint16_t* out,
                                         std::size_t count, bool stream) {
    const __m512i magnitude_mask = _mm512_set1_epi16(0x7FFF);
    const __m512i first_normal = _mm512_set1_epi16(static_cast<short>(1u << lanes.fraction_bits));
    event_counts counts;
    std::uint64_t inexact = 0, underflowed = 0, subnormal = 0, elements = 0;
    const stream_plan stores = plan_stream(out, count, stream);
    if (stores.before > 0) {
        by_lanes(lanes, in, out, stores.before, counts);
    }
    std::size_t i = stores.before;
    for (; i + group <= count; i += group) {
        if (stores.prefetches) {
            prefetch_page_ahead<2>(in + i);
        }
        const __m512 a = _mm512_loadu_ps(in + i);
        const __m512 b = _mm512_loadu_ps(in + i + 16);
        const half_group g = convert_group<Kind, Count>(a, b);
        if (g.special) {
            by_lanes(lanes, in + i, out + i, group, counts);
            continue;
        }
        store_register(out + i, g.codes, stores.past_caches);
        if constexpr (Count) {
            const __m512i magnitude = _mm512_and_si512(g.codes, magnitude_mask);
            const __mmask32 small = _mm512_cmplt_epu16_mask(magnitude, first_normal);
            if (small != 0) {
                const std::uint64_t zero = bits_in(_mm512_testn_epi16_mask(magnitude, magnitude));
                subnormal += bits_in(small) - zero;
                underflowed += zero - zeros_in(a) - zeros_in(b);
            }
            inexact += g.inexact;
        }
        elements += group;
    }
    if (i < count) {
        by_lanes(lanes, in + i, out + i, count - i, counts);
    }
    counts += {.elements = elements, .inexact = inexact, .underflowed = underflowed, .subnormal = subnormal};
    return counts;
}

}  // namespace

event_counts convert_half_avx512(half_kind kind, const lane_constants& lanes, const float* in, std::uint16_t* out,
                                 std::size_t count, bool count_events, bool stream) {
    const auto run = [&]<half_kind Kind>() {
        return count_events ? convert_all<Kind, true>(lanes, in, out, count, stream)
                            : convert_all<Kind, false>(lanes, in, out, count, stream);
    };
    return kind == half_kind::bfloat16 ? run.template operator()<half_kind::bfloat16>()
                                       : run.template operator()<half_kind::binary16>();
}

#endif

}  // namespace narrowfp::kernel
