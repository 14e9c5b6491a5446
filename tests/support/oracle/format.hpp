// SPDX-License-Identifier: Apache-2.0
// Every number format of the project, described by the values of its codes: code -> exact value, written from the text
// definitions (OCP OFP8 1.0 and MX 1.0, IEEE 754, IEEE P3109 v4.0, arXiv 2206.02915, arXiv 2409.16626) with one routine
// per family, and a table of the non-negative finite values in increasing order. No rounding here: round.hpp. FP32 and
// TF32 have no table; their codes are decoded one at a time. TF32 codes are FP32 patterns (32 bits) whose low 13 bits
// count as zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dyadic.hpp"

namespace narrowfp_oracle {

enum class value_class { finite, infinite, not_a_number };

// What a code means. value.negative is the sign of zero, infinity and NaN too (as far as the format has signs for them:
// a format with one NaN has a positive one).
struct code_value {
    value_class kind = value_class::finite;
    dyadic value;
};

struct magnitude {
    std::uint32_t code = 0;
    dyadic value;
};

// What a finite value beyond the range becomes under overflow::none when the rounding points outward.
enum class overflow_result { infinity, nan, max_finite };

struct format {
    std::string name;
    int width = 8;                // bits of a code; codes are 0 .. 2^width - 1
    int code_shift = 0;           // consecutive magnitudes are 2^code_shift codes apart (TF32: 13)
    std::uint32_t sign_mask = 0;  // 0: unsigned
    bool has_zero = true;
    bool has_negative_zero = false;
    bool ties_to_away_only = false;              // HiFloat8
    bool flushes = false;                        // below 2^minimum_exponent: zero, whatever the rounding (bf16ftz)
    bool twos_complement = false;                // int8, mxint8: a negative number has the code 2^width - magnitude
    std::optional<std::uint32_t> infinity_code;  // the positive one
    std::optional<std::uint32_t> nan_code;       // what a NaN becomes
    bool nan_has_sign = false;                   // the negative NaN is sign_mask | nan_code
    overflow_result beyond_max = overflow_result::infinity;
    int precision = 0;         // significant bits of the largest finite value, the implicit one included
    int minimum_exponent = 0;  // floor(log2) of the smallest normal value; subnormals use the unit of that binade

    std::uint32_t max_code = 0;  // largest finite value, its code without the sign
    dyadic max_value;
    dyadic
        beyond_max_value;  // the next value if the exponent were unbounded; its virtual code is one step after max_code

    bool enumerated = true;
    std::vector<code_value> codes;      // index: code; empty unless enumerated
    std::vector<magnitude> magnitudes;  // non-negative finite values, increasing, zero first if there is one; likewise
};

// Returns the format of that name: e4m3fn e5m2 e4m3ieee e3m4ieee e3m4fn e4m3fnuz e5m2fnuz e4m3b11fnuz e8m0fnu e2m3fn
// e3m2fn e2m1fn int8 mxint8 hif8 e5m6 bf16 bf16ftz f16 tf32 f32, and binary{K}p{P}{s|u}{e|f} for 3 <= K <= 16. Built
// once, lives for ever; safe from several threads. Throws std::invalid_argument for another name.
[[nodiscard]] const format& find_format(std::string_view name);

// Returns the names of all formats that the oracle lists: those above, with all of P3109 for K = 8 and 4.
[[nodiscard]] std::vector<std::string> format_names();

// Returns the meaning of a code. Throws std::invalid_argument for a code that is too wide.
[[nodiscard]] code_value value_of(const format& f, std::uint32_t code);

// The non-negative finite values by rank, also for formats without tables: 0 is the smallest.
[[nodiscard]] std::size_t magnitude_count(const format& f);
[[nodiscard]] magnitude magnitude_at(const format& f, std::size_t rank);

// Returns the rank of the largest value <= |x|; none if |x| is below every value (a format without zero).
[[nodiscard]] std::optional<std::size_t> rank_at_or_below(const format& f, const dyadic& x);

}  // namespace narrowfp_oracle
