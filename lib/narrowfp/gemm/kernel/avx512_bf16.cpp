// SPDX-License-Identifier: Apache-2.0
// Kernels for AVX-512 with BF16 dot products, VNNI and VBMI. The instruction set is chosen in this file, not by a
// compiler option, so that nothing from a shared header is compiled for it.
//
// vdpbf16ps is two FMAs with subnormal inputs and results taken as zero, ties to even, whatever MXCSR says: the high
// halves first, then the low ones (Intel SDM, VDPBF16PS). Where no operand and no sum can be subnormal it is therefore
// the chain of the reference. That the processor at hand does this is tried once (is_fma_chain).
#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/target_attributes.hpp>
#include <narrowfp/gemm/internal/kernel_set.hpp>

#if NARROWFP_X86_KERNELS

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>

NARROWFP_BEGIN_TARGET(NARROWFP_AVX512_BF16_ATTRIBUTES)

#include <narrowfp/gemm/internal/avx512_aligned.hpp>
#include <narrowfp/gemm/internal/avx512_stream.hpp>

namespace narrowfp::detail {
namespace {

struct bf16_dot {
    using acc = __m512;
    using operand = __m512i;
    static acc zero() { return _mm512_setzero_ps(); }
    static acc load(const float* p) { return _mm512_loadu_ps(p); }
    static void store(float* p, acc x) { _mm512_storeu_ps(p, x); }
    static operand load_operand(const std::uint32_t* p) { return _mm512_loadu_si512(p); }
    static operand broadcast(const std::uint32_t* p) { return _mm512_set1_epi32(static_cast<int>(*p)); }
    static operand as_operand(__m512i x) { return x; }
    static acc step(acc c, operand a, operand b) {
        return _mm512_dpbf16_ps(c, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
    }
    static __m512 value(acc x, float) { return x; }
};

struct fused_multiply_add {
    static __m512i add(__m512i c, __m512i a, __m512i b) { return _mm512_dpwssd_epi32(c, a, b); }
};

// -- decoding bytes ---------------------------------------------------------------------------------------------------
// The low and the high bytes of 64 words, by two tables of bytes, 128 in two registers. Bit 7 of a code is not part of the
// index.
inline __m512i lookup_128(const __m512i* part, __m512i codes) {
    return _mm512_permutex2var_epi8(part[0], codes, part[1]);
}

template <std::size_t Registers>
struct byte_tables {
    __m512i low[Registers];
    __m512i high[Registers];

    explicit byte_tables(const word_table* table) {
        NARROWFP_UNROLL
        for (std::size_t i = 0; i < Registers; ++i) {
            low[i] = _mm512_load_si512(table->low + 64 * i);
            high[i] = _mm512_load_si512(table->high + 64 * i);
        }
    }
};

// Any 256 words.
struct whole_lookup : byte_tables<4> {
    using byte_tables::byte_tables;

    void operator()(__m512i codes, __m512i& low_bytes, __m512i& high_bytes) const {
        const __mmask64 upper = _mm512_movepi8_mask(codes);
        low_bytes = _mm512_mask_blend_epi8(upper, lookup_128(low, codes), lookup_128(low + 2, codes));
        high_bytes = _mm512_mask_blend_epi8(upper, lookup_128(high, codes), lookup_128(high + 2, codes));
    }
};

// Where bit 7 of a code is the sign of its word: half the tables.
struct magnitude_lookup : byte_tables<2> {
    using byte_tables::byte_tables;

    void operator()(__m512i codes, __m512i& low_bytes, __m512i& high_bytes) const {
        constexpr int either_or_both_of_the_last = 0xF8;  // a | (b & c)
        low_bytes = lookup_128(low, codes);
        high_bytes = _mm512_ternarylogic_epi64(lookup_128(high, codes), codes, _mm512_set1_epi8(-128),
                                               either_or_both_of_the_last);
    }
};

// Unpacking works inside 128-bit lanes. Two levels of it bring group 4 l + i of four columns to vector i, lane l, if the
// groups were exchanged like this before.
__m512i groups_of_four(__m512i bytes) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, bytes);
}

// 64 columns of rows k and k + 1, which become the high and the low halves.
template <class Lookup>
struct pairs_of_bytes {
    static constexpr std::size_t rows_per_step = 2;
    static constexpr std::size_t bytes = 1;
    Lookup lookup;
    explicit pairs_of_bytes(const word_table* table) : lookup(table) {}

