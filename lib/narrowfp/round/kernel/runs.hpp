// SPDX-License-Identifier: Apache-2.0
// Loops over short runs of elements, written so that the compiler vectorises them; kernels.cpp compiles them once for each
// target. A run is at most run_elements long and lies in the first-level cache, so that steps can pass it on in plain
// arrays: source -> floats -> codes of 32 bits -> code words.
#pragma once

#include <narrowfp/round/kernel/lanes.hpp>
#include <narrowfp/round/philox.hpp>

#include <cstddef>

namespace narrowfp::kernel {

inline constexpr std::size_t run_elements = 256;

// SC'11, table 2, and the Weyl increments, as in round/philox.hpp.
inline constexpr std::uint64_t philox_multiplier_0 = 0xD2511F53;
inline constexpr std::uint64_t philox_multiplier_1 = 0xCD9E8D57;
inline constexpr std::uint32_t philox_weyl_0 = 0x9E3779B9;
inline constexpr std::uint32_t philox_weyl_1 = 0xBB67AE85;

// codes[i] = in[i] rounded into the format of k.
template <class Lane>
void convert_run(const float* __restrict in, std::uint32_t* __restrict codes, std::size_t count, event_counts& counts,
                 Lane lane) {
    std::uint32_t inexact = 0, overflowed = 0, saturated = 0, underflowed = 0, subnormal = 0, nan = 0, infinite = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const lane_result r = lane(std::bit_cast<std::uint32_t>(in[i]), i);
        codes[i] = r.code;
        inexact += r.inexact;
        overflowed += r.overflowed;
        saturated += r.saturated;
        underflowed += r.underflowed;
        subnormal += r.subnormal;
        nan += r.nan;
        infinite += r.infinite;
    }
    counts += {.elements = count,
               .inexact = inexact,
               .overflowed = overflowed,
               .saturated = saturated,
               .underflowed = underflowed,
               .subnormal = subnormal,
               .nan = nan,
               .infinite = infinite};
}

// out[i] = codes[i] in its storage type.
template <class Code>
void store_run(const std::uint32_t* __restrict codes, Code* __restrict out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<Code>(codes[i]);
    }
}

template <class Code>
void load_run(const Code* __restrict in, std::uint32_t* __restrict codes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        codes[i] = in[i];
    }
}

// What decoding needs to know of a float_format. Precondition: min_exponent() >= -126.
struct decode_constants {
    std::uint32_t magnitude_mask = 0;
    std::uint32_t sign_mask = 0;
    std::uint32_t sign_shift = 0;    // from the sign of a code to that of a float; 0 if unsigned
    std::uint32_t padding = 0;       // bits behind the last place
    std::uint32_t shift = 0;         // from the last place of an ordinal to that of a float
    std::uint32_t base = 0;          // float pattern minus shifted ordinal of a normal value
    std::uint32_t first_normal = 0;  // ordinal
    float subnormal_unit = 0;        // 0 if there are none
    std::uint32_t max_ordinal = 0;
    std::uint32_t infinity = 0;     // ordinal; one that does not occur if there is none
    std::uint32_t nan_at_sign = 0;  // all ones if the sign alone is NaN
};

constexpr bool has_decode_lanes(const any_format& format) {
    const auto* f = std::get_if<float_format>(&format);
    return f != nullptr && f->min_exponent() >= -126 && f->fraction_bits <= 22;
}

constexpr decode_constants decode_constants_of(const float_format& f) {
    constexpr std::uint32_t no_code = ~std::uint32_t{0};
    const int magnitude_bits = f.magnitude_bits();
    return {.magnitude_mask = static_cast<std::uint32_t>(f.magnitude_mask()),
            .sign_mask = static_cast<std::uint32_t>(f.sign_mask()),
            .sign_shift = f.is_signed ? static_cast<std::uint32_t>(31 - magnitude_bits) : 0,
            .padding = static_cast<std::uint32_t>(f.padding_bits),
            .shift = static_cast<std::uint32_t>(23 - f.fraction_bits),
            .base = static_cast<std::uint32_t>(127 - f.bias) << 23,
            .first_normal = f.zero_field_is_normal ? 0 : std::uint32_t{1} << f.fraction_bits,
            .subnormal_unit = f.has_subnormals
                                  ? nearest_host<float>(real::make_finite(false, 1, f.min_exponent() - f.fraction_bits))
                                  : 0.0f,
            .max_ordinal = static_cast<std::uint32_t>(f.max_ordinal()),
            .infinity = f.has_infinity() ? static_cast<std::uint32_t>(f.max_ordinal() + 1) : no_code,
            .nan_at_sign = f.nan == nan_kind::negative_zero ? ~std::uint32_t{0} : 0};
}

