// SPDX-License-Identifier: Apache-2.0
// Runs of codes into packed storage (format/packed.hpp) from several threads at once: a byte that two runs share is
// combined atomically, so the storage must be zero before. For widths that are no multiple of 8.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace narrowfp::kernel {

inline void or_into(std::uint8_t& byte, std::uint64_t bits) {
    std::atomic_ref<std::uint8_t>(byte).fetch_or(static_cast<std::uint8_t>(bits), std::memory_order_relaxed);
}

// Codes first .. first + count of the storage, of `width` bits each.
template <class Code>
void write_packed(const Code* codes, std::size_t count, int width, std::uint8_t* bytes, std::size_t first) {
    const std::size_t bit = first * static_cast<std::size_t>(width);
    std::uint8_t* out = bytes + bit / 8;
    auto held = static_cast<int>(bit % 8);  // bits in `window`, the lowest ones belong to an earlier run
    std::uint64_t window = 0;
    std::size_t i = 0;
    const auto take = [&] {
        window |= static_cast<std::uint64_t>(codes[i++]) << held;
        held += width;
    };
    if (held != 0) {
        while (i < count && held < 8) {
            take();
        }
        or_into(*out, window & 0xFF);
        if (held < 8) {
            return;
        }
        ++out;
        window >>= 8;
        held -= 8;
    }
    if (width == 4 && held == 0) {
        for (; i + 2 <= count; i += 2) {
            *out++ = static_cast<std::uint8_t>(codes[i] | codes[i + 1] << 4);
        }
    }
    while (i < count) {
        take();
        for (; held >= 8; held -= 8, window >>= 8) {
            *out++ = static_cast<std::uint8_t>(window);
        }
    }
    for (; held >= 8; held -= 8, window >>= 8) {
        *out++ = static_cast<std::uint8_t>(window);
    }
    if (held > 0) {
        or_into(*out, window);
    }
}

// Codes first .. first + count of the storage, the reverse.
template <class Code>
void read_packed(const std::uint8_t* bytes, std::size_t first, std::size_t count, int width, Code* codes) {
    const std::size_t bit = first * static_cast<std::size_t>(width);
    const std::uint8_t* in = bytes + bit / 8;
    std::uint64_t window = 0;
    int held = -static_cast<int>(bit % 8);  // bits in `window`; below zero: bits of the next byte to skip
    const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
    for (std::size_t i = 0; i < count; ++i) {
        while (held < width) {
            const std::uint64_t byte = *in++;
            window |= held < 0 ? byte >> -held : byte << held;
            held += 8;
        }
        codes[i] = static_cast<Code>(window & mask);
        window >>= width;
        held -= width;
    }
}

}  // namespace narrowfp::kernel
