// SPDX-License-Identifier: Apache-2.0
// Matrix units by name: which accumulator a chip applies to operands of which formats, in the order of its
// instructions, so that a product of any length of k is defined. The rules are published models (Khattak & Mikaitis,
// arXiv 2512.07004, with outputs of real chips in their repository MATLAB-tensor-core; MMA-Sim, arXiv 2511.10909); each
// path says what it was checked against. A new unit is one row of paths and one row of all_units.
#pragma once

#include <narrowfp/format/types.hpp>
#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/gemm/unit_paths.hpp>

#include <array>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace narrowfp {

struct matrix_unit {
    std::string_view name;
    std::string_view chips;
    std::span<const unit_path> paths;
    std::string_view open = "";  // what is not known of it
};

namespace detail {
inline constexpr std::string_view open_nvidia =
    "The exponent of an exact zero and the sign of a sum of negative zeros decide only where every term is below 2^-130 "
    "(FP16 output: 2^-20); the two public models differ there. NaN patterns are one model's word (MMA-Sim).";
inline constexpr std::string_view open_amd =
    "Never compared with a chip by this project. NaN patterns are not established: compare NaN as NaN.";
inline constexpr std::string_view open_ascend =
    "HYPOTHETICAL. Nothing public says how Huawei's cube adds: products of a step, alignment, rounding, subnormals. This is "
    "one of the rules whose spread ascend910-hypothetical is.";
}  // namespace detail

inline constexpr std::array all_units{
    matrix_unit{"v100", "NVIDIA V100 (Volta), mma.sync m8n8k4", unit_paths::v100, detail::open_nvidia},
    matrix_unit{"t4", "NVIDIA T4 (Turing), mma.sync", unit_paths::t4, detail::open_nvidia},
    matrix_unit{"a100", "NVIDIA A100, A2, A30, A40 (Ampere), mma.sync", unit_paths::a100, detail::open_nvidia},
    matrix_unit{"ada", "NVIDIA RTX 1000 Ada, L40S, RTX 4090 (Ada), mma.sync", unit_paths::ada, detail::open_nvidia},
    matrix_unit{"h100", "NVIDIA H100, H200 (Hopper), wgmma; H800 and H20 are assumed equal, not measured",
                unit_paths::h100, detail::open_nvidia},
    matrix_unit{"h100-mma-sync", "the same chips, mma.sync, which widens FP8 to FP16", unit_paths::h100_mma_sync,
                detail::open_nvidia},
    matrix_unit{"b200", "NVIDIA B200 (Blackwell), tcgen05; RTX Blackwell, mma.sync, by two public models",
                unit_paths::b200, detail::open_nvidia},
    matrix_unit{"b200-mma-sync", "NVIDIA B200, mma.sync, which widens FP8 to FP16", unit_paths::b200_mma_sync,
                detail::open_nvidia},
    matrix_unit{"b200-mxfp8", "NVIDIA B200, RTX Blackwell: E8M0 scale per 32 elements of k, inside the unit",
                unit_paths::b200_mxfp8, detail::open_nvidia},
    matrix_unit{"b200-mxfp4",
                "NVIDIA B200, RTX Blackwell: E2M1 with an E8M0 scale per 32 elements of k, inside the unit",
                unit_paths::b200_mxfp4, detail::open_nvidia},
    matrix_unit{"b200-nvfp4",
                "NVIDIA B200, RTX Blackwell: E2M1 with an E4M3 scale per 16 elements of k, inside the unit",
                unit_paths::b200_nvfp4, detail::open_nvidia},
    matrix_unit{"mi100", "AMD MI100 (CDNA1), MFMA", unit_paths::mi100, detail::open_amd},
    matrix_unit{"mi250", "AMD MI210, MI250X (CDNA2), MFMA", unit_paths::mi250, detail::open_amd},
    matrix_unit{"mi300", "AMD MI300X, MI300A (CDNA3), MFMA", unit_paths::mi300, detail::open_amd},
    matrix_unit{"ascend910-hypothetical-exact16", "HYPOTHETICAL Huawei Ascend 910: exact sums of 16 products",
                unit_paths::ascend_exact16, detail::open_ascend},
    matrix_unit{"ascend910-hypothetical-fma", "HYPOTHETICAL Huawei Ascend 910: a chain of FP32 FMAs",
                unit_paths::ascend_fma, detail::open_ascend},
    matrix_unit{"ascend910-hypothetical-aligned24", "HYPOTHETICAL Huawei Ascend 910: as Ampere, 16 products a step",
                unit_paths::ascend_aligned24, detail::open_ascend},
    matrix_unit{"ascend910-hypothetical-aligned25", "HYPOTHETICAL Huawei Ascend 910: as Hopper",
                unit_paths::ascend_aligned25, detail::open_ascend}};

