// SPDX-License-Identifier: Apache-2.0
// Two curves of V6, emulated bit for bit: error of a product against bits of an operand's element (codes and scales), and
// error of accumulation against the length K of the sums, with and without promotion to FP32. Operands are generated.
#pragma once

#include <narrowfp/report/record.hpp>
#include <narrowfp/report/table.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace narrowfp::bench::claim {

struct bits_point {
    std::string id;    // "e4m3fn.deepseek_v3"
    std::string name;  // "E4M3, deepseek_v3"
    double bits = 0;   // of an element, scales included, mean of both operands
    double error = 0;  // relative, Frobenius, of the exact product of the rounded operands
};

struct length_point {
    std::int64_t k = 0;
    double error = 0;  // relative, Frobenius, against the exact product of the same rounded operands
};

struct length_curve {
    std::string data;  // "uniform01"
    std::string id;    // "h100_128"
    std::string name;  // "Hopper, FP32 every 128"
    std::vector<length_point> points;
};

struct error_curves {
    std::vector<bits_point> bits;
    std::vector<length_curve> lengths;
};

error_curves make_error_curves(int threads);

std::vector<report::table> tables_of(const error_curves& curves);
std::vector<report::record> records_of(const error_curves& curves);

}  // namespace narrowfp::bench::claim