    void keep(const std::uint8_t* row, __m512i (&kept)[1]) const { kept[0] = groups_of_four(_mm512_loadu_si512(row)); }

    void columns(const __m512i (&early)[1], const std::uint8_t* late_row, __m512i (&out)[4]) const {
        __m512i early_low;
        __m512i early_high;
        __m512i late_low;
        __m512i late_high;
        lookup(early[0], early_low, early_high);
        lookup(groups_of_four(_mm512_loadu_si512(late_row)), late_low, late_high);
        const __m512i early0 = _mm512_unpacklo_epi8(early_low, early_high);
        const __m512i early1 = _mm512_unpackhi_epi8(early_low, early_high);
        const __m512i late0 = _mm512_unpacklo_epi8(late_low, late_high);
        const __m512i late1 = _mm512_unpackhi_epi8(late_low, late_high);
        out[0] = _mm512_unpacklo_epi16(late0, early0);
        out[1] = _mm512_unpackhi_epi16(late0, early0);
        out[2] = _mm512_unpacklo_epi16(late1, early1);
        out[3] = _mm512_unpackhi_epi16(late1, early1);
    }
};

template <class Lookup>
struct f32_of_bytes {
    static constexpr std::size_t rows_per_step = 1;
    static constexpr std::size_t bytes = 1;
    Lookup lookup;
    explicit f32_of_bytes(const word_table* table) : lookup(table) {}

    void columns(const std::uint8_t* row, __m512i (&out)[4]) const {
        __m512i low;
        __m512i high;
        lookup(groups_of_four(_mm512_loadu_si512(row)), low, high);
        const __m512i words0 = _mm512_unpacklo_epi8(low, high);
        const __m512i words1 = _mm512_unpackhi_epi8(low, high);
        out[0] = _mm512_unpacklo_epi16(_mm512_setzero_si512(), words0);
        out[1] = _mm512_unpackhi_epi16(_mm512_setzero_si512(), words0);
        out[2] = _mm512_unpacklo_epi16(_mm512_setzero_si512(), words1);
        out[3] = _mm512_unpackhi_epi16(_mm512_setzero_si512(), words1);
    }
};

struct pairs_of_words {
    static constexpr std::size_t rows_per_step = 2;
    static constexpr std::size_t bytes = 2;
    explicit pairs_of_words(const word_table*) {}

    void keep(const std::uint8_t* row, __m512i (&kept)[2]) const {
        const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);  // as groups_of_four, for one level
        NARROWFP_UNROLL
        for (std::size_t h = 0; h < 2; ++h) {
            kept[h] = _mm512_permutexvar_epi64(order, _mm512_loadu_si512(row + 64 * h));
        }
    }

    void columns(const __m512i (&early)[2], const std::uint8_t* late_row, __m512i (&out)[4]) const {
        __m512i late[2];
        keep(late_row, late);
        NARROWFP_UNROLL
        for (std::size_t h = 0; h < 2; ++h) {
            out[2 * h] = _mm512_unpacklo_epi16(late[h], early[h]);
            out[2 * h + 1] = _mm512_unpackhi_epi16(late[h], early[h]);
        }
    }
};

// A panel of B from rows as a stream reads them. The missing row of an odd run is code 0, which is zero in every format
// that comes here.
template <class Decode>
void panel_pairs_by(const std::uint8_t* codes, std::size_t stride, std::size_t count, const word_table* table,
                    std::uint32_t* out) {
    const Decode decode(table);
    alignas(64) static constexpr std::uint8_t zeros[64 * Decode::bytes] = {};
    for (std::size_t k = 0; k < count; k += 2, out += 64) {
        const std::uint8_t* row = codes + k * stride;
        __m512i early[Decode::bytes];
        decode.keep(row, early);
        __m512i columns[4];
        decode.columns(early, k + 1 < count ? row + stride : zeros, columns);
        NARROWFP_UNROLL
        for (std::size_t v = 0; v < 4; ++v) {
            _mm512_storeu_si512(out + 16 * v, columns[v]);
        }
    }
}

