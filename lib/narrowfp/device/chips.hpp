// SPDX-License-Identifier: Apache-2.0
// The chips of the question: NVIDIA's from A100 to GB300, Huawei's Ascend from 910A to the 950 generation. Sources stand
// at every figure; where a figure of a vendor was read on somebody else's page, the page is named. Two cautions: web pages often print peaks with sparsity as dense ones, twice too high, so FP8 and
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
inline constexpr std::string_view hopper_table =
    "H100 data sheet, read in tables of HPC Tech Japan and G. Lockwood's processor pages";
inline constexpr std::string_view cann_types = "CANN data-type page: FP8 types only for Atlas 350";
inline constexpr std::string_view keynote = "Huawei Connect keynote, 2025-09-18, vendor's plan";

// Peak of `cores` cube cores, 16 x 16 x 16 multiply-adds a cycle each, at 1.8 GHz, in TFLOP/s.
constexpr double ascend_peak(int cores) { return cores * 4096.0 * 2 * 1.8e9 * 1e-12; }

inline constexpr datum no_fp8_ascend{quantity::fp8, 0, origin::published, certainty::agreed, cann_types};

inline constexpr std::array a100{
    datum{quantity::bf16, 312, origin::published, certainty::agreed, ampere},
    datum{quantity::fp16, 312, origin::published, certainty::agreed, ampere},
    datum{quantity::fp8, 0, origin::published, certainty::agreed, ampere},
    datum{quantity::int8, 624, origin::published, certainty::agreed, ampere},
    datum{quantity::memory, 80, origin::published, certainty::agreed, ampere},
    datum{quantity::bandwidth, 2.039, origin::published, certainty::agreed, ampere},
    datum{quantity::scale_up, 300, origin::published, certainty::agreed, ampere, "600 GB/s both ways"},
    datum{quantity::scale_out, 200 * gb_per_gbit, origin::published, certainty::one_source,
          "Calculon, systems/a100_80g.json", "200 Gb/s as deployed"},
    datum{quantity::processors, 108, origin::published, certainty::one_source, ampere},
    datum{quantity::power, 400, origin::published, certainty::unconfirmed, "A100 data sheet, not read again"}};

inline constexpr std::array h100{
    datum{quantity::bf16, 989.4, origin::published, certainty::agreed, hopper},
    datum{quantity::fp16, 989.4, origin::published, certainty::agreed, hopper},
    datum{quantity::fp8, 1978.9, origin::published, certainty::agreed, hopper},
    datum{quantity::int8, 1978.9, origin::published, certainty::agreed, hopper},
    datum{quantity::memory, 80, origin::published, certainty::agreed, hopper},
    datum{quantity::bandwidth, 3.35, origin::published, certainty::agreed, hopper},
    datum{quantity::scale_up, 450, origin::published, certainty::agreed, hopper, "900 GB/s both ways"},
    datum{quantity::scale_out, 400 * gb_per_gbit, origin::published, certainty::one_source, hopper,
          "400 Gb/s as deployed"},
    datum{quantity::host_link, 64, origin::published, certainty::agreed, hopper_table, "PCIe 5, 128 GB/s both ways"},
    datum{quantity::processors, 132, origin::published, certainty::agreed, hopper_table},
    datum{quantity::power, 700, origin::published, certainty::agreed, hopper_table}};

inline constexpr std::array h800{
    datum{quantity::bf16, 989, origin::published, certainty::agreed, isca, "as H100"},
    datum{quantity::fp16, 989, origin::published, certainty::agreed, isca, "as H100"},
    datum{quantity::fp8, 1979, origin::published, certainty::agreed, isca, "as H100"},
    datum{quantity::int8, 1979, origin::published, certainty::one_source, isca, "as H100"},
    datum{quantity::memory, 80, origin::published, certainty::agreed, isca},
    datum{quantity::bandwidth, 3.35, origin::published, certainty::agreed, isca},
    datum{quantity::scale_up, 200, origin::published, certainty::agreed, isca, "about 160 achieved"},
    datum{quantity::scale_out, 50, origin::published, certainty::agreed, isca, "400 Gb/s; 40 effective"},
    datum{quantity::host_link, 64, origin::published, certainty::one_source, hopper_table, "as H100"},
    datum{quantity::processors, 132, origin::published, certainty::agreed,
          "deepseek-ai/profile-data, device properties"},
    datum{quantity::power, 700, origin::published, certainty::unconfirmed, hopper_table, "taken to be as H100"}};