// Expects the default floating-point environment: the product may be subnormal, and is exact.
inline float decode_lane(const decode_constants& k, std::uint32_t code) {
    const std::uint32_t magnitude = (code & k.magnitude_mask) >> k.padding;
    const std::uint32_t sign = (code & k.sign_mask) << k.sign_shift;
    const std::uint32_t normal = (magnitude << k.shift) + k.base;
    const float product = static_cast<float>(static_cast<std::int32_t>(magnitude)) * k.subnormal_unit;
    std::uint32_t bits = choose(magnitude < k.first_normal, std::bit_cast<std::uint32_t>(product), normal);
    bits = choose(magnitude > k.max_ordinal, choose(magnitude == k.infinity, 0x7F800000, 0x7FC00000), bits) | sign;
    bits = choose((k.nan_at_sign != 0) & (magnitude == 0) & (sign != 0), 0x7FC00000, bits);
    return std::bit_cast<float>(bits);
}

inline void decode_run(const decode_constants& k, const std::uint32_t* __restrict codes, float* __restrict out,
                       std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = decode_lane(k, codes[i]);
    }
}

// Values of up to 8 bits by table.
template <class Code>
void decode_by_table(const float* __restrict values, const Code* __restrict codes, float* __restrict out,
                     std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = values[codes[i] & 0xFF];
    }
}

// Doubles to floats, rounded to odd: what is lost is marked in the last bit, so that a second rounding to at most 21
// fraction bits gives what one rounding of the double gives. Expects rounding toward zero. Returns false if a finite
// double lies beyond the range of floats; those would have to overflow and cannot.
inline bool round_to_odd_run(const double* __restrict in, float* __restrict out, std::size_t count) {
    std::uint64_t beyond = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto truncated = static_cast<float>(in[i]);
        const auto lost = static_cast<std::uint32_t>(static_cast<double>(truncated) != in[i]);
        out[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(truncated) | lost);
        // Patterns of magnitudes from 2^128 to infinity, infinity excluded.
        constexpr std::uint64_t first = std::uint64_t{1023 + 128} << 52;
        constexpr std::uint64_t infinity = std::uint64_t{2047} << 52;
        const std::uint64_t magnitude = std::bit_cast<std::uint64_t>(in[i]) & ~(std::uint64_t{1} << 63);
        beyond |= static_cast<std::uint64_t>(magnitude - first < infinity - first);
    }
    return beyond == 0;
}

// philox4x32 (round/philox.hpp) with each word of the counter in the lower half of 64 bits.
constexpr void philox_lane(std::uint64_t& c0, std::uint64_t& c1, std::uint64_t& c2, std::uint64_t& c3,
                           std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = philox_multiplier_0 * c0;
        const std::uint64_t p1 = philox_multiplier_1 * c2;
        c0 = (p1 >> 32) ^ c1 ^ key0;
        c1 = p1 & 0xFFFFFFFF;
        c2 = (p0 >> 32) ^ c3 ^ key1;
        c3 = p0 & 0xFFFFFFFF;
        key0 += philox_weyl_0;
        key1 += philox_weyl_1;
    }
}

// out[i] = stream.bits(first + i, bits): the blocks side by side, then the parts of each. Precondition: first is a multiple
// of 16, count is at most run_elements + 15, out has room for `count` rounded up to a multiple of 16.
inline void random_run(const philox_stream& stream, std::uint64_t first, int bits, std::uint32_t* __restrict out,
                       std::size_t count) {
    const int log2_share = bits > 16 ? 0 : (bits > 8 ? 1 : 2);  // elements that share a word
    const std::size_t per_block = std::size_t{4} << log2_share;
    const std::size_t blocks = (count + per_block - 1) / per_block;
    const std::uint64_t first_block = first / per_block;
    constexpr std::size_t most_blocks = (run_elements + 16) / 4;
    // One word of the counter in each 64-bit lane, so that a product keeps its upper half.
    std::uint64_t c0[most_blocks], c1[most_blocks], c2[most_blocks], c3[most_blocks];
    for (std::size_t b = 0; b < blocks; ++b) {
        c0[b] = (first_block + b) & 0xFFFFFFFF;
        c1[b] = (first_block + b) >> 32;
        c2[b] = 0;
        c3[b] = 0;
    }
    for (std::size_t b = 0; b < blocks; ++b) {
        philox_lane(c0[b], c1[b], c2[b], c3[b], stream.seed, stream.tensor);
    }
    const std::uint32_t mask = ~std::uint32_t{0} >> (32 - bits);
    const int width = 32 >> log2_share;
    const std::size_t parts = std::size_t{1} << log2_share;
    for (std::size_t b = 0; b < blocks; ++b) {
        const std::uint64_t words[4] = {c0[b], c1[b], c2[b], c3[b]};
        for (std::size_t w = 0; w < 4; ++w) {
            for (std::size_t part = 0; part < parts; ++part) {
                out[b * per_block + w * parts + part] =
                    static_cast<std::uint32_t>(words[w] >> (part * static_cast<std::size_t>(width))) & mask;
            }
        }
    }
}

}  // namespace narrowfp::kernel
