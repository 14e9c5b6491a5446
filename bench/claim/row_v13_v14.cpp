// SPDX-License-Identifier: Apache-2.0
// V13, device-hours and device-hours x power of DeepSeek-V3's pre-training in both formats, V1 in other units; V14, what
// the published efficiencies of software on one Ascend chip are worth beside V1.
#include "claim/chip_lists.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr double pretraining_tokens = 14.8e12;  // arXiv 2412.19437, table 1

}  // namespace

row_result run_v13(const row_context& how) {
    const subject& what = subject_of(how);
    row_result out;
    out.word = verdict::value;
    out.kinds = "M";
    report::table t;
    t.title = "V13: 14.8 x 10^12 tokens of " + what.name + ", no time lost to failures, memory unlimited";
    t.columns = {{"chip"},
                 {"column"},
                 {"10^6 device-hours, centre", alignment::right},
                 {"range"},
                 {"power, W", alignment::right},
                 {"GWh, centre", alignment::right},
                 {"how sure the power is"}};
    std::vector<std::string> names(nvidia_chips.begin(), nvidia_chips.end());
    if (!how.asked_chips.empty()) {
        names = how.asked_chips;
    }
    const std::size_t with_units = names.size();
    names.insert(names.end(), ascend_chips.begin(), ascend_chips.end());
    std::vector<cost_line> lines;
    for (std::size_t n = 0; n < names.size(); ++n) {
        const device::chip& chip = chips_of(how).by_name(names[n]);
        const step_scenarios all(what, chip);
        const auto power = device::find_datum(chip, device::quantity::power);
        const auto hours = [&](const step_scenario& s, hardware_case c) {
            return all.seconds_in(s)[c] * pretraining_tokens / 3600 / 1e6;
        };
        const step_scenario& centre = all.all().front();
        const auto known = [&](hardware_case c) {
            const double x = hours(centre, c);
            return std::isfinite(x) ? std::optional(x) : std::nullopt;
        };
        for (const auto& [c, name] :
             {std::pair{hardware_case::fp8_units, "fp8 units"}, {hardware_case::wide, "16-bit only"}}) {
            if (!known(c)) {
                continue;
            }
            const scenario_range r = all.range_of([&, k = c](const step_scenario& s) { return hours(s, k); });
            const double energy = power ? *known(c) * power->value / 1e3 : 0;
            t.add_row({names[n], name, report::format_number(*known(c), 3),
                       report::format_number(r.low, 3) + " to " + report::format_number(r.high, 3),
                       power ? report::format_number(power->value, 4) : "not known",
                       power ? report::format_number(energy, 3) : "-",
                       power ? std::string(to_string(power->sure)) + "; " + std::string(power->source) : "-"});
            report::record x =
                make_record("V13", names[n] + "." + std::string(id_of(c)), "device-hours of the pre-training",
                            report::evidence_kind::modelled, *known(c), "10^6 h", "scenario range");
            x.low = r.low;
            x.high = r.high;
            if (power) {
                report::add_field(x.parameters, "gigawatt_hours", energy);
            }
            out.records.push_back(std::move(x));
        }
        if (n < with_units) {
            out.value += (out.value.empty() ? "" : ", ") + names[n] + " " +
                         report::format_number(*known(hardware_case::fp8_units), 3) + " to " +
                         report::format_number(*known(hardware_case::wide), 3);
        }
        lines.push_back({"hours." + names[n], "10^6 device-hours, " + names[n], "10^6 h",
                         known(hardware_case::fp8_units), known(hardware_case::fp8_storage), known(hardware_case::int8),
                         known(hardware_case::wide), report::evidence_kind::modelled, "step-time model, centre",
                         std::nullopt, "no such unit"});
    }
    out.value += " million device-hours, FP8 to 16 bits";
    out.range = "at the centre of the scenarios";
    t.notes = {
        "Published (P): 2.664 million H800-hours in FP8 (arXiv 2412.19437, table 1). Energy is device-hours x the "
        "largest power of the device, a proxy: hosts, network and cooling are not in it, and chips do not run "
        "at their largest power all the time."};
    out.tables = {std::move(t), four_column_table("V13: device-hours at the centre of the scenarios", lines)};
    for (report::record& r : four_column_records("V13", lines)) {
        out.records.push_back(std::move(r));
    }
    return out;
}

row_result run_v14(const row_context& how) {
    // Shares of the 16-bit peak that Pangu Ultra MoE reached: arXiv 2505.04519 (first and tuned), press (later).
    constexpr double first = 0.189;
    constexpr double tuned = 0.300;
    constexpr double later = 0.41;
    row_result out;
    out.word = verdict::value;
    out.kinds = "P, M";
    report::table t;
    t.title = "V14: software on one chip beside the format on one chip";
    t.columns = {{"change"}, {"factor", alignment::right}, {"kind"}, {"source"}};
    const auto line = [&](const char* id, const std::string& what, double factor, report::evidence_kind kind,
                          const char* letter, const std::string& source) {
        t.add_row({what, report::format_ratio(factor, 3), letter, source});
        report::record r =
            make_record("V14", id, what, kind, factor, "1", "ratio of shares of the peak, or of step times");
        r.source = source;
        out.records.push_back(std::move(r));
    };
    const std::string paper = "arXiv 2505.04519, Pangu Ultra MoE on 4K and 6K Ascend devices";
    line("tuned", "18.9 to 30.0 % of the peak: one team's tuning on the same chips", tuned / first,
         report::evidence_kind::published, "P", paper);
    line("later", "30.0 to 41 %", later / tuned, report::evidence_kind::published, "P", "later press reports");
    line("both", "18.9 to 41 %", later / first, report::evidence_kind::published, "P", paper + "; later press reports");
    for (const std::string name : {"h800", "h20"}) {
        const step_scenarios all(subject_of(how), chips_of(how).by_name(name));
        const case_seconds s = all.seconds_in(all.all().front());
        line(name.c_str(), "FP8 in place of 16 bits on " + name + ", V1 at the centre of its scenarios",
             s[hardware_case::wide] / s[hardware_case::fp8_units], report::evidence_kind::modelled, "M",
             "step-time model");
    }
    for (const std::string name : {"910b3", "910c"}) {
        const step_scenarios all(subject_of(how), chips_of(how).by_name(name), true);
        const case_seconds s = all.seconds_in(all.all().front());
        line(name.c_str(), "hypothetical FP8 units on " + name + ", V12a at the centre",
             s[hardware_case::wide] / s[hardware_case::fp8_units], report::evidence_kind::modelled, "M",
             "step-time model");
    }
    out.value = "software " + report::format_ratio(tuned / first, 3) + " to " + report::format_ratio(later / first, 3) +
                " on one chip";
    out.range = "published";
    out.reason = "immature software is the third reason of the press; its published effect stands beside V1's";
    t.notes = {"The first two shares are from runs on 4K and 6K devices of one system, so scale is in them too."};
    out.tables.push_back(std::move(t));
    return out;
}

}  // namespace narrowfp::bench::claim
