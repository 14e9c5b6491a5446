// SPDX-License-Identifier: Apache-2.0
// What this processor can do at most, measured: chains of independent multiply-add instructions on registers alone, and
// plain reading of memory. A product that reaches its peak cannot be faster on this machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace narrowfp::bench {

enum class peak_kind : std::uint8_t { fma_f32, dot_bf16, dot_int8 };

struct peak_loop {
    std::string instruction;  // what it measures; empty: the target in use has no such instruction
    double macs = 0;          // multiply-adds of one call
    float (*run)() = nullptr;
};

// The widest instruction of the target in use (base/target.hpp).
peak_loop peak_loop_for(peak_kind kind);

// Memory on huge pages where the system gives them, each byte 1.
class byte_block {
public:
    explicit byte_block(std::size_t bytes);
    byte_block(byte_block&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)), size_(other.size_) {}
    byte_block(const byte_block&) = delete;
    byte_block& operator=(const byte_block&) = delete;
    ~byte_block() { std::free(memory_); }

    const std::uint8_t* data() const { return static_cast<const std::uint8_t*>(memory_); }
    std::size_t size() const { return size_; }

private:
    void* memory_;
    std::size_t size_;
};

// Reads `bytes` bytes, a multiple of 64, once; the sum of its words. As fast as one thread can read.
std::uint64_t read_all(const std::uint8_t* from, std::size_t bytes);

}  // namespace narrowfp::bench
