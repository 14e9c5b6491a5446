// SPDX-License-Identifier: Apache-2.0
#include "claim/holdout/pairs.hpp"

#include <narrowfp/cost/models.hpp>
#include <narrowfp/cost/step_time.hpp>
#include <narrowfp/device/chips.hpp>

#include <algorithm>
#include <array>

namespace narrowfp::bench::claim::holdout {

namespace {

// GPT-3's family: feed-forward width 4 times the hidden one, no gate, as many keys as queries. The vocabulary is
// assumed; its products stay in 16 bits and take no part in the prediction.
constexpr cost::model_shape gpt(std::string_view name, std::int64_t hidden, std::int64_t layers, std::int64_t heads) {
    return {.name = name,
            .source = "arXiv 2310.18313, model sizes of GPT-3",
            .vocabulary = 51200,
            .hidden = hidden,
            .layers = layers,
            .dense_layers = layers,
            .dense_ffn = 4 * hidden,
            .heads = heads,
            .key_plain = hidden / heads,
            .value_width = hidden / heads,
            .attention = cost::attention_kind::grouped,
            .key_value_heads = heads,
            .ffn_matrices = 2,
            .tied_head = true};
}

constexpr std::string_view fp8_lm = "arXiv 2310.18313, table 5: BF16 rate and micro-batch; tensor slices assumed";

// The BF16 rate is printed as FLOP/s of a device.
pair gpt_pair(std::string_view id, std::string_view name, const cost::model_shape& m, std::int64_t micro_batch,
              std::int64_t slices, double teraflops) {
    constexpr std::int64_t sequence = 2048;
    pair p;
    p.id = id;
    p.name = name;
    p.model = m;
    p.layout = {.layers_per_stage = m.layers,
                .micro_batch_tokens = micro_batch * sequence,
                .sequence = sequence,
                .tensor_slices = slices};
    p.chip = "h100";
    p.wide_rate = teraflops * 1e12 / cost::training_flops_per_token(m, sequence, cost::attention_count::full);
    p.casts = calibration::fused_casts_hopper();
    p.weights_may_be_cast = true;
    p.source = fp8_lm;
    return p;
}

pair gb300_pair() {
    pair p;
    p.id = "deepseek_v3_gb300";
    p.name = "DeepSeek-V3 in MXFP8 on 256 GB300";
    p.model = cost::deepseek_v3;
    // 256 devices: 2 stages in 4 virtual ones, 8 experts a device, 32 micro-batches of one sequence.
    p.layout = {.stages = 2,
                .layers_per_stage = 31,
                .experts_per_device = 8,
                .devices = 256,
                .micro_batch_tokens = 4096,
                .sequence = 4096,
                .micro_batches = 32};
    p.chip = "gb300";
    p.wide_rate = 3848;
    p.casts = calibration::fused_casts_blackwell();
    p.weights_may_be_cast = true;
    p.source = "Megatron-Bridge performance summary, 25.11: DGX-GB300, BF16 rate and layout";
    return p;
}

}  // namespace

const std::vector<pair>& all_pairs() {
    static const std::vector<pair> pairs{
        gpt_pair("gpt_7b_h100", "GPT-7B, Transformer Engine on H100", gpt("GPT-7B", 4096, 32, 32), 2, 1, 445),
        gpt_pair("gpt_13b_h100", "GPT-13B, Transformer Engine on H100", gpt("GPT-13B", 5120, 40, 40), 2, 2, 420),
        gpt_pair("gpt_175b_h100", "GPT-175B, Transformer Engine on H100", gpt("GPT-175B", 12288, 96, 96), 1, 8, 386),
        gb300_pair()};
    return pairs;
}

prediction predict(const pair& p) { return predict_with_slowdown(p, calibration::slowdown().high); }

prediction predict_with_slowdown(const pair& p, double high) {
    assumed slowdown = calibration::slowdown();
    slowdown.high = high;
    const cost::machine c = cost::machine_of(device::chip_by_name(p.chip), device::quantity::fp8);
    const std::vector<assumed> ranges{calibration::wide_products(),
                                      calibration::cublas_narrow_over_wide(),
                                      slowdown,
                                      p.casts,
                                      {"weights_cast", "weights are cast for each micro-batch (1) or once a step (0)",
                                       0, 0, p.weights_may_be_cast ? 1.0 : 0.0, "not known"}};
    const double wide_step = 1 / p.wide_rate;  // seconds of a device for each token
    prediction out;
    for (const std::vector<double>& x : corners(ranges)) {
        cost::efficiency e = calibration::hopper();
        e.wide_products = x[0];
        e.narrow_products = x[0] * x[1];
        e.wide_slowdown = e.narrow_slowdown = x[2];
        e.casts = x[3];
        e.gap = 0;  // part of what the published step holds in both formats
        const cost::layer_seconds wide =
            cost::layer_time(p.model, p.layout, c, e, cost::arithmetic::wide, cost::cast_plan::none);
        const cost::layer_seconds narrow = cost::layer_time(p.model, p.layout, c, e, cost::arithmetic::narrow_units,
                                                            cost::cast_plan::fused, x[4] > 0.5);
        ++out.scenarios;
        if (cost::device_seconds_per_token(p.model, p.layout, wide.sum()) > wide_step) {
            ++out.contradicted;
            continue;
        }
        const double saved =
            cost::device_seconds_per_token(p.model, p.layout, wide.products() - narrow.products() - narrow.casts());
        const double ratio = wide_step / (wide_step - saved);
        out.centre = out.scenarios == 1 ? ratio : out.centre;
        out.low = out.low == 0 ? ratio : std::min(out.low, ratio);
        out.high = std::max(out.high, ratio);
    }
    return out;
}

std::span<const recorded_range> recorded_ranges() {
    static constexpr std::array<recorded_range, 4> ranges{{{"gpt_7b_h100", 1.1446, 1.3987},
                                                           {"gpt_13b_h100", 1.1406, 1.3839},
                                                           {"gpt_175b_h100", 1.1005, 1.3763},
                                                           {"deepseek_v3_gb300", 1.0240, 1.1971}}};
    return ranges;
}

}  // namespace narrowfp::bench::claim::holdout
