// SPDX-License-Identifier: Apache-2.0
// The trainer under kills. One life of it (run_one_life) goes on from the checkpoint that it finds; the study kills lives
// at random times and in the writing of checkpoints, and asks two things: are the weights at the end those of a run without
// a kill, bit for bit, and what share of the time was effective, beside the formula for the interval of Young and Daly.
// Time is scaled: seconds stand for hours, with the costs of saving and restarting that were measured here.
#pragma once

#include "faults/interruption.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace narrowfp::bench {

// One life: what the program under kills is told.
struct life_options {
    std::filesystem::path folder;
    std::string arm = "deepseek_v3";
    std::size_t steps = 400;
    std::size_t every = 10;   // steps between checkpoints
    double save_seconds = 0;  // blocks for this long before each checkpoint, beside what writing takes
    std::uint32_t seed = 1;
};

// Trains to the end, writes `result` (hash of the weights, last loss) and `timing` (seconds of a step and of a
// checkpoint), prints "ready" once the checkpoint is loaded.
void run_one_life(const life_options& o);

struct interruption_options {
    // Program and arguments before those of a life, for example {"/proc/self/exe", "faults"}.
    std::vector<std::string> program;
    bool small = false;  // fewer kills
    std::uint32_t seed = 1;
    std::function<void(double fraction)> on_progress{};
};

struct share_result {
    std::string id;  // "often"
    double mtbf = 0;
    std::size_t every = 0;  // steps between checkpoints
    double interval = 0;    // the same in seconds of work
    double checkpoint = 0;  // mean cost, seconds
    double restart = 0;     // mean time from a kill to work
    double share = 0;       // work over time
    double standard_error = 0;
    double formula = 0;
    std::int64_t kills = 0;
    std::int64_t runs = 0;
};

struct interruption_study {
    std::string expected;  // result without a kill
    std::vector<kill_event> kills;
    std::int64_t runs = 0;
    bool equal = true;  // every resumed run ended with it
    double step_seconds = 0;
    double save_seconds = 0;
    std::uint64_t checkpoint_bytes = 0;
    std::vector<share_result> shares;

    std::int64_t kills_in_writes() const;
};

interruption_study run_interruption_study(const interruption_options& options);

// The arguments that one life understands.
std::vector<std::string> life_arguments(const life_options& o);

}  // namespace narrowfp::bench
