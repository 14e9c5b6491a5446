// SPDX-License-Identifier: Apache-2.0
// Memory for panels: aligned to cache lines, on huge pages where the system gives them on request (Linux, madvise), and
// not initialised. A buffer that is kept grows and never shrinks.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace narrowfp::detail {

class page_buffer {
public:
    page_buffer() = default;
    explicit page_buffer(std::size_t bytes) { reserve(bytes); }
    page_buffer(page_buffer&& other) noexcept { swap(other); }
    page_buffer& operator=(page_buffer&& other) noexcept {
        swap(other);
        return *this;
    }
    page_buffer(const page_buffer&) = delete;
    page_buffer& operator=(const page_buffer&) = delete;
    ~page_buffer() { std::free(memory_); }

    // At least `bytes` bytes; what they held is lost when the buffer grows. Throws std::bad_alloc.
    template <class T>
    T* reserve(std::size_t count) {
        reserve(count * sizeof(T));
        return static_cast<T*>(memory_);
    }

    void* data() { return memory_; }
    const void* data() const { return memory_; }

private:
    static constexpr std::size_t cache_line = 64;
    static constexpr std::size_t huge_page = std::size_t{1} << 21;

    void reserve(std::size_t bytes) {
        if (bytes <= size_) {
            return;
        }
        const std::size_t alignment = bytes >= huge_page / 2 ? huge_page : cache_line;
        const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
        std::free(memory_);
        size_ = 0;
        memory_ = std::aligned_alloc(alignment, rounded);
        if (memory_ == nullptr) {
            throw std::bad_alloc();
        }
#if defined(__linux__)
        if (alignment == huge_page) {
            ::madvise(memory_, rounded, MADV_HUGEPAGE);  // a wish: without it the buffer is as good, only slower
        }
#endif
        size_ = rounded;
    }

    void swap(page_buffer& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(size_, other.size_);
    }

    void* memory_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace narrowfp::detail
