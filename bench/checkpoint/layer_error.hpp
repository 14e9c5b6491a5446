// SPDX-License-Identifier: Apache-2.0
// The error of a layer's product Y = X W^T on captured activations X, by format and recipe: with both operands quantised
// and summed in FP32 as gemm does, and with only one of them quantised, so that one sees which of the two it comes from.
// The reference is the product of the stored numbers in FP64. A weight alone says little about its layer: what matters is
// what it is multiplied with.
#pragma once

#include "checkpoint/model_audit.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

namespace narrowfp::bench {

struct layer_way {
    std::string format;
    std::string recipe_name;
    recipe how;
    any_format element;
};

struct layer_outcome {
    double error = 0;              // relative, Frobenius, of the product
    double error_x = 0;            // with only X quantised
    double error_w = 0;            // with only W quantised
    double bias = 0;               // mean(y - r) / mean(|r|)
    std::uint64_t not_finite = 0;  // elements of the product that are; then no figure above holds
    event_counts x_events{};       // of quantising X
};

struct layer_product {
    std::string weight;
    std::string activation;
    std::size_t tokens = 0;  // rows of X that were used
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    std::vector<layer_outcome> outcomes;  // by way
};

// Every format with every recipe; where both lists are empty FP8, INT8, FP4 and BF16 under their usual recipes.
std::vector<layer_way> layer_ways(const std::vector<any_format>& formats, const std::vector<recipe>& recipes);

// For each weight with two dimensions the activations of its name, of its name without ".weight", or of that with ".input";
// one weight and one array belong together whatever their names. The last dimension of an activation is k, all others
// count tokens, of which the first `most_tokens` are used. Throws std::invalid_argument if nothing fits together, or if the
// inputs of a pair differ; std::runtime_error if a file cannot be read or holds NaN or infinities.
std::vector<layer_product> layer_products(const std::vector<stored_tensor>& weights,
                                          const std::vector<stored_tensor>& activations,
                                          const std::vector<layer_way>& ways, bool k_last, std::size_t most_tokens,
                                          int threads);

report::table layer_table(const std::vector<layer_product>& products, const std::vector<layer_way>& ways);
void add_layer_records(report::document& doc, const std::vector<layer_product>& products,
                       const std::vector<layer_way>& ways, const std::string& repro);

}  // namespace narrowfp::bench
