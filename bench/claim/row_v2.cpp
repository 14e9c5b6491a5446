// SPDX-License-Identifier: Apache-2.0
// V2: speed-up of FP8 over 16-bit products with the casts that they need, shape by shape, and the size of a square
// product at which it begins.
#include "claim/policy.hpp"
#include "claim/rows.hpp"
#include "claim/scenario_distribution.hpp"

#include <narrowfp/report/text.hpp>

#include <cmath>
#include <map>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

// Of `narrowfp study casts`: share of casts and transposes in the products of a linear layer.
constexpr std::string_view cast_share_id = "casts.all.share";
// Of bench_gemm: rates of products over BF16 on this machine, which has no FP8 units.
constexpr std::string_view storage_id = "claim.input.fp8_storage_speed_up";
constexpr std::string_view int8_id = "claim.input.int8_speed_up";

// What results files say about this machine.
std::string measured_text(const row_context& how) {
    const auto number = [&](std::string_view id) {
        const report::record* r = result_named(how, id);
        return r != nullptr ? std::optional(number_of(*r)) : std::nullopt;
    };
    const std::optional<double> share = number(cast_share_id);
    const std::optional<double> storage = number(storage_id);
    const std::optional<double> int8 = number(int8_id);
    return "Measured on this machine (C): casts and transposes take " +
           (share ? report::format_percent(*share, 3) : std::string("NOT RUN")) +
           " of the products of a linear layer (narrowfp study casts); over BF16 products, FP8 storage with 16-bit "
           "multiplication runs at " +
           (storage ? report::format_ratio(*storage, 3) : std::string("NOT RUN")) + ", INT8 at " +
           (int8 ? report::format_ratio(*int8, 3) : std::string("NOT RUN")) + " (bench_gemm).";
}

// All three passes of one product of the layer: seconds in 16 bits over seconds in FP8 with its casts.
double speed_up(const step_scenarios& all, const step_scenario& s, const cost::layer_product& p) {
    const cost::machine c = all.machine_in(s, hardware_case::fp8_units);
    const cost::efficiency& e = s.shares;
    const auto passes = [&](double peak, double share, double bytes, double slowdown) {
        const auto one = [&](double rows, double columns, double depth, double output) {
            return cost::product_seconds(rows, columns, depth, p.groups, peak, share, bytes, output, c, e);
        };
        return slowdown * (one(p.rows, p.columns, p.depth, 2) + one(p.rows, p.depth, p.columns, 2) +
                           one(p.columns * p.groups, p.depth, p.rows / p.groups, 8));
    };
    const double casts = cost::layer_cast_bytes({p}, cost::cast_plan::tiles, false).sum() / (e.casts * c.bandwidth);
    return passes(c.wide_peak, e.wide_products, 2, e.wide_slowdown) /
           (passes(c.narrow_peak, e.narrow_products, 1, e.narrow_slowdown) + casts);
}

// The smallest n, in steps of 16, from which on n x n x n is faster in FP8, casts and gaps between kernels included.
std::int64_t break_even(const step_scenarios& all, const step_scenario& s) {
    const auto faster = [&](std::int64_t n) {
        const double x = static_cast<double>(n);
        const cost::layer_product p{
            .name = "square", .rows = x, .columns = x, .depth = x, .input_rows = x, .output_gradient_rows = x};
        const cost::machine c = all.machine_in(s, hardware_case::fp8_units);
        const cost::efficiency& e = s.shares;
        const double wide =
            3 * e.wide_slowdown * cost::product_seconds(x, x, x, 1, c.wide_peak, e.wide_products, 2, 2, c, e);
        const double narrow =
            3 * e.narrow_slowdown * cost::product_seconds(x, x, x, 1, c.narrow_peak, e.narrow_products, 1, 2, c, e);
        const double casts = cost::layer_cast_bytes({p}, cost::cast_plan::tiles, false).sum() / (e.casts * c.bandwidth);
        constexpr double cast_kernels = 4;
        return wide > narrow + casts + cast_kernels * e.gap;
    };
    constexpr std::int64_t step = 16;
    constexpr std::int64_t most = 32768;
    std::int64_t from = most;
    while (from > step && faster(from - step)) {
        from -= step;
    }
    return from;
}

}  // namespace

