// SPDX-License-Identifier: Apache-2.0
#include "support/freed_memory.hpp"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace narrowfp::bench {

void keep_freed_memory() {
#if defined(__GLIBC__)
    static const bool done = [] {
        mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest it takes
        mallopt(M_TRIM_THRESHOLD, 1 << 30);
        mallopt(M_ARENA_MAX, 1);
        return true;
    }();
    static_cast<void>(done);
#endif
}

}  // namespace narrowfp::bench
