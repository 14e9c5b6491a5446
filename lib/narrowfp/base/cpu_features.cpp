// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/cpu_features.hpp>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

namespace narrowfp {

namespace {

enum class cpuid_word : std::uint8_t { leaf1_ecx, leaf7_ebx, leaf7_ecx, leaf7_1_eax };

struct feature_bit {
    cpu_feature feature;
    cpuid_word word;
    unsigned bit;
    std::uint64_t state;  // bits of XCR0 that must be set
};

constexpr std::uint64_t none = 0;
constexpr std::uint64_t ymm = 0x06;  // XMM, YMM
constexpr std::uint64_t zmm = 0xE6;  // and the mask registers, the upper halves of ZMM 0 to 15, ZMM 16 to 31

constexpr std::array<feature_bit, cpu_feature_names.size()> feature_bits{{
    {cpu_feature::popcnt, cpuid_word::leaf1_ecx, 23, none},
    {cpu_feature::fma, cpuid_word::leaf1_ecx, 12, ymm},
    {cpu_feature::f16c, cpuid_word::leaf1_ecx, 29, ymm},
    {cpu_feature::avx2, cpuid_word::leaf7_ebx, 5, ymm},
    {cpu_feature::avx512f, cpuid_word::leaf7_ebx, 16, zmm},
    {cpu_feature::avx512bw, cpuid_word::leaf7_ebx, 30, zmm},
    {cpu_feature::avx512dq, cpuid_word::leaf7_ebx, 17, zmm},
    {cpu_feature::avx512vl, cpuid_word::leaf7_ebx, 31, zmm},
    {cpu_feature::avx512bf16, cpuid_word::leaf7_1_eax, 5, zmm},
    {cpu_feature::avx512vbmi, cpuid_word::leaf7_ecx, 1, zmm},
    {cpu_feature::avx512vnni, cpuid_word::leaf7_ecx, 11, zmm},
}};

std::uint32_t word_of(const cpuid_words& words, cpuid_word which) {
    switch (which) {
        case cpuid_word::leaf1_ecx: return words.leaf1_ecx;
        case cpuid_word::leaf7_ebx: return words.leaf7_ebx;
        case cpuid_word::leaf7_ecx: return words.leaf7_ecx;
        case cpuid_word::leaf7_1_eax: break;
    }
    return words.leaf7_1_eax;
}

cpuid_words read_cpuid() {
    cpuid_words words;
#if defined(__x86_64__) && defined(__GNUC__)
    constexpr std::uint32_t os_uses_xsave = std::uint32_t{1} << 27;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) {
        words.leaf1_ecx = ecx;
    }
    if ((words.leaf1_ecx & os_uses_xsave) != 0) {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        words.xcr0 = std::uint64_t{high} << 32 | low;
    }
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) {
        words.leaf7_ebx = ebx;
        words.leaf7_ecx = ecx;
        const unsigned last_subleaf = eax;
        if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0) {
            words.leaf7_1_eax = eax;
        }
    }
#endif
    return words;
}

}  // namespace

std::string text_of(feature_set features) {
    std::string out;
    for (std::size_t i = 0; i < cpu_feature_names.size(); ++i) {
        if (features.contains(feature_set::of(static_cast<cpu_feature>(i)))) {
            out += (out.empty() ? "" : ", ") + std::string(cpu_feature_names[i]);
        }
    }
    return out;
}

machine_features features_of(const cpuid_words& words) {
    machine_features out;
    for (const feature_bit& f : feature_bits) {
        if ((word_of(words, f.word) >> f.bit & 1) == 0) {
            continue;
        }
        out.in_cpu = out.in_cpu.with(feature_set::of(f.feature));
        if ((words.xcr0 & f.state) == f.state) {
            out.usable = out.usable.with(feature_set::of(f.feature));
        }
    }
    return out;
}

const machine_features& this_machine() {
    static const machine_features found = features_of(read_cpuid());
    return found;
}

}  // namespace narrowfp
