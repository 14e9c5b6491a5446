// SPDX-License-Identifier: Apache-2.0
// Figures of V16: how much of what FP8 saves a chip without FP8 units saves too, if it stores and sends 8-bit codes and
// multiplies in 16 bits. A share is (16-bit - storage) / (16-bit - FP8 units).
#pragma once

#include "claim/row.hpp"
#include "claim/scenario_distribution.hpp"

#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

// Of the step time of an Ascend against the same chip had it FP8 units at twice its 16-bit peak. Below 0: casts cost more
// than traffic saves.
struct recovered_time {
    std::string chip;
    scenario_distribution unlimited;  // memory unlimited; scenarios in which FP8 units save time
    std::optional<double> with_fit;  // memory as it is, at the centre; nothing if no schedule fits or FP8 saves nothing
};

struct recovery {
    scenario_range kept{};  // of the bytes of V3, over its counts that FP8 makes smaller
    scenario_range sent{};  // of those of V5
    std::vector<recovered_time> chips;
    // Time of a memory-bound product: by bytes alone, and measured here by bench_gemv.
    double memory_bound = 1;
    std::optional<double> measured_speed_up;  // time with 16-bit weights over that with 8-bit ones

    scenario_range step_time() const;                     // over all chips
    std::optional<scenario_range> step_with_fit() const;  // nothing if no chip has it
    std::optional<double> measured_share() const;         // of the speed-up that bytes alone would give
};

recovery compute_recovery(const row_context& how);

row_result present_recovery(const recovery& figures);

}  // namespace narrowfp::bench::claim
