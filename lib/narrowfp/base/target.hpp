// SPDX-License-Identifier: Apache-2.0
// Targets: the instruction sets for which kernels may exist, and the choice among them. The environment variable
// NARROWFP_TARGET forces one. A target changes time, never bits.
// A new target is one row of `all_targets` and an answer in `cpu_offers`.
#pragma once

#include <narrowfp/base/config.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace narrowfp {

enum class target : std::uint8_t { scalar, avx2, avx512, avx512_bf16 };

struct target_info {
    target id;
    std::string_view name;
    std::string_view summary;
    bool has_kernels;  // whether this build has kernels for it
};

inline constexpr std::array<target_info, 4> all_targets{{
    {target::scalar, "scalar", "portable C++, the reference", true},
    {target::avx2, "avx2", "AVX2 with FMA and F16C", true},
    {target::avx512, "avx512", "AVX-512 F, BW, DQ, VL", true},
    {target::avx512_bf16, "avx512_bf16", "AVX-512 with BF16 and INT8 dot products and VBMI", true},
}};

constexpr std::string_view name_of(target t) { return all_targets[static_cast<std::size_t>(t)].name; }

// Whether this CPU and its operating system can run the target.
inline bool cpu_offers(target t) {
#if defined(__x86_64__) && defined(__GNUC__)
    switch (t) {
        case target::scalar: return true;
        case target::avx2:
            return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
        case target::avx512:
        case target::avx512_bf16: break;
    }
    const bool base = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return base &&
           (t == target::avx512 || (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni") &&
                                    __builtin_cpu_supports("avx512vbmi")));
#else
    return t == target::scalar;
#endif
}

// The target in use: the one NARROWFP_TARGET names, else the last in the list that has kernels and runs here.
// Throws std::invalid_argument for an unknown name, or one without kernels or not offered by this CPU.
inline target active_target() {
    const char* forced = std::getenv("NARROWFP_TARGET");
    target best = target::scalar;
    for (const target_info& info : all_targets) {
        if (forced != nullptr && info.name == forced) {
            if (!info.has_kernels || !cpu_offers(info.id)) {
                throw std::invalid_argument(
                    "NARROWFP_TARGET=" + std::string(forced) +
                    (info.has_kernels ? ": this CPU does not offer it" : ": this build has no kernels for it"));
            }
            return info.id;
        }
        if (info.has_kernels && cpu_offers(info.id)) {
            best = info.id;
        }
    }
    if (forced != nullptr && *forced != '\0') {
        throw std::invalid_argument("NARROWFP_TARGET=" + std::string(forced) +
                                    ": unknown target; known: scalar, avx2, avx512, avx512_bf16");
    }
    return best;
}

}  // namespace narrowfp
