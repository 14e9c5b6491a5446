// SPDX-License-Identifier: Apache-2.0
// Tensors chosen by globs on the command line, as `audit` and `quantize` take them.
#pragma once

#include "checkpoint/stored_tensor.hpp"

#include <string>
#include <vector>

namespace narrowfp::cli {

// For each tensor, whether a glob names it and no glob behind '!' does; without globs of the first kind all are named.
// Throws std::invalid_argument for a glob that matches nothing, and if no tensor is left.
std::vector<bool> choose_tensors(const std::vector<bench::stored_tensor>& all, const std::vector<std::string>& globs);

}  // namespace narrowfp::cli
