// SPDX-License-Identifier: Apache-2.0
// The search for a schedule that fits, and the model of failures, against published tables and limits.
#include <narrowfp/cost/failures.hpp>
#include <narrowfp/cost/memory_fit.hpp>
#include <narrowfp/device/chips.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

using namespace narrowfp;
using namespace narrowfp::cost;

namespace {

constexpr const model_shape& v3 = cost::deepseek_v3;
constexpr const training_layout& layout = deepseek_v3_layout;
constexpr double endless = std::numeric_limits<double>::infinity();

fit_inputs wide_inputs() { return {.formats = sixteen_bit()}; }

}  // namespace

TEST_CASE("fit: bytes of the plain schedule are those of the byte formulas") {
    const linear_formats f = sixteen_bit();
    const double expected = weight_bytes(v3, layout, f) + gradient_bytes(v3, layout, optimizer_bf16_moments) +
                            optimizer_bytes(v3, layout, optimizer_bf16_moments) +
                            activation_bytes_in_flight(v3, layout, f);
    CHECK(memory_bytes(v3, layout, f, optimizer_bf16_moments, recomputation::none, 0) ==
          doctest::Approx(expected).epsilon(1e-12));
    CHECK(expected == doctest::Approx(93.2e9).epsilon(1e-3));
    // Each step of recomputation keeps less.
    double last = endless;
    for (const recomputation r :
         {recomputation::none, recomputation::up, recomputation::up_and_attention, recomputation::whole_layer}) {
        const double bytes = kept_activation_bytes(v3, f, r);
        CHECK(bytes < last);
        last = bytes;
    }
    CHECK(last == 7168 * 2);
}

TEST_CASE("fit: more memory is never slower, too little memory fits nothing") {
    const machine h800 = machine_of(device::chip_by_name("h800"), device::quantity::fp8);
    const efficiency e{.narrow_products = 0.7,
                       .wide_products = 0.8,
                       .output = 0.6,
                       .memory = 0.8,
                       .elementwise = 0.7,
                       .attention_forward = 0.5,
                       .attention_backward = 0.5,
                       .links = 0.7};
    double last = endless;
    for (const double gigabytes : {30.0, 40.0, 60.0, 80.0, 100.0, 1000.0}) {
        const auto choice = cheapest_schedule(v3, layout, h800, e, wide_inputs(), gigabytes * 1e9);
        REQUIRE(choice);
        CHECK(choice->bytes <= gigabytes * 1e9);
        CHECK(choice->seconds_per_token <= last);
        last = choice->seconds_per_token;
    }
    CHECK_FALSE(cheapest_schedule(v3, layout, h800, e, wide_inputs(), 1e9));
    // The plain schedule fits where there is room for it, and costs what step_time says.
    const auto plain = choose(v3, layout, h800, e, wide_inputs(), recomputation::none, 0, 100e9);
    REQUIRE(plain);
    const layer_seconds layer = layer_time(v3, layout, h800, e, arithmetic::wide, cast_plan::none);
    const double step = step_time(layout, stage_time(v3, layout, h800, e, layer, sixteen_bit()),
                                  optimizer_seconds(v3, layout, h800, e, sixteen_bit(), optimizer_bf16_moments))
                            .sum();
    CHECK(plain->seconds_per_token == doctest::Approx(1 / token_rate(layout, step)).epsilon(1e-12));
    CHECK_FALSE(choose(v3, layout, h800, e, wide_inputs(), recomputation::none, 0, 90e9));
    // Without a link to the host nothing can lie there.
    machine alone = h800;
    alone.host_link = 0;
    CHECK_FALSE(choose(v3, layout, alone, e, wide_inputs(), recomputation::none, 0.5, 100e9));
    // Recomputation costs time, transfers that nothing hides cost time.
    const auto again = choose(v3, layout, h800, e, wide_inputs(), recomputation::whole_layer, 0, 100e9);
    CHECK(again->seconds_per_token > plain->seconds_per_token);
    fit_inputs exposed = wide_inputs();
    exposed.offload_exposed = 1;
    CHECK(choose(v3, layout, h800, e, exposed, recomputation::none, 0.5, 100e9)->seconds_per_token >
          choose(v3, layout, h800, e, wide_inputs(), recomputation::none, 0.5, 100e9)->seconds_per_token);
}

