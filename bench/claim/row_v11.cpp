// SPDX-License-Identifier: Apache-2.0
// V11: which factor is the largest in the step from training on an Ascend in 16 bits to training on an H20 in FP8
// (attribution.hpp). The Ascend end is the published share of its peak, the H20 end is modelled; the H800 end of the
// cross-check is published.
#include "claim/attribution.hpp"
#include "claim/policy.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using policy::chip_label;
using report::alignment;

namespace {

constexpr std::array<double, 2> shares_of_peak{0.30, 0.41};  // arXiv 2505.04519; later press reports
constexpr std::array<std::int64_t, 2> sequences{4096, 8192};
constexpr std::array all_factors{hardware_factor::peak, hardware_factor::format, hardware_factor::efficiency,
                                 hardware_factor::links};
constexpr std::size_t all_changed = 15;

constexpr std::size_t bit_of(hardware_factor f) { return std::size_t{1} << static_cast<std::size_t>(f); }
constexpr std::string_view name_of(hardware_factor f) { return factor_names[static_cast<std::size_t>(f)]; }

// -- figures ----------------------------------------------------------------------------------------------------------

// The Ascend end of a case: a chip, the share of its peak that a run reached, and the length of its sequences.
struct ascend_end {
    chip_variant chip;
    double share_of_peak = 0;
    std::int64_t sequence = 0;
};

// `target_rate`: FLOP/s of the other end; 0 if it is modelled.
achieved_rates rates_between(const subject& base, const ascend_end& ascend, const step_scenarios& target,
                             const step_scenario& s, double target_rate) {
    cost::training_layout l = base.layout;
    l.sequence = ascend.sequence;
    const double work = cost::training_flops_per_token(base.model, ascend.sequence, cost::attention_count::causal);
    const auto seconds = [&](std::size_t changed) {
        const cost::machine there = target.machine_in(s, hardware_case::fp8_units);
        cost::machine c = changed & bit_of(hardware_factor::peak) ? there : ascend.chip.base;
        c.narrow_peak = 2 * c.wide_peak;
        c.scale_up = changed & bit_of(hardware_factor::links) ? there.scale_up : ascend.chip.base.scale_up;
        c.scale_out = changed & bit_of(hardware_factor::links) ? there.scale_out : ascend.chip.base.scale_out;
        const hardware_case k =
            changed & bit_of(hardware_factor::format) ? hardware_case::fp8_units : hardware_case::wide;
        const cost::layer_seconds layer = cost::layer_time(base.model, l, c, s.shares, arithmetic_of(k), casts_of(k));
        const cost::stage_seconds stage = cost::stage_time(base.model, l, c, s.shares, layer, formats_of(k));
        return 1 /
               cost::token_rate(l, cost::step_time(l, stage,
                                                   cost::optimizer_seconds(base.model, l, c, s.shares, formats_of(k),
                                                                           cost::optimizer_bf16_moments))
                                       .sum());
    };
    const double ascend_time = work / (ascend.share_of_peak * ascend.chip.base.wide_peak);
    const double slower_on_ascend = ascend_time / seconds(0);
    const double other = target_rate > 0 ? work / target_rate / seconds(all_changed)
                                         : (seconds(all_changed) + s.other) / seconds(all_changed);
    achieved_rates out{};
    for (std::size_t changed = 0; changed < out.size(); ++changed) {
        out[changed] =
            work / (seconds(changed) * (changed & bit_of(hardware_factor::efficiency) ? other : slower_on_ascend));
    }
    return out;
}

attribution_tally tally_to(const row_context& how, const step_scenarios& target, double target_rate) {
    std::vector<achieved_rates> rates;
    for (const std::string_view bin : policy::pangu_chips) {
        for (const chip_variant& v : variants_of(chips_of(how).by_name(bin))) {
            for (const double share : shares_of_peak) {
                for (const std::int64_t sequence : sequences) {
                    for (const step_scenario& s : target.all()) {
                        rates.push_back(rates_between(subject_of(how), {v, share, sequence}, target, s, target_rate));
                    }
                }
            }
        }
    }
    return tally_of(rates);
}

// The case of which every order is shown, and from which inputs are moved alone.
ascend_end usual_end(const row_context& how) {
    return {variants_of(chips_of(how).by_name(policy::usual_910b)).front(), shares_of_peak.front(), sequences.front()};
}

// -- tables and records -----------------------------------------------------------------------------------------------

report::table tally_table(const std::string& title, const attribution_tally& t) {
    report::table out;
    out.title = title;
    out.columns = {{"factor"},
                   {"lowest", alignment::right},
                   {"median", alignment::right},
                   {"highest", alignment::right},
                   {"largest in", alignment::right},
                   {"cases", alignment::right},
                   {"of", alignment::right}};
    for (const hardware_factor f : all_factors) {
        out.add_row({std::string(name_of(f)), report::format_ratio(t[f].low, 3), report::format_ratio(t[f].median, 3),
                     report::format_ratio(t[f].high, 3), share_text(t.share_largest(f)),
                     report::format_count(t[f].largest), report::format_count(t.cases)});
    }
    out.add_rule();
    out.add_row(
        {"all four", report::format_ratio(t.total.low, 3), "", report::format_ratio(t.total.high, 3), "", "", ""});
    return out;
}

std::string order_text(const factor_order& o, const char* between) {
    std::string text;
    for (const hardware_factor f : o.order) {
        text += (text.empty() ? "" : between) + std::string(name_of(f));
    }
    return text;
}

report::table order_table(const attribution& figures) {
    report::table t;
    t.title = "V11: every order for " + chip_label(policy::usual_910b) + " at " +
              report::format_percent(figures.shares_of_peak.front(), 2) + " of its peak, sequences of " +
              std::to_string(figures.sequences.front()) + ", to H20 at the centre of its scenarios";
    t.columns = {{"order"}};
    for (const std::string_view f : factor_names) {
        t.columns.push_back({std::string(f), alignment::right});
    }
    t.columns.push_back({"largest"});
    for (const factor_order& o : figures.orders) {
        std::vector<report::cell> cells{order_text(o, ", ")};
        for (const double factor : o.factor) {
            cells.emplace_back(report::format_ratio(factor, 3));
        }
        cells.emplace_back(std::string(name_of(o.largest())));
        t.add_row(std::move(cells));
    }
    return t;
}

void add_order_records(const attribution& figures, std::vector<report::record>& records) {
    const std::string method = chip_label(policy::usual_910b) + ", " +
                               report::format_percent(figures.shares_of_peak.front(), 2) + " of its peak, " +
                               std::to_string(figures.sequences.front()) + " tokens, H20 at the centre";
    for (const factor_order& o : figures.orders) {
        for (std::size_t n = 0; n < factor_names.size(); ++n) {
            const std::string factor(factor_names[n]);
            records.push_back(make_record("V11", "order." + order_text(o, "-") + "." + factor,
                                          "factor of " + factor + " in the order " + order_text(o, ", "),
                                          report::evidence_kind::modelled, o.factor[n], "1", method));
        }
    }
}

void add_tally_records(const attribution_tally& t, const std::string& begin, std::vector<report::record>& records) {
    for (const hardware_factor f : all_factors) {
        const std::string name(name_of(f));
        const scenario_range range{t[f].low, t[f].high};
        report::record r = make_record("V11", begin + name, "factor of " + name, report::evidence_kind::modelled,
                                       range_text(range), "1", "lowest and highest over orders, bins and scenarios");
        r.low = range.low;
        r.high = range.high;
        r.n = t.cases;
        report::add_field(r.parameters, "median", t[f].median);
        report::add_field(r.parameters, "largest_in", t[f].largest);
        records.push_back(std::move(r));
        report::record share = make_record("V11", begin + name + ".share_largest",
                                           "share of the cases in which " + name + " is the largest factor",
                                           report::evidence_kind::modelled, t.share_largest(f), "1",
                                           "count of orders, bins and scenarios; no probability");
        share.n = t.cases;
        records.push_back(std::move(share));
    }
}

std::string some_or_none(double share) { return share == 0 ? "none" : share_text(share); }

std::string shares_of_peak_text(const attribution& figures) {
    std::string text;
    for (const double share : figures.shares_of_peak) {
        text += (text.empty() ? "" : " and ") + report::format_number(share * 100, 2);
    }
    return text + " %";
}

}  // namespace