inline constexpr std::array h20{
    datum{quantity::bf16, 148, origin::press, certainty::agreed, h20_press},
    datum{quantity::fp16, 148, origin::press, certainty::agreed, h20_press},
    datum{quantity::fp8, 296, origin::press, certainty::agreed, h20_press},
    datum{quantity::int8, 296, origin::press, certainty::agreed, h20_press},
    datum{quantity::memory, 96, origin::press, certainty::agreed, h20_press},
    datum{quantity::bandwidth, 4.0, origin::press, certainty::agreed, h20_press},
    datum{quantity::scale_up, 450, origin::press, certainty::agreed, h20_press, "900 GB/s both ways"},
    datum{quantity::scale_out, 400 * gb_per_gbit, origin::press, certainty::unconfirmed, h20_press,
          "400 Gb/s, taken to be as H100"},
    datum{quantity::host_link, 64, origin::press, certainty::unconfirmed, hopper_table, "taken to be as H100"},
    datum{quantity::processors, 78, origin::press, certainty::agreed, h20_press},
    datum{quantity::power, 400, origin::press, certainty::one_source, "TweakTown, 2024, on the H20's data"}};

inline constexpr std::string_view h200_source =
    "NVIDIA H200 page, half of its sparse figures, read in several reviewers' tables";
inline constexpr std::array h200{
    datum{quantity::bf16, 989, origin::published, certainty::agreed, h200_source,
          "cuBLASLt on H200 NVL reaches 853 (gpu-flops-bench)"},
    datum{quantity::fp16, 989, origin::published, certainty::agreed, h200_source},
    datum{quantity::fp8, 1979, origin::published, certainty::agreed, h200_source,
          "cuBLASLt on H200 NVL reaches 1661 (gpu-flops-bench)"},
    datum{quantity::int8, 1979, origin::published, certainty::agreed, h200_source,
          "cuBLASLt on H200 NVL reaches 1630 (gpu-flops-bench)"},
    datum{quantity::memory, 141, origin::published, certainty::agreed, h200_source},
    datum{quantity::bandwidth, 4.8, origin::published, certainty::agreed, h200_source},
    datum{quantity::scale_up, 450, origin::published, certainty::agreed, h200_source, "900 GB/s both ways"},
    datum{quantity::scale_out, 400 * gb_per_gbit, origin::published, certainty::unconfirmed, hopper,
          "taken to be as H100"},
    datum{quantity::host_link, 64, origin::published, certainty::one_source, h200_source, "PCIe 5"},
    datum{quantity::processors, 132, origin::published, certainty::agreed, h200_source},
    datum{quantity::power, 700, origin::published, certainty::agreed, h200_source}};

inline constexpr std::string_view hgx_b200 = "HGX B200 data sheet, read in zdszero's and G. Lockwood's tables";
inline constexpr std::array b200{
    datum{quantity::bf16, 2250, origin::published, certainty::agreed, "SimuMax, B200 configuration; HGX B200 tables"},
    datum{quantity::fp16, 2250, origin::published, certainty::agreed, "SimuMax, B200 configuration; HGX B200 tables"},
    datum{quantity::fp8, 4500, origin::published, certainty::agreed, hgx_b200},
    datum{quantity::int8, 4500, origin::published, certainty::agreed, hgx_b200},
    datum{quantity::memory, 180, origin::published, certainty::disputed, hgx_b200, "as offered in servers"},
    datum{quantity::memory, 192, origin::published, certainty::disputed, "G. Lockwood's processor pages",
          "of the chip"},
    datum{quantity::bandwidth, 8.0, origin::published, certainty::disputed, "Vultr, HGX B200 page"},
    datum{quantity::bandwidth, 7.7, origin::published, certainty::disputed, hgx_b200},
    datum{quantity::scale_up, 900, origin::published, certainty::agreed, hgx_b200, "1800 GB/s both ways"},
    datum{quantity::processors, 148, origin::press, certainty::one_source, "HMC Tech, B200 page"},
    datum{quantity::power, 1000, origin::published, certainty::agreed, hgx_b200}};

