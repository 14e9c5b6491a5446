// SPDX-License-Identifier: Apache-2.0
// The formats of this library as objects, and their value types under the names of LLVM and ml_dtypes.
// A bare "E4M3" is at least six formats (largest value 480, 448, 240 twice, 224, 30), so it has no descriptor here.
// A format of your own:  inline constexpr narrowfp::float_format mine{.name = "mine", ...};  narrowfp::value<mine> x;
#pragma once

#include <narrowfp/format/value.hpp>

#include <type_traits>

namespace narrowfp {

// -- 8 bits: OCP OFP8 1.0 --------------------------------------------------------------------------------------------
// Largest 448 = 1.75 * 2^8: S.1111.110; S.1111.111 is NaN.
inline constexpr float_format e4m3fn{.name = "e4m3fn", .type_name = "float8_e4m3fn", .source = "OCP OFP8 1.0",
                                     .exponent_bits = 4, .fraction_bits = 3, .bias = 7,
                                     .nan = nan_kind::top_code, .on_overflow = overflow_result::nan};
// Largest 57344 = 1.75 * 2^15; infinities and NaN as in IEEE 754.
inline constexpr float_format e5m2{.name = "e5m2", .type_name = "float8_e5m2", .source = "OCP OFP8 1.0",
                                   .exponent_bits = 5, .fraction_bits = 2, .bias = 15,
                                   .infinity = infinity_kind::ieee, .nan = nan_kind::ieee};

// -- 8 bits: IEEE-like (LLVM APFloat) --------------------------------------------------------------------------------
inline constexpr float_format e4m3ieee{.name = "e4m3ieee", .type_name = "float8_e4m3ieee", .source = "LLVM Float8E4M3",
                                       .exponent_bits = 4, .fraction_bits = 3, .bias = 7,
                                       .infinity = infinity_kind::ieee, .nan = nan_kind::ieee};
inline constexpr float_format e3m4ieee{.name = "e3m4ieee", .type_name = "float8_e3m4ieee", .source = "LLVM Float8E3M4",
                                       .exponent_bits = 3, .fraction_bits = 4, .bias = 3,
                                       .infinity = infinity_kind::ieee, .nan = nan_kind::ieee};

// -- 8 bits: FNUZ (arXiv 2206.02915, AMD CDNA3; B11 by XLA): no infinity, no -0, one NaN in its place ----------------
inline constexpr float_format e4m3fnuz{.name = "e4m3fnuz", .type_name = "float8_e4m3fnuz", .source = "arXiv 2206.02915",
                                       .exponent_bits = 4, .fraction_bits = 3, .bias = 8,
                                       .nan = nan_kind::negative_zero, .has_negative_zero = false,
                                       .on_overflow = overflow_result::nan};
inline constexpr float_format e5m2fnuz{.name = "e5m2fnuz", .type_name = "float8_e5m2fnuz", .source = "arXiv 2206.02915",
                                       .exponent_bits = 5, .fraction_bits = 2, .bias = 16,
                                       .nan = nan_kind::negative_zero, .has_negative_zero = false,
                                       .on_overflow = overflow_result::nan};
inline constexpr float_format e4m3b11fnuz{.name = "e4m3b11fnuz", .type_name = "float8_e4m3b11fnuz",
                                          .source = "LLVM Float8E4M3B11FNUZ", .exponent_bits = 4, .fraction_bits = 3,
                                          .bias = 11, .nan = nan_kind::negative_zero, .has_negative_zero = false,
                                          .on_overflow = overflow_result::nan};

// -- 8 bits: IEEE P3109 draft v4.0 (26 June 2026). Binary8p{P}s{e,f}: bias 2^(8-P-1); e has infinities, f has none ----
inline constexpr float_format binary8p3se{.name = "binary8p3se", .type_name = "binary8p3se", .source = "IEEE P3109 v4.0",
                                          .exponent_bits = 5, .fraction_bits = 2, .bias = 16,
                                          .infinity = infinity_kind::top_code, .nan = nan_kind::negative_zero,
                                          .has_negative_zero = false};
inline constexpr float_format binary8p4se{.name = "binary8p4se", .type_name = "binary8p4se", .source = "IEEE P3109 v4.0",
                                          .exponent_bits = 4, .fraction_bits = 3, .bias = 8,
                                          .infinity = infinity_kind::top_code, .nan = nan_kind::negative_zero,
                                          .has_negative_zero = false};
inline constexpr float_format binary8p3sf{.name = "binary8p3sf", .type_name = "binary8p3sf", .source = "IEEE P3109 v4.0",
                                          .exponent_bits = 5, .fraction_bits = 2, .bias = 16,
                                          .nan = nan_kind::negative_zero, .has_negative_zero = false,
                                          .on_overflow = overflow_result::max_finite};
inline constexpr float_format binary8p4sf{.name = "binary8p4sf", .type_name = "binary8p4sf", .source = "IEEE P3109 v4.0",
                                          .exponent_bits = 4, .fraction_bits = 3, .bias = 8,
                                          .nan = nan_kind::negative_zero, .has_negative_zero = false,
                                          .on_overflow = overflow_result::max_finite};

// -- scale and sub-byte formats: OCP MX 1.0 --------------------------------------------------------------------------
// 2^(code - 127), 0xFF is NaN; neither zero nor sign. Code 0 is 2^-127, a subnormal of binary32.
inline constexpr float_format e8m0fnu{.name = "e8m0fnu", .type_name = "float8_e8m0fnu", .source = "OCP MX 1.0",
                                      .is_signed = false, .exponent_bits = 8, .fraction_bits = 0, .bias = 127,
                                      .nan = nan_kind::top_code, .has_negative_zero = false, .has_subnormals = false,
                                      .zero_field_is_normal = true, .on_overflow = overflow_result::nan};
inline constexpr float_format e3m2fn{.name = "e3m2fn", .type_name = "float6_e3m2fn", .source = "OCP MX 1.0",
                                     .exponent_bits = 3, .fraction_bits = 2, .bias = 3,
                                     .on_overflow = overflow_result::max_finite, .storage_bits = 6};
inline constexpr float_format e2m3fn{.name = "e2m3fn", .type_name = "float6_e2m3fn", .source = "OCP MX 1.0",
                                     .exponent_bits = 2, .fraction_bits = 3, .bias = 1,
                                     .on_overflow = overflow_result::max_finite, .storage_bits = 6};
inline constexpr float_format e2m1fn{.name = "e2m1fn", .type_name = "float4_e2m1fn", .source = "OCP MX 1.0",
                                     .exponent_bits = 2, .fraction_bits = 1, .bias = 1,
                                     .on_overflow = overflow_result::max_finite, .storage_bits = 4};

// -- 16 and 32 bits --------------------------------------------------------------------------------------------------
inline constexpr float_format bf16{.name = "bf16", .type_name = "bfloat16", .source = "Google, Intel bfloat16",
                                   .exponent_bits = 8, .fraction_bits = 7, .bias = 127,
                                   .infinity = infinity_kind::ieee, .nan = nan_kind::ieee, .storage_bits = 16};
inline constexpr float_format f16{.name = "f16", .type_name = "float16", .source = "IEEE 754-2019 binary16",
                                  .exponent_bits = 5, .fraction_bits = 10, .bias = 15,
                                  .infinity = infinity_kind::ieee, .nan = nan_kind::ieee, .storage_bits = 16};
inline constexpr float_format f32{.name = "f32", .type_name = "float32", .source = "IEEE 754-2019 binary32",
                                  .exponent_bits = 8, .fraction_bits = 23, .bias = 127,
                                  .infinity = infinity_kind::ieee, .nan = nan_kind::ieee, .storage_bits = 32};

// -- fixed point -----------------------------------------------------------------------------------------------------
inline constexpr fixed_format int8{.name = "int8", .type_name = "int8", .source = "two's complement, symmetric"};
inline constexpr fixed_format mxint8{.name = "mxint8", .type_name = "mxint8", .source = "OCP MX 1.0", .fraction_bits = 6};

// -- tapered ---------------------------------------------------------------------------------------------------------
inline constexpr hifloat8_format hif8{};

using float8_e4m3fn = value<e4m3fn>;
using float8_e5m2 = value<e5m2>;
using float8_e4m3ieee = value<e4m3ieee>;
using float8_e3m4ieee = value<e3m4ieee>;
using float8_e4m3fnuz = value<e4m3fnuz>;
using float8_e5m2fnuz = value<e5m2fnuz>;
using float8_e4m3b11fnuz = value<e4m3b11fnuz>;
using float8_e8m0fnu = value<e8m0fnu>;
using float6_e3m2fn = value<e3m2fn>;
using float6_e2m3fn = value<e2m3fn>;
using float4_e2m1fn = value<e2m1fn>;
using bfloat16 = value<bf16>;
using float16 = value<f16>;
using float32 = value<f32>;
using hifloat8 = value<hif8>;

// A bare float8_e4m3 exists only to ask which one is meant.
template <class T = void>
struct a_bare_e4m3_is_ambiguous {
    static_assert(!std::is_void_v<T>, "float8_e4m3fn (OCP, max 448) or float8_e4m3ieee (max 240)?");
};
using float8_e4m3 = a_bare_e4m3_is_ambiguous<>;

}  // namespace narrowfp
