// SPDX-License-Identifier: Apache-2.0
// What the codes and the scales of a quantised tensor tell by themselves, without the original: how many codes are
// saturated, zero, subnormal or never used, and whether scales are at the limits of their type.
#pragma once

#include "checkpoint/logical_tensor.hpp"

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace narrowfp::bench {

// Shares are of all elements.
struct code_statistics {
    std::uint64_t elements = 0;
    std::uint64_t nan = 0;
    std::uint64_t zero = 0;
    std::uint64_t subnormal = 0;  // 0 for fixed-point formats
    std::uint64_t saturated = 0;  // of the largest finite magnitude
    std::size_t unused = 0;       // finite codes that never occur
    std::size_t possible = 0;     // finite codes
};

struct scale_statistics {
    std::string name;
    std::uint64_t scales = 0;
    std::uint64_t nan = 0;
    std::uint64_t zero = 0;
    std::uint64_t least_positive = 0;  // of the smallest positive value of the type
    std::uint64_t largest_finite = 0;  // of the largest value of the type
    double least = 0;                  // of those that are finite and not zero; 0 if there are none
    double largest = 0;
};

struct tensor_codes {
    stored_tensor tensor;
    code_statistics codes;
    std::vector<scale_statistics> scales;  // by level
};

// For each code of the element format: whether its magnitude is the largest finite one.
std::array<bool, 256> saturated_codes(const any_format& format);

// Reads all codes. Precondition: the tensor is scaled.
tensor_codes statistics_of_codes(const stored_tensor& tensor, int threads);
std::vector<tensor_codes> statistics_of_codes(const std::vector<stored_tensor>& tensors, int threads);

// At most `most` rows (0: all), those with the largest share of saturated codes.
report::table codes_table(const std::vector<tensor_codes>& all, std::size_t most);
void add_codes_records(report::document& doc, const std::vector<tensor_codes>& all, const std::string& repro);

}  // namespace narrowfp::bench
