// SPDX-License-Identifier: Apache-2.0
// Runs a piece of work in code that was compiled for the target in use (base/target.hpp), so that plain loops vectorise
// and std::fma is one instruction. The operations and their order are the same everywhere, so the bits are too.
#pragma once

#include <narrowfp/base/dispatch.hpp>
#include <narrowfp/base/target.hpp>

#include "support/parallel.hpp"

namespace narrowfp::bench {

namespace for_target {

// What `body` calls is inlined as a whole; nothing compiled for a target can be called from elsewhere.
template <class Body>
void run_plain(const Body& body) {
    body();
}
#if NARROWFP_X86_KERNELS
template <class Body>
__attribute__((noinline, flatten, target(NARROWFP_AVX2_ATTRIBUTES))) void run_avx2(const Body& body) {
    body();
}
template <class Body>
__attribute__((noinline, flatten, target(NARROWFP_AVX512_ATTRIBUTES NARROWFP_WIDE_VECTORS))) void run_avx512(
    const Body& body) {
    body();
}
#endif

template <class Body>
inline constexpr dispatch_row<void (*)(const Body&)> runs[] = {
#if NARROWFP_X86_KERNELS
    {features_of(target::avx512), run_avx512<Body>},
    {features_of(target::avx2), run_avx2<Body>},
#endif
    {{}, run_plain<Body>},
};

}  // namespace for_target

template <class Body>
void on_target(target t, const Body& body) {
    best_of(complete_table<for_target::runs<Body>>(), features_of(t))(body);
}

// How an operation runs: where and on how many threads. No result depends on it.
struct execution {
    target on = target::scalar;
    int threads = 1;
};

// body(first, last) on the target for ranges that cover [0, count). Ranges follow from the number of threads, so the work
// on an item may not depend on the range that it is in.
template <class Body>
void for_ranges(const execution& how, std::size_t count, const Body& body) {
    const std::size_t ranges = std::min(count, thread_count(how.threads));
    if (ranges <= 1) {
        with_default_environment([&] { on_target(how.on, [&] { body(std::size_t{0}, count); }); });
        return;
    }
    parallel_for(ranges, how.threads, [&](std::size_t range) {
        on_target(how.on, [&] { body(count * range / ranges, count * (range + 1) / ranges); });
    });
}

}  // namespace narrowfp::bench
