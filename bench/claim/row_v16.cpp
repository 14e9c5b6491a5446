// SPDX-License-Identifier: Apache-2.0
// V16: how much of what FP8 saves comes back on a chip without FP8 units that stores and sends 8-bit codes and
// multiplies in 16 bits: bytes kept and sent (V3, V5), the cost of fitting (V4), step time, and time of memory-bound
// products. Modelled for chips; the measured part is read from a results file.
#include "claim/kept_and_sent_bytes.hpp"
#include "claim/policy.hpp"
#include "claim/recovery.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>

namespace narrowfp::bench::claim {

using policy::chip_label;

namespace {

// What bench_gemv gives: time of a memory-bound product with 16-bit weights over 8-bit ones.
constexpr std::string_view measured_id = "claim.input.memory_bound_speed_up";

constexpr double bytes_ratio = 2;  // what FP8 units would gain on such a product: 16 bits over 8

// -- figures ----------------------------------------------------------------------------------------------------------

recovered_time recovered_on(const step_scenarios& all) {
    recovered_time out{std::string(all.chip().name), {}, {}};
    const auto share = [](double units, double storage, double wide) {
        return units < wide ? recoverable_share(units, storage, wide) : std::nullopt;
    };
    std::vector<double> shares;
    for (const step_scenario& s : all.all()) {
        const case_seconds t = all.seconds_in(s);
        if (const auto one =
                share(t[hardware_case::fp8_units], t[hardware_case::fp8_storage], t[hardware_case::wide])) {
            shares.push_back(*one);
        }
    }
    out.unlimited = scenario_distribution(std::move(shares));
    const auto fit = [&](hardware_case c) { return all.fit_in(all.all().front(), c, policy::usual_usable_memory, 0); };
    const auto wide = fit(hardware_case::wide);
    const auto stored = fit(hardware_case::fp8_storage);
    const auto units = fit(hardware_case::fp8_units);
    if (wide && stored && units) {
        out.with_fit = share(units->seconds_per_token, stored->seconds_per_token, wide->seconds_per_token);
    }
    return out;
}

// -- tables and records -----------------------------------------------------------------------------------------------

// "100 %" or "97 to 100 %".
std::string percents(const scenario_range& r) {
    return report::format_number(r.low * 100, 3) +
           (r.low == r.high ? "" : " to " + report::format_number(r.high * 100, 3)) + " %";
}

report::table recovery_table(const recovery& figures) {
    report::table t;
    t.title = "V16: share of FP8's saving that 8-bit storage with 16-bit multiplication recovers";
    t.columns = {{"cost"}, {"recoverable"}, {"kind"}};
    t.add_row({"bytes kept (V3)", percents(figures.kept), "E"});
    t.add_row({"bytes sent (V5)", percents(figures.sent), "E"});
    for (const recovered_time& c : figures.chips) {
        if (!c.unlimited.empty()) {
            t.add_row({"step time, memory unlimited, " + chip_label(c.chip), percents(c.unlimited.range()), "M"});
        }
        if (c.with_fit) {
            t.add_row({"step time with the memory as it is (V4), " + chip_label(c.chip) + ", centre",
                       report::format_percent(*c.with_fit, 3), "M"});
        }
    }
    // A product that waits for memory moves one byte a weight in place of two, whoever multiplies.
    t.add_row(
        {"time of memory-bound products", report::format_percent(figures.memory_bound, 3) + " (bytes alone)", "M"});
    if (figures.measured_speed_up) {
        t.add_row({"the same, measured here: 16-bit over 8-bit weights " +
                       report::format_ratio(*figures.measured_speed_up, 3),
                   report::format_percent(*figures.measured_share(), 3), "C"});
    } else {
        t.add_row({"the same, measured on this machine", "NOT RUN", "C"});
    }
    t.notes = {
        "Step time is against hypothetical FP8 units. Below 0 %: on a chip bound by its products the casts of 8-bit "
        "storage cost more than its traffic saves while memory suffices. Above 0 %: less traffic, or a schedule that "
        "fits. Ranges are of scenarios, no probability.",
        "A measured factor is read from the record " + std::string(measured_id) +
            " of a file given by --results, which bench_gemv writes."};
    return t;
}

void add_recovery_records(const recovered_time& c, std::vector<report::record>& records) {
    if (!c.unlimited.empty()) {
        const scenario_range r = c.unlimited.range();
        report::record x =
            make_record("V16", "step." + c.chip, "recoverable share of the step time", report::evidence_kind::modelled,
                        report::format_number(r.low, 3) + " to " + report::format_number(r.high, 3), "1",
                        "scenario range; negative: casts cost more than traffic saves");
        x.low = r.low;
        x.high = r.high;
        report::add_field(x.parameters, "median", c.unlimited.median());
        records.push_back(std::move(x));
        records.push_back(make_record(
            "V16", "step." + c.chip + ".share_above_0", "share of the scenarios in which storage saves step time",
            report::evidence_kind::modelled, c.unlimited.share_above(0), "1", "count of scenarios; no probability"));
    }
    if (c.with_fit) {
        records.push_back(make_record("V16", "step_with_fit." + c.chip,
                                      "recoverable share of the step time, memory as it is",
                                      report::evidence_kind::modelled, *c.with_fit, "1", "centre of the scenarios"));
    }
}

}  // namespace

scenario_range recovery::step_time() const {
    std::vector<double> ends;
    for (const recovered_time& c : chips) {
        if (!c.unlimited.empty()) {
            ends.insert(ends.end(), {c.unlimited.low(), c.unlimited.high()});
        }
    }
    return ends.empty() ? scenario_range{} : scenario_distribution(std::move(ends)).range();
}

std::optional<scenario_range> recovery::step_with_fit() const {
    std::vector<double> shares;
    for (const recovered_time& c : chips) {
        if (c.with_fit) {
            shares.push_back(*c.with_fit);
        }
    }
    return shares.empty() ? std::nullopt : std::optional(scenario_distribution(std::move(shares)).range());
}

std::optional<double> recovery::measured_share() const {
    return measured_speed_up ? std::optional((1 - 1 / *measured_speed_up) / (1 - 1 / bytes_ratio)) : std::nullopt;
}

recovery compute_recovery(const row_context& how) {
    recovery out;
    out.kept = kept_by_formula().recoverable();
    out.sent = sent_by_formula().recoverable();
    for (const std::string_view name : policy::ascend_chips) {
        out.chips.push_back(recovered_on(step_scenarios(subject_of(how), chips_of(how).by_name(name), true)));
    }
    if (const report::record* measured = result_named(how, measured_id)) {
        out.measured_speed_up = number_of(*measured);
    }
    return out;
}

row_result present_recovery(const recovery& figures) {
    row_result out;
    out.word = verdict::value;
    out.kinds = figures.measured_speed_up ? "M, E, C" : "M, E";
    const std::optional<scenario_range> fit = figures.step_with_fit();
    out.value = "bytes kept " + percents(figures.kept) + ", sent " + percents(figures.sent) + "; step time " +
                percents(figures.step_time()) + ", with memory as it is " + (fit ? percents(*fit) : "NOT RUN");
    out.range = "Ascend chips, against hypothetical FP8 units";
    out.reason = "bytes are counted, step time is modelled";
    out.tables = {recovery_table(figures)};
    for (const auto& [id, name, range] : {std::tuple{"kept", "recoverable share of the bytes kept (V3)", figures.kept},
                                          {"sent", "recoverable share of the bytes sent (V5)", figures.sent}}) {
        report::record r = make_record("V16", id, name, report::evidence_kind::emulated, range.low, "1",
                                       "lowest share over the counts that FP8 makes smaller");
        r.low = range.low;
        r.high = range.high;
        out.records.push_back(std::move(r));
    }
    for (const recovered_time& c : figures.chips) {
        add_recovery_records(c, out.records);
    }
    return out;
}

}  // namespace narrowfp::bench::claim
