// SPDX-License-Identifier: Apache-2.0
// What every format descriptor offers (concept element_format), and the run-time choice among them (any_format).
// A new family of formats is one descriptor with these members and one more alternative of the variant.
#pragma once

#include <narrowfp/format/fixed_format.hpp>
#include <narrowfp/format/float_format.hpp>
#include <narrowfp/format/hifloat8.hpp>
#include <narrowfp/format/require_format.hpp>

#include <concepts>
#include <type_traits>
#include <variant>

namespace narrowfp {

template <class F>
concept element_format = requires(const F f, std::uint64_t code, real x, bool negative) {
    { f.name } -> std::convertible_to<std::string_view>;
    { f.type_name } -> std::convertible_to<std::string_view>;
    { f.source } -> std::convertible_to<std::string_view>;
    { f.storage_bits } -> std::convertible_to<int>;  // width of an element in packed memory
    { f.is_signed } -> std::convertible_to<bool>;
    { f.has_negative_zero } -> std::convertible_to<bool>;
    { f.on_overflow } -> std::convertible_to<overflow_result>;
    { f.code_bits() } -> std::same_as<int>;
    { f.has_zero() } -> std::same_as<bool>;
    { f.has_infinity() } -> std::same_as<bool>;
    { f.has_nan() } -> std::same_as<bool>;
    { f.only_ties_to_away() } -> std::same_as<bool>;  // defines no other deterministic rounding
    { f.sign_mask() } -> std::same_as<std::uint64_t>;
    { f.max_ordinal() } -> std::same_as<std::uint64_t>;  // ordinal of the largest finite magnitude
    { f.infinity_code(negative) } -> std::same_as<std::uint64_t>;
    { f.nan_code(negative) } -> std::same_as<std::uint64_t>;
    { f.decode(code) } -> std::same_as<real>;
    { f.bracket_of(x) } -> std::same_as<bracket>;
    { f.magnitude_code(code) } -> std::same_as<std::uint64_t>;
    { f.is_odd(code) } -> std::same_as<bool>;  // of the ordinal's code, for ties_to_even and to_odd
    { f.code_of(code, negative) } -> std::same_as<std::uint64_t>;
    { f.is_subnormal_ordinal(code) } -> std::same_as<bool>;
    { f.broken_rule() } -> std::same_as<std::optional<format_rule>>;
    { f.is_valid() } -> std::same_as<bool>;
};

static_assert(element_format<float_format> && element_format<hifloat8_format> && element_format<fixed_format>);

using any_format = std::variant<float_format, hifloat8_format, fixed_format>;

// The smallest unsigned type that holds a code of the format.
template <const auto& F>
using code_type = std::conditional_t<(F.code_bits() <= 8), std::uint8_t,
                                     std::conditional_t<(F.code_bits() <= 16), std::uint16_t, std::uint32_t>>;

// -- the same questions, asked of a format known at run time ----------------------------------------------------------
constexpr std::string_view name_of(const any_format& format) {
    return std::visit([](const auto& f) { return f.name; }, format);
}
constexpr int storage_bits_of(const any_format& format) {
    return std::visit([](const auto& f) { return f.storage_bits; }, format);
}
constexpr int code_bits_of(const any_format& format) {
    return std::visit([](const auto& f) { return f.code_bits(); }, format);
}
// Throws std::invalid_argument if the fields break a rule of the descriptor.
constexpr void require_format(const any_format& format) {
    std::visit([](const auto& f) { require_format(f); }, format);
}

// These throw as require_format. Precondition: `code` is a code of the format.
constexpr real decode(const any_format& format, std::uint64_t code) {
    return std::visit(
        [code](const auto& f) {
            require_format(f);
            return f.decode(code);
        },
        format);
}

// Exact: every value of every format fits float.
constexpr float decode_float(const any_format& format, std::uint64_t code) {
    return nearest_host<float>(decode(format, code));
}

// The largest finite value.
constexpr float max_finite(const any_format& format) {
    return std::visit(
        [](const auto& f) {
            require_format(f);
            return nearest_host<float>(f.decode(f.magnitude_code(f.max_ordinal())));
        },
        format);
}

}  // namespace narrowfp
