// SPDX-License-Identifier: Apache-2.0
// What a caller may choose about how work is done. Nothing here changes a code or a value.
#pragma once

#include <stdexcept>
#include <string>

namespace narrowfp {

struct options {
    int threads = 0;  // number of threads; 0 means all that the machine offers. Header-only functions use one.
    // Conversions and quantisation: whether events are counted. Without, only `elements` is, and what lies in a cache
    // is converted up to half again as fast.
    bool count_events = true;
};

// Throws std::invalid_argument for an invalid number of threads.
inline void require_options(const options& opts) {
    constexpr int most = 4096;
    if (opts.threads < 0 || opts.threads > most) {
        throw std::invalid_argument("options: threads is " + std::to_string(opts.threads) + ", allowed 0 (all) to " +
                                    std::to_string(most));
    }
}

}  // namespace narrowfp
