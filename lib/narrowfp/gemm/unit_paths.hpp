// SPDX-License-Identifier: Apache-2.0
// The paths of the units of gemm/unit.hpp: formats of the operands, the accumulator for each output, and what it was checked
// against. NVIDIA: L products a step, F fraction bits, exponent of a zero term (arXiv 2512.07004, arXiv 2511.10909).
#pragma once

#include <narrowfp/gemm/accumulator.hpp>

#include <optional>
#include <string_view>

namespace narrowfp {

// How much is known of a rule.
enum class unit_evidence : std::uint8_t {
    outputs_of_chip,  // equals published outputs of real chips, line by line (narrowfp verify)
    two_models,       // two independent public models agree; no outputs
    one_model,        // MMA-Sim alone, whose authors tested it on the chip
    hypothetical,     // nothing public
};

constexpr std::string_view text_of(unit_evidence evidence) {
    switch (evidence) {
        case unit_evidence::outputs_of_chip: return "equals published outputs of real chips";
        case unit_evidence::two_models: return "two public models agree, no published outputs";
        case unit_evidence::one_model: return "one public model (MMA-Sim), no published outputs";
        case unit_evidence::hypothetical: return "HYPOTHETICAL: nothing is published";
    }
    return "";
}

struct unit_path {
    std::string_view operands;  // names of formats; both operands have one of them, in any mix
    accumulator to_f32;
    std::optional<accumulator> to_f16 = std::nullopt;  // registers of FP16
    unit_evidence evidence = unit_evidence::hypothetical;
    unit_evidence evidence_f16 = unit_evidence::hypothetical;
    std::string_view remark = "";
};

// Whether the format's name is among the operands.
constexpr bool takes(const unit_path& path, std::string_view format) {
    std::string_view rest = path.operands;
    while (!rest.empty()) {
        const std::size_t end = rest.find(' ');
        if (rest.substr(0, end) == format) {
            return true;
        }
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    return false;
}

namespace unit_paths {

using enum unit_evidence;

constexpr aligned to_f32(int products, int fraction_bits, int zero_exponent) {
    return {.products = products,
            .fraction_bits = fraction_bits,
            .zero_exponent = zero_exponent,
            .output = aligned_output::f32_toward_zero};
}
constexpr aligned to_f16(int products, int fraction_bits, int zero_exponent) {
    return {.products = products,
            .fraction_bits = fraction_bits,
            .zero_exponent = zero_exponent,
            .output = aligned_output::f16_ties_to_even};
}
// The FP8 path of Ada and Hopper: 13 fraction bits, in the alignment and in the register.
constexpr aligned to_e8m13(int products, int zero_exponent) {
    return {.products = products,
            .fraction_bits = 13,
            .zero_exponent = zero_exponent,
            .output = aligned_output::e8m13_toward_zero};
}

inline constexpr unit_path v100[]{
    {"f16", to_f32(4, 23, -131), to_f16(4, 23, -20), outputs_of_chip, outputs_of_chip,
     "that a group ends at 4 is the models' word; the order of larger instructions is assumed"}};

inline constexpr unit_path t4[]{{"f16", to_f32(8, 24, -132), to_f16(8, 24, -21), one_model, one_model, ""}};

inline constexpr std::string_view ends_at_8 = "that a group ends at 8 is the models' word";
inline constexpr unit_path a100[]{
    {"f16", to_f32(8, 24, -132), to_f16(8, 24, -21), outputs_of_chip, outputs_of_chip, ends_at_8},
    {"bf16", to_f32(8, 24, -132), std::nullopt, outputs_of_chip, hypothetical, ends_at_8},
    {"tf32", to_f32(4, 24, -132), std::nullopt, outputs_of_chip, hypothetical,
     "the low 13 bits of the FP32 word are dropped before anything else"}};

inline constexpr unit_path ada[]{
    {"f16", to_f32(8, 24, -132), to_f16(8, 24, -21), outputs_of_chip, outputs_of_chip, ends_at_8},
    {"bf16", to_f32(8, 24, -132), std::nullopt, outputs_of_chip, hypothetical, ends_at_8},
    {"tf32", to_f32(4, 24, -132), std::nullopt, outputs_of_chip, hypothetical, ""},
    {"e4m3fn e5m2", to_e8m13(16, -132), to_f16(16, 13, -21), outputs_of_chip, outputs_of_chip,
     "groups of 16 are measured; mixes of the two formats are one model's word"}};

inline constexpr std::string_view tf32_ends_at_8 =
    "published samples have 4 products: that a group ends at 8 is one model's word";
inline constexpr unit_path hopper_f16{
    "f16",           to_f32(16, 25, -133), to_f16(16, 25, -133),
    outputs_of_chip, outputs_of_chip,      "that a group ends at 16 is the models' word"};
inline constexpr unit_path hopper_bf16{"bf16",       to_f32(16, 25, -133),
                                       std::nullopt, outputs_of_chip,
                                       hypothetical, "that a group ends at 16 is the models' word"};
inline constexpr unit_path hopper_tf32{"tf32",          to_f32(8, 25, -133), std::nullopt,
                                       outputs_of_chip, hypothetical,        tf32_ends_at_8};
inline constexpr unit_path h100[]{hopper_f16,
                                  hopper_bf16,
                                  hopper_tf32,
                                  {"e4m3fn e5m2", to_e8m13(32, -133), to_f16(32, 13, -133), outputs_of_chip, one_model,
                                   "that a group ends at 32, and mixes of the two formats, are the models' word"}};

inline constexpr unit_path widened_fp8{"e4m3fn e5m2",
                                       widened{to_f32(16, 25, -133)},
                                       widened{to_f16(16, 25, -133)},
                                       outputs_of_chip,
                                       outputs_of_chip,
                                       "rule found by search on 3000 published outputs, confirmed on 2000 others"};
inline constexpr unit_path h100_mma_sync[]{hopper_f16, hopper_bf16, hopper_tf32, widened_fp8};
inline constexpr unit_path b200_mma_sync[]{hopper_f16, hopper_bf16, hopper_tf32, widened_fp8};

inline constexpr unit_path b200[]{hopper_f16,
                                  hopper_bf16,
                                  hopper_tf32,
                                  {"e4m3fn e5m2 e2m1fn", to_f32(32, 25, -133), to_f16(32, 25, -133), one_model,
                                   one_model, "6-bit operands are not modelled"}};

inline constexpr unit_path b200_mxfp8[]{{"e4m3fn e5m2 e2m1fn", block_scaled{}, std::nullopt, one_model, hypothetical,
                                         "steps of 32; a factor of the whole tensor is applied afterwards by one FMA"}};
inline constexpr unit_path b200_mxfp4[]{
    {"e2m1fn", block_scaled{.products = 64, .group = 16, .block = 32, .fraction_bits = 35, .zero_exponent = -139},
     std::nullopt, one_model, hypothetical, "steps of 64; two groups of 16 share a scale"}};
inline constexpr unit_path b200_nvfp4[]{{"e2m1fn",
                                         block_scaled{.products = 64,
                                                      .group = 16,
                                                      .block = 16,
                                                      .scale = block_scale::e4m3,
                                                      .fraction_bits = 35,
                                                      .zero_exponent = -139},
                                         std::nullopt, one_model, hypothetical,
                                         "steps of 64; the sign of a scale is ignored; a factor of the whole tensor is "
                                         "applied afterwards by one FMA"}};

inline constexpr unit_path mi100[]{
    {"f16", exact_groups{4}, std::nullopt, two_models, hypothetical, "an older version of MMA-Sim differs"},
    {"bf16", exact_groups{2}, std::nullopt, two_models, hypothetical, "an older version of MMA-Sim differs"}};
inline constexpr unit_path mi250[]{
    {"f16", cdna2{4}, std::nullopt, two_models, hypothetical, "subnormal numbers are zero on all sides"},
    {"bf16", cdna2{4}, std::nullopt, two_models, hypothetical,
     "the instructions with _1k; those without add pairs. Subnormal numbers are zero on all sides"}};
inline constexpr unit_path mi300[]{
    {"f16", cdna3{8}, std::nullopt, two_models, hypothetical, "the last cuts before rounding are one model's word"},
    {"bf16", cdna3{8}, std::nullopt, two_models, hypothetical, "the last cuts before rounding are one model's word"},
    {"tf32", cdna3{4}, std::nullopt, two_models, hypothetical,
     "XF32; the low 13 bits of the FP32 word are dropped before anything else"},
    {"e4m3fnuz e5m2fnuz", cdna3{.products = 16, .two_sums = true}, std::nullopt, two_models, hypothetical,
     "the step with the addend is one model's word"}};

inline constexpr std::string_view ascend_formats = "f16 bf16";
inline constexpr unit_path ascend_exact16[]{
    {ascend_formats, exact_groups{16}, std::nullopt, hypothetical, hypothetical, ""}};
inline constexpr unit_path ascend_fma[]{
    {ascend_formats, sequential<float>{}, std::nullopt, hypothetical, hypothetical, ""}};
inline constexpr unit_path ascend_aligned24[]{
    {ascend_formats, to_f32(16, 24, -132), std::nullopt, hypothetical, hypothetical, ""}};
inline constexpr unit_path ascend_aligned25[]{
    {ascend_formats, to_f32(16, 25, -133), std::nullopt, hypothetical, hypothetical, ""}};

}  // namespace unit_paths
}  // namespace narrowfp
