// SPDX-License-Identifier: Apache-2.0
// Runs a part of a test on a chosen target (base/target.hpp).
#pragma once

#include <narrowfp/base/target.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp_test {

// Sets NARROWFP_TARGET for its lifetime.
class forced_target {
public:
    explicit forced_target(const char* name) {
        if (const char* old = std::getenv("NARROWFP_TARGET")) {
            old_ = old;
        }
        setenv("NARROWFP_TARGET", name, 1);
    }
    ~forced_target() {
        if (old_) {
            setenv("NARROWFP_TARGET", old_->c_str(), 1);
        } else {
            unsetenv("NARROWFP_TARGET");
        }
    }
    forced_target(const forced_target&) = delete;
    forced_target& operator=(const forced_target&) = delete;

private:
    std::optional<std::string> old_;
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
