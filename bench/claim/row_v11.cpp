// SPDX-License-Identifier: Apache-2.0
// V11: which factor is the largest in the step from training on an Ascend in 16 bits to training on an H20 in FP8, in
// achieved FLOP/s of a device (never tokens/s of different models). Four factors: the chip's peaks (16-bit products and
// memory), the format, the efficiency of software, the links. A factor is what changing it does while the others stay,
// so it depends on what was changed before: every order is taken. The Ascend end is the published share of its peak,
// the H20 end is modelled; the H800 end of the cross-check is published.
#include "claim/chip_lists.hpp"
#include "claim/rows.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr std::array<double, 2> shares_of_peak{0.30, 0.41};  // arXiv 2505.04519; later press reports
constexpr std::array<std::int64_t, 2> sequences{4096, 8192};
constexpr std::array<std::string_view, 4> factors{"peak", "format", "efficiency", "links"};
enum : std::size_t { peak, format, efficiency, links };
constexpr std::size_t all_changed = 15;

// FLOP/s of a device for each set of factors already changed, by bit mask.
using achieved = std::array<double, 16>;

// `ascend` and `target` give machines and links; `ascend_peak_share` fixes the efficiency of the Ascend end, and
// `target_rate` (FLOP/s, if above 0) that of the other end.
achieved achieved_rates(const subject& base, std::int64_t sequence, const chip_variant& ascend,
                        double ascend_peak_share, const step_scenarios& target, const step_scenario& s,
                        double target_rate) {
    cost::training_layout l = base.layout;
    l.sequence = sequence;
    const double work = cost::training_flops_per_token(base.model, sequence, cost::attention_count::causal);
    const auto seconds = [&](std::size_t changed) {
        const cost::machine there = target.machine_in(s, hardware_case::fp8_units);
        cost::machine c = changed & (1u << peak) ? there : ascend.base;
        c.narrow_peak = 2 * c.wide_peak;
        c.scale_up = changed & (1u << links) ? there.scale_up : ascend.base.scale_up;
        c.scale_out = changed & (1u << links) ? there.scale_out : ascend.base.scale_out;
        const hardware_case k = changed & (1u << format) ? hardware_case::fp8_units : hardware_case::wide;
        const cost::layer_seconds layer = cost::layer_time(base.model, l, c, s.shares, arithmetic_of(k), casts_of(k));
        const cost::stage_seconds stage = cost::stage_time(base.model, l, c, s.shares, layer, formats_of(k));
        return 1 /
               cost::token_rate(l, cost::step_time(l, stage,
                                                   cost::optimizer_seconds(base.model, l, c, s.shares, formats_of(k),
                                                                           cost::optimizer_bf16_moments))
                                       .sum());
    };
    const double ascend_time = work / (ascend_peak_share * ascend.base.wide_peak);
    const double slower_on_ascend = ascend_time / seconds(0);
    const double other = target_rate > 0 ? work / target_rate / seconds(all_changed)
                                         : (seconds(all_changed) + s.other) / seconds(all_changed);
    achieved out{};
    for (std::size_t changed = 0; changed < out.size(); ++changed) {
        out[changed] = work / (seconds(changed) * (changed & (1u << efficiency) ? other : slower_on_ascend));
    }
    return out;
}

struct one_order {
    std::array<std::size_t, 4> order{};
    std::array<double, 4> factor{};  // by factor, not by place

    std::size_t largest() const {
        std::size_t best = 0;
        for (std::size_t n = 1; n < factor.size(); ++n) {
            best = std::fabs(std::log(factor[n])) > std::fabs(std::log(factor[best])) ? n : best;
        }
        return best;
    }
};

std::vector<one_order> all_orders(const achieved& rates) {
    std::vector<one_order> all;
    std::array<std::size_t, 4> order{peak, format, efficiency, links};
    std::sort(order.begin(), order.end());
    do {
        one_order one{order, {}};
        std::size_t changed = 0;
        for (const std::size_t f : order) {
            const std::size_t after = changed | (std::size_t{1} << f);
            one.factor[f] = rates[after] / rates[changed];
            changed = after;
        }
        all.push_back(one);
    } while (std::next_permutation(order.begin(), order.end()));
    return all;
}

struct tally {
    std::array<scenario_range, 4> range{{{1e300, 0}, {1e300, 0}, {1e300, 0}, {1e300, 0}}};
    std::array<int, 4> largest{};
    int all = 0;
    scenario_range total{1e300, 0};

