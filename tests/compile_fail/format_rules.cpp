// SPDX-License-Identifier: Apache-2.0
// Each rule of a format descriptor has a message of its own, which a user reads where the value type is first used.
// expect: narrowfp: exponent_bits of this format: allowed 1 to 8
// expect: narrowfp: fraction_bits of this format: allowed 0 to 23
// expect: narrowfp: width of this fixed_format: allowed 2 to 24
// expect: narrowfp: padding_bits of this format: allowed 0 to what sign, exponent and fraction leave of 32 bits
// expect: narrowfp: the codes of this format have 1 bit: allowed 2 to 32
// expect: narrowfp: storage_bits of this format: allowed from the width of a code to 32 \(the default is 8\)
// expect: narrowfp: infinity ieee needs nan ieee
// expect: narrowfp: nan ieee needs a fraction bit
// expect: narrowfp: has_negative_zero needs a sign, a zero and a nan other than negative_zero
// expect: narrowfp: has_subnormals contradicts zero_field_is_normal and flushes_subnormals
// expect: narrowfp: flushes_subnormals contradicts zero_field_is_normal
// expect: narrowfp: on_overflow infinity needs an infinity
// expect: narrowfp: is_signed must be true in fixed_format and HiFloat8
// expect: narrowfp: the fields of this format leave no positive finite value
// expect: narrowfp: bias of this format: every value must be a number of FP32
#include <narrowfp/format/types.hpp>

using namespace narrowfp;

#ifdef EXPECT_ERROR
template <class F, class Change>
constexpr F changed(F format, Change change) {
    change(format);
    return format;
}

#define BROKEN(name, format, change)                                       \
    inline constexpr auto name = changed(format, [](auto& f) { change; }); \
    std::uint64_t use_##name() { return value<name>::from_bits(0).exact().exponent; }

BROKEN(rule_1, e5m2, f.exponent_bits = 9)
BROKEN(rule_2, e5m2, f.fraction_bits = 24)
BROKEN(rule_3, int8, f.width = 25)
BROKEN(rule_4, e5m2, f.padding_bits = -1)
BROKEN(rule_5, e8m0fnu, f.exponent_bits = 1)
BROKEN(rule_6, bf16, f.storage_bits = 8)
BROKEN(rule_7, e4m3fn, f.infinity = infinity_kind::ieee)
BROKEN(rule_8, binary8p1uf, f.nan = nan_kind::ieee)
BROKEN(rule_9, e4m3fnuz, f.has_negative_zero = true)
BROKEN(rule_10, bf16ftz, f.has_subnormals = true)
BROKEN(rule_11, e8m0fnu, f.flushes_subnormals = true)
BROKEN(rule_12, e4m3fn, f.on_overflow = overflow_result::infinity)
BROKEN(rule_13, hif8, f.is_signed = false)
BROKEN(rule_14, e5m2, (f.exponent_bits = 1, f.has_subnormals = false))
BROKEN(rule_15, e5m2, f.bias = 200)
#else
inline constexpr float_format plain{.exponent_bits = 5, .fraction_bits = 2, .bias = 15};
static_assert(value<plain>::from_bits(0x3C).exact().floor_log2() == 0);
#endif

int main() { return 0; }