hardware_factor factor_order::largest() const {
    const auto weight = [](double x) { return std::fabs(std::log(x)); };
    const auto most =
        std::max_element(factor.begin(), factor.end(), [&](double a, double b) { return weight(a) < weight(b); });
    return static_cast<hardware_factor>(most - factor.begin());
}

std::vector<factor_order> all_orders(const achieved_rates& rates) {
    std::vector<factor_order> all;
    std::array<hardware_factor, 4> order = all_factors;
    do {
        factor_order one{order, {}};
        std::size_t changed = 0;
        for (const hardware_factor f : order) {
            const std::size_t after = changed | bit_of(f);
            one.factor[static_cast<std::size_t>(f)] = rates[after] / rates[changed];
            changed = after;
        }
        all.push_back(one);
    } while (std::next_permutation(order.begin(), order.end()));
    return all;
}

attribution_tally tally_of(const std::vector<achieved_rates>& rates) {
    attribution_tally out;
    std::array<std::vector<double>, 4> values;
    std::vector<double> totals;
    for (const achieved_rates& one : rates) {
        totals.push_back(one[all_changed] / one[0]);
        for (const factor_order& o : all_orders(one)) {
            ++out.cases;
            ++out.factors[static_cast<std::size_t>(o.largest())].largest;
            for (std::size_t n = 0; n < values.size(); ++n) {
                values[n].push_back(o.factor[n]);
            }
        }
    }
    for (std::size_t n = 0; n < values.size(); ++n) {
        const scenario_distribution d(std::move(values[n]));
        out.factors[n].low = d.low();
        out.factors[n].median = d.median();
        out.factors[n].high = d.high();
    }
    out.total = scenario_distribution(std::move(totals)).range();
    return out;
}

