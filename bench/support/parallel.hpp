// SPDX-License-Identifier: Apache-2.0
// A loop over independent items on several threads. Items are handed out one by one, so no result may depend on which
// thread does which item; each thread works under the default floating-point environment.
#pragma once

#include <narrowfp/base/fp_environment.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace narrowfp::bench {

// Number of threads that a request means: 0 is all that the machine offers.
inline std::size_t thread_count(int requested) {
    return requested > 0 ? static_cast<std::size_t>(requested) : std::max(1U, std::thread::hardware_concurrency());
}

// body(item) for every item that next() hands out, until it hands out `count` or more. next() is called from every thread.
// The first exception that a body throws is thrown again here; the rest of the items is then left out.
template <class Next, class Body>
void hand_out(std::size_t count, std::size_t threads, const Next& next, const Body& body) {
    std::atomic<bool> failed{false};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto work = [&] {
        try {
            for (std::size_t item = next(); item < count && !failed; item = next()) {
                with_default_environment([&] { body(item); });
            }
        } catch (...) {
            failed = true;
            const std::scoped_lock lock(failure_mutex);
            if (!failure) {
                failure = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t n = 1; n < std::min(count, threads); ++n) {
            helpers.emplace_back(work);
        }
        work();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

// body(item) for every item of [0, count), on threads of this process.
template <class Body>
void parallel_for(std::size_t count, int threads, const Body& body) {
    std::atomic<std::size_t> next{0};
    hand_out(
        count, thread_count(threads), [&] { return next++; }, body);
}

}  // namespace narrowfp::bench