// The same, whatever the table.
void panel_pairs_of_bytes(const std::uint8_t* codes, std::size_t stride, std::size_t count, const word_table* table,
                          std::uint32_t* out) {
    const auto panel = table->bit_7_is_sign ? panel_pairs_by<pairs_of_bytes<magnitude_lookup>>
                                            : panel_pairs_by<pairs_of_bytes<whole_lookup>>;
    panel(codes, stride, count, table, out);
}

template <class Dot, template <class> class Decode>
void stream_of_bytes(const stream_call& t) {
    const auto stream = t.table->bit_7_is_sign ? stream_columns_of<Dot, Decode<magnitude_lookup>>
                                               : stream_columns_of<Dot, Decode<whole_lookup>>;
    stream(t);
}

// A line of A, in pairs like the panels. Words come from unpacking inside 128-bit lanes, so that eight codes at a time go
// to the low half of a lane for the first 32 words and to its high half for the last; the two codes of a pair change places.
template <class Lookup, std::uint32_t Pad>
void line_pairs_by(const std::uint8_t* codes, std::size_t count, const word_table* table, std::uint32_t* out) {
    alignas(64) static constexpr auto order = [] {
        std::array<std::uint8_t, 64> from{};
        for (std::size_t i = 0; i < 64; ++i) {
            const std::size_t code = i % 16 / 8 * 32 + i / 16 * 8 + i % 8;
            from[i] = static_cast<std::uint8_t>(code ^ 1);
        }
        return from;
    }();
    const Lookup lookup(table);
    with_padded_rest<1, 2>(codes, count, out, [&lookup](const std::uint8_t* from, std::size_t n, std::uint32_t* to) {
        const __m512i places = _mm512_load_si512(order.data());
        for (std::size_t i = 0; i < n; i += 64) {
            __m512i low;
            __m512i high;
            lookup(_mm512_permutexvar_epi8(places, _mm512_loadu_si512(from + i)), low, high);
            _mm512_storeu_si512(to + i / 2, _mm512_unpacklo_epi8(low, high));
            _mm512_storeu_si512(to + i / 2 + 16, _mm512_unpackhi_epi8(low, high));
        }
    });
    pad_odd_line<Pad>(count, out);
}

template <std::uint32_t Pad>
void line_pairs_of_bytes(const std::uint8_t* codes, std::size_t count, const word_table* table, std::uint32_t* out) {
    const auto line = table->bit_7_is_sign ? line_pairs_by<magnitude_lookup, Pad> : line_pairs_by<whole_lookup, Pad>;
    line(codes, count, table, out);
}

constexpr kernel_family f32_family{
    .elements_per_step = 1,
    .tile_rows = std::size(avx512_tiles<avx512_fma>),
    .tile_columns = tile_columns_of<avx512_ops>,
    .tile = avx512_tiles<avx512_fma>,
    .panel = {panel_f32<code_kind::table8>, panel_f32<code_kind::bf16>, panel_f32<code_kind::f16>,
              panel_f32<code_kind::f32>},
    .line = {line_f32<code_kind::table8>, line_f32<code_kind::bf16>, line_f32<code_kind::f16>,
             line_f32<code_kind::f32>},
    .stream = {stream_of_bytes<avx512_fma, f32_of_bytes>, stream_columns_of<avx512_fma, stream_f32<code_kind::bf16>>,
               stream_columns_of<avx512_fma, stream_f32<code_kind::f16>>,
               stream_columns_of<avx512_fma, stream_f32<code_kind::f32>>}};

constexpr std::uint32_t negative_zero = 0x8000;

constexpr kernel_family bf16_family{
    .elements_per_step = 2,
    .tile_rows = std::size(avx512_tiles<bf16_dot>),
    .tile_columns = tile_columns_of<avx512_ops>,
    .tile = avx512_tiles<bf16_dot>,
    .panel = {panel_pairs_of_bytes, panel_pairs_by<pairs_of_words>},
    .line = {line_pairs_of_bytes<negative_zero>, line_pairs<words_of_words, negative_zero>},
    .stream = {stream_of_bytes<bf16_dot, pairs_of_bytes>, stream_columns_of<bf16_dot, pairs_of_words>}};

