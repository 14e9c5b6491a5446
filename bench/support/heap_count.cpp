// SPDX-License-Identifier: Apache-2.0
#include "support/heap_count.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

#if NARROWFP_HEAP_COUNTED_BY_HOOKS
#include <sanitizer/allocator_interface.h>
#endif

namespace {

thread_local std::int64_t live_bytes = 0;

#if NARROWFP_HEAP_COUNTED_BY_HOOKS

void take(const volatile void*, std::size_t size) { live_bytes += static_cast<std::int64_t>(size); }
void release(const volatile void* block) {
    if (block != nullptr) {
        live_bytes -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
    }
}
[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(take, release);

}  // namespace

#else

// The size stands in front of each block, in a header that keeps the alignment of operator new.
constexpr std::size_t header = alignof(std::max_align_t) > __STDCPP_DEFAULT_NEW_ALIGNMENT__
                                   ? alignof(std::max_align_t)
                                   : __STDCPP_DEFAULT_NEW_ALIGNMENT__;
static_assert(header >= sizeof(std::size_t));

void release(void* block) noexcept {
    if (block != nullptr) {
        auto* const start = static_cast<std::byte*>(block) - header;
        live_bytes -= static_cast<std::int64_t>(*reinterpret_cast<std::size_t*>(start));
        std::free(start);
    }
}

}  // namespace

void* operator new(std::size_t size) {
    auto* const start = size > SIZE_MAX - header ? nullptr : static_cast<std::byte*>(std::malloc(size + header));
    if (start == nullptr) {
        throw std::bad_alloc();
    }
    *reinterpret_cast<std::size_t*>(start) = size;
    live_bytes += static_cast<std::int64_t>(size);
    return start + header;
}

void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }

#endif

std::int64_t narrowfp::bench::live_heap_bytes() { return live_bytes; }
