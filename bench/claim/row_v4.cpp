// SPDX-License-Identifier: Apache-2.0
// V4: the cheapest 16-bit schedule that fits each chip's memory, as extra step time over the cheapest with unlimited
// memory; the other columns beside it. The search is exhaustive over cost/memory_fit.hpp's choices.
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <cmath>
#include <limits>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr std::array<std::string_view, 6> fitted_chips{"h800", "h20", "910b2", "910b3", "910b4", "910c"};
constexpr double endless = std::numeric_limits<double>::infinity();
// Share of the memory that weights, gradients, optimizer and activations may fill; the rest is for buffers, libraries
// and gaps. And whether moving activations to the host hides behind work. Both not known, so scenarios.
constexpr std::array<double, 2> usable{0.88, 0.95};
constexpr std::array<double, 2> offload_exposed{0, 1};

struct fit_result {
    scenario_range extra;
    std::optional<cost::schedule_choice> centre;
    double centre_extra = endless;
};

// Extra time of the cheapest schedule that fits, infinite if none does.
double extra_in(const step_scenarios& all, const step_scenario& s, hardware_case c, double share, double exposed,
                std::optional<cost::schedule_choice>* chosen = nullptr) {
    step_scenario unlimited = s;
    chip_variant roomy = *s.variant;
    roomy.base.memory = endless;
    unlimited.variant = &roomy;
    const auto best = all.fit_in(unlimited, c, 1, exposed);
    const auto fitting = all.fit_in(s, c, share, exposed);
    if (chosen != nullptr) {
        *chosen = fitting;
    }
    return fitting ? fitting->seconds_per_token / best->seconds_per_token - 1 : endless;
}

fit_result fit_on(const step_scenarios& all, hardware_case c) {
    fit_result out{{endless, 0}, {}, endless};
    out.centre_extra =
        extra_in(all, all.all().front(), c, (usable[0] + usable[1]) / 2, offload_exposed[0], &out.centre);
    const bool host = all.all().front().variant->base.host_link > 0;
    for (const step_scenario& s : all.all()) {
        for (const double share : usable) {
            for (const double exposed : offload_exposed) {
                if (exposed > 0 && !host) {
                    continue;
                }
                const double x = extra_in(all, s, c, share, exposed);
                out.extra = {std::fmin(out.extra.low, x), std::fmax(out.extra.high, x)};
            }
        }
    }
    return out;
}

std::string percent_range(const scenario_range& r) {
    const auto text = [](double x) { return std::isfinite(x) ? report::format_number(x * 100, 3) : "none fits"; };
    if (r.low == r.high) {
        return text(r.low) + (std::isfinite(r.low) ? " %" : "");
    }
    return text(r.low) + " to " + text(r.high) + (std::isfinite(r.high) ? " %" : "");
}

std::string schedule_text(const std::optional<cost::schedule_choice>& c) {
    if (!c) {
        return "none fits";
    }
    return std::string(to_string(c->layout.schedule)) + ", " + std::to_string(c->layout.stages) + " stages, " +
           std::to_string(c->layout.experts_per_device) + " experts a device, " + std::string(to_string(c->again)) +
           (c->offloaded > 0 ? ", " + report::format_number(c->offloaded * 100, 2) + " % of activations at the host"
                             : "") +
           ": " + report::format_number(c->bytes / 1e9, 3) + " GB";
}

}  // namespace

