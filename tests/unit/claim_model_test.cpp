// SPDX-License-Identifier: Apache-2.0
// The calibration of the step-time model and its hold-outs.
#include "claim/holdout/pairs.hpp"
#include "step_model/calibration/efficiencies.hpp"

#include <narrowfp/cost/step_time.hpp>
#include <narrowfp/device/chips.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace narrowfp;
using namespace narrowfp::bench::claim;

TEST_CASE("calibration: DeepGEMM's table is fitted within 7 %") {
    const cost::machine h800 = cost::machine_of(device::chip_by_name("h800"), device::quantity::fp8);
    const cost::efficiency e = calibration::hopper();
    for (const calibration::product_rate& p : calibration::deepgemm_products) {
        const double seconds = cost::product_seconds(p.rows, p.columns, p.depth, p.groups, h800.narrow_peak,
                                                     calibration::deepgemm_share, 1, 2, h800, e);
        const double rate = 2 * p.rows * p.columns * p.depth / seconds / 1e12;
        CAPTURE(p.columns);
        CHECK(std::fabs(rate / p.teraflops - 1) < 0.07);
    }
}

TEST_CASE("calibration: shares are shares") {
    const cost::efficiency e = calibration::hopper();
    for (const double x : {e.output, e.memory, e.casts, e.elementwise, e.attention_forward, e.attention_backward}) {
        CHECK(x > 0.2);
        CHECK(x < 1);
    }
    CHECK(calibration::profile_slowdown() > 1);
    CHECK(calibration::profile_slowdown() < 1.3);
    CHECK(calibration::cublas_share() < 1);
    for (const assumed& a :
         {calibration::wide_products(), calibration::narrow_over_wide(), calibration::cublas_narrow_over_wide(),
          calibration::slowdown(), calibration::fused_casts_hopper(), calibration::fused_casts_blackwell(),
          calibration::links()}) {
        CAPTURE(a.id);
        CHECK(a.low <= a.centre);
        CHECK(a.centre <= a.high);
        CHECK_FALSE(a.source.empty());
    }
}

TEST_CASE("calibration: corners are all choices of low and high, after the centre") {
    const auto all = corners({{"a", "", 1, 2, 3, ""}, {"b", "", 10, 20, 30, ""}});
    REQUIRE(all.size() == 5);
    CHECK(all[0] == std::vector<double>{2, 20});
    CHECK(all[1] == std::vector<double>{1, 10});
    CHECK(all[4] == std::vector<double>{3, 30});
}

TEST_CASE("hold-outs: the ranges are the recorded ones, or a change of the model is listed") {
    const auto recorded = holdout::recorded_ranges();
    const auto& pairs = holdout::all_pairs();
    REQUIRE(recorded.size() == pairs.size());
    for (std::size_t n = 0; n < pairs.size(); ++n) {
        CAPTURE(pairs[n].id);
        const holdout::prediction p = holdout::predict(pairs[n]);
        CHECK(pairs[n].id == recorded[n].id);
        if (calibration::changes_of_efficiencies().empty()) {
            CHECK(std::fabs(p.low - recorded[n].low) < 6e-5);
            CHECK(std::fabs(p.high - recorded[n].high) < 6e-5);
        }
        CHECK(p.low < p.centre);
        CHECK(p.centre < p.high);
        CHECK(p.contradicted < p.scenarios);
    }
}