attribution compute_attribution(const row_context& how) {
    const subject& what = subject_of(how);
    const step_scenarios h20(what, chips_of(how).by_name(policy::returned_to));
    attribution out;
    out.shares_of_peak.assign(shares_of_peak.begin(), shares_of_peak.end());
    out.sequences.assign(sequences.begin(), sequences.end());
    out.to_h20 = tally_to(how, h20, 0);
    out.orders = all_orders(rates_between(what, usual_end(how), h20, h20.all().front(), 0));
    if (what.is_deepseek_v3) {
        out.h800_rate = cost::deepseek_v3_run.flops_per_second_causal;
        out.to_h800 = tally_to(how, step_scenarios(what, chips_of(how).by_name(policy::trained_on)), out.h800_rate);
    }
    return out;
}

row_result present_attribution(const attribution& figures) {
    using enum hardware_factor;
    const attribution_tally& t = figures.to_h20;
    const auto range = [&](hardware_factor f) { return range_text({t[f].low, t[f].high}); };
    row_result out;
    out.word = verdict::value;
    out.kinds = "M, P";
    out.value = "format is the largest factor in " + some_or_none(t.share_largest(format)) + " of the cases to H20" +
                (figures.to_h800 ? ", in " + some_or_none(figures.to_h800->share_largest(format)) + " to H800" : "") +
                "; it gives " + range(format) + ", peak " + range(peak) + ", efficiency " + range(efficiency);
    out.range = "orders x bins x scenarios, no probability";
    out.reason = report::format_count(t[format].largest) + " of " + report::format_count(t.cases) + " cases, modelled";
    report::table main = tally_table("V11: achieved FLOP/s of a device, from 910B in 16 bits to H20 in FP8", t);
    main.notes = {
        "Largest: largest absolute logarithm; a factor below 1 slows the step. Cases: 24 orders x bins of the "
        "910B and their disputed peaks x " +
            shares_of_peak_text(figures) +
            " of the peak x sequences of 4K and 8K x scenarios of the H20. Shares of cases are no probabilities.",
        "Peak: 16-bit products and memory. Efficiency: what the published share of the Ascend's peak leaves "
        "over the model, software and scale included, to what the model assumes on H20. No such step "
        "on H20 was published, so this is the least certain factor."};
    out.tables = {std::move(main), order_table(figures)};
    add_order_records(figures, out.records);
    add_tally_records(t, "", out.records);
    if (figures.to_h800) {
        report::table cross =
            tally_table("V11: cross-check, from 910B in 16 bits to H800 in FP8 at its published rate; decides nothing",
                        *figures.to_h800);
        cross.notes = {"Published (P): " + report::format_number(figures.h800_rate / 1e12, 3) +
                       " TFLOP/s of a device (arXiv 2505.09343, table 4)."};
        out.tables.push_back(std::move(cross));
        add_tally_records(*figures.to_h800, "h800.", out.records);
    }
    return out;
}

