// SPDX-License-Identifier: Apache-2.0
// The chips of the question: NVIDIA's from A100 to B200, Huawei's Ascend from 910A to the 950 generation. Sources stand
// at every figure. Two cautions: web pages often print peaks with sparsity as dense ones, twice too high, so FP8 and
// BF16 peaks of one NVIDIA chip are checked to be 2 : 1; and Huawei's names 376, 313, 280 exceed what cores x clock
// give by 6 to 14 %, so both values stand. A new chip is one array of figures and one row of `all_chips`.
#pragma once

#include <narrowfp/device/chip.hpp>

namespace narrowfp::device {

namespace detail {

inline constexpr double gib = 1.073741824;        // GB in a GiB, 2^30 / 10^9
inline constexpr double tib = 1.099511627776;     // TB in a TiB, 2^40 / 10^12
inline constexpr double gb_per_gbit = 1.0 / 8.0;  // GB/s in a Gb/s
inline constexpr std::string_view ampere = "NVIDIA Ampere white paper, via LLM-Viewer hardware_params.py";
inline constexpr std::string_view hopper =
    "NVIDIA H100 datasheet, half of its sparse figures; llm-analysis h100-sxm-80gb.json";
inline constexpr std::string_view isca = "arXiv 2505.09343, sections 4.1 and 4.3";
inline constexpr std::string_view h20_press = "press and reseller tables; no NVIDIA datasheet is public";
inline constexpr std::string_view msmodeling = "Ascend msmodeling, device.py";
inline constexpr std::string_view cann = "CANN platform_config";
inline constexpr std::string_view cann_types = "CANN data-type page: FP8 types only for Atlas 350";
inline constexpr std::string_view keynote = "Huawei Connect keynote, 2025-09-18, vendor's plan";

// Peak of `cores` cube cores, 16 x 16 x 16 multiply-adds a cycle each, at 1.8 GHz, in TFLOP/s.
constexpr double ascend_peak(int cores) { return cores * 4096.0 * 2 * 1.8e9 * 1e-12; }

inline constexpr figure no_fp8_ascend{quantity::fp8, 0, origin::published, certainty::agreed, cann_types};

inline constexpr std::array a100{
    figure{quantity::bf16, 312, origin::published, certainty::agreed, ampere},
    figure{quantity::fp16, 312, origin::published, certainty::agreed, ampere},
    figure{quantity::fp8, 0, origin::published, certainty::agreed, ampere},
    figure{quantity::int8, 624, origin::published, certainty::agreed, ampere},
    figure{quantity::memory, 80, origin::published, certainty::agreed, ampere},
    figure{quantity::bandwidth, 2.039, origin::published, certainty::agreed, ampere},
    figure{quantity::scale_up, 300, origin::published, certainty::agreed, ampere, "600 GB/s both ways"},
    figure{quantity::scale_out, 200 * gb_per_gbit, origin::published, certainty::one_source,
           "Calculon, systems/a100_80g.json", "200 Gb/s as deployed"}};

inline constexpr std::array h100{
    figure{quantity::bf16, 989.4, origin::published, certainty::agreed, hopper},
    figure{quantity::fp16, 989.4, origin::published, certainty::agreed, hopper},
    figure{quantity::fp8, 1978.9, origin::published, certainty::agreed, hopper},
    figure{quantity::int8, 1978.9, origin::published, certainty::agreed, hopper},
    figure{quantity::memory, 80, origin::published, certainty::agreed, hopper},
    figure{quantity::bandwidth, 3.35, origin::published, certainty::agreed, hopper},
    figure{quantity::scale_up, 450, origin::published, certainty::agreed, hopper, "900 GB/s both ways"},
    figure{quantity::scale_out, 400 * gb_per_gbit, origin::published, certainty::one_source, hopper,
           "400 Gb/s as deployed"}};

inline constexpr std::array h800{
    figure{quantity::bf16, 989, origin::published, certainty::agreed, isca, "as H100"},
    figure{quantity::fp16, 989, origin::published, certainty::agreed, isca, "as H100"},
    figure{quantity::fp8, 1979, origin::published, certainty::agreed, isca, "as H100"},
    figure{quantity::int8, 1979, origin::published, certainty::one_source, isca, "as H100"},
    figure{quantity::memory, 80, origin::published, certainty::agreed, isca},
    figure{quantity::bandwidth, 3.35, origin::published, certainty::agreed, isca},
    figure{quantity::scale_up, 200, origin::published, certainty::agreed, isca, "about 160 achieved"},
    figure{quantity::scale_out, 50, origin::published, certainty::agreed, isca, "400 Gb/s; 40 effective"}};

inline constexpr std::array h20{
    figure{quantity::bf16, 148, origin::press, certainty::agreed, h20_press},
    figure{quantity::fp16, 148, origin::press, certainty::agreed, h20_press},
    figure{quantity::fp8, 296, origin::press, certainty::agreed, h20_press},
    figure{quantity::int8, 296, origin::press, certainty::agreed, h20_press},
    figure{quantity::memory, 96, origin::press, certainty::agreed, h20_press},
    figure{quantity::bandwidth, 4.0, origin::press, certainty::agreed, h20_press},
    figure{quantity::scale_up, 450, origin::press, certainty::agreed, h20_press, "900 GB/s both ways"}};

inline constexpr std::string_view h200_source = "NVIDIA H200 product page";
inline constexpr std::array h200{
    figure{quantity::bf16, 989, origin::published, certainty::agreed, h200_source,
           "cuBLASLt on H200 NVL reaches 853 (gpu-flops-bench)"},
    figure{quantity::fp16, 989, origin::published, certainty::agreed, h200_source},
    figure{quantity::fp8, 1979, origin::published, certainty::agreed, h200_source,
           "cuBLASLt on H200 NVL reaches 1661 (gpu-flops-bench)"},
    figure{quantity::int8, 1979, origin::published, certainty::agreed, h200_source,
           "cuBLASLt on H200 NVL reaches 1630 (gpu-flops-bench)"},
    figure{quantity::memory, 141, origin::published, certainty::agreed, h200_source},
    figure{quantity::bandwidth, 4.8, origin::published, certainty::agreed, h200_source},
    figure{quantity::scale_up, 450, origin::published, certainty::agreed, h200_source, "900 GB/s both ways"}};

inline constexpr std::array b200{
    figure{quantity::bf16, 2250, origin::published, certainty::agreed, "SimuMax, B200 configuration"},
    figure{quantity::fp16, 2250, origin::published, certainty::agreed, "SimuMax, B200 configuration"},
    figure{quantity::fp8, 4500, origin::published, certainty::agreed, "Vultr, HGX B200 page"},
    figure{quantity::memory, 180, origin::published, certainty::disputed, "Vultr, HGX B200 page",
           "as offered in servers"},
    figure{quantity::memory, 192, origin::published, certainty::disputed, "NVIDIA product page", "of the chip"},
    figure{quantity::bandwidth, 8.0, origin::published, certainty::agreed, "Vultr, HGX B200 page"},
    figure{quantity::scale_up, 900, origin::published, certainty::agreed, "NVIDIA product page",
           "1800 GB/s both ways"}};

inline constexpr std::string_view launch_2019 = "Huawei, launch data of 2019";
inline constexpr std::array ascend_910a{
    figure{quantity::bf16, 0, origin::published, certainty::agreed, "CANN documentation, Atlas training products"},
    figure{quantity::fp16, 256, origin::published, certainty::agreed, launch_2019},
    figure{quantity::fp8, 0, origin::published, certainty::agreed, launch_2019},
    figure{quantity::int8, 512, origin::published, certainty::agreed, launch_2019},
    figure{quantity::memory, 32, origin::published, certainty::agreed, launch_2019},
    figure{quantity::bandwidth, 1.2, origin::published, certainty::agreed, launch_2019},
    figure{quantity::scale_up, 3 * 240 * gb_per_gbit, origin::published, certainty::one_source, launch_2019,
           "3 links of 240 Gb/s"},
    figure{quantity::scale_out, 2 * 100 * gb_per_gbit, origin::published, certainty::one_source, launch_2019,
           "2 x 100 Gb/s"}};

inline constexpr std::array ascend_910b1{no_fp8_ascend};

// Of the bins of the 910B: BF16 from cores and clock first, then Huawei's name for the bin.
inline constexpr std::array ascend_910b2{
    figure{quantity::bf16, ascend_peak(24), origin::computed, certainty::disputed, cann, "24 cores x 8192 x 1.8 GHz"},
    figure{quantity::bf16, 376, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    figure{quantity::fp16, 376, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    no_fp8_ascend,
    figure{quantity::int8, 752, origin::published, certainty::one_source, msmodeling},
    figure{quantity::memory, 64 * gib, origin::published, certainty::one_source, msmodeling, "64 GiB"},
    figure{quantity::bandwidth, 1.6 * tib, origin::published, certainty::one_source, msmodeling, "1.6 TiB/s"},
    figure{quantity::scale_up, 196, origin::published, certainty::one_source, msmodeling, "full mesh of 8"},
    figure{quantity::scale_out, 25, origin::published, certainty::one_source, msmodeling}};

inline constexpr std::array ascend_910b3{
    figure{quantity::bf16, ascend_peak(20), origin::computed, certainty::disputed, cann, "20 cores x 8192 x 1.8 GHz"},
    figure{quantity::bf16, 313, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    figure{quantity::fp16, 313, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    no_fp8_ascend,
    figure{quantity::int8, 626, origin::published, certainty::one_source, msmodeling},
    figure{quantity::memory, 64 * gib, origin::published, certainty::one_source, msmodeling, "64 GiB"},
    figure{quantity::bandwidth, 1.6 * tib, origin::published, certainty::one_source, msmodeling, "1.6 TiB/s"},
    figure{quantity::scale_up, 196, origin::published, certainty::one_source, msmodeling},
    figure{quantity::scale_out, 25, origin::published, certainty::one_source, msmodeling}};

inline constexpr std::array ascend_910b4{
    figure{quantity::bf16, 245.8, origin::published, certainty::disputed, msmodeling},
    figure{quantity::bf16, 280, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    figure{quantity::fp16, 280, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    no_fp8_ascend,
    figure{quantity::int8, 560, origin::published, certainty::one_source, msmodeling},
    figure{quantity::memory, 32 * gib, origin::published, certainty::disputed, msmodeling, "32 GiB"},
    figure{quantity::memory, 64 * gib, origin::published, certainty::disputed, msmodeling, "64 GiB"},
    figure{quantity::bandwidth, 0.8 * tib, origin::published, certainty::disputed, msmodeling, "0.8 TiB/s"},
    figure{quantity::bandwidth, 1.6 * tib, origin::published, certainty::disputed, msmodeling, "1.6 TiB/s"},
    figure{quantity::scale_up, 196, origin::published, certainty::disputed, msmodeling, "HCCS"},
    figure{quantity::scale_up, 64, origin::published, certainty::disputed, msmodeling, "PCIe"},
    figure{quantity::scale_out, 25, origin::published, certainty::one_source, msmodeling}};

inline constexpr std::array ascend_910c{
    figure{quantity::bf16, 2 * ascend_peak(24), origin::computed, certainty::disputed, cann,
           "2 x 24 cores x 8192 x 1.8 GHz"},
    figure{quantity::bf16, 752, origin::published, certainty::disputed, msmodeling,
           "the name of the bin; also arXiv 2506.12708"},
    figure{quantity::bf16, 800, origin::published, certainty::disputed, keynote},
    figure{quantity::fp16, 752, origin::published, certainty::disputed, msmodeling},
    figure{quantity::fp16, 800, origin::published, certainty::disputed, keynote},
    no_fp8_ascend,
    figure{quantity::int8, 1504, origin::published, certainty::disputed, msmodeling},
    figure{quantity::int8, 1054, origin::press, certainty::disputed, "a secondary note", "its digits may be exchanged"},
    figure{quantity::memory, 128 * gib, origin::published, certainty::one_source, msmodeling, "2 x 64 GiB"},
    figure{quantity::bandwidth, 3.2 * tib, origin::published, certainty::one_source, msmodeling, "2 x 1.6 TiB/s"},
    figure{quantity::scale_up, 392, origin::published, certainty::agreed, "arXiv 2506.12708", "784 GB/s both ways"},
    figure{quantity::scale_out, 50, origin::published, certainty::one_source, "arXiv 2506.12708", "400 Gb/s"}};

inline constexpr std::array ascend_910c_560{
    figure{quantity::fp16, 560, origin::published, certainty::one_source, msmodeling, "the name of the bin"},
    no_fp8_ascend};

inline constexpr std::string_view half_of_fp8 = "half of the FP8 figure; not stated by the vendor";
inline constexpr std::array ascend_950pr{
    figure{quantity::bf16, 500, origin::computed, certainty::unconfirmed, keynote, half_of_fp8},
    figure{quantity::fp8, 1000, origin::published, certainty::unconfirmed, keynote},
    figure{quantity::memory, 128, origin::published, certainty::unconfirmed, keynote},
    figure{quantity::bandwidth, 1.6, origin::published, certainty::unconfirmed, keynote},
    figure{quantity::scale_up, 1000, origin::published, certainty::unconfirmed, keynote, "2 TB/s both ways"}};

inline constexpr std::array ascend_950dt{
    figure{quantity::bf16, 500, origin::computed, certainty::unconfirmed, keynote, half_of_fp8},
    figure{quantity::fp8, 1000, origin::published, certainty::unconfirmed, keynote},
    figure{quantity::memory, 144, origin::published, certainty::unconfirmed, keynote},
    figure{quantity::bandwidth, 4.0, origin::published, certainty::unconfirmed, keynote},
    figure{quantity::scale_up, 1000, origin::published, certainty::unconfirmed, keynote, "2 TB/s both ways"}};

inline constexpr std::array atlas_350{
    figure{quantity::bf16, 378, origin::published, certainty::one_source, msmodeling},
    figure{quantity::fp16, 378, origin::published, certainty::one_source, msmodeling},
    figure{quantity::fp8, 756, origin::published, certainty::one_source, msmodeling},
    figure{quantity::int8, 756, origin::published, certainty::one_source, msmodeling},
    figure{quantity::memory, 84 * gib, origin::published, certainty::disputed, msmodeling, "84 GiB"},
    figure{quantity::memory, 112 * gib, origin::published, certainty::disputed, msmodeling, "112 GiB"},
    figure{quantity::bandwidth, 1.4 * tib, origin::published, certainty::one_source, msmodeling, "1.4 TiB/s"},
    figure{quantity::scale_up, 3 * 53, origin::published, certainty::one_source, msmodeling, "3 x 53 GB/s"}};

}  // namespace detail

inline constexpr std::string_view ascend_910b_formats = "FP32 FP16 BF16 INT8 INT4";

inline constexpr std::array all_chips{
    chip{"a100", "A100 SXM 80 GB", "NVIDIA", "FP16 BF16 TF32 INT8 INT4", detail::a100},
    chip{"h100", "H100 SXM", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h100},
    chip{"h800", "H800 SXM", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h800, "H100 with NVLink and FP64 cut"},
    chip{"h20", "H20", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h20, "the chip that the article's story ends with"},
    chip{"h200", "H200 SXM", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h200},
    chip{"b200", "B200", "NVIDIA", "FP16 BF16 TF32 FP8 MXFP8 MXFP6 MXFP4 NVFP4", detail::b200},
    chip{"910a", "Ascend 910 (910A)", "Huawei", "FP16 INT8", detail::ascend_910a, "no BF16"},
    chip{"910b1", "Ascend 910B1", "Huawei", ascend_910b_formats, detail::ascend_910b1,
         "no figure of its peak could be confirmed, so none is used"},
    chip{"910b2", "Ascend 910B2 (376T)", "Huawei", ascend_910b_formats, detail::ascend_910b2},
    chip{"910b3", "Ascend 910B3 (313T)", "Huawei", ascend_910b_formats, detail::ascend_910b3},
    chip{"910b4", "Ascend 910B4 (280T)", "Huawei", ascend_910b_formats, detail::ascend_910b4},
    chip{"910c", "Ascend 910C, both dies", "Huawei", ascend_910b_formats, detail::ascend_910c},
    chip{"910c-560", "Ascend 910C (560T), both dies", "Huawei", ascend_910b_formats, detail::ascend_910c_560},
    chip{"950pr", "Ascend 950PR", "Huawei", "FP8 MXFP8 HiF8 MXFP4", detail::ascend_950pr, "announced"},
    chip{"950dt", "Ascend 950DT", "Huawei", "FP8 MXFP8 HiF8 MXFP4", detail::ascend_950dt, "announced"},
    chip{"atlas-350", "Atlas 350 card (950 generation)", "Huawei", "FP16 BF16 FP8 FP4 INT8", detail::atlas_350}};

// Throws std::invalid_argument for an unknown name.
constexpr const chip& chip_by_name(std::string_view name) {
    for (const chip& c : all_chips) {
        if (c.name == name) {
            return c;
        }
    }
    throw std::invalid_argument("unknown chip '" + std::string(name) + "'");
}

}  // namespace narrowfp::device
