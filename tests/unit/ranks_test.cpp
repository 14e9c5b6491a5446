// SPDX-License-Identifier: Apache-2.0
// A job of one rank: what holds with and without MPI. Several ranks: tests/cli/train_mpi_test.py.
#include "support/ranks.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

using namespace narrowfp::bench;

TEST_CASE("a rank alone does every item of every loop once") {
    rank_job job;
    CHECK(job.size() == 1);
    CHECK(job.is_first());
    CHECK(job.threads(3) == 3);
    CHECK(job.threads(0) == thread_count(0));
    for (const std::size_t count : {0U, 1U, 100U, 7U}) {
        std::vector<std::atomic<int>> done(count);
        job.for_each(count, 3, [&](std::size_t n) { ++done[n]; });
        for (const auto& times : done) {
            CHECK(times == 1);
        }
    }
    CHECK(job.add_done(5) == 5);
    CHECK(job.add_done(2) == 7);
    const rank_times times = job.times();
    CHECK(times.fetches >= 108);
    CHECK(times.thread_seconds >= times.busy_seconds);
    CHECK_THROWS_AS(job.for_each(4, 2, [](std::size_t) { throw std::runtime_error("no"); }), std::runtime_error);
}

TEST_CASE("without a job there is nothing to end") {
    CHECK_FALSE(ask_ranks_to_end("stop", 1));
    end_ranks("not printed", 1);
    CHECK(speaks_for_all_ranks());
}
