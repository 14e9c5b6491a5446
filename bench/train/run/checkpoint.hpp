// SPDX-License-Identifier: Apache-2.0
// The file from which a run goes on: text lines that say of which configuration and step it is, then the numbers,
// little-endian, under a SHA-256. It is written whole or not at all and synced before it takes its name
// (report/write_file.hpp); what a killed process leaves behind is a file .narrowfp-*.tmp in the same folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace narrowfp::bench::train {

struct checkpoint {
    std::size_t step = 0;     // steps done
    std::size_t updates = 0;  // of the weights
    float loss_scale = 1;
    std::size_t good_steps = 0;  // since the loss scale last changed
    std::vector<float> parameters;
    std::vector<float> first;  // moments
    std::vector<float> second;
    std::vector<float> losses;    // of the steps done
    std::vector<float> amax_log;  // delayed scaling, see delayed_states
};

// Returns the bytes written. `configuration` is the text that configuration_text makes.
std::size_t write_checkpoint(const std::filesystem::path& path, const checkpoint& c, const std::string& configuration);

// Throws std::runtime_error, naming the file, if it is no checkpoint, truncated, damaged or of another configuration.
checkpoint read_checkpoint(const std::filesystem::path& path, const std::string& configuration);

}  // namespace narrowfp::bench::train
