// SPDX-License-Identifier: Apache-2.0
// S4, coverage: Pangu Ultra MoE on Ascend, whose chip bin, sequence length and way of counting are not public. The
// model's range over all of them must contain what was published. It is wide, and no point of it is claimed.
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/cost/models.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr std::string_view pangu = "arXiv 2505.04519: TP8, PP16, VPP2, EP4, two sequences a micro-batch";
constexpr double published_tokens = 1.46e6;  // a second, whole system; arXiv 2505.04519
constexpr double published_devices = 6144;   // "6K"; the multiple of TP8 x PP16 = 128 next to it
constexpr double published_mfu = 0.30;
constexpr double later_mfu = 0.41;  // press, Atlas 800T A2
constexpr std::array<std::int64_t, 2> pangu_sequences{4096, 8192};

cost::training_layout layout_of(std::int64_t sequence) {
    return {.stages = 16,
            .layers_per_stage = 4,
            .experts_per_device = 256 / 4,
            .devices = 6144,
            .micro_batch_tokens = 2 * sequence,
            .sequence = sequence,
            .tensor_slices = 8};
}

std::vector<assumed> pangu_ranges() {
    const double share = calibration::traced_compute_share;
    return {calibration::wide_products_ascend(),
            calibration::slowdown(),
            {"compute_share", "share of the processors that compute", share, (1 + share) / 2, 1,
             "low: DeepSeek's 112 of 132; high: all"},
            {"tensor_exposed", "share of the traffic between tensor slices that nothing hides", 0, 0.5, 1, "not known"},
            {"expert_exposed", "share of the traffic to experts that nothing hides", 0, 0.5, 1, "not known"},
            {"micro_batches", "micro-batches a step, which sets the bubble", 256, 96, 32, "not known"},
            {"other_share", "share of the step that the model does not explain", 0, unexplained_share() / 2,
             unexplained_share(), "low: none; high: as of DeepSeek-V3's published step"}};
}

// Seconds of a device for each token.
double seconds_per_token(const chip_variant& v, std::int64_t sequence, const std::vector<double>& x) {
    const cost::model_shape& m = cost::pangu_ultra_moe;
    const cost::training_layout l = layout_of(sequence);
    cost::efficiency e = calibration::hopper();
    e.wide_products = x[0];
    e.wide_slowdown = x[1];
    e.compute_share = x[2];
    const cost::layer_seconds layer = cost::layer_time(m, l, v.base, e, cost::arithmetic::wide, cost::cast_plan::none);
    const double tokens = static_cast<double>(l.micro_batch_tokens);
    const double slices = static_cast<double>(l.tensor_slices);
    const double wide_token = static_cast<double>(m.hidden) * 2;
    constexpr double link_share = 0.7;  // msmodeling, uncalibrated
    // Gathered and scattered before and after attention and feed-forward block, forward and backward.
    constexpr double collectives = 8;
    const double tensor = collectives * (slices - 1) / slices * tokens * wide_token / (link_share * v.base.scale_up);
    // Each slice dispatches its share of the tokens to three remote ones of four groups; combine and backward as much.
    const double expert = 4 * tokens / slices * 3 * wide_token / (link_share * v.base.scale_out);
    constexpr double virtual_stages = 2;
    const double bubble = (static_cast<double>(l.stages) - 1) / virtual_stages / x[5];
    const double busy = layer.sum() + x[3] * tensor + x[4] * expert;
    return cost::device_seconds_per_token(m, l, busy) * (1 + bubble) / (1 - x[6]);
}

}  // namespace

row_result run_s4(const row_context& how) {
    row_result out;
    out.kinds = "M, P";
    report::table t;
    t.title = "S4: Pangu Ultra MoE on Ascend in 16 bits, tokens a second and device";
    t.columns = {{"chip"},
                 {"sequence", alignment::right},
                 {"rate (M)"},
                 {"share of the 16-bit peak (M)"},
                 {"work per token, GFLOP (M)", alignment::right}};
    scenario_range rates{1e300, 0};
    scenario_range shares{1e300, 0};
    for (const std::string_view name : policy::pangu_chips) {
        const std::vector<chip_variant> variants = variants_of(chips_of(how).by_name(name));
        for (const std::int64_t sequence : pangu_sequences) {
            scenario_range rate{1e300, 0};
            scenario_range share{1e300, 0};
            const double work =
                cost::training_flops_per_token(cost::pangu_ultra_moe, sequence, cost::attention_count::full);
            for (const chip_variant& v : variants) {
                for (const std::vector<double>& x : corners(pangu_ranges())) {
                    const double r = 1 / seconds_per_token(v, sequence, x);
                    rate = {std::fmin(rate.low, r), std::fmax(rate.high, r)};
                    const double mfu = r * work / v.base.wide_peak;
                    share = {std::fmin(share.low, mfu), std::fmax(share.high, mfu)};
                }
            }
            rates = {std::fmin(rates.low, rate.low), std::fmax(rates.high, rate.high)};
            shares = {std::fmin(shares.low, share.low), std::fmax(shares.high, share.high)};
            t.add_row({policy::chip_label(name), report::format_count(sequence),
                       report::format_number(rate.low, 3) + " to " + report::format_number(rate.high, 3),
                       report::format_percent(share.low, 2) + " to " + report::format_percent(share.high, 2),
                       report::format_number(work / 1e9, 3)});
        }
    }
    const double rate = published_tokens / published_devices;
    const auto inside = [](double x, const scenario_range& r) { return x >= r.low && x <= r.high; };
    const bool covered = inside(rate, rates) && inside(published_mfu, shares) && inside(later_mfu, shares);
    out.word = covered ? verdict::pass : verdict::fail;
    out.value = "published " + report::format_number(rate, 4) + " tokens/s, 30 and 41 % of the peak";
    out.range = report::format_number(rates.low, 3) + " to " + report::format_number(rates.high, 3) + " tokens/s, " +
                report::format_percent(shares.low, 2) + " to " + report::format_percent(shares.high, 2);
    out.reason = "coverage of a wide range, no point claim";
    t.notes = {"Published (P): 1.46 million tokens a second on 6K devices (taken to be 6,144) at 30 % of the peak (" +
                   std::string(pangu) +
                   "); 41 % in later press reports. That the products ran in 16 bits follows from the chips.",
               "Attention is counted in full for the share of the peak. Scenarios: every corner of the ranges below."};
    out.tables.push_back(std::move(t));
    report::table ranges;
    ranges.title = "S4: scenarios";
    ranges.columns = {{"input"}, {"from", alignment::right}, {"to", alignment::right}, {"source"}};
    for (const assumed& a : pangu_ranges()) {
        ranges.add_row({std::string(a.what), report::format_number(a.low, 3), report::format_number(a.high, 3),
                        std::string(a.source)});
    }
    out.tables.push_back(std::move(ranges));
    report::record r =
        make_record("S4", "rate", "Pangu Ultra MoE, tokens a second and device", report::evidence_kind::modelled, rate,
                    "1/s", "published; low and high: scenario range");
    r.low = rates.low;
    r.high = rates.high;
    r.source = pangu;
    out.records.push_back(std::move(r));
    return out;
}

}  // namespace narrowfp::bench::claim
