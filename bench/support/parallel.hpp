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

// body(item) for every item of [0, count). The first exception that a body throws is thrown again here; the rest of
// the items is then left out.
template <class Body>
void parallel_for(std::size_t count, int threads, const Body& body) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto work = [&] {
        try {
            for (std::size_t item = next++; item < count; item = next++) {
                with_default_environment([&] { body(item); });
            }
        } catch (...) {
            next = count;
            const std::scoped_lock lock(failure_mutex);
            if (!failure) {
                failure = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> helpers;
        const std::size_t wanted = std::min(count, thread_count(threads));
        for (std::size_t n = 1; n < wanted; ++n) {
            helpers.emplace_back(work);
        }
        work();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace narrowfp::bench
