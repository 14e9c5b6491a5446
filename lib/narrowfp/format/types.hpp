// SPDX-License-Identifier: Apache-2.0
// The formats of this library as objects, and their value types under the names of LLVM and ml_dtypes.
// A bare "E4M3" is at least six formats (largest value 448, 240 (three of them), 224, 30), so it has no descriptor here.
// A format of your own:  inline constexpr narrowfp::float_format mine{.name = "mine", ...};  narrowfp::value<mine> x;
#pragma once

#include <narrowfp/format/p3109.hpp>
#include <narrowfp/format/value.hpp>

#include <type_traits>

namespace narrowfp {

// -- 8 bits: OCP OFP8 1.0 --------------------------------------------------------------------------------------------
// Largest 448 = 1.75 * 2^8: S.1111.110; S.1111.111 is NaN.
inline constexpr float_format e4m3fn{.name = "e4m3fn",
                                     .type_name = "float8_e4m3fn",
                                     .source = "OCP OFP8 1.0",
                                     .exponent_bits = 4,
                                     .fraction_bits = 3,
                                     .bias = 7,
                                     .infinity = infinity_kind::none,
                                     .nan = nan_kind::top_code,
                                     .on_overflow = overflow_result::nan};
// Largest 57344 = 1.75 * 2^15; infinities and NaN as in IEEE 754.
inline constexpr float_format e5m2{.name = "e5m2",
                                   .type_name = "float8_e5m2",
                                   .source = "OCP OFP8 1.0",
                                   .exponent_bits = 5,
                                   .fraction_bits = 2,
                                   .bias = 15,
                                   .infinity = infinity_kind::ieee,
                                   .nan = nan_kind::ieee};

// -- 8 bits: IEEE-like (LLVM APFloat) --------------------------------------------------------------------------------
inline constexpr float_format e4m3ieee{.name = "e4m3ieee",
                                       .type_name = "float8_e4m3ieee",
                                       .source = "LLVM Float8E4M3",
                                       .exponent_bits = 4,
                                       .fraction_bits = 3,
                                       .bias = 7,
                                       .infinity = infinity_kind::ieee,
                                       .nan = nan_kind::ieee};
inline constexpr float_format e3m4ieee{.name = "e3m4ieee",
                                       .type_name = "float8_e3m4ieee",
                                       .source = "LLVM Float8E3M4",
                                       .exponent_bits = 3,
                                       .fraction_bits = 4,
                                       .bias = 3,
                                       .infinity = infinity_kind::ieee,
                                       .nan = nan_kind::ieee};

// E3M4 again, with the top codes as numbers: largest 30 = 1.875 * 2^4 at S.111.1110; one toolkit alone uses it.
inline constexpr float_format e3m4fn{.name = "e3m4fn",
                                     .type_name = "float8_e3m4fn",
                                     .source = "Intel FP8 Emulation Toolkit",
                                     .exponent_bits = 3,
                                     .fraction_bits = 4,
                                     .bias = 3,
                                     .infinity = infinity_kind::none,
                                     .nan = nan_kind::top_code,
                                     .on_overflow = overflow_result::nan};

// -- 8 bits: FNUZ (arXiv 2206.02915, AMD CDNA3; B11 by XLA): no infinity, no -0, one NaN in its place ----------------
inline constexpr float_format e4m3fnuz{.name = "e4m3fnuz",
                                       .type_name = "float8_e4m3fnuz",
                                       .source = "arXiv 2206.02915",
                                       .exponent_bits = 4,
                                       .fraction_bits = 3,
                                       .bias = 8,
                                       .infinity = infinity_kind::none,
                                       .nan = nan_kind::negative_zero,
                                       .has_negative_zero = false,
                                       .on_overflow = overflow_result::nan};
inline constexpr float_format e5m2fnuz{.name = "e5m2fnuz",
                                       .type_name = "float8_e5m2fnuz",
                                       .source = "arXiv 2206.02915",
                                       .exponent_bits = 5,
                                       .fraction_bits = 2,
                                       .bias = 16,
                                       .infinity = infinity_kind::none,
                                       .nan = nan_kind::negative_zero,
                                       .has_negative_zero = false,
                                       .on_overflow = overflow_result::nan};
inline constexpr float_format e4m3b11fnuz{.name = "e4m3b11fnuz",
                                          .type_name = "float8_e4m3b11fnuz",
                                          .source = "LLVM Float8E4M3B11FNUZ",
                                          .exponent_bits = 4,
                                          .fraction_bits = 3,
                                          .bias = 11,
                                          .infinity = infinity_kind::none,
                                          .nan = nan_kind::negative_zero,
                                          .has_negative_zero = false,
                                          .on_overflow = overflow_result::nan};

// -- IEEE P3109 draft v4.0: any member of the family follows from its name (p3109.hpp) --------------------------------
inline constexpr float_format binary8p3se = p3109_format("binary8p3se");
inline constexpr float_format binary8p4se = p3109_format("binary8p4se");
inline constexpr float_format binary8p3sf = p3109_format("binary8p3sf");
inline constexpr float_format binary8p4sf = p3109_format("binary8p4sf");
inline constexpr float_format binary8p1uf = p3109_format("binary8p1uf");  // a scale; not E8M0: 0x00 is zero, 0x80 is 1
inline constexpr float_format binary4p2sf = p3109_format("binary4p2sf");

// -- scale and sub-byte formats: OCP MX 1.0 --------------------------------------------------------------------------
// 2^(code - 127), 0xFF is NaN; neither zero nor sign. Code 0 is 2^-127, a subnormal of binary32.
inline constexpr float_format e8m0fnu{.name = "e8m0fnu",
                                      .type_name = "float8_e8m0fnu",
                                      .source = "OCP MX 1.0",
                                      .is_signed = false,
                                      .exponent_bits = 8,
                                      .fraction_bits = 0,
                                      .bias = 127,
                                      .infinity = infinity_kind::none,
                                      .nan = nan_kind::top_code,
                                      .has_negative_zero = false,
                                      .has_subnormals = false,
                                      .zero_field_is_normal = true,
                                      .on_overflow = overflow_result::nan};
inline constexpr float_format e3m2fn{.name = "e3m2fn",
                                     .type_name = "float6_e3m2fn",
                                     .source = "OCP MX 1.0",
                                     .exponent_bits = 3,
                                     .fraction_bits = 2,
                                     .bias = 3,
                                     .infinity = infinity_kind::none,
                                     .nan = nan_kind::none,
                                     .on_overflow = overflow_result::max_finite,
                                     .storage_bits = 6};
inline constexpr float_format e2m3fn{.name = "e2m3fn",
                                     .type_name = "float6_e2m3fn",
                                     .source = "OCP MX 1.0",
                                     .exponent_bits = 2,
                                     .fraction_bits = 3,
                                     .bias = 1,
                                     .infinity = infinity_kind::none,
                                     .nan = nan_kind::none,
                                     .on_overflow = overflow_result::max_finite,
                                     .storage_bits = 6};
inline constexpr float_format e2m1fn{.name = "e2m1fn",
                                     .type_name = "float4_e2m1fn",
                                     .source = "OCP MX 1.0",
                                     .exponent_bits = 2,
                                     .fraction_bits = 1,
                                     .bias = 1,
                                     .infinity = infinity_kind::none,
                                     .nan = nan_kind::none,
                                     .on_overflow = overflow_result::max_finite,
                                     .storage_bits = 4};

// -- 12 bits: the activation after attention in DeepSeek-V3 (arXiv 2412.19437, 3.3.3) -----------------------------------
// Published is the width of the fields. Bias and special codes are not: taken here as in IEEE 754, as in E5M2.
inline constexpr float_format e5m6{.name = "e5m6",
                                   .type_name = "float12_e5m6",
                                   .source = "DeepSeek-V3 (specials unpublished, taken as IEEE 754's)",
                                   .exponent_bits = 5,
                                   .fraction_bits = 6,
                                   .bias = 15,
                                   .infinity = infinity_kind::ieee,
                                   .nan = nan_kind::ieee,
                                   .storage_bits = 12};

// -- 16 and 32 bits --------------------------------------------------------------------------------------------------
inline constexpr float_format bf16{.name = "bf16",
                                   .type_name = "bfloat16",
                                   .source = "Google, Intel bfloat16",
                                   .exponent_bits = 8,
                                   .fraction_bits = 7,
                                   .bias = 127,
                                   .infinity = infinity_kind::ieee,
                                   .nan = nan_kind::ieee,
                                   .storage_bits = 16};
// As x86's VCVTNEPS2BF16 reads and writes it: no subnormal numbers, on neither side.
inline constexpr float_format bf16ftz{.name = "bf16ftz",
                                      .type_name = "bfloat16_ftz",
                                      .source = "Intel AVX512_BF16 (DAZ and FTZ)",
                                      .exponent_bits = 8,
                                      .fraction_bits = 7,
                                      .bias = 127,
                                      .infinity = infinity_kind::ieee,
                                      .nan = nan_kind::ieee,
                                      .has_subnormals = false,
                                      .flushes_subnormals = true,
                                      .storage_bits = 16};
inline constexpr float_format f16{.name = "f16",
                                  .type_name = "float16",
                                  .source = "IEEE 754-2019 binary16",
                                  .exponent_bits = 5,
                                  .fraction_bits = 10,
                                  .bias = 15,
                                  .infinity = infinity_kind::ieee,
                                  .nan = nan_kind::ieee,
                                  .storage_bits = 16};
// The fields of binary32 with 10 fraction bits, in a 32-bit word whose low 13 bits are zero. Three roundings go by this
// name: round/tf32.hpp.
inline constexpr float_format tf32{.name = "tf32",
                                   .type_name = "tfloat32",
                                   .source = "NVIDIA PTX ISA",
                                   .exponent_bits = 8,
                                   .fraction_bits = 10,
                                   .bias = 127,
                                   .infinity = infinity_kind::ieee,
                                   .nan = nan_kind::ieee,
                                   .padding_bits = 13,
                                   .storage_bits = 32};
inline constexpr float_format f32{.name = "f32",
                                  .type_name = "float32",
                                  .source = "IEEE 754-2019 binary32",
                                  .exponent_bits = 8,
                                  .fraction_bits = 23,
                                  .bias = 127,
                                  .infinity = infinity_kind::ieee,
                                  .nan = nan_kind::ieee,
                                  .storage_bits = 32};

// -- fixed point -----------------------------------------------------------------------------------------------------
inline constexpr fixed_format int8{.name = "int8", .type_name = "int8", .source = "two's complement, symmetric"};
inline constexpr fixed_format mxint8{
    .name = "mxint8", .type_name = "mxint8", .source = "OCP MX 1.0", .fraction_bits = 6};

// -- tapered ---------------------------------------------------------------------------------------------------------
inline constexpr hifloat8_format hif8{};

using float8_e4m3fn = value<e4m3fn>;
using float8_e5m2 = value<e5m2>;
using float8_e4m3ieee = value<e4m3ieee>;
using float8_e3m4ieee = value<e3m4ieee>;
using float8_e3m4fn = value<e3m4fn>;
using float8_e4m3fnuz = value<e4m3fnuz>;
using float8_e5m2fnuz = value<e5m2fnuz>;
using float8_e4m3b11fnuz = value<e4m3b11fnuz>;
using float8_e8m0fnu = value<e8m0fnu>;
using float6_e3m2fn = value<e3m2fn>;
using float6_e2m3fn = value<e2m3fn>;
using float4_e2m1fn = value<e2m1fn>;
using float12_e5m6 = value<e5m6>;
using bfloat16 = value<bf16>;
using bfloat16_ftz = value<bf16ftz>;
using float16 = value<f16>;
using tfloat32 = value<tf32>;
using float32 = value<f32>;
using hifloat8 = value<hif8>;

// A bare float8_e4m3 exists only to ask which one is meant.
template <class T = void>
struct a_bare_e4m3_is_ambiguous {
    static_assert(!std::is_void_v<T>, "float8_e4m3fn (OCP, max 448) or float8_e4m3ieee (max 240)?");
};
using float8_e4m3 = a_bare_e4m3_is_ambiguous<>;

}  // namespace narrowfp
