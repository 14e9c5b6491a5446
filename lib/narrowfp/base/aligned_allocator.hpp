// SPDX-License-Identifier: Apache-2.0
// Memory for a std::vector that begins at a multiple of 64 bytes, a cache line: as stores past the caches want it.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace narrowfp::detail {

template <class T>
struct aligned_allocator {
    using value_type = T;
    static constexpr std::align_val_t alignment{64};

    aligned_allocator() = default;
    template <class U>
    aligned_allocator(const aligned_allocator<U>&) noexcept {}

    T* allocate(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
            throw std::bad_array_new_length();
        }
        return static_cast<T*>(::operator new(count * sizeof(T), alignment));
    }
    void deallocate(T* first, std::size_t) { ::operator delete(first, alignment); }

    friend bool operator==(const aligned_allocator&, const aligned_allocator&) { return true; }
};

}  // namespace narrowfp::detail
