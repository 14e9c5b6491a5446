// SPDX-License-Identifier: Apache-2.0
#include "step_model/calibration/efficiencies.hpp"

#include <narrowfp/cost/step_trace.hpp>
#include <narrowfp/device/chips.hpp>

namespace narrowfp::bench::step_model {

namespace calibration {

namespace {

// Shares of bandwidth that fit DeepGEMM's table together with deepgemm_share: results leave at 0.6 of it (root mean
// square error of the ten shapes 3 %), and the two products of 64 rows read at 0.73 and 0.80 of it, so 0.76.
constexpr double output_share = 0.6;
constexpr double memory_share = 0.76;

cost::machine h800() { return cost::machine_of(device::chip_by_name("h800"), device::quantity::fp8); }

// The traced layers with every share at 1 but those of products.
cost::layer_seconds traced_layer() {
    cost::efficiency e;
    e.narrow_products = deepgemm_share;
    e.wide_products = cublas_share();
    e.output = output_share;
    e.memory = memory_share;
    e.compute_share = traced_compute_share;
    return cost::layer_time(cost::deepseek_v3, cost::deepseek_v3_layout, h800(), e, cost::arithmetic::narrow_units,
                            cost::cast_plan::tiles);
}

constexpr double traced_layers = 4;

}  // namespace

cost::efficiency hopper() {
    const cost::layer_seconds layer = traced_layer();
    cost::efficiency e;
    e.output = output_share;
    e.memory = memory_share;
    e.casts = traced_layers * layer.casts() / deepseek_profile.casts;
    e.elementwise = traced_layers * layer.elementwise() / deepseek_profile.elementwise;
    e.attention_forward = deepseek_profile.attention_forward_rate / h800().wide_peak;
    e.attention_backward = deepseek_profile.attention_backward_rate / h800().wide_peak;
    e.gap =
        deepseek_profile.idle / traced_layers /
        cost::layer_kernels(cost::layer_products(cost::deepseek_v3, cost::deepseek_v3_layout), cost::cast_plan::tiles);
    return e;
}

double profile_slowdown() { return deepseek_profile.products / (traced_layers * traced_layer().products()); }

double tutorial_cast_share(double kernels, double with_casts, double wide_rate, double bandwidth) {
    constexpr double width = 4096;
    constexpr double inner = 16384;
    // Query, key and value; attention output; up; down: weights, then widths of inputs and outputs.
    constexpr double weights = width * 3 * width + width * width + 2 * width * inner;
    constexpr double numbers = (width + width + width + inner) + (3 * width + width + inner + width);
    const double wide = 3 * 2 * weights / wide_rate;             // seconds for one token and layer
    const double casts = (1 / with_casts - 1 / kernels) * wide;  // seconds
    return numbers * (2 + 1 + 1) / bandwidth / casts;
}

double pfn_cast_share() {
    const double bandwidth = device::require_datum(device::chip_by_name("h100"), device::quantity::bandwidth).value;
    return 8192.0 * 8192 * (2 + 1) / pfn_cast_weights / (bandwidth * 1e12);
}

double cublas_share() {
    const cost::machine h100 = cost::machine_of(device::chip_by_name("h100"), device::quantity::fp8);
    cost::efficiency e;
    e.output = output_share;
    e.memory = memory_share;
    const double whole = cost::product_seconds(8192, 4096, 8192, 1, h100.wide_peak, 1, 2, 2, h100, e);
    const double output = 8192.0 * 4096 * 2 / (output_share * h100.bandwidth);
    return (whole - output) / (pfn_wide - output);
}

assumed wide_products() {
    const double high = cublas_share();
    return {"wide_products",
            "share of the 16-bit peak that a large 16-bit product reaches alone",
            deepgemm_share,
            (deepgemm_share + high) / 2,
            high,
            "low: as DeepGEMM's FP8 products of February 2025; high: cuBLAS on H100 (PFN, 670 us for 550 GFLOP)"};
}

assumed wide_products_ascend() {
    assumed wide = wide_products();
    wide.low = 0.7;
    wide.centre = 0.8;
    wide.high = 0.9;
    wide.source = "low: msmodeling for the 910 generation (uncalibrated); high: as cuBLAS, its 0.9 for the 950";
    return wide;
}

assumed narrow_over_wide() {
    const double low = deepgemm_share / cublas_share();
    const double high = h200_nvl_narrow / h200_nvl_wide / 2;
    return {"narrow_over_wide",
            "share of peak of 8-bit products over that of 16-bit ones, tiles with promotion",
            low,
            (low + high) / 2,
            high,
            "low: DeepGEMM of February 2025 over cuBLAS in BF16; high: cuBLASLt on H200 NVL, 1661 over 853 TFLOP/s"};
}

assumed cublas_narrow_over_wide() {
    const double high = h200_nvl_narrow / h200_nvl_wide / 2;
    return {"narrow_over_wide",
            "share of peak of 8-bit products over that of 16-bit ones, cuBLAS",
            b300_mxfp8.kernels_low / 2,
            pfn_wide / pfn_narrow / 2,
            high,
            "kernels alone: low 1.83 (Transformer Engine, B300), centre 1.91 (PFN, H100), high 1.95 (H200 NVL)"};
}

assumed slowdown() {
    const double high = profile_slowdown();
    return {"slowdown", "time of products within the step over their time alone",
            1,          (1 + high) / 2,
            high,       "low: none; high: DeepSeek's profile over DeepGEMM's table on the same processors"};
}

assumed fused_casts_hopper() {
    const double low =
        tutorial_cast_share(h200_delayed.kernels_high, h200_delayed.with_casts_low, h200_nvl_wide, h200_nvl_bandwidth);
    const double high = pfn_cast_share();
    return {
        "casts",
        "share of memory bandwidth that per-tensor casts reach",
        low,
        (low + high) / 2,
        high,
        "low: Transformer Engine tutorial, H200, 1.92 without and 1.69 with casts; high: PFN, 67 us for 8192 x 8192"};
}

assumed fused_casts_blackwell() {
    const double wide_rate = h200_nvl_wide / 989e12 * b300_wide_peak;
    const double low =
        tutorial_cast_share(b300_mxfp8.kernels_low, b300_mxfp8.with_casts_low, wide_rate, b300_bandwidth);
    const double high =
        tutorial_cast_share(b300_mxfp8.kernels_high, b300_mxfp8.with_casts_high, wide_rate, b300_bandwidth);
    return {"casts", "share of memory bandwidth that MXFP8 casts reach",
            low,     (low + high) / 2,
            high,    "Transformer Engine tutorial, B300: 1.83 without, 1.42 or 1.44 with casts"};
}

assumed links() {
    const double bytes = 4.0 * 4096 * 3.5 * 2 * (7392 + 14336);
    return {"links",
            "share of a link between nodes that dispatch and combine reach",
            bytes / deepseek_profile.dispatch_and_combine / 50e9,
            0.7,
            0.8,
            "low: DeepSeek's profile, 2.49 GB in 80.4 ms on 50 GB/s; high: 40 of 50 GB/s (arXiv 2505.09343)"};
}

const std::vector<efficiency_change>& changes_of_efficiencies() {
    static const std::vector<efficiency_change> none;
    return none;
}

}  // namespace calibration

std::vector<std::vector<double>> corners(const std::vector<assumed>& ranges) {
    std::vector<std::vector<double>> all(1);
    for (const assumed& r : ranges) {
        all[0].push_back(r.centre);
    }
    for (std::size_t mask = 0; mask < (std::size_t{1} << ranges.size()); ++mask) {
        std::vector<double> one;
        for (std::size_t n = 0; n < ranges.size(); ++n) {
            one.push_back((mask >> n) & 1 ? ranges[n].high : ranges[n].low);
        }
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace narrowfp::bench::step_model