row_result run_v4(const row_context& how) {
    const subject& what = subject_of(how);
    row_result out;
    out.kinds = "M";
    report::table t;
    t.title = "V4: extra step time of the cheapest schedule that fits, over unlimited memory";
    t.columns = {
        {"chip"}, {"memory, GB", alignment::right}, {"16-bit only"}, {"8-bit storage"}, {"schedule in 16 bits"}};
    std::vector<scenario_range> wide_extra;
    std::vector<scenario_range> ascend_extra;
    std::vector<cost_line> lines;
    for (std::size_t n = 0; n < fitted_chips.size(); ++n) {
        if (how.on_progress) {
            how.on_progress(static_cast<double>(n) / fitted_chips.size(), "V4");
        }
        const device::chip& chip = chips_of(how).by_name(fitted_chips[n]);
        const step_scenarios all(what, chip, chip.vendor == "Huawei");
        const fit_result wide = fit_on(all, hardware_case::wide);
        const fit_result stored = fit_on(all, hardware_case::fp8_storage);
        const fit_result units = fit_on(all, hardware_case::fp8_units);
        const fit_result integer = fit_on(all, hardware_case::int8);
        wide_extra.push_back(wide.extra);
        if (chip.vendor == "Huawei") {
            ascend_extra.push_back(wide.extra);
        }
        std::string memory;
        for (const device::datum& f : device::data_of(chip, device::quantity::memory)) {
            memory += (memory.empty() ? "" : ", ") + report::format_number(f.value, 3);
        }
        t.add_row({std::string(fitted_chips[n]), memory, percent_range(wide.extra), percent_range(stored.extra),
                   schedule_text(wide.centre)});
        const auto percent = [](double x) { return std::isfinite(x) ? std::optional(x * 100) : std::nullopt; };
        const bool has_units = chip.vendor != "Huawei";
        lines.push_back({"extra." + std::string(fitted_chips[n]), "extra step time, " + std::string(fitted_chips[n]),
                         "%", has_units ? percent(units.centre_extra) : std::nullopt, percent(stored.centre_extra),
                         percent(integer.centre_extra), percent(wide.centre_extra), report::evidence_kind::modelled,
                         "step-time model, centre", std::nullopt, has_units ? "none fits" : "no such unit"});
        report::record r =
            make_record("V4", std::string(fitted_chips[n]), "extra step time of the cheapest 16-bit schedule",
                        report::evidence_kind::modelled, {}, "", "scenario range");
        if (std::isfinite(wide.extra.high)) {
            r.value = wide.centre_extra;
            r.unit = "1";
            r.low = wide.extra.low;
            r.high = wide.extra.high;
        } else {
            r.value = "none fits in some scenario";
        }
        report::add_field(r.parameters, "schedule", schedule_text(wide.centre));
        out.records.push_back(std::move(r));
        out.value += (out.value.empty() ? "" : ", ") + std::string(fitted_chips[n]) + " " + percent_range(wide.extra);
    }
    const verdict by_range = fit_verdict(wide_extra);
    const verdict none = no_schedule_verdict(ascend_extra);
    out.word = how.s3 == verdict::pass ? by_range : verdict::undecided;
    out.chips = {{"no-schedule", how.s3 == verdict::pass ? none : verdict::undecided}};
    out.range = "scenario ranges";
    out.reason = modelled_reason(how.s3, by_range);
    t.notes = {
        "SUPPORTED if above 10 % on every chip, NOT SUPPORTED if below 3 % on every chip. No 16-bit schedule below 25 "
        "% "
        "on the Ascend chips: " +
            std::string(word_of(none)) + " by the ranges alone.",
        "Choices: DualPipe, ZB1P or 1F1B; as many or twice as many stages; experts over as many or twice as many "
        "devices; recomputation; activations at the host where its link is known (not for Ascend). Gradients and "
        "optimizer keep their formats and sharding. 910C: both dies as one device. Scenarios: 88 or 95 % of the "
        "memory, transfers to the host hidden or exposed, disputed memory sizes.",
        "Not fitting one schedule is not \"cannot fit\": Pangu Ultra MoE was trained without FP8 units on 64 GB parts. "
        "The plain schedule takes " +
            report::format_number(cost::memory_bytes(what.model, what.layout, cost::sixteen_bit(),
                                                     cost::optimizer_bf16_moments, cost::recomputation::none, 0) /
                                      1e9,
                                  3) +
            " GB in 16 bits and " +
            report::format_number(cost::memory_bytes(what.model, what.layout, formats_of(hardware_case::fp8_units),
                                                     cost::optimizer_bf16_moments, cost::recomputation::none, 0) /
                                      1e9,
                                  3) +
            " GB with 8-bit storage."};
    out.tables = {std::move(t), four_column_table("V4: extra step time at the centre, per cent of the step", lines)};
    for (report::record& r : four_column_records("V4", lines)) {
        out.records.push_back(std::move(r));
    }
    return out;
}

}  // namespace narrowfp::bench::claim
