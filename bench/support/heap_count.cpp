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

// The size stands in front of each block, in a header as long as the alignment that was asked for.
constexpr std::size_t usual = alignof(std::max_align_t) > __STDCPP_DEFAULT_NEW_ALIGNMENT__
                                  ? alignof(std::max_align_t)
                                  : __STDCPP_DEFAULT_NEW_ALIGNMENT__;
static_assert(usual >= sizeof(std::size_t));

void* take(std::size_t size, std::size_t header) {
    // aligned_alloc wants whole multiples of the alignment.
    const std::size_t whole = (size + header - 1) / header * header + header;
    auto* const start =
        size > SIZE_MAX - 2 * header ? nullptr : static_cast<std::byte*>(std::aligned_alloc(header, whole));
    if (start == nullptr) {
        throw std::bad_alloc();
    }
    *reinterpret_cast<std::size_t*>(start) = size;
    live_bytes += static_cast<std::int64_t>(size);
    return start + header;
}

void release(void* block, std::size_t header) noexcept {
    if (block != nullptr) {
        auto* const start = static_cast<std::byte*>(block) - header;
        live_bytes -= static_cast<std::int64_t>(*reinterpret_cast<std::size_t*>(start));
        std::free(start);
    }
}

}  // namespace

void* operator new(std::size_t size) { return take(size, usual); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return take(size, static_cast<std::size_t>(alignment));
}

void operator delete(void* block) noexcept { release(block, usual); }
void operator delete(void* block, std::size_t) noexcept { release(block, usual); }
void operator delete(void* block, std::align_val_t alignment) noexcept {
    release(block, static_cast<std::size_t>(alignment));
}
void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
    release(block, static_cast<std::size_t>(alignment));
}

#endif

std::int64_t narrowfp::bench::live_heap_bytes() { return live_bytes; }
