// SPDX-License-Identifier: Apache-2.0
// The features of each target, spelled for the target attribute of GCC and Clang. They are macros because an attribute
// takes only a literal; the table of targets (base/target.hpp) uses the same macros.
// Code compiled with them may run only where dispatch (base/dispatch.hpp) chose it.
#pragma once

// 1: this build has kernels for x86-64.
#if defined(__x86_64__) && defined(__GNUC__)
#define NARROWFP_X86_KERNELS 1
#else
#define NARROWFP_X86_KERNELS 0
#endif

#define NARROWFP_AVX2_ATTRIBUTES "popcnt,fma,f16c,avx2"
#define NARROWFP_AVX512_ATTRIBUTES NARROWFP_AVX2_ATTRIBUTES ",avx512f,avx512bw,avx512dq,avx512vl"
#define NARROWFP_AVX512_BF16_ATTRIBUTES NARROWFP_AVX512_ATTRIBUTES ",avx512bf16,avx512vbmi,avx512vnni"

// Appended for plain loops: GCC vectorises with 256 bits otherwise. Clang uses 512 in functions that are so wide.
#if defined(__clang__)
#define NARROWFP_WIDE_VECTORS
#else
#define NARROWFP_WIDE_VECTORS ",prefer-vector-width=512"
#endif

// All functions between these two are compiled for the target. Only kernels may be included between them. With GCC the
// target lasts to the end of the file, where it instantiates templates.
#define NARROWFP_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define NARROWFP_BEGIN_TARGET(attributes) \
    NARROWFP_PRAGMA(clang attribute push(__attribute__((target(attributes))), apply_to = function))
#define NARROWFP_END_TARGET _Pragma("clang attribute pop")
#else
#define NARROWFP_BEGIN_TARGET(attributes) NARROWFP_PRAGMA(GCC target(attributes))
#define NARROWFP_END_TARGET
#endif
