// SPDX-License-Identifier: Apache-2.0
// Figures of the rows on time, bytes and schedules.
#include "claim/policy.hpp"
#include "claim/row_records.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <map>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::figure;
using report::figure_form;
using report::figure_point;
using report::figure_series;
using report::record;

// -- step time: V1 and V12a -----------------------------------------------------------------------------------------------

// Chips with a ratio of their own: "claim.v1.h800".
static std::vector<std::string> chips_of_row(const row_records& records) {
    std::vector<std::string> chips;
    for (const auto& [id, r] : records.under("")) {
        if (id.find('.') == std::string::npos && r->low) {
            chips.push_back(id);
        }
    }
    return chips;
}

static figure ratio_figure(std::string_view row, const row_records& records, const std::vector<std::string>& chips) {
    const std::string threshold = report::format_number(policy::worthwhile_ratio, 3);
    figure f;
    f.id = lower_case(std::string(row)) + "-ratios";
    f.title = std::string(row) + ": time of a 16-bit step over an FP8 step, by the step-time model";
    f.form = figure_form::ranges;
    f.x = {"16-bit / FP8 step time"};
    f.series = {{"centre and range of scenarios", {}}};
    f.marks = {{1, "no gain"}, {policy::worthwhile_ratio, threshold}};
    f.summary = "A range is the width of assumptions, no probability. Above " + threshold + ": ";
    for (std::size_t n = 0; n < chips.size(); ++n) {
        f.categories.push_back(chip_label(chips[n]));
        f.series[0].points.push_back(point_of(*records.find(chips[n])));
        f.summary += (n == 0 ? "" : ", ") + share_text(records.value(chips[n] + ".share_above_" + threshold)) +
                     " of the scenarios on " + chip_label(chips[n]);
    }
    f.summary += ". Modelled.";
    return f;
}

// One layer and micro-batch by part, as multiples of the chip's own FP8 layer.
static figure layer_figure(std::string_view row, const row_records& records, const std::vector<std::string>& chips) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> parts{
        {{"products", "products"},
         {"casts", "casts"},
         {"attention", "attention"},
         {"elementwise", "elementwise and router"},
         {"gaps", "gaps between kernels"}}};
    figure f;
    f.id = lower_case(std::string(row)) + "-layer";
    f.title = std::string(row) + ": where the time of a layer goes";
    f.form = figure_form::stacked_bars;
    f.x = {"time of a layer, FP8 units on the same chip = 1"};
    for (const auto& [id, name] : parts) {
        f.series.push_back({std::string(name), {}});
    }
    for (const std::string& chip : chips) {
        double whole = 0;
        for (const auto& [id, name] : parts) {
            whole += records.value(chip + ".layer.fp8_units." + std::string(id));
        }
        if (!(whole > 0)) {
            continue;
        }
        for (std::size_t c = 0; c < all_hardware_cases.size(); ++c) {
            f.categories.push_back(chip_label(chip) + " " + std::string(figure_column_names[c]));
            for (std::size_t p = 0; p < parts.size(); ++p) {
                const double ms = records.value(chip + ".layer." + std::string(id_of(all_hardware_cases[c])) + "." +
                                                std::string(parts[p].first));
                f.series[p].points.push_back({0, ms / whole});
            }
        }
    }
    f.summary =
        "Only products and casts change with the format; attention, elementwise kernels and gaps dilute what FP8 "
        "gains. Modelled, centre of the scenarios; traffic to experts is hidden behind this work and not shown.";
    return f;
}

// Each input moved alone within its doubt.
static figure tornado_figure(std::string_view row, const claim_outcome& outcome) {
    figure f;
    f.id = lower_case(std::string(row)) + "-sensitivity";
    f.title = std::string(row) + ": each input moved alone within its doubt";
    f.form = figure_form::ranges;
    f.x = {"16-bit / FP8 step time"};
    f.series = {{"figure at the centre, and over the input's range", {}}};
    for (const sensitivity_line& x : outcome.sensitivity) {
        if (x.row == row) {
            f.categories.push_back(x.where + " " + x.input);
            f.series[0].points.push_back({0, x.at_centre, std::min({x.at_low, x.at_centre, x.at_high}),
                                          std::max({x.at_low, x.at_centre, x.at_high})});
        }
    }
    f.marks = {{policy::worthwhile_ratio, report::format_number(policy::worthwhile_ratio, 3)}};
    f.summary =
        "A bar that crosses the threshold takes the centre across by itself. Scenarios are corners, where inputs move "
        "together. Modelled.";
    return f;
}

