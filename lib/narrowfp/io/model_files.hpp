// SPDX-License-Identifier: Apache-2.0
// A model as it lies on disk: one .safetensors file, a folder of them, or an index (*.safetensors.index.json) whose
// weight_map says which shard holds which tensor. The index decides: a tensor that it does not place in a file where it is
// (a stale copy, a tensor that it does not name) is listed apart and never read. It reads headers only.
// Source: the layout of sharded checkpoints in the documentation of Hugging Face's hub.
#pragma once

#include <narrowfp/io/safetensors.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp {

// A tensor of a shard that the index does not place there.
struct unindexed_tensor {
    std::size_t shard = 0;  // among the shards
    std::string name;
    std::string placed_in;  // by the index; empty if it does not name the tensor
};

struct model_files {
    std::vector<safetensors_file> shards;  // in order of their names
    std::filesystem::path index;           // empty without one
    std::vector<unindexed_tensor> unindexed;

    // A loop over it is one over its shards.
    auto begin() const { return shards.begin(); }
    auto end() const { return shards.end(); }
};

// The shards, each checked as safetensors_file checks it. A path is a .safetensors file, an index, or a folder; a folder's
// index is used if it has one, else all its .safetensors files. Throws std::runtime_error that names the file for: a
// folder without any or with several indices, a shard that is missing, a tensor that the index places in a shard that
// does not hold it, and, without an index, a tensor that two shards hold.
model_files open_model(const std::filesystem::path& path);

// Whether the path ends as the name of an index does.
bool is_model_index(const std::filesystem::path& path);

// The weight_map of an index: tensor name to file name. `name` stands in messages. Throws std::runtime_error for text
// that is not such an index, tensors given twice, and file names that are not plain (no folders).
std::map<std::string, std::string> parse_model_index(std::string_view text, const std::string& name);

}  // namespace narrowfp
