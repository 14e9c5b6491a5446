// SPDX-License-Identifier: Apache-2.0
// Counts what a computation takes from the heap: bytes asked of operator new and not given back. Linking the source
// replaces operator new and delete of the whole program, so only programs that count do. What malloc, containers of
// other libraries or the allocator's own bookkeeping take is not seen. ThreadSanitizer keeps both for itself: there its hooks
// count, which see every malloc, so the count is no exact one.
#pragma once

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NARROWFP_HEAP_COUNTED_BY_HOOKS 1
#endif
#endif
#if !defined(NARROWFP_HEAP_COUNTED_BY_HOOKS)
#define NARROWFP_HEAP_COUNTED_BY_HOOKS 0
#endif

namespace narrowfp::bench {

inline constexpr bool heap_count_is_exact = NARROWFP_HEAP_COUNTED_BY_HOOKS == 0;

// Bytes that this thread has asked of operator new and not given back, since it began.
std::int64_t live_heap_bytes();

}  // namespace narrowfp::bench