figures step_figures(std::string_view row, const claim_outcome& outcome) {
    const row_records records(outcome, row);
    const std::vector<std::string> chips = chips_of_row(records);
    figures all;
    add_if_any(all, ratio_figure(row, records, chips));
    add_if_any(all, layer_figure(row, records, chips));
    if (row == "V1") {
        add_if_any(all, tornado_figure(row, outcome));
    }
    return all;
}

// -- bytes: V3 and V5 -----------------------------------------------------------------------------------------------------

// Costs stacked in the four columns.
static figure case_figure(std::string id, std::string title, std::string axis, const row_records& records,
                          const std::vector<std::pair<std::string, std::string>>& costs) {
    figure f;
    f.id = std::move(id);
    f.title = std::move(title);
    f.form = figure_form::stacked_bars;
    f.x = {std::move(axis)};
    f.categories.assign(figure_column_names.begin(), figure_column_names.end());
    for (const auto& [cost, name] : costs) {
        figure_series s{name, {}};
        for (const hardware_case c : all_hardware_cases) {
            s.points.push_back({0, records.value(cost + "." + std::string(id_of(c)))});
        }
        f.series.push_back(std::move(s));
    }
    return f;
}

figures byte_figures(const claim_outcome& outcome) {
    figures all;
    figure f = case_figure("v3-bytes", "V3: bytes kept on a device", "GB on a device", row_records(outcome, "V3"),
                           {{"weights", "weights that layers read"},
                            {"activations_in_flight", "activations of all micro-batches in flight"},
                            {"gradients", "gradients, FP32"},
                            {"optimizer", "master weights and moments, sharded"}});
    f.summary =
        "A chip without FP8 units can store the same 8-bit codes. Gradients and optimizer do not depend on the format. "
        "Counted; the layout is modelled.";
    add_if_any(all, std::move(f));
    return all;
}

figures link_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V5");
    figures all;
    figure f = case_figure("v5-bytes", "V5: bytes of a token to and from one expert's device", "bytes of a token",
                           records, {{"dispatch", "dispatch"}, {"combine", "combine, 16 bits in all"}});
    f.summary = "Only dispatch shrinks with 8-bit codes, and it does so without FP8 units, too. Counted.";
    add_if_any(all, std::move(f));
    figure exposed;
    exposed.id = "v5-exposed";
    exposed.title = "V5: traffic that work does not hide, by link";
    exposed.form = figure_form::bars;
    exposed.x = {"exposed, ms a layer and micro-batch"};
    exposed.summary = "The slowest of the links; the table has the others. Modelled, centre of the scenarios.";
    std::map<std::string, std::size_t> known;
    for (const auto& [id, r] : records.under("exposed.25.0.")) {
        const std::size_t dot = id.find('.');
        const std::string chip = id.substr(0, dot), of = id.substr(dot + 1);
        const auto [at, fresh] = known.try_emplace(chip, exposed.categories.size());
        if (fresh) {
            exposed.categories.push_back(chip_label(chip) + ", 25 GB/s");
        }
        for (std::size_t c = 0; c < all_hardware_cases.size(); ++c) {
            if (of == id_of(all_hardware_cases[c])) {
                auto s = std::find_if(exposed.series.begin(), exposed.series.end(),
                                      [&](const figure_series& x) { return x.name == figure_column_names[c]; });
                if (s == exposed.series.end()) {
                    exposed.series.push_back({std::string(figure_column_names[c]), {}});
                    s = exposed.series.end() - 1;
                }
                s->points.resize(std::max(s->points.size(), at->second + 1), {0, no_value});
                s->points[at->second] = {0, row_records::number(*r)};
            }
        }
    }
    for (figure_series& s : exposed.series) {
        s.points.resize(exposed.categories.size(), {0, no_value});
    }
    add_if_any(all, std::move(exposed));
    return all;
}

// -- ranges by chip or shape ---------------------------------------------------------------------------------------------

