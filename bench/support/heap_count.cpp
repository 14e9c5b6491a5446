// SPDX-License-Identifier: Apache-2.0
#include "support/heap_count.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local std::int64_t live_bytes = 0;

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

std::int64_t narrowfp::bench::live_heap_bytes() { return live_bytes; }

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
