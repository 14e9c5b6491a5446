// SPDX-License-Identifier: Apache-2.0
// Counts what a computation takes from the heap: bytes asked of operator new and not given back. Linking the source
// replaces operator new and delete of the whole program, so only programs that count do. What malloc, containers of
// other libraries or the allocator's own bookkeeping take is not seen. ThreadSanitizer keeps both for itself: there its hooks
// count, which see malloc too.
#pragma once

#include <cstdint>

namespace narrowfp::bench {

// Bytes that this thread has asked of operator new and not given back, since it began.
std::int64_t live_heap_bytes();

}  // namespace narrowfp::bench
