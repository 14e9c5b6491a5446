// SPDX-License-Identifier: Apache-2.0
// A flipped bit of a master weight in the middle of a training run: what it does to the loss by arm and bit, whether the loss
// itself tells, and that computing the steps again from the last checkpoint gives the bits of a run without the fault. The
// model is the experiment's smallest; single flips, every bit alike.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct training_fault_options {
    std::vector<std::string> arms{"fp32", "bf16", "f16", "deepseek_v3", "int8_tile"};
    std::size_t before = 60;  // steps up to the fault
    std::size_t after = 20;   // steps after it
    int weights = 4;          // hit weights for each bit
    std::uint32_t seed = 1;
    std::function<void()> on_arm{};
};

// Shares of the flips of one bit, or of all. Losses are compared with those of the run without a fault.
struct training_damage {
    std::int64_t flips = 0;
    std::int64_t unchanged = 0;   // every loss the same bits
    std::int64_t not_finite = 0;  // a loss that is NaN or infinite
    std::int64_t damaged = 0;     // finite; the last loss is more than 1 % higher
    std::int64_t detected = 0;  // the next loss is not finite or more than a tenth above the last one before the fault
    double largest_gap = 0;     // finite: last loss over the one without a fault, less 1
    double largest_gap_missed = 0;  // the same among those not detected

    void add(const training_damage& other);
};

struct arm_faults {
    std::string arm;
    std::vector<training_damage> by_bit;  // 32
    training_damage all;
    double false_alarms = 0;  // share of the steps without a fault whose loss would tell of one
    bool recovered = false;   // weights after computing the steps again equal those without a fault, bit for bit
};

// Throws std::invalid_argument for an unknown arm.
std::vector<arm_faults> run_training_faults(const training_fault_options& options);

}  // namespace narrowfp::bench
