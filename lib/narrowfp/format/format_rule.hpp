// SPDX-License-Identifier: Apache-2.0
// The rules that the fields of a format descriptor must obey. Each descriptor has broken_rule(): the first rule that
// its fields break, if any. is_valid(), the check at run time (require_format.hpp) and the check at compile time
// (valid_format.hpp) all ask that one function. A rule is named after the field to change.
#pragma once

#include <cstdint>
#include <optional>

namespace narrowfp {

enum class format_rule : std::uint8_t {
    exponent_bits,       // 1 to 8
    fraction_bits,       // float_format: 0 to 23; fixed_format: 0 to 100
    width,               // fixed_format: 2 to 24
    padding_bits,        // 0 to what 32 bits leave
    code_bits,           // at least 2
    storage_bits,        // as wide as a code, at most 32
    infinity,            // ieee: nan ieee, or no fraction bits and no NaN among the same codes
    nan,                 // ieee: a fraction bit; negative_zero: a sign and a zero field that is not normal
    has_negative_zero,   // only with a sign, a zero, and a code that is not NaN
    has_subnormals,      // not where exponent field 0 is normal or subnormal numbers are flushed
    flushes_subnormals,  // not where exponent field 0 is normal
    on_overflow,         // infinity and nan: only where the format has it
    is_signed,           // fixed_format and hifloat8_format: true
    finite_values,       // at least one positive finite value
    bias,                // every value is a number of FP32
};

}  // namespace narrowfp