row_result run_v2(const row_context& how) {
    const subject& what = subject_of(how);
    const std::vector<cost::layer_product> products = cost::layer_products(what.model, what.layout);
    row_result out;
    out.kinds = "M";
    report::table t;
    t.title = "V2: FP8 over 16-bit speed of one product of " + what.name + " with its casts, three passes";
    t.columns = {{"product"}, {"rows x columns x depth"}, {"share of the work", alignment::right}};
    double work = 0;
    for (const cost::layer_product& p : products) {
        work += p.flops();
    }
    std::vector<step_scenarios> on;
    on.reserve(policy::nvidia_chips.size());
    for (const std::string_view name : policy::nvidia_chips) {
        on.emplace_back(what, chips_of(how).by_name(name));
        t.columns.push_back({policy::chip_label(name)});
    }
    for (const cost::layer_product& p : products) {
        if (!p.narrow) {
            continue;
        }
        std::vector<report::cell> cells{std::string(p.name),
                                        report::format_count(std::llround(p.rows)) + " x " +
                                            report::format_count(std::llround(p.columns)) + " x " +
                                            report::format_count(std::llround(p.depth)) +
                                            (p.groups > 1 ? ", " + report::format_number(p.groups, 3) + " groups" : ""),
                                        report::format_percent(p.flops() / work, 3)};
        for (const step_scenarios& all : on) {
            const scenario_range r = all.range_of([&](const step_scenario& s) { return speed_up(all, s, p); });
            cells.emplace_back(range_text(r));
            std::string id = std::string(all.chip().name) + "." + std::string(p.name);
            for (char& c : id) {
                c = c == ' ' || c == ',' ? '_' : c;
            }
            report::record x =
                make_record("V2", id, "speed-up with casts, " + std::string(p.name), report::evidence_kind::modelled,
                            speed_up(all, all.all().front(), p), "1", "scenario range");
            x.low = r.low;
            x.high = r.high;
            out.records.push_back(std::move(x));
        }
        t.add_row(std::move(cells));
    }
    std::vector<double> shares;  // of the work that is faster in FP8, over scenarios of all chips
    std::string sizes;
    for (const step_scenarios& all : on) {
        for (const step_scenario& s : all.all()) {
            double faster = 0;
            for (const cost::layer_product& p : products) {
                faster += p.narrow && speed_up(all, s, p) > 1 ? p.flops() : 0;
            }
            shares.push_back(faster / work);
        }
        const std::int64_t n = break_even(all, all.all().front());
        sizes += (sizes.empty() ? "" : ", ") + policy::chip_label(all.chip().name) + " n = " + report::format_count(n);
        out.records.push_back(make_record("V2", std::string(all.chip().name) + ".break_even",
                                          "smallest n from which on n x n x n is faster in FP8 with casts and gaps",
                                          report::evidence_kind::modelled, n, "1", "centre of the scenarios"));
    }
    const scenario_distribution share(std::move(shares));
    out.word = verdict::value;
    out.value = report::format_percent(share.low(), 3) + " to " + report::format_percent(share.high(), 3) +
                " of the work is faster in FP8, casts included; n x n x n from " + sizes;
    out.range = "range of scenarios of both chips, no probability";
    out.reason = "FP8 is faster on more than " + report::format_percent(policy::most_of_the_work, 2) +
                 " of the work in " + share_text(share.share_above(policy::most_of_the_work)) +
                 " of the scenarios, modelled";
    t.notes = {
        "Casts are DeepSeek's: 1x128 tiles forward, and again along the other index for weight gradients. The "
        "break-even size counts four more kernels and the gaps before them, at the centre of the scenarios. "
        "Published beside it (P): Transformer Engine's issue 445 found FP8 slower at n = 1024.",
        measured_text(how)};
    out.tables.push_back(std::move(t));
    return out;
}

}  // namespace narrowfp::bench::claim
