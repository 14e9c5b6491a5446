// SPDX-License-Identifier: Apache-2.0
// What a device holds and sends in one step of training, matrix by matrix: the same parts as cost/training_bytes.hpp,
// whose formulas take bytes per number, but with the true shapes of the matrices and their ragged blocks. Nothing is
// estimated: a part is a list of shapes, each with how it is stored and how often.
#pragma once

#include <narrowfp/cost/training_bytes.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

// In which of the four columns of a cost a matrix of these elements stands. fp8 units and fp8 storage share one text:
// storing codes needs no unit that multiplies them.
std::string hardware_case_of(const any_format& element);

struct stored_matrix {
    std::uint64_t rows = 0;
    std::uint64_t cols = 0;
    quantization how;
    std::uint64_t count = 1;
    bool copy = false;  // of numbers that are there already: bytes, but no elements
};

struct stored_part {
    std::string name;           // "weights"
    std::string storage;        // "deepseek_v3", "bf16"; of gradients and optimizer "bf16_moments"
    std::string hardware_case;  // of the cost; "every column" where the format of linear layers plays no part
    std::vector<stored_matrix> matrices;
    double by_formula = 0;       // of cost/training_bytes.hpp, from bytes per number
    std::uint64_t elements = 0;  // that the formula counts; 0: it does not say
};

// Weights, cached activations, dispatch and combine for each way of storing linear layers; gradients and optimizer for
// each choice of their formats; one boundary of the pipeline.
std::vector<stored_part> parts_of_step(const cost::model_shape& m, const cost::training_layout& l);

// The largest difference there may be between shapes and bytes per number: the scales of blocks that a lower or right
// edge cuts, the last byte of each array, and a share of the optimizer that is not a whole number of elements.
double edge_bytes(const stored_part& part);

}  // namespace narrowfp::bench
