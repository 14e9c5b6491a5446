// SPDX-License-Identifier: Apache-2.0
// The figures of the modelled rows: distributions over scenarios redone by hand, shares at and beside thresholds, and what
// rows say from figures that are made up.
#include "claim/attribution.hpp"
#include "claim/device_hours.hpp"
#include "claim/kept_and_sent_bytes.hpp"
#include "claim/memory_fit.hpp"
#include "claim/policy.hpp"
#include "claim/rate_ratios.hpp"
#include "claim/recovery.hpp"
#include "claim/rows.hpp"
#include "claim/software.hpp"
#include "claim/step_times.hpp"

#include <narrowfp/device/chips.hpp>
#include <narrowfp/report/json.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace narrowfp;
using namespace narrowfp::bench::claim;

namespace {

double value_in(const row_result& row, std::string_view id) {
    for (const report::record& r : row.records) {
        if (r.id == id) {
            return std::get<double>(r.value);
        }
    }
    FAIL("no record ", std::string(id));
    return 0;
}

double ratio_of(const step_scenarios& all, const step_scenario& s) {
    const case_seconds t = all.seconds_in(s);
    return t[hardware_case::wide] / t[hardware_case::fp8_units];
}

}  // namespace

TEST_CASE("scenarios: shares count what lies strictly beyond a threshold") {
    constexpr double endless = std::numeric_limits<double>::infinity();
    const scenario_distribution d({3, 1, endless, 2});
    CHECK(d.count() == 4);
    CHECK(d.low() == 1);
    CHECK(d.high() == endless);
    CHECK(d.share_above(2) == 0.5);
    CHECK(d.share_above(std::nextafter(2.0, 0.0)) == 0.75);
    CHECK(d.share_below(2) == 0.25);
    CHECK(d.share_below(std::nextafter(2.0, 3.0)) == 0.5);
    CHECK(d.share_infinite() == 0.25);
    CHECK(d.quantile(0) == 1);
    CHECK(d.quantile(0.25) == 1);
    CHECK(d.quantile(0.26) == 2);
    CHECK(d.median() == 2);
    CHECK(d.quantile(1) == endless);
    CHECK(scenario_distribution().share_above(0) == 0);
    CHECK_THROWS_AS(scenario_distribution({1, std::nan("")}), std::invalid_argument);
    const scenario_distribution pair({1, 2});
    const scenario_distribution ratios = over_pairs(pair, pair, [](double a, double b) { return a / b; });
    CHECK(ratios.count() == 4);
    CHECK(ratios.share_above(1) == 0.25);  // 2 / 1; equal ones are not above
    CHECK(ratios.low() == 0.5);
}

TEST_CASE("texts: shares, chips and the memory that may be used") {
    CHECK(share_text(0) == "0 %");
    CHECK(share_text(0.25) == "25.0 %");
    CHECK(share_text(1) == "100 %");
    CHECK(share_text(0.99999) == "over 99.9 %");
    CHECK(usable_memory_text() == "88 or 95 %");
    CHECK(policy::chip_label("h800") == "H800");
    CHECK(policy::chip_label("910c-560") == "910C-560");
    CHECK(policy::chip_label("mine") == "mine");  // from a file of the user
}

TEST_CASE("step model: 16-bit products are slowed within the step as FP8 products are, on every chip") {
    const subject v3;
    for (const char* name : {"h800", "h20", "910b3"}) {
        CAPTURE(name);
        const step_scenarios tied(v3, device::chip_by_name(name), true);
        for (const step_scenario& s : tied.all()) {
            CHECK(s.shares.wide_slowdown == s.shares.narrow_slowdown);
        }
        const step_scenarios apart(v3, device::chip_by_name(name), true, product_slowdown::apart);
        CHECK(std::any_of(apart.all().begin(), apart.all().end(), [](const step_scenario& s) {
            return s.shares.wide_slowdown == 1 && s.shares.narrow_slowdown > 1;
        }));
    }
    // On the anchor the factor is that of the published step.
    const step_scenarios h800(v3, device::chip_by_name("h800"));
    CHECK(h800.all().front().shares.wide_slowdown == calibration::profile_slowdown());
}

