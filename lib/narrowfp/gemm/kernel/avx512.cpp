// SPDX-License-Identifier: Apache-2.0
// Kernels for AVX-512 F, BW, DQ, VL. The instruction set is chosen in this file, not by a compiler option, so that
// nothing from a shared header is compiled for it.
#include <narrowfp/base/target_attributes.hpp>
#include <narrowfp/gemm/internal/kernel_set.hpp>

#if NARROWFP_X86_KERNELS

#include <immintrin.h>

#include <cstring>
#include <iterator>

NARROWFP_BEGIN_TARGET(NARROWFP_AVX512_ATTRIBUTES)

#include <narrowfp/gemm/internal/avx512_aligned.hpp>
#include <narrowfp/gemm/internal/avx512_stream.hpp>

namespace narrowfp::detail {
namespace {

constexpr kernel_family f32_family{.elements_per_step = 1,
                                   .tile_rows = std::size(avx512_tiles<avx512_fma>),
                                   .tile_columns = tile_columns_of<avx512_ops>,
                                   .tile = avx512_tiles<avx512_fma>,
                                   .panel = {panel_f32<code_kind::table8>, panel_f32<code_kind::bf16>,
                                             panel_f32<code_kind::f16>, panel_f32<code_kind::f32>},
                                   .line = {line_f32<code_kind::table8>, line_f32<code_kind::bf16>,
                                            line_f32<code_kind::f16>, line_f32<code_kind::f32>},
                                   .stream = {stream_columns_of<avx512_fma, stream_f32_by_words>,
                                              stream_columns_of<avx512_fma, stream_f32<code_kind::bf16>>,
                                              stream_columns_of<avx512_fma, stream_f32<code_kind::f16>>,
                                              stream_columns_of<avx512_fma, stream_f32<code_kind::f32>>}};

constexpr kernel_family integer_family{.elements_per_step = 2,
                                       .tile_rows = std::size(avx512_tiles<avx512_integer<multiply_then_add>>),
                                       .tile_columns = tile_columns_of<avx512_ops>,
                                       .tile = avx512_tiles<avx512_integer<multiply_then_add>>,
                                       .panel = {panel_pairs<words_of_bytes>},
                                       .line = {line_pairs<words_of_bytes, 0>}};

constexpr aligned_family aligned_units{4, 16, avx512_aligned<multiply_then_add>};

constexpr kernel_set kernels{&f32_family, nullptr, &integer_family, &aligned_units};

}  // namespace

const kernel_set& avx512_kernels() { return checked_set<kernels>(); }

}  // namespace narrowfp::detail

NARROWFP_END_TARGET

#endif