inline constexpr std::string_view verda = "Verda, GB300 NVL72 article; GB300 NVL72 totals divided by 72";
inline constexpr std::array gb300{
    datum{quantity::bf16, 2500, origin::published, certainty::agreed, verda},
    datum{quantity::fp16, 2500, origin::published, certainty::agreed, verda},
    datum{quantity::fp8, 5000, origin::published, certainty::agreed, verda},
    datum{quantity::memory, 279, origin::press, certainty::disputed, verda, "as offered in servers"},
    datum{quantity::memory, 288, origin::press, certainty::disputed, "G. Lockwood's processor pages", "of the chip"},
    datum{quantity::bandwidth, 8.0, origin::published, certainty::agreed, verda},
    datum{quantity::scale_up, 900, origin::published, certainty::agreed, verda, "1800 GB/s both ways"},
    datum{quantity::power, 1400, origin::press, certainty::agreed, verda}};

inline constexpr std::string_view launch_2019 = "Huawei, launch data of 2019";
inline constexpr std::array ascend_910a{
    datum{quantity::bf16, 0, origin::published, certainty::agreed, "CANN documentation, Atlas training products"},
    datum{quantity::fp16, 256, origin::published, certainty::agreed, launch_2019},
    datum{quantity::fp8, 0, origin::published, certainty::agreed, launch_2019},
    datum{quantity::int8, 512, origin::published, certainty::agreed, launch_2019},
    datum{quantity::memory, 32, origin::published, certainty::agreed, launch_2019},
    datum{quantity::bandwidth, 1.2, origin::published, certainty::agreed, launch_2019},
    datum{quantity::scale_up, 3 * 240 * gb_per_gbit, origin::published, certainty::one_source, launch_2019,
          "3 links of 240 Gb/s"},
    datum{quantity::scale_out, 2 * 100 * gb_per_gbit, origin::published, certainty::one_source, launch_2019,
          "2 x 100 Gb/s"},
    datum{quantity::power, 310, origin::press, certainty::agreed, "Huawei's launch data of 2019 in press reports"}};

inline constexpr std::array ascend_910b1{no_fp8_ascend};

inline constexpr std::string_view press_910b = "boardor.com on the 910 family";
inline constexpr datum power_910b{quantity::power, 310,
                                  origin::press,   certainty::unconfirmed,
                                  press_910b,      "no vendor's figure found; the bins are not told apart"};