TEST_CASE("V1: the ratio in every scenario, redone") {
    const subject v3;
    for (const char* name : {"h800", "h20"}) {
        CAPTURE(name);
        const step_scenarios all(v3, device::chip_by_name(name));
        const step_ratio figures = step_ratio_on(all, false);
        double above = 0;
        double low = 1e300;
        for (const step_scenario& s : all.all()) {
            above += ratio_of(all, s) > policy::worthwhile_ratio;
            low = std::fmin(low, ratio_of(all, s));
        }
        const double count = static_cast<double>(all.all().size());
        CHECK(figures.scenarios.count() == all.all().size());
        CHECK(figures.scenarios.share_above(policy::worthwhile_ratio) == above / count);
        CHECK(figures.scenarios.low() == low);
        CHECK(figures.centre == ratio_of(all, all.all().front()));
        CHECK(figures.low_at.values.size() == all.ranges().size());
        CHECK(figures.worked.chip == name);
    }
    const step_times v1 = compute_v1({});
    REQUIRE(v1.chips.size() == 2);
    CHECK(v1.chips[0].anchored);
    // With slowdowns apart the range contains that of tied ones.
    CHECK(v1.chips[0].slowdown_apart.low() < v1.chips[0].scenarios.low());
    CHECK(v1.chips[0].slowdown_apart.high() == doctest::Approx(v1.chips[0].scenarios.high()));
    CHECK(range_of(v1.from_profile).low == doctest::Approx(1.06).epsilon(4e-3));
    CHECK(range_of(v1.from_profile).high == doctest::Approx(1.42).epsilon(4e-3));
    CHECK(compute_v12a({}).from_profile.empty());
}

TEST_CASE("V1: what it says from figures that are made up") {
    step_ratio chip;
    chip.chip = "h800";
    chip.centre = 1.15;
    chip.scenarios = scenario_distribution({1.0, policy::worthwhile_ratio, 1.2, 1.3});
    chip.slowdown_apart = scenario_distribution({0.9, 1.3});
    const row_result r = present_step_times({"V1", "a model", false, {chip}, {}});
    CHECK(r.word == verdict::value);
    CHECK(r.value == "H800 1.00 to 1.30x");
    CHECK(r.reason == "above 1.10 in 50.0 % of the scenarios on H800, modelled");
    CHECK(value_in(r, "claim.v1.h800") == 1.15);
    CHECK(value_in(r, "claim.v1.h800.share_above_1.10") == 0.5);
    CHECK(value_in(r, "claim.v1.h800.slowdowns_apart") == 0.9);
}

TEST_CASE("V4: shares at and beside their thresholds") {
    case_fit f;
    f.extra = scenario_distribution({0.0299, 0.03, 0.10, 0.1001, none_fits});
    CHECK(f.share_below(policy::hardly_any_load) == 0.2);
    CHECK(f.share_above(policy::more_load) == 0.4);
    CHECK(f.share_above(policy::critical_load) == 0.2);  // what does not fit is above
    CHECK(f.share_none_fits() == 0.2);
    chip_fit chip{"h20", {96}, true, {}};
    chip.cases[static_cast<std::size_t>(hardware_case::wide)] = f;
    const row_result r = present_memory_fit({"a model", {chip}, 1e9, 1e9});
    CHECK(r.word == verdict::value);
    CHECK(value_in(r, "claim.v4.h20.share_above_10_percent") == 0.4);
    CHECK(value_in(r, "claim.v4.h20.share_below_3_percent") == 0.2);
    CHECK(value_in(r, "claim.v4.h20.share_above_25_percent") == 0.2);
    CHECK(value_in(r, "claim.v4.h20.share_none_fits") == 0.2);
    CHECK(r.value == "H20 2.99 to none fits");
    CHECK(r.reason == "above 10 % in 40.0 % of the scenarios on H20, modelled");
}

TEST_CASE("V4: a memory that holds all, one that holds nothing, and a chip without a unit") {
    const subject v3;
    chip_set chips;
    chips.set("h20.memory=1000000");
    const auto roomy = fit_on(step_scenarios(v3, chips.by_name("h20")), hardware_case::wide);
    REQUIRE(roomy);
    CHECK(roomy->extra.low() == 0);
    CHECK(roomy->extra.high() == 0);
    CHECK(roomy->centre_extra == 0);
    CHECK(roomy->centre->offloaded == 0);
    chips.set("h20.memory=1");
    const auto tiny = fit_on(step_scenarios(v3, chips.by_name("h20")), hardware_case::wide);
    CHECK(tiny->share_none_fits() == 1);
    CHECK(tiny->share_above(policy::critical_load) == 1);
    CHECK_FALSE(tiny->centre);
    chips.set("h20.int8=0");
    CHECK_FALSE(fit_on(step_scenarios(v3, chips.by_name("h20")), hardware_case::int8));
}

