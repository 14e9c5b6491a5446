// SPDX-License-Identifier: Apache-2.0
// Rows of the suites of products: this library's product in all its variants, the products of other libraries, and what
// the machine can do at most. Operands are drawn once for a shape, while a row holds them.
#pragma once

#include "support/benchmark_main.hpp"
#include "support/machine_peak.hpp"
#include "support/openblas.hpp"

#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <map>
#include <memory>
#include <vector>

namespace narrowfp::bench {

// A is m x k, B is k x n.
struct product_shape {
    std::size_t m = 0;
    std::size_t n = 0;
    std::size_t k = 0;

    double products() const { return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k); }
    auto operator<=>(const product_shape&) const = default;
};

// How one row multiplies.
struct product_spec {
    std::string impl;  // narrowfp, narrowfp_packed, openblas, eigen, onednn, onednn_packed, peak, read
    any_format a = f32;
    any_format b = f32;
    recipe scaling = recipes::none;
    accumulator acc = sequential<float>{};
    std::string acc_name = {};  // empty: name_of(acc); "native": an order of its own
    product_shape shape;
    int threads = 1;
    std::string target = {};  // empty: the one in use; else also in the row's name
    std::size_t rotated_bytes =
        0;  // weights are copied until they fill this much, and each product takes the next copy
};

// Weights, and copies of them that lie apart in memory.
struct packed_weights {
    quantized_matrix b;
    std::vector<packed_operand> copies;
};

// Standard normal operands, drawn and packed once while a row holds them.
class operand_store {
public:
    explicit operand_store(std::uint32_t seed) : seed_(seed) {}

    std::shared_ptr<const matrix<float>> a(const product_shape& shape);
    std::shared_ptr<const matrix<float>> b(const product_shape& shape);
    std::shared_ptr<const packed_weights> packed(const product_spec& spec);
    std::shared_ptr<const byte_block> bytes(std::size_t count);
    std::uint32_t seed() const { return seed_; }

private:
    std::uint32_t seed_;
    std::map<std::string, std::weak_ptr<const matrix<float>>> matrices_;
    std::map<std::string, std::weak_ptr<const packed_weights>> weights_;
    std::map<std::size_t, std::weak_ptr<const byte_block>> bytes_;
};

std::string name_of_product(const product_spec& spec);

// What the rows of a suite share.
struct product_context {
    std::shared_ptr<operand_store> operands;
    openblas_or_reason blas;
};

// The core to be asked of OpenBLAS so that it uses the instructions of the target in use; empty: its own choice.
std::string openblas_core_for_target();

// A row by spec.impl. Throws std::invalid_argument for an unknown one.
std::unique_ptr<suite_row> make_product_row(const product_spec& spec, const product_context& context);

}  // namespace narrowfp::bench
