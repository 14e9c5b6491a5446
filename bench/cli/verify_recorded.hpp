// SPDX-License-Identifier: Apache-2.0
// narrowfp verify recorded: the recorded training runs against their hashes, and some or all of them against the same runs
// made anew.
#pragma once

#include "cli/command.hpp"

namespace narrowfp::cli {

struct recorded_command {
    CLI::App* app = nullptr;
    std::function<int(const context&)> run;
};

// Adds the command to `verify`, whose own callback comes after it and must call `run` if `app` was parsed.
recorded_command add_verify_recorded(CLI::App& verify, context& ctx);

}  // namespace narrowfp::cli
