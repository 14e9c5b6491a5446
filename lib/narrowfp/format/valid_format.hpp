// SPDX-License-Identifier: Apache-2.0
// The check of a format that is known at compile time: one static_assert for each rule, so that the compiler's message
// is the rule.
#pragma once

#include <narrowfp/format/format_rule.hpp>

namespace narrowfp::detail {

// Instantiating it with an invalid descriptor gives an error message that names the broken rule.
template <const auto& F>
struct valid_format {
    static constexpr std::optional<format_rule> broken = F.broken_rule();
    static_assert(broken != format_rule::exponent_bits, "narrowfp: exponent_bits of this format: allowed 1 to 8");
    static_assert(broken != format_rule::fraction_bits,
                  "narrowfp: fraction_bits of this format: allowed 0 to 23 (fixed_format: 0 to 100)");
    static_assert(broken != format_rule::width, "narrowfp: width of this fixed_format: allowed 2 to 24");
    static_assert(
        broken != format_rule::padding_bits,
        "narrowfp: padding_bits of this format: allowed 0 to what sign, exponent and fraction leave of 32 bits");
    static_assert(broken != format_rule::code_bits, "narrowfp: the codes of this format have 1 bit: allowed 2 to 32");
    static_assert(broken != format_rule::storage_bits,
                  "narrowfp: storage_bits of this format: allowed from the width of a code to 32 (the default is 8)");
    static_assert(broken != format_rule::infinity,
                  "narrowfp: infinity ieee needs nan ieee; choose infinity none or top_code beside another nan");
    static_assert(broken != format_rule::nan,
                  "narrowfp: nan ieee needs a fraction bit, nan negative_zero a sign and a zero");
    static_assert(broken != format_rule::has_negative_zero,
                  "narrowfp: has_negative_zero needs a sign, a zero and a nan other than negative_zero");
    static_assert(
        broken != format_rule::has_subnormals,
        "narrowfp: has_subnormals contradicts zero_field_is_normal and flushes_subnormals (fixed_format: false, "
        "HiFloat8: true)");
    static_assert(broken != format_rule::flushes_subnormals,
                  "narrowfp: flushes_subnormals contradicts zero_field_is_normal");
    static_assert(broken != format_rule::on_overflow,
                  "narrowfp: on_overflow infinity needs an infinity, on_overflow nan a NaN (fixed_format: max_finite)");
    static_assert(broken != format_rule::is_signed, "narrowfp: is_signed must be true in fixed_format and HiFloat8");
    static_assert(broken != format_rule::finite_values,
                  "narrowfp: the fields of this format leave no positive finite value");
    static_assert(broken != format_rule::bias, "narrowfp: bias of this format: every value must be a number of FP32");
    static constexpr bool holds = !broken;
};

}  // namespace narrowfp::detail
