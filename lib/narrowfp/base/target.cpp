// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/target.hpp>

#include <cstdlib>
#include <stdexcept>

namespace narrowfp {

namespace {

template <class Keep>
std::string names_of(std::span<const target_info> known, Keep keep) {
    std::string out;
    for (const target_info& info : known) {
        if (keep(info)) {
            out += (out.empty() ? "" : ", ") + std::string(info.name);
        }
    }
    return out;
}

bool can_run(const target_info& info, const machine_features& machine) {
    return info.has_kernels && machine.usable.contains(info.features);
}

}  // namespace

std::string why_refused(const target_info& info, const machine_features& machine) {
    if (!info.has_kernels) {
        return "this build has no kernels for it";
    }
    if (const feature_set missing = info.features.without(machine.in_cpu); !missing.empty()) {
        return "the CPU lacks " + text_of(missing);
    }
    if (const feature_set blocked = info.features.without(machine.usable); !blocked.empty()) {
        return "the operating system does not save the registers of " + text_of(blocked);
    }
    return "";
}

bool cpu_offers(target t) { return this_machine().usable.contains(features_of(t)); }

const target_info& choose_target(std::span<const target_info> known, const machine_features& machine,
                                 const char* forced) {
    const bool by_name = forced != nullptr && *forced != '\0';
    const target_info* chosen = nullptr;
    for (const target_info& info : known) {
        if (by_name ? info.name == forced : can_run(info, machine)) {
            chosen = &info;
        }
    }
    const auto refuse = [&](const std::string& why) {
        throw std::invalid_argument("NARROWFP_TARGET=" + std::string(forced == nullptr ? "" : forced) + ": " + why);
    };
    if (chosen == nullptr) {
        refuse("unknown target; known: " + names_of(known, [](const target_info&) { return true; }));
    } else if (by_name && !can_run(*chosen, machine)) {
        refuse(why_refused(*chosen, machine) +
               "; offered here: " + names_of(known, [&](const target_info& info) { return can_run(info, machine); }));
    }
    return *chosen;
}

target active_target() { return choose_target(all_targets, this_machine(), std::getenv("NARROWFP_TARGET")).id; }

}  // namespace narrowfp
