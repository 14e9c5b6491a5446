// SPDX-License-Identifier: Apache-2.0
// A job of several ranks, started by mpirun: every item of a loop is done once, and the counter answers while the only
// working thread of rank 0 computes. Prints the times of fetches of the last rank. Exit code 1: an item was
// lost or done twice.
#include "support/median.hpp"
#include "support/ranks.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

int main() {
    using namespace narrowfp::bench;
    rank_job job;
    constexpr std::size_t items = 500;
    std::atomic<std::uint64_t> sum{0};
    for (int loop = 0; loop < 4; ++loop) {
        job.for_each(items, 2, [&](std::size_t n) { sum += n + 1; });
    }
    job.add_done(sum);
    job.barrier();
    const bool held = job.add_done(0) == 4 * items * (items + 1) / 2;
    job.barrier();
    if (job.is_first()) {
        const double end = seconds_now() + 2;
        while (seconds_now() < end) {}
    } else if (job.rank() == job.size() - 1) {
        std::vector<double> times;
        for (int n = 0; n < 500; ++n) {
            const double start = seconds_now();
            job.add_done(0);
            times.push_back(seconds_now() - start);
        }
        std::printf("fetch while rank 0 computes: median %.6f s, longest %.6f s\n", median_of(times),
                    *std::max_element(times.begin(), times.end()));
    }
    return held ? 0 : 1;
}
