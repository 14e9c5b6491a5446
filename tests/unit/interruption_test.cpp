// SPDX-License-Identifier: Apache-2.0
// Killing and resuming: a program that keeps its place ends with the same result however it is killed; two that do not are
// found out.
#include <doctest/doctest.h>

#include <faults/interruption.hpp>
#include <support/files.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

namespace {

using namespace narrowfp::bench;

interruption_outcome run_child(const std::string& mode, const kill_plan& plan, const char* steps = "60") {
    const narrowfp_test::temporary_folder folder;
    return run_interrupted({{NARROWFP_INTERRUPTION_CHILD, folder.path().string(), steps, mode}, folder.path()}, plan);
}

}  // namespace

TEST_CASE("killing: exponential times") {
    double sum = 0;
    int below_mean = 0;
    constexpr int count = 10000;
    for (int n = 0; n < count; ++n) {
        const double t = exponential_time(2, 1, static_cast<std::uint64_t>(n));
        sum += t;
        below_mean += t < 2;
    }
    CHECK(sum / count == doctest::Approx(2).epsilon(0.05));
    CHECK(below_mean / double{count} == doctest::Approx(1 - std::exp(-1)).epsilon(0.05));
}

TEST_CASE("killing: a program that keeps its place ends with the same result") {
    const interruption_outcome plain = run_child("whole", {.most_kills = 0});
    CHECK(plain.kills.empty());
    CHECK(plain.restart_times.size() == 1);
    const interruption_outcome killed =
        run_child("whole", {.mean_seconds = 0.05, .aim_at_writes = true, .most_kills = 8, .restart_seconds = 0.001});
    CHECK(killed.result == plain.result);
    CHECK(killed.kills.size() >= 1);
    CHECK(killed.kills.size() <= 8);
    CHECK(killed.wall_seconds > 0);
}

TEST_CASE("killing: programs that do not keep their place are found out") {
    const interruption_outcome plain = run_child("whole", {.most_kills = 0});
    // The first kill comes at any time, the second where the program waits for it unless the first came there.
    const kill_plan plan{.mean_seconds = 0.05, .aim_at_writes = true, .most_kills = 2};
    CHECK(run_child("forgetful", plan).result != plain.result);
    CHECK(run_child("torn", plan).result != plain.result);
    CHECK_THROWS_AS(run_child("whole", {.longest_seconds = 0.01}, "100000"), std::runtime_error);
    const narrowfp_test::temporary_folder folder;
    CHECK_THROWS_AS(run_interrupted({{"/no/such/program"}, folder.path()}, {}), std::runtime_error);
    CHECK_THROWS_AS(run_interrupted({{"false"}, folder.path()}, {.most_kills = 0}), std::runtime_error);
    CHECK_THROWS_AS(run_interrupted({{"true"}, folder.path()}, {.most_kills = 0}), std::runtime_error);  // no result
}