constexpr kernel_family integer_family{.elements_per_step = 2,
                                       .tile_rows = std::size(avx512_tiles<avx512_integer<fused_multiply_add>>),
                                       .tile_columns = tile_columns_of<avx512_ops>,
                                       .tile = avx512_tiles<avx512_integer<fused_multiply_add>>,
                                       .panel = {panel_pairs_of_bytes},
                                       .line = {line_pairs_of_bytes<0>}};

// Sums of two products of which the order and each rounding matter, as a processor with another vdpbf16ps would show.
bool is_fma_chain() {
    std::uint32_t state = 1;
    const auto draw = [&state](int exponents) {  // a bfloat16 with an exponent from 127 to 127 + exponents - 1
        state = state * 1664525U + 1013904223U;
        const std::uint32_t exponent = 127U + (state >> 8) % static_cast<std::uint32_t>(exponents);
        return (state >> 16 & 0x8000U) | exponent << 7 | (state >> 24 & 0x7FU);
    };
    const auto number = [](std::uint32_t word) { return std::bit_cast<float>(word << 16); };
    for (int round = 0; round < 16; ++round) {
        alignas(64) std::uint32_t a[16];
        alignas(64) std::uint32_t b[16];
        alignas(64) float c[16];
        alignas(64) float d[16];
        for (int i = 0; i < 16; ++i) {
            const std::uint32_t early_a = draw(30);
            const std::uint32_t late_a = draw(30);
            const std::uint32_t early_b = draw(4);
            const std::uint32_t late_b = draw(4);
            a[i] = early_a << 16 | late_a;
            b[i] = early_b << 16 | late_b;
            c[i] = number(draw(30)) * 1.0000001f;
            d[i] = std::fma(number(late_a), number(late_b), std::fma(number(early_a), number(early_b), c[i]));
        }
        alignas(64) float found[16];
        _mm512_store_ps(found, bf16_dot::step(_mm512_load_ps(c), _mm512_load_si512(a), _mm512_load_si512(b)));
        if (std::memcmp(found, d, sizeof d) != 0) {
            return false;
        }
    }
    return true;
}

constexpr aligned_family aligned_units{4, 16, avx512_aligned<fused_multiply_add>};

std::uint16_t least_magnitude(const std::uint8_t* words, std::size_t count) {
    const __m512i magnitude = _mm512_set1_epi16(0x7FFF);
    const __m512i one = _mm512_set1_epi16(1);
    __m512i least[4];
    for (__m512i& x : least) {
        x = _mm512_set1_epi16(-1);
    }
    const auto add = [&](__m512i& into, __m512i loaded) {
        into = _mm512_min_epu16(into, _mm512_sub_epi16(_mm512_and_si512(loaded, magnitude), one));
    };
    std::size_t i = 0;
    for (; i + 128 <= count; i += 128) {
        NARROWFP_UNROLL
        for (std::size_t v = 0; v < 4; ++v) {
            add(least[v], _mm512_loadu_si512(words + 2 * i + 64 * v));
        }
    }
    for (; i < count; i += 32) {  // what is not there is zero
        const __mmask32 there = count - i < 32 ? (std::uint32_t{1} << (count - i)) - 1 : ~std::uint32_t{0};
        add(least[0], _mm512_maskz_loadu_epi16(there, words + 2 * i));
    }
    alignas(64) std::uint16_t lanes[32];
    _mm512_store_si512(lanes,
                       _mm512_min_epu16(_mm512_min_epu16(least[0], least[1]), _mm512_min_epu16(least[2], least[3])));
    return *std::min_element(lanes, lanes + 32);
}

constexpr kernel_set with_dot_products{&f32_family, &bf16_family, &integer_family, &aligned_units, least_magnitude};
constexpr kernel_set without_dot_products{&f32_family, nullptr, &integer_family, &aligned_units};

}  // namespace

const kernel_set& avx512_bf16_kernels() {
    static const kernel_set& chosen = with_default_environment([] { return is_fma_chain(); })
                                          ? checked_set<with_dot_products>()
                                          : checked_set<without_dot_products>();
    return chosen;
}

}  // namespace narrowfp::detail

NARROWFP_END_TARGET

#endif
