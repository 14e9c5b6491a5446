// SPDX-License-Identifier: Apache-2.0
// What a tensor is like, and what each way of quantising it does to it: bytes, errors, events. The tensor is taken in
// tiles; a tile is converted to FP32 (64-bit data: to doubles) once and then goes through all ways, so memory beside
// the stored bytes is small. Each element is rounded once, from what the file holds, and its error is against that.
// All sums are taken in double over fixed tiles and added in their order: no result depends on the number of threads.
#pragma once

#include "checkpoint/quantize_run.hpp"
#include "checkpoint/tensor_values.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace narrowfp::bench {

// Statistics of the elements as stored. NaN and infinities are counted and left out of every other figure.
struct tensor_statistics {
    std::uint64_t elements = 0;
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
    std::uint64_t zeros = 0;
    double amax = 0;
    double sum_of_squares = 0;
    std::optional<double> rms;
    std::optional<double> amax_over_rms;  // none if all are zero
    std::optional<double> kurtosis;  // E (x - mean)^4 / (E (x - mean)^2)^2: 3 for normal data; none if all are equal

    std::uint64_t finite() const { return elements - nan - infinite; }
    std::uint64_t nonzero() const { return finite() - zeros; }
};

struct tensor_outcome {
    std::uint64_t code_bytes = 0;
    std::uint64_t scale_bytes = 0;
    std::uint64_t blocks = 0;  // that share a scale; 0 without scales
    std::uint64_t elements = 0;
    std::uint64_t left_out = 0;  // elements that are not finite, before or after
    run_events events;
    double error2 = 0;          // sum of squares of the errors
    double reference2 = 0;      // of the elements
    double worst_relative = 0;  // largest |error| / |x| over x != 0

    std::uint64_t bytes() const { return code_bytes + scale_bytes; }
    // Every element is represented without error.
    bool exact() const { return error2 == 0 && left_out == 0; }
    double relative_frobenius() const;
    std::optional<double> sqnr_db() const;  // none if the error is zero

    tensor_outcome& operator+=(const tensor_outcome& other);
};

// Bytes and blocks of a matrix quantised so; closed forms of the shape.
tensor_outcome outcome_bytes(std::size_t rows, std::size_t cols, const quantization& q);

struct tensor_audit {
    tensor_statistics statistics;
    std::vector<tensor_outcome> outcomes;  // one for each quantiser
};

// The loaded tensor as rows x cols matrix, row by row. `advance` is told how many elements are done,
// from several threads. Errors are those of dequantize(quantize(x)) against x.
tensor_audit audit_tensor(const tensor_values& values, std::size_t rows, std::size_t cols,
                          std::span<const quantizer> ways, int threads,
                          const std::function<void(std::uint64_t)>& advance = {});

}  // namespace narrowfp::bench
