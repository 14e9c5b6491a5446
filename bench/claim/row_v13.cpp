// SPDX-License-Identifier: Apache-2.0
// V13, device-hours and device-hours x power of DeepSeek-V3's pre-training in both formats: V1 in other units.
#include "claim/device_hours.hpp"
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <cmath>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::alignment;

namespace {

constexpr double pretraining_tokens = 14.8e12;  // arXiv 2412.19437, table 1

chip_hours hours_on(const step_scenarios& all, bool asked_for) {
    chip_hours out{
        std::string(all.chip().name), asked_for, {}, device::find_datum(all.chip(), device::quantity::power)};
    for (std::size_t n = 0; n < all_hardware_cases.size(); ++n) {
        const auto hours = [&](const step_scenario& s) {
            return all.seconds_in(s)[all_hardware_cases[n]] * pretraining_tokens / 3600 / 1e6;
        };
        const double centre = hours(all.all().front());
        if (std::isfinite(centre)) {
            out.cases[n] = case_hours{centre, over_scenarios(all, hours)};
        }
    }
    return out;
}

// The two columns of the row's table; the four columns have a table of their own.
constexpr std::array hour_cases{hardware_case::fp8_units, hardware_case::wide};

report::table hours_table(const device_hours& figures) {
    report::table t;
    t.title = "V13: " + report::format_number(figures.tokens / 1e12, 3) + " x 10^12 tokens of " + figures.model +
              ", no time lost to failures, memory unlimited";
    t.columns = {{"chip"},
                 {"column"},
                 {"10^6 device-hours, centre", alignment::right},
                 {"median", alignment::right},
                 {"range of scenarios"},
                 {"power, W", alignment::right},
                 {"GWh, centre", alignment::right},
                 {"how sure the power is"}};
    for (const chip_hours& chip : figures.chips) {
        for (const hardware_case c : hour_cases) {
            const std::optional<case_hours>& h = chip[c];
            if (!h) {
                continue;
            }
            const auto& power = chip.power;
            t.add_row(
                {chip_label(chip.chip), std::string(name_of(c)), report::format_number(h->centre, 3),
                 report::format_number(h->scenarios.median(), 3),
                 report::format_number(h->scenarios.low(), 3) + " to " + report::format_number(h->scenarios.high(), 3),
                 power ? report::format_number(power->value, 4) : "not known",
                 power ? report::format_number(*chip.gigawatt_hours(c), 3) : "-",
                 power ? std::string(to_string(power->sure)) + "; " + std::string(power->source) : "-"});
        }
    }
    t.notes = {"Published (P): " + report::format_number(figures.published, 4) +
               " million H800-hours in FP8 (arXiv 2412.19437, table 1). Energy is device-hours x the "
               "largest power of the device, a proxy: hosts, network and cooling are not in it, and chips do not run "
               "at their largest power all the time. A range is one of scenarios, no probability."};
    return t;
}

std::vector<cost_line> cost_lines(const device_hours& figures) {
    std::vector<cost_line> lines;
    for (const chip_hours& chip : figures.chips) {
        const auto centre = [&](hardware_case c) { return chip[c] ? std::optional(chip[c]->centre) : std::nullopt; };
        lines.push_back({"hours." + chip.chip, "10^6 device-hours, " + chip_label(chip.chip), "10^6 h",
                         centre(hardware_case::fp8_units), centre(hardware_case::fp8_storage),
                         centre(hardware_case::int8), centre(hardware_case::wide), report::evidence_kind::modelled,
                         "step-time model, centre", std::nullopt, "no such unit"});
    }
    return lines;
}

void add_hour_records(const chip_hours& chip, std::vector<report::record>& records) {
    for (const hardware_case c : hour_cases) {
        if (const std::optional<case_hours>& h = chip[c]) {
            report::record x =
                make_record("V13", chip.chip + "." + std::string(id_of(c)), "device-hours of the pre-training",
                            report::evidence_kind::modelled, h->centre, "10^6 h", "scenario range");
            x.low = h->scenarios.low();
            x.high = h->scenarios.high();
            report::add_field(x.parameters, "median", h->scenarios.median());
            if (const std::optional<double> energy = chip.gigawatt_hours(c)) {
                report::add_field(x.parameters, "gigawatt_hours", *energy);
            }
            records.push_back(std::move(x));
        }
    }
}

}  // namespace

std::optional<double> chip_hours::gigawatt_hours(hardware_case c) const {
    return power && (*this)[c] ? std::optional((*this)[c]->centre * power->value / 1e3) : std::nullopt;
}

device_hours compute_device_hours(const row_context& how) {
    const subject& what = subject_of(how);
    device_hours out{what.name, pretraining_tokens, cost::deepseek_v3_run.pretraining_device_hours / 1e6, {}};
    const auto add = [&](std::string_view name, bool asked_for) {
        const device::chip& chip = chips_of(how).by_name(name);
        if (asked_for) {
            device::require_datum(chip, device::quantity::fp8);
        }
        out.chips.push_back(hours_on(step_scenarios(what, chip), asked_for));
    };
    const std::vector<std::string> names(policy::nvidia_chips.begin(), policy::nvidia_chips.end());
    for (const std::string& name : how.asked_chips.empty() ? names : how.asked_chips) {
        add(name, true);
    }
    for (const std::string_view name : policy::ascend_chips) {
        add(name, false);
    }
    return out;
}

row_result present_device_hours(const device_hours& figures) {
    row_result out;
    out.word = verdict::value;
    out.kinds = "M";
    for (const chip_hours& chip : figures.chips) {
        add_hour_records(chip, out.records);
        if (chip.asked_for) {
            out.value += (out.value.empty() ? "" : ", ") + chip_label(chip.chip) + " " +
                         report::format_number(chip[hardware_case::fp8_units]->centre, 3) + " to " +
                         report::format_number(chip[hardware_case::wide]->centre, 3);
        }
    }
    out.value += " million device-hours, FP8 to 16 bits";
    out.range = "at the centre of the scenarios";
    const std::vector<cost_line> lines = cost_lines(figures);
    out.tables = {hours_table(figures), four_column_table("V13: device-hours at the centre of the scenarios", lines)};
    append(out.records, four_column_records("V13", lines));
    return out;
}

}  // namespace narrowfp::bench::claim