std::vector<sensitivity_line> attribution_sensitivity(const row_context& how) {
    const step_scenarios h20(subject_of(how), chips_of(how).by_name(policy::returned_to));
    const std::vector<chip_variant> usual = variants_of(chips_of(how).by_name(policy::usual_910b));
    const std::string label = chip_label(policy::usual_910b);
    const auto orders = [&](const ascend_end& ascend, const step_scenario& s) {
        double largest = 0;
        for (const factor_order& o : all_orders(rates_between(subject_of(how), ascend, h20, s, 0))) {
            largest += o.largest() == hardware_factor::format;
        }
        return largest;
    };
    const step_scenario& centre = h20.all().front();
    const ascend_end start = usual_end(how);
    const double at_centre = orders(start, centre);
    std::vector<sensitivity_line> lines;
    const auto add = [&](std::string input, double low, double high, double at_low, double at_high) {
        constexpr double some = 0.5;  // of 24 orders: none, or at least one
        lines.push_back({"V11", label + " to " + chip_label(policy::returned_to), std::move(input), low, high, at_low,
                         at_centre, at_high, some, "format is the largest factor in some of 24 orders",
                         (at_low > some) != (at_centre > some) || (at_high > some) != (at_centre > some)});
    };
    add("share of the Ascend's peak", shares_of_peak[0], shares_of_peak[1], at_centre,
        orders({start.chip, shares_of_peak[1], start.sequence}, centre));
    add("sequence", static_cast<double>(sequences[0]), static_cast<double>(sequences[1]), at_centre,
        orders({start.chip, start.share_of_peak, sequences[1]}, centre));
    add("16-bit peak of the " + label + ", TFLOP/s", usual.front().base.wide_peak / 1e12,
        usual.back().base.wide_peak / 1e12, at_centre,
        orders({usual.back(), start.share_of_peak, start.sequence}, centre));
    for (const std::string_view bin : policy::pangu_chips) {
        if (bin == policy::usual_910b) {
            continue;
        }
        const chip_variant v = variants_of(chips_of(how).by_name(bin)).front();
        add("bin " + chip_label(bin) + ", TFLOP/s", usual.front().base.wide_peak / 1e12, v.base.wide_peak / 1e12,
            at_centre, orders({v, start.share_of_peak, start.sequence}, centre));
    }
    for (std::size_t n = 0; n < h20.ranges().size(); ++n) {
        const auto at = [&](double value) {
            std::vector<double> x = centre.values;
            x[n] = value;
            return orders(start, *h20.scenario_with(h20.variants().front(), x));
        };
        const assumed& a = h20.ranges()[n];
        add("H20: " + std::string(a.id), a.low, a.high, at(a.low), at(a.high));
    }
    return lines;
}

}  // namespace narrowfp::bench::claim
