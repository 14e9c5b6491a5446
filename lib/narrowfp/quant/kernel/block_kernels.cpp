// SPDX-License-Identifier: Apache-2.0
// Loops that the compiler vectorises, compiled once per target as in round/kernel/kernels.cpp.
#include <narrowfp/quant/block_care.hpp>
#include <narrowfp/quant/kernel/block_kernels.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

#if NARROWFP_X86_KERNELS
#include <immintrin.h>
#endif

namespace narrowfp::kernel {

#if NARROWFP_X86_KERNELS

namespace {

using narrowfp::detail::merged_amax;
using narrowfp::detail::nan_mark;

constexpr std::int32_t infinity_pattern = 0x7F800000;

inline std::int32_t magnitude_of(float x) { return std::bit_cast<std::int32_t>(x) & 0x7FFFFFFF; }

// Patterns of magnitudes grow with the magnitudes. NaN and infinities are seen in the maximum and left out in a second
// pass only where there are any; a NaN sets the mark.
inline std::uint32_t amax_run(const float* x, std::size_t count) {
    std::int32_t most = 0;
    for (std::size_t i = 0; i < count; ++i) {
        most = std::max(most, magnitude_of(x[i]));
    }
    std::uint32_t mark = 0;
    if (most >= infinity_pattern) {
        mark = most > infinity_pattern ? nan_mark : 0;
        most = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::int32_t m = magnitude_of(x[i]);
            most = std::max(most, m >= infinity_pattern ? 0 : m);
        }
    }
    return static_cast<std::uint32_t>(most) | mark;
}

// Calls run(first, count, b) for the blocks of a row.
template <class Run>
inline void for_blocks(std::size_t count, std::size_t block, std::size_t before, Run run) {
    std::size_t b = 0;
    for (std::size_t first = 0; first < count; ++b) {
        const std::size_t end = std::min(count, first + block - before);
        run(first, end - first, b);
        first = end;
        before = 0;
    }
}

template <std::size_t Block>
inline void amax_whole_blocks(const float* row, std::size_t blocks, std::uint32_t* amax) {
    for (std::size_t b = 0; b < blocks; ++b) {
        amax[b] = merged_amax(amax[b], amax_run(row + b * Block, Block));
    }
}

inline void amax_row(const float* row, std::size_t count, std::size_t block, std::size_t before, std::uint32_t* amax) {
    if (before == 0 && count % block == 0) {
        switch (block) {  // blocks of a known length need no loop
            case 16: return amax_whole_blocks<16>(row, count / 16, amax);
            case 32: return amax_whole_blocks<32>(row, count / 32, amax);
            case 128: return amax_whole_blocks<128>(row, count / 128, amax);
            default: break;
        }
    }
    for_blocks(count, block, before, [&](std::size_t first, std::size_t n, std::size_t b) {
        amax[b] = merged_amax(amax[b], amax_run(row + first, n));
    });
}

inline void amax_each_row(const float* row, std::size_t count, std::uint32_t* amax) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t m = magnitude_of(row[i]);
        const auto before = static_cast<std::int32_t>(amax[i] & ~nan_mark);
        const std::uint32_t mark = (amax[i] & nan_mark) | (m > infinity_pattern ? nan_mark : 0);
        amax[i] = static_cast<std::uint32_t>(std::max(before, m >= infinity_pattern ? 0 : m)) | mark;
    }
}

// x * factor rounded to odd where binary32 is too coarse. In double the product is exact.
inline float exact_or_odd(float x, float factor) {
    const double exact = double{x} * double{factor};
    const auto nearest = static_cast<float>(exact);
    if (double{nearest} == exact || std::isnan(x) || std::isinf(nearest)) {
        return nearest;
    }
    const auto bits = std::bit_cast<std::uint32_t>(nearest);
    const bool above = std::fabs(double{nearest}) > std::fabs(exact);
    return std::bit_cast<float>((bits - (above ? 1 : 0)) | 1);
}

template <class Factor>
inline void scale_by_power(const float* row, std::size_t count, Factor factor, float* out) {
    std::uint32_t tiny = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const float y = row[i] * factor(i);
        tiny |= static_cast<std::uint32_t>(magnitude_of(y) < 0x00800000) & static_cast<std::uint32_t>(row[i] != 0.0f);
        out[i] = y;
    }
    if (tiny != 0) {
        for (std::size_t i = 0; i < count; ++i) {
            out[i] = exact_or_odd(row[i], factor(i));
        }
    }
}

// 1 if x is finite and not zero and y is zero or infinite. After subtracting 1, the patterns of finite nonzero
// magnitudes are below 0x7F7FFFFF; those of 0, infinity and NaN are not.
inline std::uint32_t is_lost(float x, float y) {
    const auto ordinary = [](float v) {
        return static_cast<std::uint32_t>(magnitude_of(v)) - 1U < 0x7F7FFFFFU ? 1U : 0U;
    };
    return ordinary(x) & ~ordinary(y);
}

