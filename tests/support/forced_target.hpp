// SPDX-License-Identifier: Apache-2.0
// Runs a part of a test on a chosen target (base/target.hpp).
#pragma once

#include <narrowfp/base/target.hpp>

#include <vector>

#include "support/scoped_environment.hpp"

namespace narrowfp_test {

// Sets NARROWFP_TARGET for its lifetime.
class forced_target {
public:
    explicit forced_target(const char* name) : variable_("NARROWFP_TARGET", name) {}

private:
    scoped_environment variable_;
};

// Targets with kernels of their own that this CPU offers.
inline std::vector<narrowfp::target_info> targets_here() {
    std::vector<narrowfp::target_info> targets;
    for (const narrowfp::target_info& info : narrowfp::all_targets) {
        if (info.has_kernels && narrowfp::cpu_offers(info.id)) {
            targets.push_back(info);
        }
    }
    return targets;
}

}  // namespace narrowfp_test
