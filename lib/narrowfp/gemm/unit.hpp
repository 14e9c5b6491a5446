// SPDX-License-Identifier: Apache-2.0
// Matrix units by name: which accumulator a chip applies to operands of which format. The parameters are published
// models checked against real outputs (Khattak & Mikaitis, arXiv 2512.07004, with the vectors of their repository;
// MMA-Sim, arXiv 2511.10909); `evidence` says how far each was checked. Block-scaled paths, FP16 outputs and the AMD
// families are not in this table. A new unit is one row.
#pragma once

#include <narrowfp/format/element_format.hpp>
#include <narrowfp/gemm/accumulator.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace narrowfp {

struct matrix_unit {
    std::string_view name;
    std::string_view chips;
    std::string_view evidence;
    std::optional<aligned> fp8;     // e4m3fn, e5m2 and mixes of the two
    std::optional<aligned> fp16;    // binary16
    std::optional<aligned> bfloat;  // bfloat16
};

namespace detail {

// FP32 output: L products, F fraction bits, exponent of a zero term.
constexpr aligned nvidia_f32(int products, int fraction_bits, int zero_exponent) {
    return {.products = products,
            .fraction_bits = fraction_bits,
            .zero_exponent = zero_exponent,
            .output = aligned_output::f32_toward_zero};
}

// The FP8 path of Ada and Hopper: 13 fraction bits, in the alignment and in the register.
constexpr aligned nvidia_fp8_short(int products, int zero_exponent) {
    return {.products = products,
            .fraction_bits = 13,
            .zero_exponent = zero_exponent,
            .output = aligned_output::e8m13_toward_zero};
}

}  // namespace detail

inline constexpr std::array all_units{
    matrix_unit{.name = "v100",
                .chips = "NVIDIA V100 (Volta), FP32 output",
                .evidence = "FP16: model equals published outputs of the chip",
                .fp8 = std::nullopt,
                .fp16 = detail::nvidia_f32(4, 23, -131),
                .bfloat = std::nullopt},
    matrix_unit{.name = "t4",
                .chips = "NVIDIA T4 (Turing), FP32 output",
                .evidence = "one public model (MMA-Sim), no published outputs",
                .fp8 = std::nullopt,
                .fp16 = detail::nvidia_f32(8, 24, -132),
                .bfloat = std::nullopt},
    matrix_unit{.name = "a100",
                .chips = "NVIDIA A100, A2, A30, A40 (Ampere), FP32 output",
                .evidence = "model equals published outputs of A100 and A2",
                .fp8 = std::nullopt,
                .fp16 = detail::nvidia_f32(8, 24, -132),
                .bfloat = detail::nvidia_f32(8, 24, -132)},
    matrix_unit{.name = "ada",
                .chips = "NVIDIA Ada (RTX 1000 Ada, L40S, RTX 4090), FP32 output",
                .evidence = "model equals published outputs of RTX 1000 Ada and L40S",
                .fp8 = detail::nvidia_fp8_short(16, -132),
                .fp16 = detail::nvidia_f32(8, 24, -132),
                .bfloat = detail::nvidia_f32(8, 24, -132)},
    matrix_unit{.name = "h100",
                .chips = "NVIDIA H100, H200 (Hopper), wgmma, FP32 output; H800 and H20 are assumed equal, not measured",
                .evidence = "model equals published outputs of H100 and H200; that FP8 groups end at 32 is a model's word",
                .fp8 = detail::nvidia_fp8_short(32, -133),
                .fp16 = detail::nvidia_f32(16, 25, -133),
                .bfloat = detail::nvidia_f32(16, 25, -133)},
    matrix_unit{.name = "b200",
                .chips = "NVIDIA B200 (Blackwell), tcgen05, FP32 output",
                .evidence = "16-bit inputs: model equals published outputs; FP8: one public model (MMA-Sim)",
                .fp8 = detail::nvidia_f32(32, 25, -133),
                .fp16 = detail::nvidia_f32(16, 25, -133),
                .bfloat = detail::nvidia_f32(16, 25, -133)}};

// Throws std::invalid_argument for an unknown name.
inline matrix_unit unit_by_name(std::string_view name) {
    for (const matrix_unit& unit : all_units) {
        if (unit.name == name) {
            return unit;
        }
    }
    throw std::invalid_argument("unknown unit '" + std::string(name) + "'");
}

// The accumulator that the unit applies to operands of these formats. Throws std::invalid_argument if it has no such
// path.
inline aligned accumulator_of(const matrix_unit& unit, const any_format& a, const any_format& b) {
    const auto is_fp8 = [](std::string_view name) { return name == "e4m3fn" || name == "e5m2"; };
    const std::string_view left = name_of(a);
    const std::string_view right = name_of(b);
    std::optional<aligned> path;
    if (is_fp8(left) && is_fp8(right)) {
        path = unit.fp8;
    } else if (left == "f16" && right == "f16") {
        path = unit.fp16;
    } else if (left == "bf16" && right == "bf16") {
        path = unit.bfloat;
    }
    if (!path) {
        throw std::invalid_argument("unit " + std::string(unit.name) + " has no path for operands " + std::string(left) +
                                    " x " + std::string(right));
    }
    return *path;
}

}  // namespace narrowfp
