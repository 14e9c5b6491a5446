// SPDX-License-Identifier: Apache-2.0
// A program for the test of faults/interruption.hpp: adds up steps of some milliseconds and keeps its place in a checkpoint.
//   interruption_child FOLDER STEPS whole|torn|forgetful
// whole: as it should be. torn: writes its checkpoints in place and, once, waits half way through one until it is killed.
// forgetful: resumes a step too late, and waits once after a checkpoint until it is killed. Both show that they wait by a
// file named as an unfinished checkpoint, the only one they make, so that a kill finds them there however slow the machine.
#include <narrowfp/report/write_file.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace {

constexpr std::uint64_t waits_at = 7;  // step

std::uint64_t next(std::uint64_t sum, std::uint64_t step) { return (sum ^ step) * 0x9E3779B97F4A7C15u + 1; }

// The first time that it is called for a folder: stays until a kill; an error if none comes.
void wait_for_kill(const std::filesystem::path& folder) {
    const std::filesystem::path waited = folder / "waited";
    if (!std::filesystem::exists(waited)) {
        std::ofstream{waited};
        std::ofstream{folder / ".narrowfp-waits.tmp"};
        std::this_thread::sleep_for(std::chrono::minutes(1));
        std::exit(3);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    const std::uint64_t steps = std::stoull(argv[2]);
    const std::string mode = argv[3];
    const std::filesystem::path checkpoint = folder / "checkpoint";
    std::uint64_t step = 0;
    std::uint64_t sum = 1;
    if (std::filesystem::exists(checkpoint)) {
        std::istringstream text(narrowfp::report::read_file(checkpoint));
        text >> step >> sum;
        step += mode == "forgetful" ? 1u : 0u;
    }
    std::puts("ready");
    std::fflush(stdout);
    while (step < steps) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        sum = next(sum, step++);
        const std::string text = std::to_string(step) + ' ' + std::to_string(sum);
        if (mode == "whole") {
            narrowfp::report::write_file(checkpoint, text + std::string(100000, '\n'),
                                         narrowfp::report::durability::power_loss);
            continue;
        }
        std::ofstream file(checkpoint);
        const std::size_t first_part = mode == "torn" ? text.size() / 2 : text.size();
        file << text.substr(0, first_part) << std::flush;
        if (step >= waits_at) {
            wait_for_kill(folder);
        }
        file << text.substr(first_part);
    }
    narrowfp::report::write_file(folder / "result", std::to_string(sum));
    return 0;
}