TEST_CASE("V11: factors in every order") {
    // Factors that do not depend on the order: peak 2, format 3, efficiency 1, links 1/2.
    const auto independent = [](std::array<double, 4> factors) {
        achieved_rates rates{};
        for (std::size_t changed = 0; changed < rates.size(); ++changed) {
            rates[changed] = 100;
            for (std::size_t f = 0; f < 4; ++f) {
                rates[changed] *= (changed >> f) & 1 ? factors[f] : 1;
            }
        }
        return rates;
    };
    using enum hardware_factor;
    const attribution_tally one = tally_of({independent({2, 3, 1, 0.5})});
    CHECK(one.cases == 24);
    CHECK(one.share_largest(format) == 1);
    CHECK(one[format].low == doctest::Approx(3));
    CHECK(one[format].median == doctest::Approx(3));
    CHECK(one[links].high == doctest::Approx(0.5));
    CHECK(one.total.low == doctest::Approx(3));
    // A loss counts as much as a gain: links 1/4 outweigh format 3.
    const attribution_tally two = tally_of({independent({2, 3, 1, 0.5}), independent({2, 3, 1, 0.25})});
    CHECK(two.cases == 48);
    CHECK(two.share_largest(format) == 0.5);
    CHECK(two[links].largest == 24);
    CHECK(two.share_largest(efficiency) == 0);
    // Peak and format that help each other: whichever comes second is the larger.
    achieved_rates rates = independent({2, 2, 1, 1});
    for (std::size_t changed = 0; changed < rates.size(); ++changed) {
        rates[changed] *= (changed & 3) == 3 ? 2 : 1;
    }
    const attribution_tally mixed = tally_of({rates});
    CHECK(mixed.share_largest(format) == 0.5);
    CHECK(mixed.share_largest(peak) == 0.5);
    CHECK(mixed[format].low == 2);
    CHECK(mixed[format].high == 4);
}

TEST_CASE("V11: the real figures and what is said of them") {
    const attribution a = compute_attribution({});
    CHECK(a.orders.size() == 24);
    REQUIRE(a.to_h800);
    std::int64_t all = 0;
    for (const factor_figures& f : a.to_h20.factors) {
        CHECK(f.low <= f.median);
        CHECK(f.median <= f.high);
        all += f.largest;
    }
    CHECK(all == a.to_h20.cases);
    const row_result r = present_attribution(a);
    CHECK(r.word == verdict::value);
    CHECK(value_in(r, "claim.v11.format.share_largest") == a.to_h20.share_largest(hardware_factor::format));
}

TEST_CASE("V12b: the share counts all pairs of scenarios") {
    const rate_ratios figures = compute_rate_ratios({});
    REQUIRE(figures.chips.size() == policy::ascend_chips.size());
    const subject v3;
    const step_scenarios h20(v3, device::chip_by_name("h20"));
    const rate_ratio& b4 = figures.chips[2];
    CHECK(b4.chip == "910b4");
    const step_scenarios ascend(v3, device::chip_by_name("910b4"), true);
    double faster = 0;
    for (const double there : figures.h20_rate.sorted()) {
        for (const step_scenario& s : ascend.all()) {
            faster += there * ascend.seconds_in(s)[hardware_case::wide] > 1;
        }
    }
    const double pairs = static_cast<double>(h20.all().size() * ascend.all().size());
    CHECK(static_cast<double>(b4.over_wide.count()) == pairs);
    CHECK(b4.over_wide.share_above(policy::as_fast) == doctest::Approx(faster / pairs).epsilon(1e-4));
    CHECK(b4.over_wide.low() == figures.h20_rate.low() / b4.wide_rate.high());
    chip_set chips;
    chips.set("910b4.int8=0");
    row_context how;
    how.chips = &chips;
    CHECK(compute_rate_ratios(how).chips[2].over_int8.empty());
    CHECK_NOTHROW(present_rate_ratios(compute_rate_ratios(how)));
    chips.set("h20.fp8=0");
    CHECK_THROWS_AS(compute_rate_ratios(how), std::invalid_argument);
}

