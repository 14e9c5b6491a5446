// SPDX-License-Identifier: Apache-2.0
// The time of a monotonic clock in seconds, for differences.
#pragma once

#include <chrono>

namespace narrowfp::bench {

inline double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace narrowfp::bench
