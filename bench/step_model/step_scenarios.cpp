// SPDX-License-Identifier: Apache-2.0
#include "step_model/step_scenarios.hpp"

#include "step_model/chip_set.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/text.hpp>

#include <cmath>
#include <limits>

namespace narrowfp::bench::step_model {

using device::quantity;

cost::linear_formats formats_of(hardware_case c) {
    switch (c) {
        case hardware_case::fp8_units:
        case hardware_case::fp8_storage: return cost::eight_bit("fp8", recipes::deepseek_v3);
        case hardware_case::int8: return cost::eight_bit("int8", recipes::int8_tile);
        case hardware_case::wide: break;
    }
    return cost::sixteen_bit();
}

cost::arithmetic arithmetic_of(hardware_case c) {
    switch (c) {
        case hardware_case::fp8_units:
        case hardware_case::int8: return cost::arithmetic::narrow_units;
        case hardware_case::fp8_storage: return cost::arithmetic::narrow_storage;
        case hardware_case::wide: break;
    }
    return cost::arithmetic::wide;
}

cost::cast_plan casts_of(hardware_case c) {
    switch (c) {
        case hardware_case::fp8_units:
        case hardware_case::int8: return cost::cast_plan::tiles;
        case hardware_case::fp8_storage: return cost::cast_plan::storage;
        case hardware_case::wide: break;
    }
    return cost::cast_plan::none;
}

std::vector<chip_variant> variants_of(const device::chip& c, bool hypothetical_fp8) {
    const bool has_bf16 = [&] {
        const auto f = device::find_datum(c, quantity::bf16);
        return f && f->value > 0;
    }();
    const quantity wide = has_bf16 ? quantity::bf16 : quantity::fp16;
    device::require_datum(c, wide);
    const auto data = [&](quantity q) {
        std::vector<device::datum> all = device::data_of(c, q);
        if (all.empty()) {
            device::require_datum(c, q);  // throws
        }
        for (const device::datum& f : all) {
            if (f.value <= 0) {
                throw std::invalid_argument("chip " + std::string(c.name) + ": " +
                                            std::string(device::info_of(q).summary) + " must be above 0");
            }
        }
        return all;
    };
    const auto optional = [&](quantity q) {
        const auto f = device::find_datum(c, q);
        return f ? f->value : 0.0;
    };
    const std::vector<device::datum> peaks = device::data_of(c, wide);
    std::vector<device::datum> integers = device::data_of(c, quantity::int8);
    if (integers.empty()) {
        integers.push_back({quantity::int8, 0, device::origin::computed, device::certainty::unconfirmed, "none known"});
    }
    // Where the 16-bit peak is disputed as name against cores x clock, the INT8 figure is twice the name's: units of one
    // chip share cores and clock, so it goes with each 16-bit peak.
    const bool follows = peaks.size() > 1 && optional(quantity::fp16) > 0 &&
                         std::fabs(integers.front().value / optional(quantity::fp16) - 2) < 0.002;
    std::vector<chip_variant> all;
    for (const device::datum& peak : peaks) {
        for (const device::datum& memory : data(quantity::memory)) {
            for (const device::datum& bandwidth : data(quantity::bandwidth)) {
                for (const device::datum& link : data(quantity::scale_up)) {
                    for (const device::datum& integer : integers) {
                        chip_variant v;
                        for (const device::datum& f : {peak, memory, bandwidth, link, integer}) {
                            if (device::data_of(c, f.what).size() > 1) {
                                v.label += (v.label.empty() ? "" : ", ") + std::string(device::info_of(f.what).name) +
                                           " " + report::format_number(f.value, 4);
                            }
                        }
                        v.base = {.wide_peak = peak.value * 1e12,
                                  .bandwidth = bandwidth.value * 1e12,
                                  .memory = memory.value * 1e9,
                                  .scale_up = link.value * 1e9,
                                  .scale_out = optional(quantity::scale_out) * 1e9,
                                  .host_link = optional(quantity::host_link) * 1e9,
                                  .processors = optional(quantity::processors)};
                        v.base.scale_out = v.base.scale_out > 0 ? v.base.scale_out : v.base.scale_up;
                        v.fp8_peak = hypothetical_fp8 ? 2 * v.base.wide_peak : optional(quantity::fp8) * 1e12;
                        v.int8_peak = follows && integer.value == integers.front().value ? 2 * v.base.wide_peak
                                                                                         : integer.value * 1e12;
                        all.push_back(std::move(v));
                    }
                }
            }
        }
    }
    return all;
}

namespace {

// 1 - model / published for the step that was really run.
cost::efficiency profile_shares(double links) {
    cost::efficiency e = calibration::hopper();
    e.narrow_products = calibration::deepgemm_share;
    e.narrow_slowdown = calibration::profile_slowdown();
    e.compute_share = calibration::traced_compute_share;
    e.links = links;
    return e;
}

double explained_seconds(const chip_variant& v, const cost::efficiency& e) {
    const subject v3;
    cost::machine c = v.base;
    c.narrow_peak = v.fp8_peak;
    const cost::linear_formats f = formats_of(hardware_case::fp8_units);
    const cost::layer_seconds layer =
        cost::layer_time(v3.model, v3.layout, c, e, cost::arithmetic::narrow_units, cost::cast_plan::tiles);
    return cost::step_time(v3.layout, cost::stage_time(v3.model, v3.layout, c, e, layer, f),
                           cost::optimizer_seconds(v3.model, v3.layout, c, e, f, cost::optimizer_bf16_moments))
        .sum();
}

const chip_variant& library_h800() {
    static const chip_variant v = variants_of(device::chip_by_name("h800")).front();
    return v;
}

// The factor of 16-bit products where it is one of its own.
assumed wide_slowdown() {
    assumed slow = calibration::slowdown();
    slow.id = "wide_slowdown";
    slow.what = "time of 16-bit products within the step over their time alone";
    return slow;
}

// On the anchor the factor of FP8 products is in the published step, and 16-bit products have the same.
std::vector<assumed> anchored_ranges() { return {calibration::wide_products(), calibration::links()}; }

std::vector<assumed> free_ranges(const device::chip& chip) {
    const assumed wide = is_ascend(chip) ? calibration::wide_products_ascend() : calibration::wide_products();
    const double tiles = calibration::hopper().casts;
    const double fused = calibration::fused_casts_hopper().low;
    const double share = calibration::traced_compute_share;
    const double attention = calibration::deepgemm_share / calibration::hopper().attention_forward;
    return {wide,
            calibration::narrow_over_wide(),
            calibration::slowdown(),
            {"casts", "share of memory bandwidth that casts reach", tiles, (tiles + fused) / 2, fused,
             "low: DeepSeek's profile; high: Transformer Engine's fused casts"},
            {"compute_share", "share of the processors that compute", share, (1 + share) / 2, 1,
             "low: DeepSeek's 112 of 132; high: all"},
            calibration::links(),
            {"attention", "rate of attention in shares of the peak, over that of DeepSeek's profile", 1,
             (1 + attention) / 2, attention,
             "low: as on H800; high: as its large products, which a chip with less compute may come near"},
            {"other_share", "share of the 16-bit step that the model does not explain", 0, unexplained_share() / 2,
             unexplained_share(), "low: none; high: as of DeepSeek-V3's published step"}};
}

std::vector<assumed> ranges_for(const device::chip& chip, bool anchored, product_slowdown slowdown) {
    std::vector<assumed> ranges = anchored ? anchored_ranges() : free_ranges(chip);
    if (slowdown == product_slowdown::apart) {
        ranges.push_back(wide_slowdown());
    }
    return ranges;
}

}  // namespace

double unexplained_share() {
    static const double share = [] {
        cost::efficiency e = profile_shares(calibration::links().centre);
        e.wide_products = calibration::wide_products().centre;
        return 1 - explained_seconds(library_h800(), e) / calibration::deepseek_phases.step;
    }();
    return share;
}

step_scenarios::step_scenarios(const subject& what, const device::chip& chip, bool hypothetical_fp8,
                               product_slowdown slowdown)
    : what_(&what),
      chip_(&chip),
      anchored_(what.is_deepseek_v3 && chip.name == "h800"),
      slowdown_(slowdown),
      variants_(variants_of(chip, hypothetical_fp8)),
      ranges_(ranges_for(chip, anchored_, slowdown)) {
    const auto add = [&](const chip_variant& v, const std::vector<double>& x) {
        if (std::optional<step_scenario> s = scenario_with(v, x)) {
            scenarios_.push_back(std::move(*s));
        }
    };
    const auto all = corners(ranges_);
    add(variants_.front(), all.front());
    for (const chip_variant& v : variants_) {
        for (std::size_t n = 1; n < all.size(); ++n) {
            add(v, all[n]);
        }
    }
}

std::optional<step_scenario> step_scenarios::scenario_with(const chip_variant& v, const std::vector<double>& x) const {
    step_scenario s{&v, x, calibration::hopper(), 0};
    const bool apart = slowdown_ == product_slowdown::apart;
    if (anchored_) {
        s.shares = profile_shares(x[1]);
        s.shares.wide_products = x[0];
        s.shares.wide_slowdown = apart ? x.back() : s.shares.narrow_slowdown;
        // What the published step leaves over the library's H800; a what-if figure changes the rest.
        const double unexplained = calibration::deepseek_phases.step - explained_seconds(library_h800(), s.shares);
        if (unexplained < 0) {
            return std::nullopt;
        }
        s.other = unexplained * static_cast<double>(what_->layout.stages) /
                  static_cast<double>(what_->layout.micro_batches * what_->layout.micro_batch_tokens);
        return s;
    }
    s.shares.wide_products = x[0];
    s.shares.narrow_products = x[0] * x[1];
    s.shares.narrow_slowdown = x[2];
    s.shares.wide_slowdown = apart ? x.back() : x[2];
    s.shares.casts = x[3];
    s.shares.compute_share = x[4];
    s.shares.links = x[5];
    s.shares.attention_forward *= x[6];
    s.shares.attention_backward *= x[6];
    s.other = x[7] / (1 - x[7]) * seconds_in(s)[hardware_case::wide];
    return s;
}

cost::machine step_scenarios::machine_in(const step_scenario& s, hardware_case c) const {
    cost::machine m = s.variant->base;
    m.narrow_peak = c == hardware_case::int8 ? s.variant->int8_peak : s.variant->fp8_peak;
    return m;
}

cost::layer_seconds step_scenarios::layer_in(const step_scenario& s, hardware_case c) const {
    return cost::layer_time(what_->model, what_->layout, machine_in(s, c), s.shares, arithmetic_of(c), casts_of(c));
}

cost::stage_seconds step_scenarios::stage_in(const step_scenario& s, hardware_case c) const {
    return cost::stage_time(what_->model, what_->layout, machine_in(s, c), s.shares, layer_in(s, c), formats_of(c));
}

cost::step_parts step_scenarios::step_in(const step_scenario& s, hardware_case c) const {
    return cost::step_time(what_->layout, stage_in(s, c),
                           cost::optimizer_seconds(what_->model, what_->layout, machine_in(s, c), s.shares,
                                                   formats_of(c), cost::optimizer_bf16_moments));
}

case_seconds step_scenarios::seconds_in(const step_scenario& s) const {
    case_seconds out;
    for (const hardware_case c : all_hardware_cases) {
        const bool missing = arithmetic_of(c) == cost::arithmetic::narrow_units && machine_in(s, c).narrow_peak <= 0;
        out.seconds[static_cast<std::size_t>(c)] =
            missing ? std::numeric_limits<double>::quiet_NaN()
                    : 1 / cost::token_rate(what_->layout, step_in(s, c).sum()) + s.other;
    }
    return out;
}

std::optional<cost::schedule_choice> step_scenarios::fit_in(const step_scenario& s, hardware_case c, double usable,
                                                            double offload_exposed) const {
    const cost::machine m = machine_in(s, c);
    cost::fit_inputs in;
    in.formats = formats_of(c);
    in.products = arithmetic_of(c);
    in.casts = casts_of(c);
    in.offload_exposed = offload_exposed;
    in.other_per_token = s.other;
    return cost::cheapest_schedule(what_->model, what_->layout, m, s.shares, in, usable * m.memory);
}

scenario_range step_scenarios::range_of(const std::function<double(const step_scenario&)>& f) const {
    scenario_range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    for (const step_scenario& s : scenarios_) {
        const double x = f(s);
        range.low = std::fmin(range.low, x);
        range.high = std::fmax(range.high, x);
    }
    return range;
}

}  // namespace narrowfp::bench::step_model
