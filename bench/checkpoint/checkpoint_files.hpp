// SPDX-License-Identifier: Apache-2.0
// What lies on disk for one path that the user gave: tensors as stored, metadata of the shards, the configuration beside
// them. It knows no layout. config.json, hf_quant_config.json and params.json are read from a folder, and beside a single
// file if that is the folder's only one or the folder's index names it.
#pragma once

#include "checkpoint/stored_tensor.hpp"
#include "support/json_reading.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

// A tensor that is not part of the model, and why.
struct dropped_tensor {
    stored_tensor tensor;
    std::string why;
};

struct checkpoint_files {
    std::filesystem::path path;          // as given
    std::vector<stored_tensor> tensors;  // in the order of the shards and, in a shard, of their data
    std::vector<dropped_tensor> unindexed;
    std::vector<std::filesystem::path> shards;
    std::filesystem::path index;                                                   // empty without one
    std::map<std::filesystem::path, std::map<std::string, std::string>> metadata;  // of each shard
    json config;                                                                   // null where there is none
    json quantisation_file;                                                        // hf_quant_config.json
    json parameters;                                                               // params.json
    std::filesystem::path config_folder;  // where they are; empty if none was read

    bool is_folder() const { return std::filesystem::is_directory(path) || !index.empty(); }
    // The value of the first shard that has it, or an empty text.
    std::string metadata_of(const std::string& key) const;
};

// Throws std::runtime_error and std::invalid_argument as the readers of the files do, for a folder without tensors and for
// a path of another kind.
checkpoint_files open_files(const std::filesystem::path& path, const std::optional<any_format>& codes);

}  // namespace narrowfp::bench
