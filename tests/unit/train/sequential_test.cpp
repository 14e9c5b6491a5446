// SPDX-License-Identifier: Apache-2.0
// The sequential test: its bounds against values computed elsewhere, and its error rates by simulation.
#include "symbols.hpp"

#include <doctest/doctest.h>

#include <narrowfp/round/philox.hpp>
#include <train/experiment/design.hpp>
#include <train/experiment/experiment.hpp>
#include <train/experiment/sequential.hpp>
#include <train/experiment/summary.hpp>

#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

using namespace narrowfp::bench;
using namespace narrowfp::bench::train;

namespace {

const sequential_plan five_looks{.looks = {96, 192, 288, 384, 480}};

// Box and Muller; run r has words of its own.
std::vector<double> normal_values(std::uint32_t run, std::size_t count, double mean, double deviation) {
    const narrowfp::philox_stream stream{.seed = 20261130, .tensor = run};
    std::vector<double> out;
    for (std::size_t n = 0; n < count; ++n) {
        const double u = (stream.word(2 * n) + 0.5) * 0x1p-32;
        const double v = stream.word(2 * n + 1) * 0x1p-32;
        out.push_back(mean + deviation * std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
    }
    return out;
}

struct shares {
    double equivalent = 0;
    double not_equivalent = 0;
};

shares simulated(double true_gap, std::uint32_t runs) {
    const std::vector<double> bounds = sequential_bounds(five_looks);
    shares out;
    for (std::uint32_t run = 0; run < runs; ++run) {
        const sequential_outcome o = judge(normal_values(run, 480, true_gap, 0.285), five_looks, bounds);
        REQUIRE(o.stopped);
        out.equivalent += (o.verdict() == equivalence::equivalent) / static_cast<double>(runs);
        out.not_equivalent += (o.verdict() == equivalence::not_equivalent) / static_cast<double>(runs);
    }
    return out;
}

}  // namespace

TEST_CASE("the spending function ends at the level") {
    CHECK(std::fabs(spent_alpha(1, 0.05) - 0.05) < 1e-12);
    CHECK(spent_alpha(0.2, 0.05) < 2e-5);
    for (const double t : {0.2, 0.4, 0.6, 0.8}) {
        CHECK(spent_alpha(t, 0.05) < spent_alpha(t + 0.2, 0.05));
    }
}

TEST_CASE("bounds of five looks, computed elsewhere to two digits") {
    const std::array expected{4.23, 2.89, 2.30, 1.97, 1.74};
    const std::vector<double> bounds = sequential_bounds(five_looks);
    REQUIRE(bounds.size() == expected.size());
    for (std::size_t n = 0; n < bounds.size(); ++n) {
        CAPTURE(n);
        CHECK(std::fabs(bounds[n] - expected[n]) < 0.011);
    }
    // One look is the plain test at 5 %.
    CHECK(std::fabs(sequential_bounds({.looks = {20}}).front() - 1.6448536) < 1e-6);
}

TEST_CASE("error rates at the margin, and power beside it") {
    constexpr std::uint32_t runs = 4000;
    const double tolerance = 4 * std::sqrt(0.05 * 0.95 / runs);  // four standard errors
    const shares at_margin = simulated(0.25, runs);
    CHECK(std::fabs(at_margin.equivalent - 0.05) < tolerance);
    CHECK(std::fabs(at_margin.not_equivalent - 0.05) < tolerance);
    CHECK(simulated(0.15, 1000).equivalent > 0.999);
    CHECK(simulated(0.30, 1000).not_equivalent > 0.95);
    MESSAGE("at the margin: equivalent ", at_margin.equivalent, ", not equivalent ", at_margin.not_equivalent);
}

TEST_CASE("a test stops at the first look that decides, and at the last one") {
    const auto constant = [](double gap, std::size_t count) {
        std::vector<double> out;
        for (std::size_t n = 0; n < count; ++n) {
            out.push_back(gap + (n % 2 != 0 ? 0.01 : -0.01));
        }
        return out;
    };
    const sequential_outcome early = judge(constant(0.1, 480), five_looks);
    CHECK(early.looks.size() == 1);
    CHECK(early.decided_at == 96);
    CHECK(early.verdict() == equivalence::equivalent);
    CHECK(judge(constant(-0.4, 200), five_looks).verdict() == equivalence::not_equivalent);
    const sequential_outcome never = judge(constant(0.25, 480), five_looks);
    CHECK(never.looks.size() == 5);
    CHECK(never.stopped);
    CHECK(never.decided_at == 480);
    CHECK(never.verdict() == equivalence::inconclusive);
    const sequential_outcome not_yet = judge(constant(0.25, 95), five_looks);
    CHECK(not_yet.looks.empty());
    CHECK_FALSE(not_yet.stopped);
    CHECK_THROWS_AS(judge(constant(0, 10), {.looks = {5, 5}}), std::invalid_argument);
    CHECK_THROWS_AS(judge(constant(0, 10), {.looks = {}}), std::invalid_argument);
}

TEST_CASE("an experiment goes from look to look until its tests have stopped") {
    const std::vector<std::uint8_t> symbols = narrowfp_test::learnable_symbols(6000, 3);
    const corpus text{.name = "made up", .symbols = symbols, .vocabulary = 128};
    experiment_design d;
    d.size = size_tiny;
    d.steps = 16;
    d.first_seed = 7;
    d.run_arms = {"fp32", "bf16", "null_noise", "deepseek_v3"};
    d.primary_arms = {"deepseek_v3"};
    const auto runs_of = [&](double margin, std::uint32_t least) {
        d.plan = sequential_plan{.looks = {2, 4, 6}, .margin = margin};
        d.seeds = 6;
        d.least_seeds = least;
        rank_job job;
        const experiment_outcome e = run_experiment(d, text, {}, job);
        const experiment_summary s = summarise(e);
        REQUIRE(s.gap_of("deepseek_v3") != nullptr);
        REQUIRE(s.gap_of("deepseek_v3")->test);
        CHECK(s.gap_of("deepseek_v3")->seeds.front() == 7);
        CHECK(s.gap_of("deepseek_v3")->test->stopped);
        CHECK(e.runs.size() % d.run_arms.size() == 0);
        CHECK_FALSE(verdict_of(e, *s.gap_of("deepseek_v3")));  // not the deciding design
        return std::pair{e.runs.size() / d.run_arms.size(), s.gap_of("deepseek_v3")->test->decided_at};
    };
    CHECK(runs_of(1e9, 0) == std::pair<std::size_t, std::size_t>{2, 2});  // any gap is inside: stops at the first look
    CHECK(runs_of(1e9, 4) == std::pair<std::size_t, std::size_t>{4, 2});  // but runs go on to the least number of seeds
    CHECK(runs_of(1e-9, 0).first >= 2);
}

TEST_CASE("the deciding design is the one that was fixed beforehand") {
    const experiment_design d = deciding_design();
    CHECK(d.decides());
    CHECK(d.size == size_s);
    CHECK(d.steps == 400);
    CHECK(d.first_seed == 101);
    CHECK(d.seed_at(d.seeds - 1) == 580);
    CHECK(d.plan->looks == five_looks.looks);
    CHECK(d.plan->margin == 0.25);
    CHECK(d.least_seeds == 192);
    CHECK(d.primary_arms == std::vector<std::string>{"deepseek_v3", "int8_tile"});
    experiment_design changed = d;
    changed.plan->margin = 0.3;
    CHECK_FALSE(changed.decides());
    changed = d;
    changed.first_seed = 1;
    CHECK_FALSE(changed.decides());
    for (const char* name : {"quick", "pilot", "trend-s400", "trend-s1600", "trend-m400", "trend-m1600"}) {
        CHECK_FALSE(design_by_name(name).decides());
    }
    CHECK_THROWS_AS(design_by_name("ful"), std::invalid_argument);
}
