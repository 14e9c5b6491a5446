// SPDX-License-Identifier: Apache-2.0
// Published measurements that the model is calibrated with. What it is tested with lies in holdout/ and takes no part
// here. Every constant that follows from these is derived in efficiencies.cpp.
#pragma once

#include <array>
#include <string_view>

namespace narrowfp::bench::step_model::calibration {

// -- products of DeepGEMM in FP8 with 128-wide scales on one H800, February 2025 (DeepGEMM README of that month) --------
struct product_rate {
    double rows = 0;  // over all groups
    double columns = 0;
    double depth = 0;
    double groups = 1;
    double teraflops = 0;
};

inline constexpr std::string_view deepgemm = "DeepGEMM README, February 2025, H800";
inline constexpr std::array<product_rate, 10> deepgemm_products{{{4096, 2112, 7168, 1, 1058},
                                                                 {4096, 24576, 1536, 1, 990},
                                                                 {4096, 32768, 512, 1, 590},
                                                                 {4096, 7168, 16384, 1, 1358},
                                                                 {4096, 4096, 7168, 1, 1304},
                                                                 {4096, 7168, 2048, 1, 1025},
                                                                 {4.0 * 8192, 4096, 7168, 4, 1297},
                                                                 {4.0 * 8192, 7168, 2048, 4, 1099},
                                                                 {64, 24576, 1536, 1, 289},
                                                                 {64, 7168, 16384, 1, 336}}};
inline constexpr double deepgemm_best_early = 1358;  // TFLOP/s, of the table above
inline constexpr double deepgemm_best_later = 1550;  // the README's later record

// -- DeepSeek's profile of one H800: forward and backward of four layers, 4096 tokens (seconds) --------------------------
inline constexpr std::string_view profile = "deepseek-ai/profile-data, train.json (totals by class)";
struct profile_classes {
    double span = 129.0e-3;
    double products = 69.26e-3;
    double attention = 21.96e-3;
    double casts = 15.58e-3;
    double elementwise = 16.9e-3;
    double router = 0.5e-3;
    double idle = 4.3e-3;
    double dispatch_and_combine = 80.4e-3;   // 31.0 and 49.4, hidden
    double attention_forward_rate = 555e12;  // FLOP/s
    double attention_backward_rate = 455e12;
};
inline constexpr profile_classes deepseek_profile{};

// -- the six phases of DeepSeek-V3's step on 2048 H800 (arXiv 2505.09343, table 4; seconds) ------------------------------
inline constexpr std::string_view isca_table_4 = "arXiv 2505.09343, table 4";
struct step_phases {
    double overlapped = 13.95;  // its 1F1B
    double forward = 1.13;      // its 1F
    double backward = 1.99;     // its 1B
    double weights = 0.48;      // its 1W
    double bubble = 2.06;
    double optimizer = 0.29;
    double step = 19.926;
};
inline constexpr step_phases deepseek_phases{};

// -- paired products, 16-bit against FP8, alone ----------------------------------------------------------------------
// Seconds of 8192 x 8192 by 8192 x 4096 on an H100 with cuBLAS under Transformer Engine, and of its casts.
inline constexpr std::string_view pfn = "PFN, slides of 2024-05-08 on language models (H100 SXM, Transformer Engine)";
inline constexpr double pfn_wide = 670e-6;
inline constexpr double pfn_narrow = 350e-6;
inline constexpr double pfn_cast_weights = 67e-6;  // 8192 x 8192, 2 bytes read and 1 written each
inline constexpr double pfn_cast_input = 34e-6;    // 8192 x 4096

inline constexpr std::string_view flops_bench = "gpu-flops-bench, cuBLASLt on H200 NVL";
inline constexpr double h200_nvl_wide = 853e12;
inline constexpr double h200_nvl_narrow = 1661e12;

// All products of a transformer of width 4096 with feed-forward width 16384; factors over BF16.
inline constexpr std::string_view te_pages = "Transformer Engine documentation, GEMM tutorial (its pages differ)";
struct tutorial_factors {
    double kernels_low = 0;  // casts left out
    double kernels_high = 0;
    double with_casts_low = 0;
    double with_casts_high = 0;
};
inline constexpr tutorial_factors h200_delayed{1.90, 1.92, 1.69, 1.69};
inline constexpr tutorial_factors h200_current{1.90, 1.92, 1.57, 1.58};
inline constexpr tutorial_factors h200_block{1.90, 1.92, 1.40, 1.41};
inline constexpr tutorial_factors b300_mxfp8{1.83, 1.83, 1.42, 1.44};
inline constexpr double h200_nvl_bandwidth = 4.8e12;  // B/s
inline constexpr double b300_bandwidth = 8.0e12;
inline constexpr double b300_wide_peak = 2250e12;

}  // namespace narrowfp::bench::step_model::calibration