// Several units of which nobody knows which one is right: only the spread of their results is a statement.
struct unit_spread {
    std::string_view name;
    std::string_view chips;
    std::span<const std::string_view> members;
    std::string_view open;
};

namespace detail {
inline constexpr std::array<std::string_view, 4> ascend910_members{
    "ascend910-hypothetical-exact16", "ascend910-hypothetical-fma", "ascend910-hypothetical-aligned24",
    "ascend910-hypothetical-aligned25"};
}

inline constexpr std::array all_unit_spreads{unit_spread{
    "ascend910-hypothetical", "Huawei Ascend 910A, 910B, 910C (cube unit), HYPOTHETICAL: not published anywhere",
    detail::ascend910_members,
    "A spread of four candidate rules, not a model of a chip. The 910 series has no FP8 type."}};

// Other names of the same rule.
struct unit_alias {
    std::string_view name;
    std::string_view unit;
};

inline constexpr std::array unit_aliases{unit_alias{"a2", "a100"},
                                         unit_alias{"a30", "a100"},
                                         unit_alias{"a40", "a100"},
                                         unit_alias{"l40s", "ada"},
                                         unit_alias{"rtx4090", "ada"},
                                         unit_alias{"h200", "h100"},
                                         unit_alias{"h800", "h100"},
                                         unit_alias{"h20", "h100"},
                                         unit_alias{"mi210", "mi250"},
                                         unit_alias{"mi300a", "mi300"},
                                         unit_alias{"mi300x", "mi300"},
                                         unit_alias{"rtx-blackwell", "b200"},
                                         unit_alias{"rtx-blackwell-mxfp8", "b200-mxfp8"},
                                         unit_alias{"rtx-blackwell-mxfp4", "b200-mxfp4"},
                                         unit_alias{"rtx-blackwell-nvfp4", "b200-nvfp4"}};

// The unit of that name or other name, or nullptr. A spread is not a unit.
constexpr const matrix_unit* find_unit(std::string_view name) {
    for (const unit_alias& alias : unit_aliases) {
        if (alias.name == name) {
            name = alias.unit;
        }
    }
    for (const matrix_unit& unit : all_units) {
        if (unit.name == name) {
            return &unit;
        }
    }
    return nullptr;
}

constexpr const unit_spread* find_unit_spread(std::string_view name) {
    for (const unit_spread& spread : all_unit_spreads) {
        if (spread.name == name) {
            return &spread;
        }
    }
    return nullptr;
}

// Throws std::invalid_argument for an unknown name, and for a spread, naming its members.
inline matrix_unit unit_by_name(std::string_view name) {
    if (const matrix_unit* unit = find_unit(name)) {
        return *unit;
    }
    std::string text = "unknown unit '" + std::string(name) + "'";
    if (const unit_spread* spread = find_unit_spread(name)) {
        text = "'" + std::string(name) + "' is a spread of several hypothetical rules; choose one of them:";
        for (const std::string_view member : spread->members) {
            text += " " + std::string(member);
        }
    }
    throw std::invalid_argument(text);
}

// The path for operands of these formats, or nullptr.
constexpr const unit_path* find_path(const matrix_unit& unit, const any_format& a, const any_format& b) {
    for (const unit_path& path : unit.paths) {
        if (takes(path, name_of(a)) && takes(path, name_of(b))) {
            return &path;
        }
    }
    return nullptr;
}

namespace detail {

// The accumulator marked with its unit. Chains of FMAs and exact sums belong to no unit, so they are not marked.
inline accumulator marked(accumulator acc, std::string_view unit) {
    std::visit(
        [unit](auto& alternative) {
            if constexpr (requires { alternative.of; }) {
                alternative.of = {unit};
            } else if constexpr (requires { alternative.step.of; }) {
                alternative.step.of = {unit};
            }
        },
        acc);
    return acc;
}

}  // namespace detail

// The accumulator that the unit applies to operands of these formats; `output` f32 or f16: the format of its registers
// (D may be rounded to any format afterwards). Throws std::invalid_argument if it has no such path.
inline accumulator accumulator_of(const matrix_unit& unit, const any_format& a, const any_format& b,
                                  const any_format& output = f32) {
    for (const any_format* format : {&a, &b, &output}) {
        require_format(*format);
    }
    const unit_path* path = find_path(unit, a, b);
    if (path != nullptr && output == any_format{f32}) {
        return detail::marked(path->to_f32, unit.name);
    }
    if (path != nullptr && output == any_format{f16} && path->to_f16) {
        return detail::marked(*path->to_f16, unit.name);
    }
    throw std::invalid_argument("unit " + std::string(unit.name) + " has no path for operands " +
                                std::string(name_of(a)) + " x " + std::string(name_of(b)) +
                                (path == nullptr ? "" : " with " + std::string(name_of(output)) + " output"));
}

}  // namespace narrowfp
