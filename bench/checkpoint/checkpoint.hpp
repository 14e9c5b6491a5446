// SPDX-License-Identifier: Apache-2.0
// The tensors of a model, read from any path that the user gives: plain ones, and those that a layout puts together from
// codes and scales. The layout is found from metadata, configuration and names, in that order.
#pragma once

#include "checkpoint/checkpoint_files.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct checkpoint {
    checkpoint_files files;
    std::string layout;                  // empty if nothing is quantised
    std::vector<stored_tensor> tensors;  // of the model
    std::vector<dropped_tensor> dropped;
    std::vector<std::string> notes;
};

// Throws std::invalid_argument and std::runtime_error that name tensor, file or key for a layout that is not read, for scales
// that are missing or do not fit their codes, and for a configuration that promises what is not there.
checkpoint put_together(checkpoint_files files);

// The same of a path. Throws as open_files, too.
checkpoint open_checkpoint(const std::filesystem::path& path, const std::optional<any_format>& codes);

// The metadata of a shard without what announces a layout, and with "format" (of transformers) "pt" where there is none.
std::map<std::string, std::string> kept_metadata(const checkpoint& model, const std::filesystem::path& shard);

// The tensors of several checkpoints. Names that occur more than once get their file in front. Throws as open_checkpoint,
// and if there are no tensors or a path was given twice.
struct tensor_list {
    std::vector<stored_tensor> tensors;
    std::vector<std::string> layouts;  // one for each path
    std::vector<dropped_tensor> dropped;
    std::vector<std::string> notes;
};
tensor_list list_tensors(const std::vector<std::string>& paths, const std::optional<any_format>& codes);

}  // namespace narrowfp::bench