    void add(const achieved& rates) {
        const double whole = rates[all_changed] / rates[0];
        total = {std::fmin(total.low, whole), std::fmax(total.high, whole)};
        for (const one_order& o : all_orders(rates)) {
            ++all;
            ++largest[o.largest()];
            for (std::size_t n = 0; n < factors.size(); ++n) {
                range[n] = {std::fmin(range[n].low, o.factor[n]), std::fmax(range[n].high, o.factor[n])};
            }
        }
    }
};

tally tally_to(const row_context& how, const step_scenarios& target, double target_rate) {
    tally out;
    for (const std::string_view bin : pangu_chips) {
        for (const chip_variant& v : variants_of(chips_of(how).by_name(bin))) {
            for (const double share : shares_of_peak) {
                for (const std::int64_t sequence : sequences) {
                    for (const step_scenario& s : target.all()) {
                        out.add(achieved_rates(subject_of(how), sequence, v, share, target, s, target_rate));
                    }
                }
            }
        }
    }
    return out;
}

report::table tally_table(const std::string& title, const tally& t) {
    report::table out;
    out.title = title;
    out.columns = {{"factor"}, {"lowest"}, {"highest"}, {"largest in", alignment::right}, {"of", alignment::right}};
    for (std::size_t n = 0; n < factors.size(); ++n) {
        out.add_row({std::string(factors[n]), report::format_ratio(t.range[n].low, 3),
                     report::format_ratio(t.range[n].high, 3), report::format_count(t.largest[n]),
                     report::format_count(t.all)});
    }
    out.add_rule();
    out.add_row({"all four", report::format_ratio(t.total.low, 3), report::format_ratio(t.total.high, 3), "", ""});
    return out;
}

// Every order for one scenario.
report::table order_table(const achieved& rates, std::vector<report::record>& records) {
    report::table t;
    t.title =
        "V11: every order for 910B3 at 30 % of its peak, sequences of 4096, to H20 at the centre of its scenarios";
    t.columns = {{"order"}};
    for (const std::string_view f : factors) {
        t.columns.push_back({std::string(f), alignment::right});
    }
    t.columns.push_back({"largest"});
    for (const one_order& o : all_orders(rates)) {
        std::string name;
        for (const std::size_t f : o.order) {
            name += (name.empty() ? "" : ", ") + std::string(factors[f]);
        }
        std::vector<report::cell> cells{name};
        std::string id;
        for (const std::size_t f : o.order) {
            id += (id.empty() ? "" : "-") + std::string(factors[f]);
        }
        for (std::size_t n = 0; n < factors.size(); ++n) {
            cells.emplace_back(report::format_ratio(o.factor[n], 3));
            records.push_back(make_record("V11", "order." + id + "." + std::string(factors[n]),
                                          "factor of " + std::string(factors[n]) + " in the order " + name,
                                          report::evidence_kind::modelled, o.factor[n], "1",
                                          "910B3, 30 % of its peak, 4096 tokens, H20 at the centre"));
        }
        cells.emplace_back(std::string(factors[o.largest()]));
        t.add_row(std::move(cells));
    }
    return t;
}

}  // namespace

