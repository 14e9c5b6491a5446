// SPDX-License-Identifier: Apache-2.0
// Runs a piece of work in code that was compiled for the target in use (base/target.hpp), so that plain loops vectorise
// and std::fma is one instruction. The operations and their order are the same everywhere, so the bits are too.
#pragma once

#include <narrowfp/base/target.hpp>

#include "support/parallel.hpp"

namespace narrowfp::bench::train {

namespace detail {

// What `body` calls is inlined as a whole; nothing compiled for a target can be called from elsewhere.
#if defined(__x86_64__) && defined(__GNUC__)
template <class Body>
__attribute__((noinline, flatten, target("avx2,fma"))) void run_avx2(const Body& body) {
    body();
}
#if defined(__clang__)
#define NARROWFP_TRAIN_AVX512 "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"
#else
#define NARROWFP_TRAIN_AVX512 "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"
#endif
template <class Body>
__attribute__((noinline, flatten, target(NARROWFP_TRAIN_AVX512))) void run_avx512(const Body& body) {
    body();
}
#undef NARROWFP_TRAIN_AVX512
#endif

}  // namespace detail

template <class Body>
void on_target(target t, const Body& body) {
#if defined(__x86_64__) && defined(__GNUC__)
    switch (t) {
        case target::avx2: return detail::run_avx2(body);
        case target::avx512:
        case target::avx512_bf16: return detail::run_avx512(body);
        case target::scalar: break;
    }
#else
    static_cast<void>(t);
#endif
    body();
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

}  // namespace narrowfp::bench::train
