// SPDX-License-Identifier: Apache-2.0
// A folder of a model that appears whole or not at all: shards, index, configuration and other files are written into a
// hidden folder beside it, which then takes the name.
#pragma once

#include "checkpoint/checkpoint_files.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace narrowfp::bench {

class model_folder {
public:
    // Throws std::invalid_argument if `out` is a file or a folder that is not empty, std::runtime_error if it cannot be
    // written or the file system has fewer than `bytes` free.
    model_folder(std::filesystem::path out, std::uint64_t bytes);
    ~model_folder();  // without finish() nothing remains
    model_folder(const model_folder&) = delete;
    model_folder& operator=(const model_folder&) = delete;

    // Where a file is written until finish().
    std::filesystem::path place_of(const std::filesystem::path& name) const { return temporary_ / name; }

    void write_index(const std::string& name, const std::map<std::string, std::string>& weight_map,
                     std::uint64_t total_bytes) const;
    // Throws std::runtime_error.
    void finish();

private:
    std::filesystem::path out_;
    std::filesystem::path temporary_;
};

// The files of the folder that are no weights, no index and no configuration of weights: tokenizers and the like. Hidden
// files, subfolders and weights in other files (.bin, .pt, .gguf and the like) are not among them.
std::vector<std::filesystem::path> other_files(const checkpoint_files& files);

// Copies them, and config.json and params.json without what they say of quantisation, with `dtype` ("bfloat16") as the type
// of the weights (empty: what they say). hf_quant_config.json is left out.
void write_plain_configuration(const checkpoint_files& files, const std::string& dtype, const model_folder& folder);

}  // namespace narrowfp::bench
