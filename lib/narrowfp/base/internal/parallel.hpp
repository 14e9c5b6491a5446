// SPDX-License-Identifier: Apache-2.0
// A loop over independent items on several threads, for compiled units (OpenMP; one thread without it). Items are handed
// out in chunks as threads become free, so nothing may depend on which thread does which item. Exceptions must not leave
// the body.
#pragma once

#include <narrowfp/base/options.hpp>

#include <cstddef>

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace narrowfp {

// Number of threads that these options mean, at least one.
inline int thread_count(const options& opts) {
#if defined(_OPENMP)
    return opts.threads > 0 ? opts.threads : omp_get_max_threads();
#else
    static_cast<void>(opts);
    return 1;
#endif
}

// body(first, last) for consecutive ranges of at most `chunk` items that cover [0, count).
template <class Body>
void parallel_ranges(std::size_t count, std::size_t chunk, const options& opts, Body&& body) {
    const auto ranges = static_cast<std::ptrdiff_t>((count + chunk - 1) / chunk);
    if (ranges == 1) {  // without the cost of waking threads
        body(std::size_t{0}, count);
        return;
    }
#if defined(_OPENMP)
#pragma omp parallel for schedule(dynamic) num_threads(thread_count(opts))
#else
    static_cast<void>(opts);
#endif
    for (std::ptrdiff_t range = 0; range < ranges; ++range) {
        const std::size_t first = static_cast<std::size_t>(range) * chunk;
        body(first, first + chunk < count ? first + chunk : count);
    }
}

}  // namespace narrowfp
