// SPDX-License-Identifier: Apache-2.0
// T1, fidelity at fixed weights: what an arm does to one gradient and to each product of each linear layer, against FP64.
// Weights, batches and, for products, operands are the FP32 run's, so nothing depends on the path of a training run. The
// error of a product is split: quantisation (FP64 product of the quantised operands) and accumulation (against that one).
// It says nothing about how errors add up over many steps (T3).
#pragma once

#include "train/experiment/runs.hpp"
#include "train/model/random.hpp"
#include "train/run/operand_files.hpp"

namespace narrowfp::bench::train {

// Batches are those of a seed that no run trains on.
inline constexpr std::uint32_t fidelity_seed = 0x7E57;

// What all arms are measured against at one checkpoint.
struct fidelity_reference {
    std::size_t step = 0;
    std::vector<batch> batches{};
    std::vector<reference_gradient> gradients{};            // of each batch
    std::vector<linear_operands> operands{};                // of the first batch
    std::vector<std::array<matrix<double>, 3>> products{};  // of each of these: Y, dX, dW
};

fidelity_reference make_reference(const experiment_design& d, const snapshot& at, const token_streams& data);

// The arm at one checkpoint, one batch after the other on one thread.
arm_fidelity measure_fidelity(const arm& a, const snapshot& at, const fidelity_reference& reference);

// A * B in double, sums in ascending order of k: relative error below k 2^-53 of |A| |B|.
matrix<double> product_in_double(matrix_view<const float> a, matrix_view<const float> b);

// The products of one linear layer under a recipe against references of the unquantised ones. The gradients of loss are
// multiplied by `loss_scale`, a power of two, before and divided after. `random`: of gradients that are rounded by chance.
std::vector<product_fidelity> product_fidelity_of(const linear_recipe& r, float loss_scale, const linear_operands& o,
                                                  const std::array<matrix<double>, 3>& references,
                                                  const random_key& random);

}  // namespace narrowfp::bench::train