template <class Factor>
inline bool scale_run(scale_operation how, const float* row, std::size_t count, Factor factor, float* out) {
    std::uint32_t lost = 0;
    switch (how) {
        case scale_operation::multiply:
            for (std::size_t i = 0; i < count; ++i) {
                const float x = row[i];
                out[i] = x * factor(i);
                lost |= is_lost(x, out[i]);
            }
            break;
        case scale_operation::divide:
            for (std::size_t i = 0; i < count; ++i) {
                const float x = row[i];
                out[i] = x / factor(i);
                lost |= is_lost(x, out[i]);
            }
            break;
        case scale_operation::power: scale_by_power(row, count, factor, out); break;
    }
    return lost != 0;
}

inline bool scale_row(scale_operation how, const float* row, std::size_t count, std::size_t block, std::size_t before,
                      const float* factors, float* out) {
    bool lost = false;
    for_blocks(count, block, before, [&](std::size_t first, std::size_t n, std::size_t b) {
        const float factor = factors[b];
        lost |= scale_run(
            how, row + first, n, [factor](std::size_t) { return factor; }, out + first);
    });
    return lost;
}

inline bool scale_each_row(scale_operation how, const float* row, std::size_t count, const float* factors, float* out) {
    return scale_run(
        how, row, count, [factors](std::size_t i) { return factors[i]; }, out);
}

#define NARROWFP_AVX2 __attribute__((target(NARROWFP_AVX2_ATTRIBUTES)))

// An 8 x 8 block by the usual three steps: pairs, quadruples, halves.
NARROWFP_AVX2 void transpose_8x8(const float* in, std::ptrdiff_t in_stride, float* out, std::ptrdiff_t out_stride) {
    __m256 row[8];
    for (int i = 0; i < 8; ++i) {
        row[i] = _mm256_loadu_ps(in + i * in_stride);
    }
    __m256 pair[8];
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    __m256 quad[8];
    for (int i = 0; i < 8; i += 4) {
        quad[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
        quad[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xEE);
        quad[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
        quad[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; ++i) {
        _mm256_storeu_ps(out + i * out_stride, _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x20));
        _mm256_storeu_ps(out + (i + 4) * out_stride, _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x31));
    }
}

void transpose(const float* in, std::ptrdiff_t in_stride, float* out, std::size_t out_stride, std::size_t rows,
               std::size_t cols) {
    const std::size_t whole_rows = rows - rows % 8;
    const std::size_t whole_cols = cols - cols % 8;
    for (std::size_t j = 0; j < whole_cols; j += 8) {
        for (std::size_t i = 0; i < whole_rows; i += 8) {
            transpose_8x8(in + static_cast<std::ptrdiff_t>(j) * in_stride + static_cast<std::ptrdiff_t>(i), in_stride,
                          out + i * out_stride + j, static_cast<std::ptrdiff_t>(out_stride));
        }
    }
    for (std::size_t j = 0; j < cols; ++j) {
        const float* const source = in + static_cast<std::ptrdiff_t>(j) * in_stride;
        for (std::size_t i = j < whole_cols ? whole_rows : 0; i < rows; ++i) {
            out[i * out_stride + j] = source[i];
        }
    }
}

// The functions of one target, as static members of a struct of that name.
#define NARROWFP_BLOCK_KERNELS(Target, Attributes)                                                                   \
    struct Target {                                                                                                  \
        __attribute__((target(Attributes), flatten)) static void amax(const float* row, std::size_t count,           \
                                                                      std::size_t block, std::size_t before,         \
                                                                      std::uint32_t* amax) {                         \
            amax_row(row, count, block, before, amax);                                                               \
        }                                                                                                            \
        __attribute__((target(Attributes), flatten)) static void amax_each(const float* row, std::size_t count,      \
                                                                           std::uint32_t* amax) {                    \
            amax_each_row(row, count, amax);                                                                         \
        }                                                                                                            \
        __attribute__((target(Attributes), flatten)) static bool scale(scale_operation how, const float* row,        \
                                                                       std::size_t count, std::size_t block,         \
                                                                       std::size_t before, const float* factors,     \
                                                                       float* out) {                                 \
            return scale_row(how, row, count, block, before, factors, out);                                          \
        }                                                                                                            \
        __attribute__((target(Attributes), flatten)) static bool scale_each(scale_operation how, const float* row,   \
                                                                            std::size_t count, const float* factors, \
                                                                            float* out) {                            \
            return scale_each_row(how, row, count, factors, out);                                                    \
        }                                                                                                            \
    };

NARROWFP_BLOCK_KERNELS(avx2, NARROWFP_AVX2_ATTRIBUTES)
NARROWFP_BLOCK_KERNELS(avx512, NARROWFP_AVX512_ATTRIBUTES NARROWFP_WIDE_VECTORS)

template <class T>
constexpr block_kernels table_of() {
    return {.amax = T::amax,
            .amax_each = T::amax_each,
            .scale = T::scale,
            .scale_each = T::scale_each,
            .transpose = transpose};
}

constexpr block_kernels avx2_kernels = table_of<avx2>();
constexpr block_kernels avx512_kernels = table_of<avx512>();

}  // namespace

#endif

namespace {

constexpr dispatch_row<const block_kernels*> rows[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512), &avx512_kernels},
    {features_of(target::avx2), &avx2_kernels},
#endif
    {{}, nullptr},
};

}  // namespace

dispatch_table<const block_kernels*> block_kernel_tables() { return complete_table<rows>(); }

}  // namespace narrowfp::kernel
