// SPDX-License-Identifier: Apache-2.0
// The formats by name, for programs that take a format at run time. A new format is one more line of the table. Of IEEE
// P3109 the table has the best known; every other member is found by its name.
#pragma once

#include <narrowfp/format/types.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>

namespace narrowfp {

inline constexpr std::array all_formats{
    any_format{e4m3fn},      any_format{e5m2},        any_format{e4m3ieee},    any_format{e3m4ieee},
    any_format{e3m4fn},      any_format{e4m3fnuz},    any_format{e5m2fnuz},    any_format{e4m3b11fnuz},
    any_format{binary8p3se}, any_format{binary8p4se}, any_format{binary8p3sf}, any_format{binary8p4sf},
    any_format{binary8p1uf}, any_format{hif8},        any_format{e8m0fnu},     any_format{e3m2fn},
    any_format{e2m3fn},      any_format{e2m1fn},      any_format{binary4p2sf}, any_format{int8},
    any_format{mxint8},      any_format{e5m6},        any_format{bf16},        any_format{bf16ftz},
    any_format{f16},         any_format{tf32},        any_format{f32}};

// The format of that token ("e4m3fn", "binary6p3uf"), C++ type name ("float8_e4m3fn") or accepted other spelling
// ("fp16").
inline std::optional<any_format> find_format(std::string_view name) {
    if (name == "fp16") {
        return f16;
    }
    if (name == "fp32") {
        return f32;
    }
    for (const any_format& format : all_formats) {
        if (std::visit([name](const auto& f) { return f.name == name || f.type_name == name; }, format)) {
            return format;
        }
    }
    return find_p3109(name);
}

// Words that name several formats at once; the answer lists them. Empty for any other word.
inline std::string ambiguous_format_help(std::string_view name) {
    if (name == "fp8" || name == "float8" || name == "e4m3" || name == "float8_e4m3" || name == "e3m4" ||
        name == "float8_e3m4") {
        if (name.ends_with("e3m4")) {
            return "'" + std::string(name) +
                   "' names several formats: e3m4ieee (LLVM, max 15.5), e3m4fn (max 30); say which";
        }
        return "'" + std::string(name) +
               "' names several formats: e4m3fn (OCP, max 448), e4m3ieee (max 240), e4m3fnuz (max 240, no -0), "
               "e4m3b11fnuz (max 30), binary8p4se (P3109, max 224), binary8p4sf (P3109, max 240)" +
               (name == "fp8" || name == "float8" ? ", e5m2 (OCP, max 57344), e5m2fnuz, binary8p3se, binary8p3sf, hif8"
                                                  : "") +
               "; say which";
    }
    return {};
}

// As find_format, but throws std::invalid_argument for an unknown or ambiguous name.
inline any_format format_by_name(std::string_view name) {
    if (const auto found = find_format(name)) {
        return *found;
    }
    if (parse_p3109_name(name)) {
        return p3109_format(name);  // throws: the form of the name is valid, but there is no such format
    }
    const std::string help = ambiguous_format_help(name);
    throw std::invalid_argument(help.empty() ? "unknown format '" + std::string(name) + "'" : help);
}

}  // namespace narrowfp
