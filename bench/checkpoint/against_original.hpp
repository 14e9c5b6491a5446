// SPDX-License-Identifier: Apache-2.0
// A quantised checkpoint against the model that it was made from: the error of each tensor and in total, which elements were
// clipped or became zero, and the worst blocks. Tensors are paired by name; both are read in the orientation of the model's
// parameters. All sums are taken in double, block row by block row in order: no result depends on the number of threads.
#pragma once

#include "checkpoint/code_statistics.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct block_error {
    std::size_t matrix = 0;
    std::size_t row = 0;  // of its first element, as the model's parameter
    std::size_t col = 0;
    double relative = 0;
};

struct error_sums {
    std::uint64_t elements = 0;
    std::uint64_t left_out = 0;  // not finite on either side
    std::uint64_t clipped = 0;   // the code is the largest, and the original is larger
    std::uint64_t zeroed = 0;    // nonzero elements that are zero now
    double error2 = 0;
    double reference2 = 0;
    double value2 = 0;
    double product = 0;

    std::optional<double> relative() const;  // Frobenius; none if the original is zero and the error is not
    std::optional<double> cosine() const;    // none if either side is zero
    error_sums& operator+=(const error_sums& other);
};

struct compared_tensor {
    stored_tensor tensor;
    std::string original_type;
    error_sums sums;
    std::size_t block_rows = 0;  // of the blocks below
    std::size_t block_cols = 0;
    std::vector<block_error> worst;     // at most three, the worst first
    std::optional<tensor_codes> codes;  // of scaled tensors
};

struct comparison {
    std::vector<compared_tensor> tensors;  // the largest relative error first
    error_sums total;
    std::vector<std::string> only_quantised;  // real tensors without a counterpart
    std::vector<std::string> only_original;
};

// Throws std::invalid_argument if no names agree or the shapes of a pair differ; std::runtime_error if a file cannot be read.
comparison compare_with_original(const std::vector<stored_tensor>& tensors, const std::vector<stored_tensor>& originals,
                                 int threads,
                                 const std::function<void(std::uint64_t, const std::string&)>& advance = {});

// At most `most` rows (0: all), with a bar for each error.
report::table against_table(const comparison& c, std::size_t most);
std::vector<std::pair<std::string, std::string>> against_facts(const comparison& c);
void add_against_records(report::document& doc, const comparison& c, const std::string& repro);

}  // namespace narrowfp::bench