TEST_CASE("failures: effective share at the best interval, to the digits of the published-rates table") {
    constexpr double minute = 1.0 / 60;
    constexpr std::array<double, 9> hours{0.25, 0.5, 1, 2, 3.09, 4, 8, 24, 48};
    struct line {
        failure_costs costs;
        std::array<double, 9> shares;
    };
    for (const line& l : {line{{0.5 * minute, 5 * minute}, {.547, .701, .806, .874, .904, .918, .945, .971, .980}},
                          line{{1 * minute, 10 * minute}, {.348, .547, .701, .806, .852, .874, .918, .957, .971}},
                          line{{5 * minute, 30 * minute}, {.053, .194, .391, .575, .668, .714, .810, .900, .932}}}) {
        for (std::size_t n = 0; n < hours.size(); ++n) {
            CAPTURE(hours[n]);
            CHECK(std::round(best_effective_share(hours[n], l.costs) * 1000) == std::round(l.shares[n] * 1000));
        }
    }
}

TEST_CASE("failures: the MTBF that costs as much as a longer step, to the digits") {
    constexpr double minute = 1.0 / 60;
    const failure_costs usual{1 * minute, 10 * minute};
    const failure_costs slow{5 * minute, 30 * minute};
    struct line {
        double ratio;
        double usual;
        double slow;
    };
    for (const line& l : {line{1.13, 4.6, 18.8}, {1.26, 1.8, 6.9}, {1.42, 1.0, 3.8}}) {
        CAPTURE(l.ratio);
        CHECK(std::round(equivalent_mtbf(l.ratio, usual) * 10) == std::round(l.usual * 10));
        CHECK(std::round(equivalent_mtbf(l.ratio, slow) * 10) == std::round(l.slow * 10));
        CHECK(best_effective_share(equivalent_mtbf(l.ratio, usual), usual) ==
              doctest::Approx(1 / l.ratio).epsilon(1e-6));
    }
}

TEST_CASE("failures: Meta's estimate where losses are small, and its warning") {
    const failure_costs c{1.0 / 60, 10.0 / 60};
    for (const double hours : {8.0, 24.0, 48.0}) {
        const double interval = daly_interval(hours, c.checkpoint);
        const share_estimate estimate = estimated_share(hours, c, interval);
        CHECK_FALSE(estimate.doubtful);
        CHECK(estimate.share == doctest::Approx(effective_share(hours, c, interval)).epsilon(0.02));
    }
    CHECK(estimated_share(1, c, daly_interval(1, c.checkpoint)).doubtful);
    CHECK(estimated_share(0.1, c, 0.1).share < 0);
    CHECK(estimated_share(0.1, c, 0.1).doubtful);
}

TEST_CASE("failures: limits") {
    const failure_costs c{0.01, 0.2};
    CHECK(young_interval(8, 0.01) == doctest::Approx(0.4));
    CHECK(daly_interval(8, 0.01) == doctest::Approx(young_interval(8, 0.01)).epsilon(0.03));
    CHECK(daly_interval(1, 2) == 1);
    CHECK(best_effective_share(1e7, c) == doctest::Approx(1).epsilon(1e-3));
    double last = 0;
    for (const double hours : {0.1, 0.3, 1.0, 3.0, 10.0}) {
        CHECK(best_effective_share(hours, c) > last);
        last = best_effective_share(hours, c);
        // No interval is better than the one that was found.
        for (const double factor : {0.5, 0.9, 1.1, 2.0}) {
            CHECK(effective_share(hours, c, factor * daly_interval(hours, c.checkpoint)) <= last * (1 + 1e-9));
        }
    }
    CHECK_THROWS_AS(best_effective_share(0, c), std::invalid_argument);
    CHECK_THROWS_AS(best_effective_share(1, {0, 1}), std::invalid_argument);
    CHECK_THROWS_AS(equivalent_mtbf(1, c), std::invalid_argument);
}
