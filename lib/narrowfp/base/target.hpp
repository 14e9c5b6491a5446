// SPDX-License-Identifier: Apache-2.0
// Targets: the sets of instructions for which there are kernels, and the choice among them. The environment variable
// NARROWFP_TARGET forces one. A target changes speed, never results. Targets have no order: a target is a set of
// features, by which base/dispatch.hpp chooses the code to run.
// To add one: docs/add_a_target.md.
#pragma once

#include <narrowfp/base/config.hpp>
#include <narrowfp/base/cpu_features.hpp>
#include <narrowfp/base/target_attributes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace narrowfp {

// The names of the rows of all_targets.
enum class target : std::uint8_t { scalar, avx2, avx512, avx512_bf16 };

// Targets are compared by features_of(t).contains(...).
void operator<(target, target) = delete;
void operator<=(target, target) = delete;
void operator>(target, target) = delete;
void operator>=(target, target) = delete;

struct target_info {
    target id;
    std::string_view name;
    std::string_view summary;
    std::string_view attributes;  // as compilers take them, target_attributes.hpp
    bool has_kernels;             // whether this build has kernels for it
    feature_set features = features_named(attributes);
};

// The default is the last target that the machine can run.
inline constexpr std::array<target_info, 4> all_targets{{
    {target::scalar, "scalar", "portable C++, the reference", "", true},
    {target::avx2, "avx2", "AVX2 with FMA and F16C", NARROWFP_AVX2_ATTRIBUTES, NARROWFP_X86_KERNELS == 1},
    {target::avx512, "avx512", "AVX-512 F, BW, DQ, VL", NARROWFP_AVX512_ATTRIBUTES, NARROWFP_X86_KERNELS == 1},
    {target::avx512_bf16, "avx512_bf16", "AVX-512 with BF16 and INT8 dot products and VBMI",
     NARROWFP_AVX512_BF16_ATTRIBUTES, NARROWFP_X86_KERNELS == 1},
}};

constexpr bool targets_stand_at_their_ids() {
    for (std::size_t i = 0; i < all_targets.size(); ++i) {
        if (static_cast<std::size_t>(all_targets[i].id) != i) {
            return false;
        }
    }
    return true;
}
static_assert(targets_stand_at_their_ids());

constexpr const target_info& info_of(target t) { return all_targets[static_cast<std::size_t>(t)]; }
constexpr std::string_view name_of(target t) { return info_of(t).name; }
constexpr feature_set features_of(target t) { return info_of(t).features; }

// Why a machine cannot run a target: the CPU lacks features ("the CPU lacks avx512f, avx512bw"), the operating system
// does not save the registers, or this build has no kernels. Empty if the machine can run it.
std::string why_refused(const target_info& info, const machine_features& machine = this_machine());

// Whether this CPU and its operating system can run the target.
bool cpu_offers(target t);

// The target in `known` named by `forced`; if `forced` is null or empty, the last one that the machine can run.
// Throws std::invalid_argument for an unknown name, or a target that the machine cannot run.
const target_info& choose_target(std::span<const target_info> known, const machine_features& machine,
                                 const char* forced);

// The target in use: choose_target with NARROWFP_TARGET.
target active_target();
inline feature_set active_features() { return features_of(active_target()); }

}  // namespace narrowfp