TEST_CASE("what if: chips without INT8 units give no record without a number") {
    chip_set chips;
    chips.set("h20.int8=0");
    chips.set("910b3.int8=0");
    claim_options options;
    options.chips = &chips;
    options.only = {"V4", "V11", "V12b", "V13", "V14", "V15", "V16"};
    for (const row_outcome& row : run_claim(options).rows) {
        CAPTURE(row.info.id);
        CHECK_NOTHROW(report::check(report::document{{}, row.result.records}));
    }
    row_context how;
    how.chips = &chips;
    for (const step_times& times : {compute_v1(how), compute_v12a(how)}) {
        CHECK_NOTHROW(report::check(report::document{{}, present_step_times(times).records}));
    }
}

TEST_CASE("V13 and V14: hours are V1 in other units, software by its published shares") {
    const device_hours hours = compute_device_hours({});
    const step_times times = compute_v1({});
    CHECK(hours.published == doctest::Approx(2.664));
    for (std::size_t n = 0; n < times.chips.size(); ++n) {
        const chip_hours& chip = hours.chips[n];
        CHECK(chip.chip == times.chips[n].chip);
        CHECK(chip.asked_for);
        CHECK(chip[hardware_case::wide]->centre / chip[hardware_case::fp8_units]->centre ==
              doctest::Approx(times.chips[n].centre));
        REQUIRE(chip.power);
        CHECK(*chip.gigawatt_hours(hardware_case::wide) == chip[hardware_case::wide]->centre * chip.power->value / 1e3);
    }
    CHECK_FALSE(hours.chips.back()[hardware_case::fp8_units]);  // an Ascend
    CHECK_FALSE(hours.chips.back().gigawatt_hours(hardware_case::fp8_units));
    row_context how;
    how.asked_chips = {"910b3"};
    CHECK_THROWS_AS(compute_device_hours(how), std::invalid_argument);
    const software_and_format v14 = compute_software({});
    REQUIRE(v14.software.size() == 3);
    CHECK(v14.software[0].factor() == 0.300 / 0.189);
    REQUIRE(v14.format.size() == 4);
    CHECK(v14.format[0].centre == times.chips[0].centre);
    CHECK(v14.format[0].scenarios.sorted() == times.chips[0].scenarios.sorted());
    CHECK(v14.format[3].hypothetical_units);
}

TEST_CASE("V3, V5 and V16: bytes in four columns and what comes back of them") {
    const four_counts half{{1.0, 1.5, 1.0, 2.0}};
    CHECK(half.wide_over_fp8() == 2);
    CHECK(half.recoverable() == 0.5);
    CHECK_FALSE(four_counts{{1.0, 1.0, 1.0, 1.0}}.recoverable());  // FP8 saves nothing
    const kept_bytes kept = kept_by_formula();
    CHECK(kept.activations[hardware_case::fp8_units] == 155136);
    CHECK(kept.activations[hardware_case::wide] == 254592);
    CHECK(kept.sum[hardware_case::wide] ==
          doctest::Approx(kept.weights[hardware_case::wide] + kept.activations_in_flight[hardware_case::wide] +
                          kept.gradients[hardware_case::wide] + kept.optimizer[hardware_case::wide]));
    CHECK(sent_by_formula().expert_traffic[hardware_case::int8] == 173824);
    for (const scenario_range r : {kept.recoverable(), sent_by_formula().recoverable()}) {
        CHECK(r.low == 1);
        CHECK(r.high == 1);
    }
    for (const counted_matrix& c : compute_kept_bytes({}).counted) {
        CAPTURE(c.recipe);
        CHECK(c.by_formula == c.stored);
    }
    const recovery v16 = compute_recovery({});
    REQUIRE(v16.chips.size() == policy::ascend_chips.size());
    CHECK_FALSE(v16.measured_share());
    const subject v3;
    const step_scenarios all(v3, device::chip_by_name("910b2"), true);
    const case_seconds t = all.seconds_in(all.all().front());
    const double centre = (t[hardware_case::wide] - t[hardware_case::fp8_storage]) /
                          (t[hardware_case::wide] - t[hardware_case::fp8_units]);
    CHECK(v16.chips[0].unlimited.count() == all.all().size());
    CHECK(v16.chips[0].unlimited.low() <= centre);
    CHECK(centre <= v16.chips[0].unlimited.high());
    recovery measured;
    measured.measured_speed_up = 2;
    CHECK(measured.measured_share() == 1);
    measured.measured_speed_up = 1;
    CHECK(measured.measured_share() == 0);
}
