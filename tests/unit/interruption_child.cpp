// SPDX-License-Identifier: Apache-2.0
// A program for the test of faults/interruption.hpp: adds up steps of some milliseconds and keeps its place in a checkpoint.
//   interruption_child FOLDER STEPS whole|torn|forgetful
// whole: as it should be. torn: writes the checkpoint in place, slowly, so that a kill can cut it. forgetful: resumes a
// step too late.
#include <narrowfp/report/write_file.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace {

std::uint64_t next(std::uint64_t sum, std::uint64_t step) { return (sum ^ step) * 0x9E3779B97F4A7C15u + 1; }

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
        if (mode == "torn") {
            std::ofstream file(checkpoint);
            for (const char c : text) {
                file << c << std::flush;
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            }
        } else {
            narrowfp::report::write_file(checkpoint, text + std::string(100000, '\n'),
                                         narrowfp::report::durability::power_loss);
        }
    }
    narrowfp::report::write_file(folder / "result", std::to_string(sum));
    return 0;
}
