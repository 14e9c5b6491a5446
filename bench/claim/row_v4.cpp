// SPDX-License-Identifier: Apache-2.0
// V4: the cheapest 16-bit schedule that fits each chip's memory, as extra step time over the cheapest with unlimited
// memory; the other columns beside it. The search is exhaustive over cost/memory_fit.hpp's choices.
#include "claim/memory_fit.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <cmath>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::alignment;

namespace {

// -- figures ----------------------------------------------------------------------------------------------------------

// Shares of the transfers to the host that work does not hide. Not known, so the ends are scenarios.
constexpr std::array<double, 2> offload_exposed{0, 1};

// Seconds for each token with unlimited memory. Nothing is moved to the host then.
double unlimited_seconds(const step_scenarios& all, const step_scenario& s, hardware_case c) {
    step_scenario unlimited = s;
    chip_variant roomy = *s.variant;
    roomy.base.memory = std::numeric_limits<double>::infinity();
    roomy.base.host_link = 0;
    unlimited.variant = &roomy;
    return all.fit_in(unlimited, c, 1, 0)->seconds_per_token;
}

double extra_over(double unlimited, const std::optional<cost::schedule_choice>& fitting) {
    return fitting ? fitting->seconds_per_token / unlimited - 1 : none_fits;
}

// -- tables -----------------------------------------------------------------------------------------------------------

std::string percent_range(const scenario_distribution& extra) {
    const auto text = [](double x) { return std::isfinite(x) ? report::format_number(x * 100, 3) : "none fits"; };
    const double low = extra.low();
    const double high = extra.high();
    if (low == high) {
        return text(low) + (std::isfinite(low) ? " %" : "");
    }
    return text(low) + " to " + text(high) + (std::isfinite(high) ? " %" : "");
}

std::string percent_or_none(double extra) {
    return std::isfinite(extra) ? report::format_percent(extra, 3) : "none fits";
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

std::string gigabytes(double bytes) { return report::format_number(bytes / 1e9, 3) + " GB"; }

std::vector<report::column> with_share_columns(std::vector<report::column> columns) {
    columns.insert(columns.end(), {{"range of scenarios"},
                                   {"median", alignment::right},
                                   {"above " + report::format_percent(policy::more_load, 2), alignment::right},
                                   {"below " + report::format_percent(policy::hardly_any_load, 1), alignment::right},
                                   {"above " + report::format_percent(policy::critical_load, 2), alignment::right},
                                   {"none fits", alignment::right}});
    return columns;
}

std::vector<report::cell> share_cells(const case_fit& f) {
    return {{percent_range(f.extra), report::tint::strong},   percent_or_none(f.extra.median()),
            share_text(f.share_above(policy::more_load)),     share_text(f.share_below(policy::hardly_any_load)),
            share_text(f.share_above(policy::critical_load)), share_text(f.share_none_fits())};
}

report::table wide_table(const memory_fit& figures) {
    report::table t;
    t.title = "V4: extra step time of the cheapest 16-bit schedule that fits, share of scenarios, no probability";
    t.columns = with_share_columns({{"chip"}, {"memory, GB", alignment::right}});
    t.columns.push_back({"schedule at the centre"});
    for (const chip_fit& chip : figures.chips) {
        std::string memory;
        for (const double gb : chip.memory) {
            memory += (memory.empty() ? "" : ", ") + report::format_number(gb, 3);
        }
        const case_fit& wide = *chip[hardware_case::wide];
        std::vector<report::cell> cells{chip_label(chip.chip), memory};
        append(cells, share_cells(wide));
        cells.emplace_back(schedule_text(wide.centre));
        t.add_row(std::move(cells));
    }
    t.notes = {
        "Extra time is over the cheapest schedule with unlimited memory. A scenario that no schedule fits counts as above "
        "every threshold.",
        "Choices: DualPipe, ZB1P or 1F1B; as many or twice as many stages; experts over as many or twice as many "
        "devices; recomputation; activations at the host where its link is known (not for Ascend). Gradients and "
        "optimizer keep their formats and sharding. 910C: both dies as one device. Scenarios: " +
            usable_memory_text() + " of the memory, transfers to the host hidden or exposed, disputed memory sizes.",
        "Not fitting one schedule is not \"cannot fit\": Pangu Ultra MoE was trained without FP8 units on 64 GB parts. "
        "The plain schedule takes " +
            gigabytes(figures.plain_wide_bytes) + " in 16 bits and " + gigabytes(figures.plain_narrow_bytes) +
            " with 8-bit storage."};
    return t;
}

report::table case_table(const memory_fit& figures) {
    report::table t;
    t.title = "V4: the same in every column";
    t.columns = with_share_columns({{"chip"}, {"column"}});
    for (const chip_fit& chip : figures.chips) {
        t.add_rule();
        for (const hardware_case c : all_hardware_cases) {
            if (const std::optional<case_fit>& f = chip[c]) {
                const bool supposed = c == hardware_case::fp8_units && !chip.has_fp8_units;
                std::vector<report::cell> cells{chip_label(chip.chip),
                                                std::string(name_of(c)) + (supposed ? ", if it had them" : "")};
                append(cells, share_cells(*f));
                t.add_row(std::move(cells));
            }
        }
    }
    return t;
}

std::vector<cost_line> cost_lines(const memory_fit& figures) {
    std::vector<cost_line> lines;
    for (const chip_fit& chip : figures.chips) {
        const auto percent = [&](hardware_case c) -> std::optional<double> {
            const std::optional<case_fit>& f = chip[c];
            return f && std::isfinite(f->centre_extra) ? std::optional(f->centre_extra * 100) : std::nullopt;
        };
        lines.push_back({"extra." + chip.chip, "extra step time, " + chip_label(chip.chip), "%",
                         chip.has_fp8_units ? percent(hardware_case::fp8_units) : std::nullopt,
                         percent(hardware_case::fp8_storage), percent(hardware_case::int8),
                         percent(hardware_case::wide), report::evidence_kind::modelled, "step-time model, centre",
                         std::nullopt, chip.has_fp8_units ? "none fits" : "no such unit"});
    }
    return lines;
}

// -- records ----------------------------------------------------------------------------------------------------------

void add_shares(const chip_fit& chip, hardware_case c, const case_fit& f, std::vector<report::record>& records) {
    const std::string begin =
        chip.chip + "." + (c == hardware_case::wide ? std::string() : std::string(id_of(c)) + ".");
    const auto add = [&](const std::string& id, double share) {
        std::string name = id;
        std::replace(name.begin(), name.end(), '_', ' ');
        report::record r = make_record(
            "V4", begin + id, chip_label(chip.chip) + ", " + std::string(name_of(c)) + ", extra time: " + name,
            report::evidence_kind::modelled, share, "1", "count of scenarios; no probability");
        r.n = static_cast<std::int64_t>(f.extra.count());
        records.push_back(std::move(r));
    };
    const auto percent = [](double x) { return report::format_number(x * 100, 2) + "_percent"; };
    add("share_above_" + percent(policy::more_load), f.share_above(policy::more_load));
    add("share_below_" + report::format_number(policy::hardly_any_load * 100, 1) + "_percent",
        f.share_below(policy::hardly_any_load));
    add("share_above_" + percent(policy::critical_load), f.share_above(policy::critical_load));
    add("share_none_fits", f.share_none_fits());
}

void add_records(const chip_fit& chip, std::vector<report::record>& records) {
    const case_fit& wide = *chip[hardware_case::wide];
    report::record r = make_record("V4", chip.chip, "extra step time of the cheapest 16-bit schedule",
                                   report::evidence_kind::modelled, {}, "", "scenario range");
    if (std::isfinite(wide.extra.high())) {
        r.value = wide.centre_extra;
        r.unit = "1";
        r.low = wide.extra.low();
        r.high = wide.extra.high();
    } else {
        r.value = "none fits in some scenario";
    }
    report::add_field(r.parameters, "schedule", schedule_text(wide.centre));
    records.push_back(std::move(r));
    for (const hardware_case c : all_hardware_cases) {
        if (const std::optional<case_fit>& f = chip[c]) {
            add_shares(chip, c, *f, records);
        }
    }
}

}  // namespace

std::optional<case_fit> fit_on(const step_scenarios& all, hardware_case c) {
    const step_scenario& centre = all.all().front();
    if (arithmetic_of(c) == cost::arithmetic::narrow_units && all.machine_in(centre, c).narrow_peak <= 0) {
        return std::nullopt;
    }
    case_fit out;
    const double usual = (policy::usable_memory.front() + policy::usable_memory.back()) / 2;
    out.centre = all.fit_in(centre, c, usual, offload_exposed.front());
    out.centre_extra = extra_over(unlimited_seconds(all, centre, c), out.centre);
    const bool has_host = centre.variant->base.host_link > 0;
    std::vector<double> extra;
    for (const step_scenario& s : all.all()) {
        const double unlimited = unlimited_seconds(all, s, c);
        for (const double share : policy::usable_memory) {
            for (const double exposed : offload_exposed) {
                if (exposed == 0 || has_host) {
                    extra.push_back(extra_over(unlimited, all.fit_in(s, c, share, exposed)));
                }
            }
        }
    }
    out.extra = scenario_distribution(std::move(extra));
    return out;
}

memory_fit compute_memory_fit(const row_context& how) {
    const subject& what = subject_of(how);
    const auto plain_bytes = [&](hardware_case c) {
        return cost::memory_bytes(what.model, what.layout, formats_of(c), cost::optimizer_bf16_moments,
                                  cost::recomputation::none, 0);
    };
    memory_fit out{what.name, {}, plain_bytes(hardware_case::wide), plain_bytes(hardware_case::fp8_units)};
    for (const std::string_view name : policy::fitted_chips) {
        if (how.on_progress) {
            how.on_progress(static_cast<double>(out.chips.size()) / policy::fitted_chips.size(), "V4");
        }
        const device::chip& chip = chips_of(how).by_name(name);
        chip_fit fit{std::string(name), {}, !policy::is_ascend(chip), {}};
        for (const device::datum& f : device::data_of(chip, device::quantity::memory)) {
            fit.memory.push_back(f.value);
        }
        const step_scenarios all(what, chip, !fit.has_fp8_units);
        for (std::size_t c = 0; c < all_hardware_cases.size(); ++c) {
            fit.cases[c] = fit_on(all, all_hardware_cases[c]);
        }
        out.chips.push_back(std::move(fit));
    }
    return out;
}

row_result present_memory_fit(const memory_fit& figures) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "M";
    for (const chip_fit& chip : figures.chips) {
        const case_fit& wide = *chip[hardware_case::wide];
        const std::string label = chip_label(chip.chip);
        out.value += (out.value.empty() ? "" : ", ") + label + " " + percent_range(wide.extra);
        const std::string share = share_text(wide.share_above(policy::more_load));
        out.reason += out.reason.empty() ? "above " + report::format_percent(policy::more_load, 2) + " in " + share +
                                               " of the scenarios on " + label
                                         : ", " + share + " on " + label;
        add_records(chip, out.records);
    }
    out.reason += ", modelled";
    out.range = "range of scenarios, no probability";
    const std::vector<cost_line> lines = cost_lines(figures);
    out.tables = {wide_table(figures),
                  four_column_table("V4: extra step time at the centre, per cent of the step", lines),
                  case_table(figures)};
    append(out.records, four_column_records("V4", lines));
    return out;
}

}  // namespace narrowfp::bench::claim
