// SPDX-License-Identifier: Apache-2.0
// Detection of faults in a product by checksums (ABFT; Huang and Abraham 1984): the sum of a column of C = A B must equal
// (the sum of the rows of A) B. The sums are taken in double over the numbers that the codes stand for, so what is left
// between the two is the rounding of the accumulator, and that sets the smallest fault that can be seen. Column sums only:
// they detect; locating a fault would take row sums, too.
#pragma once

#include "faults/stored_format.hpp"

#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace narrowfp::bench {

// What the columns of A B must sum to, and the sums of magnitudes that errors are measured in.
struct column_checksum {
    std::vector<double> sums;        // sum_k (sum_i a_ik) b_kj
    std::vector<double> magnitudes;  // sum_k (sum_i |a_ik|) |b_kj|
};

column_checksum checksum_of(const quantized_matrix& a, const quantized_matrix& b);

// |sum of a column of C - what it must be| / magnitude, the largest of all columns; infinite for a NaN or infinite sum.
double residual_of(const matrix<float>& c, const column_checksum& expected);

// A residual that rounding alone can never reach: a first-order bound of the accumulator's error (u of one addition times
// the additions that a product passes through).
double certain_threshold(const accumulator& acc, std::size_t k);

struct checksum_case {
    std::string id;
    std::string_view format;  // id of stored_formats()
    accumulator acc;
};

std::vector<checksum_case> checksum_cases();

enum class fault_place : std::uint8_t { codes, scales, results };
inline constexpr std::array<std::string_view, 3> fault_place_names{"codes", "scales", "results"};

struct detection {
    std::int64_t faults = 0;
    std::int64_t harmless = 0;    // the product did not change
    std::int64_t certain = 0;     // detected with the certain threshold
    std::int64_t calibrated = 0;  // with the calibrated one
    std::int64_t not_finite = 0;
    // The largest change of an element of C, over the root mean square of C, that the calibrated threshold let through.
    double largest_missed = 0;
};

struct checksum_outcome {
    checksum_case what;
    double certain = 0;     // thresholds, relative to the sums of magnitudes
    double calibrated = 0;  // twice the largest residual of fault-free products with other data
    std::int64_t false_alarms_certain = 0;
    std::int64_t false_alarms_calibrated = 0;
    std::int64_t fault_free = 0;  // products among which false alarms were counted
    std::array<detection, 3> by_place;
};

struct checksum_options {
    std::size_t m = 64;
    std::size_t n = 64;
    std::size_t k = 512;
    int calibration_products = 64;
    int fault_free_products = 64;
    int faults = 2000;  // per place
    std::uint32_t seed = 1;
    int threads = 0;
};

checksum_outcome run_checksum_case(const checksum_case& what, const checksum_options& options);

}  // namespace narrowfp::bench
