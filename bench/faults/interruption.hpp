// SPDX-License-Identifier: Apache-2.0
// Kills a program (SIGKILL) and starts it again until it ends. The program is any that goes on from what it finds in a
// folder: it writes a line "ready" to standard output once it has loaded its last checkpoint and goes to work, leaves
// checkpoints in the folder through files named .narrowfp-*.tmp, and ends with code 0 and a file `result`. Kills come at
// times drawn from an exponential distribution, or are aimed at the writing of a checkpoint. Times are measured; whether
// the result is the same bits as without a kill is the caller's question.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct resumable_program {
    std::vector<std::string> command;
    std::filesystem::path folder;  // of checkpoint and result; emptied by the caller
};

// Exponential times from (seed, index): -mean log u.
double exponential_time(double mean, std::uint32_t seed, std::uint64_t index);

struct kill_plan {
    double mean_seconds = 1;  // MTBF
    std::uint32_t seed = 1;
    std::uint64_t first = 0;  // index of the first time drawn
    // Every other kill waits for a checkpoint to be written and comes into it.
    bool aim_at_writes = false;
    std::size_t most_kills = SIZE_MAX;  // then the program runs to its end
    double restart_seconds = 0;         // from a kill to the next start: detection and repair
    double longest_seconds = 600;
};

struct kill_event {
    double seconds = 0;               // of the program's life
    bool ready = false;               // it had loaded its checkpoint
    bool in_write = false;            // a checkpoint was being written
    std::uint64_t bytes_written = 0;  // of the unfinished file
};

struct interruption_outcome {
    std::string result;  // content of the file `result`
    std::vector<kill_event> kills;
    double wall_seconds = 0;
    // From a kill, or the first start, until the program was ready: one for each time that it got there.
    std::vector<double> restart_times;
};

// Throws std::runtime_error if the program cannot be started, ends by itself with another code, ends without a result, or
// has not ended after longest_seconds.
interruption_outcome run_interrupted(const resumable_program& program, const kill_plan& plan);

}  // namespace narrowfp::bench
