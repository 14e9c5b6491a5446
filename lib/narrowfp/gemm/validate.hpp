// SPDX-License-Identifier: Apache-2.0
// Which accumulators are valid: fields in their ranges, and an accumulator of a unit (gemm/unit.hpp) only on operands
// to which the unit applies it. An accumulator described by hand is general: it takes whatever formats it is defined
// for (gemm/require.hpp).
#pragma once

#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/unit.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace narrowfp {

namespace detail {

// Messages name only its kind, since an accumulator with an impossible field has no name.
template <class Accumulator>
[[noreturn]] void refuse_accumulator(const Accumulator&, std::string_view field, std::string_view is,
                                     std::string_view allowed) {
    throw std::invalid_argument("gemm: accumulator " + std::string(Accumulator::kind) + ": " + std::string(field) +
                                " is " + std::string(is) + ", allowed " + std::string(allowed));
}
template <class Accumulator>
[[noreturn]] void refuse_accumulator(const Accumulator& acc, std::string_view field, std::uint64_t is,
                                     std::string_view allowed) {
    refuse_accumulator(acc, field, std::to_string(is), allowed);
}

// Exponents of products of finite elements are within -298 and 256; a zero above 2^0 would cut away most of them.
template <class Accumulator>
constexpr void require_zero_exponent(const Accumulator& acc) {
    if (acc.zero_exponent < -1000 || acc.zero_exponent > 0) {
        refuse_accumulator(acc, "zero_exponent", std::to_string(acc.zero_exponent), "-1000 to 0");
    }
}

constexpr void require_fields(const aligned& unit) {
    require_zero_exponent(unit);
    if (unit.alignment > align_rounding::toward_negative) {
        refuse_accumulator(unit, "alignment", static_cast<std::uint64_t>(unit.alignment),
                           "0 (toward_zero) and 1 (toward_negative)");
    }
    if (unit.output > aligned_output::f16_ties_to_even) {
        refuse_accumulator(unit, "output", static_cast<std::uint64_t>(unit.output),
                           "0 (f32_toward_zero) to 2 (f16_ties_to_even)");
    }
    if ((unit.nan_pattern & 0x7FFFFFFF) <= 0x7F800000) {  // infinity
        refuse_accumulator(unit, "nan_pattern", std::uint64_t{unit.nan_pattern}, "patterns of a NaN in FP32");
    }
}
constexpr void require_fields(const block_scaled& unit) {
    require_zero_exponent(unit);
    if (unit.scale > block_scale::e4m3) {
        refuse_accumulator(unit, "scale", static_cast<std::uint64_t>(unit.scale), "0 (e8m0) and 1 (e4m3)");
    }
}
constexpr void require_fields(const widened& unit) {
    if (unit.step.output == aligned_output::e8m13_toward_zero) {
        refuse_accumulator(unit, "step.output", "e8m13_toward_zero",
                           "f32_toward_zero and f16_ties_to_even: the products are those of FP16, not of the FP8 unit");
    }
    require_fields(unit.step);
}
// Of these every number is a count of products (gemm/require.hpp).
constexpr void require_fields(const sequential<float>&) {}
constexpr void require_fields(const exact&) {}
constexpr void require_fields(const int32_exact&) {}
constexpr void require_fields(const exact_groups&) {}
constexpr void require_fields(const cdna2&) {}
constexpr void require_fields(const cdna3&) {}
constexpr void require_fields(const promoted& acc) {
    if (acc.interval == 0 || acc.interval > SIZE_MAX / 2) {
        refuse_accumulator(acc, "interval", acc.interval,
                           "1 to 2^63 - 1; without promotion use the inner accumulator itself");
    }
    std::visit([](const auto& inner) { require_fields(inner); }, acc.inner);
}

// The unit that the accumulator is marked with; "" if none.
constexpr std::string_view unit_of(const accumulator& acc) {
    return std::visit(
        [](const auto& alternative) -> std::string_view {
            if constexpr (requires { alternative.of; }) {
                return alternative.of.unit;
            } else if constexpr (requires { alternative.step.of; }) {
                return alternative.step.of.unit;
            } else {
                return {};
            }
        },
        acc);
}

constexpr bool applies(const unit_path& path, const accumulator& acc) {
    return path.to_f32 == acc || path.to_f16 == acc;
}

[[noreturn]] inline void refuse_operands_of_unit(const matrix_unit& unit, const accumulator& acc, const any_format& a,
                                                 const any_format& b) {
    const auto list = [&unit](auto chosen) {
        std::string text;
        for (const unit_path& path : unit.paths) {
            if (chosen(path)) {
                text += (text.empty() ? "" : ", ") + std::string(path.operands);
            }
        }
        return text;
    };
    const std::string left(name_of(a));
    const std::string right(name_of(b));
    const std::string name(unit.name);
    throw std::invalid_argument(
        "gemm: the accumulator " + name_of(acc) + " of unit " + name + " is for operands " +
        list([&acc](const unit_path& path) { return applies(path, acc); }) + " and does not multiply " + left + " x " +
        right +
        (find_path(unit, a, b) != nullptr
             ? "; for these use accumulator_of(unit_by_name(\"" + name + "\"), " + left + ", " + right + ")"
             : "; the unit multiplies " + list([](const unit_path&) { return true; })));
}

// Throws unless the unit that the accumulator is marked with applies it to such operands. An accumulator whose fields
// were changed after accumulator_of no longer belongs to the unit, so it is treated as general.
constexpr void require_operands_of_unit(const accumulator& acc, const any_format& a, const any_format& b) {
    const matrix_unit* unit = find_unit(unit_of(acc));
    if (unit == nullptr) {
        return;
    }
    const unit_path* path = find_path(*unit, a, b);
    if (path != nullptr && applies(*path, acc)) {
        return;
    }
    for (const unit_path& other : unit->paths) {
        if (applies(other, acc)) {
            refuse_operands_of_unit(*unit, acc, a, b);
        }
    }
}

}  // namespace detail

// Throws std::invalid_argument for a field out of range, and for an accumulator of a unit on operands to which that
// unit applies another rule or none; in a constant expression: does not compile.
constexpr void require_accumulator(const accumulator& acc, const any_format& a, const any_format& b) {
    std::visit([](const auto& alternative) { detail::require_fields(alternative); }, acc);
    if (const auto* p = std::get_if<promoted>(&acc)) {
        std::visit([&](const auto& inner) { detail::require_operands_of_unit(inner, a, b); }, p->inner);
    } else {
        detail::require_operands_of_unit(acc, a, b);
    }
}

}  // namespace narrowfp
