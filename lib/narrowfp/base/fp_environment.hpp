// SPDX-License-Identifier: Apache-2.0
// A guard for the floating-point environment of the calling thread. Entry points that compute in float or double hold
// one, so that a caller's rounding mode, flush-to-zero or denormals-are-zero setting cannot change a result.
// Costs two register writes; does nothing but restore on destruction. Exceptions raised inside are discarded.
#pragma once

#include <narrowfp/base/config.hpp>

#if defined(__SSE2__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace narrowfp {

class fp_environment_guard {
public:
    fp_environment_guard(const fp_environment_guard&) = delete;
    fp_environment_guard& operator=(const fp_environment_guard&) = delete;

#if defined(__SSE2__)
    fp_environment_guard() : saved_(_mm_getcsr()) { _mm_setcsr(default_mxcsr); }
    ~fp_environment_guard() { _mm_setcsr(saved_); }

private:
    // All exceptions masked (bits 7 to 12), round to nearest even, no flush to zero, no denormals-are-zero.
    static constexpr unsigned default_mxcsr = 0x1F80;
    unsigned saved_;
#else
    fp_environment_guard() {
        std::fegetenv(&saved_);
        std::fesetenv(FE_DFL_ENV);
    }
    ~fp_environment_guard() { std::fesetenv(&saved_); }

private:
    std::fenv_t saved_;
#endif
};

// Calls `work` under the default environment. The call is not inlined, so that the compiler, which does not model the
// environment, cannot move arithmetic of the caller in or arithmetic of `work` out. The empty statement keeps the call
// from being seen as free of side effects, which would allow moving the call as a whole.
template <class Work>
#if defined(__GNUC__)
__attribute__((noinline)) auto call_uninlined(Work& work) {
    asm volatile("" ::: "memory");
    return work();
}
#else
auto call_uninlined(Work& work) {
    return work();
}
#endif

template <class Work>
auto with_default_environment(Work&& work) {
    const fp_environment_guard guard;
    return call_uninlined(work);
}

}  // namespace narrowfp
