// SPDX-License-Identifier: Apache-2.0
// narrowfp evidence score: a user's own pairs against the intervals that the ratio model predicts for them.
#pragma once

#include "cli/command.hpp"

namespace narrowfp::cli {

void add_evidence_score(CLI::App& group, context& ctx);

}  // namespace narrowfp::cli
