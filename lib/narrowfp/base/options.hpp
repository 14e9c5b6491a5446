// SPDX-License-Identifier: Apache-2.0
// What a caller may choose about how work is done. Nothing here changes a code or a value.
#pragma once

namespace narrowfp {

struct options {
    int threads = 0;  // number of threads; 0 means all that the machine offers. Header-only functions use one.
    // Conversions and quantisation: whether events are counted. Without, only `elements` is, and what lies in a cache is
    // converted up to half again as fast.
    bool count_events = true;
};

}  // namespace narrowfp