row_result run_v11(const row_context& how) {
    const subject& what = subject_of(how);
    const step_scenarios h20(what, chips_of(how).by_name("h20"));
    const tally to_h20 = tally_to(how, h20, 0);
    row_result out;
    out.kinds = "M, P";
    const verdict by_range = attribution_verdict(to_h20.largest[format], to_h20.all);
    out.word = how.s3 == verdict::pass ? by_range : verdict::undecided;
    out.value = "format is the largest factor in " + report::format_count(to_h20.largest[format]) + " of " +
                report::format_count(to_h20.all) + " cases; it gives " + range_text(to_h20.range[format]) + ", peak " +
                range_text(to_h20.range[peak]) + ", efficiency " + range_text(to_h20.range[efficiency]);
    out.range = "orders x bins x scenarios";
    out.reason = modelled_reason(how.s3, by_range);
    report::table main = tally_table("V11: achieved FLOP/s of a device, from 910B in 16 bits to H20 in FP8", to_h20);
    main.notes = {
        "Largest: largest absolute logarithm; below 1 the step loses by it. Cases: 24 orders x bins of the "
        "910B and their disputed peaks x 30 and 41 % of the peak x sequences of 4K and 8K x scenarios of the "
        "H20. SUPPORTED if format is the largest in all, NOT SUPPORTED if in none.",
        "Peak: 16-bit products and memory. Efficiency: what the published share of the Ascend's peak leaves "
        "over the model, software and scale included, to what the model assumes on H20; that no such step "
        "on H20 was published makes this the least certain factor."};
    out.tables.push_back(std::move(main));
    const chip_variant b3 = variants_of(chips_of(how).by_name("910b3")).front();
    const achieved reference = achieved_rates(what, 4096, b3, shares_of_peak[0], h20, h20.all().front(), 0);
    out.tables.push_back(order_table(reference, out.records));
    for (std::size_t n = 0; n < factors.size(); ++n) {
        report::record r = make_record("V11", std::string(factors[n]), "factor of " + std::string(factors[n]),
                                       report::evidence_kind::modelled, range_text(to_h20.range[n]), "1",
                                       "lowest and highest over orders, bins and scenarios");
        r.low = to_h20.range[n].low;
        r.high = to_h20.range[n].high;
        r.n = to_h20.all;
        report::add_field(r.parameters, "largest_in", static_cast<std::int64_t>(to_h20.largest[n]));
        out.records.push_back(std::move(r));
    }
    if (what.is_deepseek_v3) {
        const step_scenarios h800(what, chips_of(how).by_name("h800"));
        report::table cross =
            tally_table("V11: cross-check, from 910B in 16 bits to H800 in FP8 at its published rate; decides nothing",
                        tally_to(how, h800, cost::deepseek_v3_run.flops_per_second_causal));
        cross.notes = {"Published (P): 385 TFLOP/s of a device (arXiv 2505.09343, table 4)."};
        out.tables.push_back(std::move(cross));
    }
    return out;
}

std::vector<sensitivity_line> attribution_sensitivity(const row_context& how) {
    const subject& what = subject_of(how);
    const step_scenarios h20(what, chips_of(how).by_name("h20"));
    const std::vector<chip_variant> b3 = variants_of(chips_of(how).by_name("910b3"));
    const auto orders = [&](std::int64_t sequence, const chip_variant& v, double share, const step_scenario& s) {
        double largest = 0;
        for (const one_order& o : all_orders(achieved_rates(what, sequence, v, share, h20, s, 0))) {
            largest += o.largest() == format;
        }
        return largest;
    };
    const step_scenario& centre = h20.all().front();
    const double at_centre = orders(sequences[0], b3.front(), shares_of_peak[0], centre);
    std::vector<sensitivity_line> lines;
    const auto add = [&](std::string input, double low, double high, double at_low, double at_high) {
        constexpr double some = 0.5;  // of 24 orders: none, or at least one
        lines.push_back({"V11", "910b3 to h20", std::move(input), low, high, at_low, at_centre, at_high, some,
                         "format is the largest factor in some of 24 orders",
                         (at_low > some) != (at_centre > some) || (at_high > some) != (at_centre > some)});
    };
    add("share of the Ascend's peak", shares_of_peak[0], shares_of_peak[1], at_centre,
        orders(sequences[0], b3.front(), shares_of_peak[1], centre));
    add("sequence", static_cast<double>(sequences[0]), static_cast<double>(sequences[1]), at_centre,
        orders(sequences[1], b3.front(), shares_of_peak[0], centre));
    add("16-bit peak of the 910B3, TFLOP/s", b3.front().base.wide_peak / 1e12, b3.back().base.wide_peak / 1e12,
        at_centre, orders(sequences[0], b3.back(), shares_of_peak[0], centre));
    for (const std::string_view bin : {pangu_chips[0], pangu_chips[2]}) {
        const chip_variant v = variants_of(chips_of(how).by_name(bin)).front();
        add("bin " + std::string(bin) + ", TFLOP/s", b3.front().base.wide_peak / 1e12, v.base.wide_peak / 1e12,
            at_centre, orders(sequences[0], v, shares_of_peak[0], centre));
    }
    for (std::size_t n = 0; n < h20.ranges().size(); ++n) {
        const auto at = [&](double value) {
            std::vector<double> x = centre.values;
            x[n] = value;
            return orders(sequences[0], b3.front(), shares_of_peak[0], *h20.scenario_with(h20.variants().front(), x));
        };
        const assumed& a = h20.ranges()[n];
        add("h20: " + std::string(a.id), a.low, a.high, at(a.low), at(a.high));
    }
    return lines;
}

}  // namespace narrowfp::bench::claim
