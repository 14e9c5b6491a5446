// SPDX-License-Identifier: Apache-2.0
// What a caller may choose about how work is done. Nothing here changes a result.
#pragma once

namespace narrowfp {

struct options {
    int threads = 0;  // number of threads; 0 means all that the machine offers. Header-only functions use one.
};

}  // namespace narrowfp