// Of the bins of the 910B: BF16 from cores and clock first, then Huawei's name for the bin.
inline constexpr std::array ascend_910b2{
    datum{quantity::bf16, ascend_peak(24), origin::computed, certainty::disputed, cann, "24 cores x 8192 x 1.8 GHz"},
    datum{quantity::bf16, 376, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    datum{quantity::fp16, 376, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    no_fp8_ascend,
    datum{quantity::int8, 752, origin::published, certainty::one_source, msmodeling},
    datum{quantity::memory, 64 * gib, origin::published, certainty::one_source, msmodeling, "64 GiB"},
    datum{quantity::bandwidth, 1.6 * tib, origin::published, certainty::one_source, msmodeling, "1.6 TiB/s"},
    datum{quantity::scale_up, 196, origin::published, certainty::one_source, msmodeling, "full mesh of 8"},
    datum{quantity::scale_out, 25, origin::published, certainty::one_source, msmodeling},
    datum{quantity::processors, 24, origin::published, certainty::one_source, cann},
    power_910b};

inline constexpr std::array ascend_910b3{
    datum{quantity::bf16, ascend_peak(20), origin::computed, certainty::disputed, cann, "20 cores x 8192 x 1.8 GHz"},
    datum{quantity::bf16, 313, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    datum{quantity::fp16, 313, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    no_fp8_ascend,
    datum{quantity::int8, 626, origin::published, certainty::one_source, msmodeling},
    datum{quantity::memory, 64 * gib, origin::published, certainty::one_source, msmodeling, "64 GiB"},
    datum{quantity::bandwidth, 1.6 * tib, origin::published, certainty::one_source, msmodeling, "1.6 TiB/s"},
    datum{quantity::scale_up, 196, origin::published, certainty::one_source, msmodeling},
    datum{quantity::scale_out, 25, origin::published, certainty::one_source, msmodeling},
    datum{quantity::processors, 20, origin::published, certainty::one_source, cann},
    power_910b};

inline constexpr std::array ascend_910b4{
    datum{quantity::bf16, 245.8, origin::published, certainty::disputed, msmodeling},
    datum{quantity::bf16, 280, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    datum{quantity::fp16, 280, origin::published, certainty::disputed, msmodeling, "the name of the bin"},
    no_fp8_ascend,
    datum{quantity::int8, 560, origin::published, certainty::one_source, msmodeling},
    datum{quantity::memory, 32 * gib, origin::published, certainty::disputed, msmodeling, "32 GiB"},
    datum{quantity::memory, 64 * gib, origin::published, certainty::disputed, msmodeling, "64 GiB"},
    datum{quantity::bandwidth, 0.8 * tib, origin::published, certainty::disputed, msmodeling, "0.8 TiB/s"},
    datum{quantity::bandwidth, 1.6 * tib, origin::published, certainty::disputed, msmodeling, "1.6 TiB/s"},
    datum{quantity::scale_up, 196, origin::published, certainty::disputed, msmodeling, "HCCS"},
    datum{quantity::scale_up, 64, origin::published, certainty::disputed, msmodeling, "PCIe"},
    datum{quantity::scale_out, 25, origin::published, certainty::one_source, msmodeling},
    power_910b};

inline constexpr std::array ascend_910c{
    datum{quantity::bf16, 2 * ascend_peak(24), origin::computed, certainty::disputed, cann,
          "2 x 24 cores x 8192 x 1.8 GHz"},
    datum{quantity::bf16, 752, origin::published, certainty::disputed, msmodeling,
          "the name of the bin; also arXiv 2506.12708"},
    datum{quantity::bf16, 800, origin::published, certainty::disputed, keynote},
    datum{quantity::fp16, 752, origin::published, certainty::disputed, msmodeling},
    datum{quantity::fp16, 800, origin::published, certainty::disputed, keynote},
    no_fp8_ascend,
    datum{quantity::int8, 1504, origin::published, certainty::disputed, msmodeling},
    datum{quantity::int8, 1054, origin::press, certainty::disputed, "a secondary note", "its digits may be exchanged"},
    datum{quantity::memory, 128 * gib, origin::published, certainty::one_source, msmodeling, "2 x 64 GiB"},
    datum{quantity::bandwidth, 3.2 * tib, origin::published, certainty::one_source, msmodeling, "2 x 1.6 TiB/s"},
    datum{quantity::scale_up, 392, origin::published, certainty::agreed, "arXiv 2506.12708", "784 GB/s both ways"},
    datum{quantity::scale_out, 50, origin::published, certainty::one_source, "arXiv 2506.12708", "400 Gb/s"},
    datum{quantity::processors, 48, origin::published, certainty::one_source, cann, "2 x 24"},
    datum{quantity::power, 2 * 310, origin::computed, certainty::unconfirmed, press_910b,
          "two dies of a 910B; no vendor's figure found"}};

// The supernode as a whole, in the units of a device.
inline constexpr std::string_view cloudmatrix_press = "press and topology notes on CloudMatrix 384";
inline constexpr std::array cloudmatrix_384{
    datum{quantity::bf16, 384 * 2 * ascend_peak(24), origin::computed, certainty::disputed, cann, "384 x 910C"},
    datum{quantity::bf16, 300e3, origin::press, certainty::disputed, cloudmatrix_press},
    datum{quantity::fp8, 0, origin::published, certainty::agreed, cann_types},
    datum{quantity::memory, 384 * 128 * gib, origin::computed, certainty::one_source, msmodeling, "384 x 128 GiB"},
    datum{quantity::bandwidth, 1200, origin::press, certainty::one_source, cloudmatrix_press, "1.2 PB/s"},
    datum{quantity::scale_up, 384 * 392, origin::computed, certainty::one_source, "arXiv 2506.12708", "384 x 392 GB/s"},
    datum{quantity::scale_out, 384 * 50, origin::computed, certainty::one_source, "arXiv 2506.12708", "384 x 400 Gb/s"},
    datum{quantity::power, 559e3, origin::press, certainty::one_source, cloudmatrix_press, "1.46 kW for each 910C"}};

inline constexpr std::array ascend_910c_560{
    datum{quantity::fp16, 560, origin::published, certainty::one_source, msmodeling, "the name of the bin"},
    no_fp8_ascend};

inline constexpr std::string_view half_of_fp8 = "half of the FP8 figure; not stated by the vendor";
inline constexpr std::array ascend_950pr{
    datum{quantity::bf16, 500, origin::computed, certainty::unconfirmed, keynote, half_of_fp8},
    datum{quantity::fp8, 1000, origin::published, certainty::unconfirmed, keynote},
    datum{quantity::memory, 128, origin::published, certainty::unconfirmed, keynote},
    datum{quantity::bandwidth, 1.6, origin::published, certainty::unconfirmed, keynote},
    datum{quantity::scale_up, 1000, origin::published, certainty::unconfirmed, keynote, "2 TB/s both ways"}};

inline constexpr std::array ascend_950dt{
    datum{quantity::bf16, 500, origin::computed, certainty::unconfirmed, keynote, half_of_fp8},
    datum{quantity::fp8, 1000, origin::published, certainty::unconfirmed, keynote},
    datum{quantity::memory, 144, origin::published, certainty::unconfirmed, keynote},
    datum{quantity::bandwidth, 4.0, origin::published, certainty::unconfirmed, keynote},
    datum{quantity::scale_up, 1000, origin::published, certainty::unconfirmed, keynote, "2 TB/s both ways"}};

inline constexpr std::array atlas_350{
    datum{quantity::bf16, 378, origin::published, certainty::one_source, msmodeling},
    datum{quantity::fp16, 378, origin::published, certainty::one_source, msmodeling},
    datum{quantity::fp8, 756, origin::published, certainty::one_source, msmodeling},
    datum{quantity::int8, 756, origin::published, certainty::one_source, msmodeling},
    datum{quantity::memory, 84 * gib, origin::published, certainty::disputed, msmodeling, "84 GiB"},
    datum{quantity::memory, 112 * gib, origin::published, certainty::disputed, msmodeling, "112 GiB"},
    datum{quantity::bandwidth, 1.4 * tib, origin::published, certainty::one_source, msmodeling, "1.4 TiB/s"},
    datum{quantity::scale_up, 3 * 53, origin::published, certainty::one_source, msmodeling, "3 x 53 GB/s"}};

}  // namespace detail

inline constexpr std::string_view ascend_910b_formats = "FP32 FP16 BF16 INT8 INT4";

inline constexpr std::array all_chips{
    chip{"a100", "A100 SXM 80 GB", "NVIDIA", "FP16 BF16 TF32 INT8 INT4", detail::a100},
    chip{"h100", "H100 SXM", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h100},
    chip{"h800", "H800 SXM", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h800, "H100 with NVLink and FP64 cut"},
    chip{"h20", "H20", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h20, "the chip that the article's story ends with"},
    chip{"h200", "H200 SXM", "NVIDIA", "FP16 BF16 TF32 FP8 INT8", detail::h200},
    chip{"b200", "B200", "NVIDIA", "FP16 BF16 TF32 FP8 MXFP8 MXFP6 MXFP4 NVFP4", detail::b200},
    chip{"gb300", "GB300", "NVIDIA", "FP16 BF16 TF32 FP8 MXFP8 MXFP6 MXFP4 NVFP4", detail::gb300,
         "one of the 72 devices of a GB300 NVL72"},
    chip{"910a", "Ascend 910 (910A)", "Huawei", "FP16 INT8", detail::ascend_910a, "no BF16"},
    chip{"910b1", "Ascend 910B1", "Huawei", ascend_910b_formats, detail::ascend_910b1,
         "no figure of its peak could be confirmed, so none is used"},
    chip{"910b2", "Ascend 910B2 (376T)", "Huawei", ascend_910b_formats, detail::ascend_910b2},
    chip{"910b3", "Ascend 910B3 (313T)", "Huawei", ascend_910b_formats, detail::ascend_910b3},
    chip{"910b4", "Ascend 910B4 (280T)", "Huawei", ascend_910b_formats, detail::ascend_910b4},
    chip{"910c", "Ascend 910C, both dies", "Huawei", ascend_910b_formats, detail::ascend_910c},
    chip{"910c-560", "Ascend 910C (560T), both dies", "Huawei", ascend_910b_formats, detail::ascend_910c_560},
    chip{"cloudmatrix-384", "CloudMatrix 384, all 384 910C", "Huawei", ascend_910b_formats, detail::cloudmatrix_384,
         "a supernode, not a device"},
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
