// SPDX-License-Identifier: Apache-2.0
// Real operands for studies of one product: of a file that `narrowfp train --dump-operands` wrote, the linear layer that is
// looked at, and its three products Y = X W^T (fprop), dX = dY W (dgrad) and dW = dY^T X (wgrad). Which linear: of the layer
// in the middle the one with most inputs, because sums over k are longest there.
#pragma once

#include "train/run/operand_files.hpp"

#include <array>
#include <span>
#include <string>

namespace narrowfp::bench::train {

struct recorded_linear {
    std::string name;     // of the file, as a part of ids: "operands_step0150"
    std::string summary;  // "layer 1 down of operands-step0150.safetensors"
    std::filesystem::path file;
    linear_operands operands;
};

// Throws std::runtime_error as read_operands does.
recorded_linear read_recorded_linear(const std::filesystem::path& file);

// One of each file, in their order. Throws std::runtime_error too where two files give the same name.
std::vector<recorded_linear> read_recorded_linears(std::span<const std::filesystem::path> files);

struct recorded_product {
    std::string data;     // "wgrad.operands_step0150"
    std::string summary;  // "wgrad, layer 1 down of operands-step0150.safetensors"
    matrix<float> a;
    matrix<float> b;
};

// The first rows of A and columns of B, at most `most_lines` of each; k is whole.
std::array<recorded_product, 3> products_of(const recorded_linear& linear, std::size_t most_lines);

}  // namespace narrowfp::bench::train
