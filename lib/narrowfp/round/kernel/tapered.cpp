// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/round/kernel/avx512_support.hpp>
#include <narrowfp/round/kernel/tapered.hpp>

#include <array>
#include <memory>

namespace narrowfp::kernel {

namespace {

using table = std::array<std::uint16_t, 65536>;

std::unique_ptr<const table> make_table(overflow_mode overflow) {
    auto made = std::make_unique<table>();
    for (std::uint32_t index = 0; index < made->size(); ++index) {
        const real x = to_real(std::bit_cast<float>(index << 16));
        const projected p = project(hifloat8_format{}, x, rounding::ties_to_away, overflow);
        const bool events[] = {p.inexact,   p.overflowed, p.saturated,    p.underflowed,
                               p.subnormal, x.is_nan(),   x.is_infinity()};
        auto entry = static_cast<std::uint16_t>(p.code);
        for (unsigned bit = 0; bit < 7; ++bit) {
            entry = static_cast<std::uint16_t>(entry | (events[bit] ? 0x100u << bit : 0u));
        }
        (*made)[index] = entry;
    }
    return made;
}

}  // namespace

const std::uint16_t* tapered_table(overflow_mode overflow) {
    switch (overflow) {
        case overflow_mode::none: {
            static const std::unique_ptr<const table> none = make_table(overflow);
            return none->data();
        }
        case overflow_mode::saturate_finite: {
            static const std::unique_ptr<const table> finite = make_table(overflow);
            return finite->data();
        }
        case overflow_mode::saturate_propagate: break;
    }
    static const std::unique_ptr<const table> propagate = make_table(overflow_mode::saturate_propagate);
    return propagate->data();
}

event_counts gather_events(std::uint64_t sum, std::size_t elements) {
    const auto count = [sum](unsigned event) { return sum >> (8 * event) & 0xFF; };
    return {.elements = elements,
            .inexact = count(0),
            .overflowed = count(1),
            .saturated = count(2),
            .underflowed = count(3),
            .subnormal = count(4),
            .nan = count(5),
            .infinite = count(6)};
}

#if NARROWFP_X86_KERNELS

namespace {

constexpr std::size_t group = 32;  // elements whose upper halves fill a register
constexpr int lowest_field =
    127 - 24;  // exponent field of binary32 of binade 0 of the table; below it all becomes zero

// By binade, exponent -24 first. Upper halves have 7 fraction bits.
struct binade_table {
    alignas(64) std::array<std::uint16_t, 64> add{};    // half of the last place
    alignas(64) std::array<std::uint16_t, 64> lost{};   // mask of what is below the last place
    alignas(64) std::array<std::uint16_t, 64> code{};   // of the power of two
    alignas(64) std::array<std::uint16_t, 64> shift{};  // from the fraction of an upper half to that of a code
    std::uint16_t beyond = 0;  // the first upper half that overflows once half a place is added
};

constexpr binade_table make_binades() {
    constexpr hifloat8_format f{};
    binade_table t;
    for (std::size_t b = 0; b < t.add.size(); ++b) {
        const int e = static_cast<int>(b) - 24;
        const real here = real::make_finite(false, 1, e);
        const std::uint64_t ordinal = f.bracket_of(here).lower;
        const std::uint64_t next = f.bracket_of(real::make_finite(false, 1, e + 1)).lower;
        t.lost[b] = 0xFFFF;
        t.shift[b] = 15;
        if (ordinal == 0) {
            // Half of the smallest value and more goes up to it: a whole binade.
            t.add[b] = next != 0 ? 0x80 : 0;
            continue;
        }
        if (ordinal > f.max_ordinal()) {
            continue;
        }
        const auto fraction_bits = static_cast<unsigned>(std::bit_width(next - ordinal) - 1);
        t.add[b] = static_cast<std::uint16_t>(0x40u >> fraction_bits);
        t.lost[b] = static_cast<std::uint16_t>((0x80u >> fraction_bits) - 1);
        t.shift[b] = static_cast<std::uint16_t>(7 - fraction_bits);
        t.code[b] = static_cast<std::uint16_t>(f.magnitude_code(ordinal));
        if (next > f.max_ordinal()) {  // the largest value is in this binade: the next place overflows
            const std::uint64_t places = f.max_ordinal() - ordinal + 1;
            t.beyond = static_cast<std::uint16_t>(((b + lowest_field) << 7) + (places << t.shift[b]));
        }
    }
    return t;
}

constexpr binade_table binades = make_binades();

NARROWFP_AVX512_INLINE __m512i binade_of(__m512i magnitude) {
    const __m512i field = _mm512_subs_epu16(_mm512_srli_epi16(magnitude, 7), _mm512_set1_epi16(lowest_field));
    return _mm512_min_epu16(field, _mm512_set1_epi16(63));
}

}  // namespace

NARROWFP_AVX512 event_counts convert_tapered_avx512(const std::uint16_t* table, const float* in, std::uint8_t* out,
                                                    std::size_t count, bool stream) {
    const __m512i add[2] = {_mm512_load_si512(binades.add.data()), _mm512_load_si512(binades.add.data() + 32)};
    const __m512i lost[2] = {_mm512_load_si512(binades.lost.data()), _mm512_load_si512(binades.lost.data() + 32)};
    const __m512i first_code[2] = {_mm512_load_si512(binades.code.data()), _mm512_load_si512(binades.code.data() + 32)};
    const __m512i shift[2] = {_mm512_load_si512(binades.shift.data()), _mm512_load_si512(binades.shift.data() + 32)};
    const __m512i upper_halves = upper_half_indices();
    const __m512i lower_halves = _mm512_sub_epi16(upper_halves, _mm512_set1_epi16(1));
    const __m512i magnitude_mask = _mm512_set1_epi16(0x7FFF);
    const __m512i beyond = _mm512_set1_epi16(static_cast<short>(binades.beyond));
    event_counts counts;
    std::uint64_t inexact = 0, underflowed = 0, subnormal = 0, elements = 0;
    const stream_plan stores = plan_stream(out, count, stream);
    if (stores.before > 0) {
        counts += convert_by_table(table, in, out, stores.before);
    }
    std::size_t i = stores.before;
    for (; i + group <= count; i += group) {
        if (stores.prefetches) {
            prefetch_page_ahead<2>(in + i);
        }
        const __m512i a = _mm512_loadu_si512(in + i);
        const __m512i b = _mm512_loadu_si512(in + i + 16);
        const __m512i upper = _mm512_permutex2var_epi16(a, upper_halves, b);
        const __m512i lower = _mm512_permutex2var_epi16(a, lower_halves, b);
        const __m512i magnitude = _mm512_and_si512(upper, magnitude_mask);
        const __m512i binade = binade_of(magnitude);
        const __m512i rounded = _mm512_add_epi16(magnitude, _mm512_permutex2var_epi16(add[0], binade, add[1]));
        if (_mm512_cmpge_epu16_mask(rounded, beyond) != 0) {
            counts += convert_by_table(table, in + i, out + i, group);
            continue;
        }
        const __m512i of_result = binade_of(rounded);
        const __m512i fraction = _mm512_srlv_epi16(_mm512_and_si512(rounded, _mm512_set1_epi16(0x7F)),
                                                   _mm512_permutex2var_epi16(shift[0], of_result, shift[1]));
        const __m512i code =
            _mm512_add_epi16(_mm512_permutex2var_epi16(first_code[0], of_result, first_code[1]), fraction);
        const __mmask32 not_zero = _mm512_test_epi16_mask(code, code);
        const __m512i sign =
            _mm512_maskz_mov_epi16(not_zero, _mm512_and_si512(_mm512_srli_epi16(upper, 8), _mm512_set1_epi16(0x80)));
        const __m256i codes = _mm512_cvtepi16_epi8(_mm512_or_si512(code, sign));
        if (stores.past_caches) {
            _mm256_stream_si256(reinterpret_cast<__m256i*>(out + i), codes);
        } else {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), codes);
        }
        const __m512i below =
            _mm512_or_si512(_mm512_and_si512(magnitude, _mm512_permutex2var_epi16(lost[0], binade, lost[1])), lower);
        const __m512i all_bits = _mm512_or_si512(magnitude, lower);
        const __mmask32 was_zero = _mm512_testn_epi16_mask(all_bits, all_bits);
        const __mmask32 small = _mm512_cmplt_epu16_mask(code, _mm512_set1_epi16(8));
        inexact += bits_in(_mm512_test_epi16_mask(below, below));
        subnormal += bits_in(small & not_zero);
        underflowed += bits_in(~not_zero & ~was_zero);
        elements += group;
    }
    if (i < count) {
        counts += convert_by_table(table, in + i, out + i, count - i);
    }
    counts += {.elements = elements, .inexact = inexact, .underflowed = underflowed, .subnormal = subnormal};
    return counts;
}

#endif

}  // namespace narrowfp::kernel
