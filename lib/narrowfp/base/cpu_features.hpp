// SPDX-License-Identifier: Apache-2.0
// CPU features beyond the baseline of the architecture, as a set. Their names are those of compilers' target
// attributes. Detection reads CPUID (Intel SDM 2A, "CPUID") and XCR0 (SDM 1, 13.3), so it does not depend on the
// features that a compiler knows. It supports x86-64; elsewhere every set is empty. base/target.hpp builds targets from
// these sets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace narrowfp {

enum class cpu_feature : std::uint8_t {
    popcnt,
    fma,
    f16c,
    avx2,
    avx512f,
    avx512bw,
    avx512dq,
    avx512vl,
    avx512bf16,
    avx512vbmi,
    avx512vnni
};

inline constexpr std::array<std::string_view, 11> cpu_feature_names{"popcnt",     "fma",        "f16c",      "avx2",
                                                                    "avx512f",    "avx512bw",   "avx512dq",  "avx512vl",
                                                                    "avx512bf16", "avx512vbmi", "avx512vnni"};

class feature_set {
public:
    constexpr feature_set() = default;
    static constexpr feature_set from_bits(std::uint32_t bits) {
        feature_set out;
        out.bits_ = bits;
        return out;
    }
    static constexpr feature_set of(cpu_feature f) { return from_bits(std::uint32_t{1} << static_cast<unsigned>(f)); }

    constexpr std::uint32_t bits() const { return bits_; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool contains(feature_set other) const { return (other.bits_ & ~bits_) == 0; }
    constexpr feature_set with(feature_set other) const { return from_bits(bits_ | other.bits_); }
    constexpr feature_set without(feature_set other) const { return from_bits(bits_ & ~other.bits_); }
    constexpr bool operator==(const feature_set&) const = default;

private:
    std::uint32_t bits_ = 0;
};

// The features of a compiler's target string, "avx2,fma". Throws std::invalid_argument for a name that is not in
// cpu_feature_names.
constexpr feature_set features_named(std::string_view names) {
    feature_set out;
    while (!names.empty()) {
        const std::size_t comma = names.find(',');
        const std::string_view name = names.substr(0, comma);
        names = comma == std::string_view::npos ? std::string_view{} : names.substr(comma + 1);
        std::size_t i = 0;
        while (i < cpu_feature_names.size() && cpu_feature_names[i] != name) {
            ++i;
        }
        if (i == cpu_feature_names.size()) {
            throw std::invalid_argument("a CPU feature that cpu_feature_names does not list");
        }
        out = out.with(feature_set::of(static_cast<cpu_feature>(i)));
    }
    return out;
}

// "avx512f, avx512bw".
std::string text_of(feature_set features);

struct machine_features {
    feature_set in_cpu;  // the processor has them
    feature_set usable;  // and the operating system saves the registers that they need
};

// The registers that the detection reads; all zero where the processor has no such leaf.
struct cpuid_words {
    std::uint32_t leaf1_ecx = 0;
    std::uint32_t leaf7_ebx = 0;
    std::uint32_t leaf7_ecx = 0;
    std::uint32_t leaf7_1_eax = 0;
    std::uint64_t xcr0 = 0;  // 0 if the operating system does not use XSAVE
};

machine_features features_of(const cpuid_words& words);

// The registers of this machine, read once.
const machine_features& this_machine();

}  // namespace narrowfp