figures fit_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V4");
    figure f;
    f.id = "v4-extra";
    f.title = "V4: extra time of the cheapest 16-bit schedule that fits";
    f.form = figure_form::ranges;
    f.x = {"extra step time, %"};
    f.series = {{"centre and scenario range", {}}};
    for (const double load : {policy::hardly_any_load, policy::more_load, policy::critical_load}) {
        f.marks.push_back({100 * load, report::format_number(100 * load, load < 0.1 ? 1 : 2) + " %"});
    }
    f.summary =
        "What does not fit is recomputed, spread otherwise or offloaded, whichever costs least. A chip that no schedule "
        "fits in some scenario has no bar. Modelled, scenario ranges.";
    for (const std::string_view name : policy::fitted_chips) {
        const std::string chip(name);
        if (const record* r = records.find(chip); r != nullptr && std::isfinite(row_records::number(*r))) {
            f.categories.push_back(chip_label(chip));
            f.series[0].points.push_back(point_of(*r, 100));
        }
    }
    return alone(std::move(f));
}

figures shape_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V2");
    figure f;
    f.id = "v2-shapes";
    f.title = "V2: speed-up of FP8 products, casts included, by shape";
    f.form = figure_form::ranges;
    f.x = {"16-bit time / FP8 time with casts"};
    f.marks = {{1, "no gain"}};
    f.summary = "Casts wait for memory: they weigh less where compute is poor. Modelled, scenario ranges.";
    for (const std::string_view name : policy::nvidia_chips) {
        const std::string chip(name);
        figure_series s{chip_label(chip), {}};
        for (const auto& [id, r] : records.under(chip + ".")) {
            if (id == "break_even" || !r->low) {
                continue;
            }
            std::string product = id;
            std::replace(product.begin(), product.end(), '_', ' ');
            if (name == policy::nvidia_chips.front()) {
                f.categories.push_back(product);
            }
            s.points.push_back(point_of(*r));
        }
        f.series.push_back(std::move(s));
    }
    const bool whole = std::all_of(f.series.begin(), f.series.end(),
                                   [&](const figure_series& s) { return s.points.size() == f.categories.size(); });
    return whole ? alone(std::move(f)) : figures{};
}

figures h20_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V12b");
    figure f;
    f.id = "v12b-rate";
    f.title = "V12b: rate of an H20 with FP8 over an Ascend in 16 bits";
    f.form = figure_form::ranges;
    f.x = {"H20 rate / Ascend rate, per device"};
    f.series = {{"centre and scenario range", {}}};
    f.marks = {{1, "equally fast"}};
    f.summary = "Above 1 the H20 is faster. Modelled, scenario ranges.";
    for (const auto& [id, r] : records.under("")) {
        if (id.ends_with(".rate")) {
            f.categories.push_back(chip_label(id.substr(0, id.find('.'))));
            f.series[0].points.push_back(point_of(*r));
        }
    }
    return alone(std::move(f));
}

figures hour_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V13");
    figure f;
    f.id = "v13-hours";
    f.title = "V13: device-hours of the pre-training";
    f.form = figure_form::ranges;
    f.x = {"million device-hours", false, 0.0};
    f.series = {{"fp8 units", {}}, {"16-bit only", {}}};
    f.summary =
        "Device-hours of different chips are no common currency: their peaks differ. Modelled, scenario ranges.";
    for (const std::string_view name : policy::fitted_chips) {
        const std::string chip(name);
        const record* fp8 = records.find(chip + ".fp8_units");
        const record* wide = records.find(chip + ".16bit_only");
        if (wide != nullptr) {
            f.categories.push_back(chip_label(chip));
            f.series[0].points.push_back(fp8 != nullptr ? point_of(*fp8) : figure_point{0, no_value});
            f.series[1].points.push_back(point_of(*wide));
        }
    }
    return alone(std::move(f));
}

figures software_figures(const claim_outcome& outcome) {
    const row_records records(outcome, "V14");
    figure f;
    f.id = "v14-software";
    f.title = "V14: software beside the format, on the same chip";
    f.form = figure_form::bars;
    f.x = {"times as fast", false, 1.0};
    f.series = {{"factor", {}}};
    f.summary =
        "What one team's tuning gave on Ascend (published shares of the peak: 18.9, 30, 41 %) beside what FP8 gives "
        "in the model.";
    const auto add = [&](std::string name, std::string_view id) {
        f.categories.push_back(std::move(name));
        f.series[0].points.push_back({0, records.value(id)});
    };
    add("MFU 18.9 to 30 %", "tuned");
    add("MFU 30 to 41 %", "later");
    add("MFU 18.9 to 41 %", "both");
    for (const std::string_view chip : policy::nvidia_chips) {
        add("FP8 on " + chip_label(chip), chip);
    }
    for (const std::string_view chip : policy::usual_ascends) {
        add("FP8 on " + chip_label(chip) + ", if", chip);
    }
    return alone(std::move(f));
}

}  // namespace narrowfp::bench::claim
