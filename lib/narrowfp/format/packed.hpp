// SPDX-License-Identifier: Apache-2.0
// Codes in memory at their true width: element i occupies bits [i * w, (i + 1) * w) of the buffer, least significant bit
// first, w = 4, 6, 8, 12, 16 or 32. Sub-byte formats are really packed; two E2M1 codes share a byte (the even element in
// the low half), four 6-bit codes share three bytes.
#pragma once

#include <narrowfp/base/aligned_allocator.hpp>
#include <narrowfp/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace narrowfp {

// Bytes of `count` codes of `bits` each, the last byte padded with zeros.
constexpr std::size_t packed_bytes(std::size_t count, int bits) {
    return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

// The bytes begin on a cache line.
class packed_codes {
public:
    packed_codes() = default;
    // Throws std::invalid_argument for a width that is not 1 to 32 bits.
    packed_codes(std::size_t count, int bits) : count_(count), bits_(valid(bits)), bytes_(packed_bytes(count, bits)) {}

    // Another number of codes, of another width. Those that were there mean nothing any more; new memory is zero.
    void reshape(std::size_t count, int bits) {
        bits_ = valid(bits);
        count_ = count;
        bytes_.resize(packed_bytes(count, bits));
    }

    std::size_t size() const { return count_; }
    int bits() const { return bits_; }
    std::size_t byte_count() const { return bytes_.size(); }
    std::span<const std::uint8_t> bytes() const { return bytes_; }
    std::span<std::uint8_t> bytes() { return bytes_; }

    // Precondition: index < size().
    std::uint32_t get(std::size_t index) const {
        const std::size_t first = index * static_cast<std::size_t>(bits_);
        const std::size_t offset = first % 8;
        std::uint64_t window = 0;
        const std::size_t last = (first + static_cast<std::size_t>(bits_) - 1) / 8;
        for (std::size_t byte = last + 1; byte-- > first / 8;) {
            window = window << 8 | bytes_[byte];
        }
        return static_cast<std::uint32_t>(window >> offset & mask());
    }

    // Precondition: index < size(), code < 2^bits.
    void set(std::size_t index, std::uint32_t code) {
        const std::size_t first = index * static_cast<std::size_t>(bits_);
        const std::size_t offset = first % 8;
        const std::uint64_t clear = mask() << offset;
        const std::uint64_t put = std::uint64_t{code} << offset;
        const std::size_t last = (first + static_cast<std::size_t>(bits_) - 1) / 8;
        for (std::size_t byte = first / 8; byte <= last; ++byte) {
            const std::size_t shift = 8 * (byte - first / 8);
            bytes_[byte] = static_cast<std::uint8_t>((bytes_[byte] & ~(clear >> shift)) | (put >> shift));
        }
    }

    friend bool operator==(const packed_codes&, const packed_codes&) = default;

private:
    static int valid(int bits) {
        if (bits < 1 || bits > 32) {
            throw std::invalid_argument("packed codes: bits is " + std::to_string(bits) + ", allowed 1 to 32");
        }
        return bits;
    }
    std::uint64_t mask() const { return (std::uint64_t{1} << bits_) - 1; }

    std::size_t count_ = 0;
    int bits_ = 8;
    std::vector<std::uint8_t, detail::aligned_allocator<std::uint8_t>> bytes_;
};

}  // namespace narrowfp
