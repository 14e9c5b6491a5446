// SPDX-License-Identifier: Apache-2.0
// A step whose kernels were timed by its owner, and the same step if its FP8 products had been 16-bit ones. Source:
// deepseek-ai/profile-data, train.json: one H800, forward and backward of four MoE layers overlapped, totals by class
// with overlap given to products first. The counterfactual assumes that communication stays hidden and that nothing
// else changes; its efficiencies are scenarios, not measurements.
#pragma once

#include <narrowfp/cost/model_shape.hpp>

namespace narrowfp::cost {

struct step_trace {
    std::string_view name;
    std::string_view source;
    std::int64_t layers = 0;
    std::int64_t tokens = 0;       // of the micro-batch
    double span = 0;               // seconds
    double fp8_gemm = 0;           // seconds of the span
    double casts = 0;              // casts and transposes that only FP8 needs
    std::int64_t compute_sms = 0;  // left to products; the others move data
    std::int64_t all_sms = 0;
};

inline constexpr step_trace deepseek_v3_trace{.name = "DeepSeek-V3 training, one H800",
                                              .source = "deepseek-ai/profile-data, train.json (totals)",
                                              .layers = 4,
                                              .tokens = 4096,
                                              .span = 129.0e-3,
                                              .fp8_gemm = 69.26e-3,
                                              .casts = 15.58e-3,
                                              .compute_sms = 112,
                                              .all_sms = 132};

// FLOP of the products that ran in FP8: forward, both gradients, and the attention up projections computed again.
constexpr double traced_gemm_flops(const model_shape& m, const step_trace& t) {
    const std::int64_t forward = attention_parameters(m) + (m.active_experts + m.shared_experts) * expert_parameters(m);
    return 2.0 * static_cast<double>(t.layers * t.tokens) *
           static_cast<double>(3 * forward + attention_up_parameters(m));
}

// Seconds of these products at a share of the 16-bit peak (FLOP/s) of the processors that compute.
constexpr double gemm_seconds(const model_shape& m, const step_trace& t, double peak, double efficiency) {
    const double share = static_cast<double>(t.compute_sms) / static_cast<double>(t.all_sms);
    return traced_gemm_flops(m, t) / (peak * share * efficiency);
}

// Time of the 16-bit step over the FP8 step when its products take `seconds` and the casts fall away.
constexpr double step_ratio(const step_trace& t, double seconds) {
    return (t.span - t.fp8_gemm - t.casts + seconds) / t.span;
}

}  // namespace narrowfp::cost
