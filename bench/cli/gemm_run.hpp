// SPDX-License-Identifier: Apache-2.0
// One emulated matrix product and its errors, split by cause: all of it, what quantising the operands does (found with
// an exact accumulator), and what accumulating and rounding the result does (found against the exact product of the
// quantised operands). Knows nothing of command lines and prints nothing; gemm_output.hpp does.
#pragma once

#include "support/real_matrix.hpp"

#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/report/record.hpp>

#include <string>

namespace narrowfp::cli {

struct gemm_setup {
    bench::real_matrix a;     // m x k
    bench::real_matrix b;     // k x n
    report::field_list data;  // where a and b come from, as parameters of a record
    std::string data_text;    // the same for people
    any_format a_format = e4m3fn;
    any_format b_format = e4m3fn;
    any_format output = f32;
    recipe scaling = recipes::none;
    accumulator acc = sequential<float>{};
    std::string unit;  // name of the matrix unit that acc comes from; may be empty
    int threads = 0;
};

// Bytes of one operand as it lies in memory, beside the same matrix in FP32 and BF16.
struct operand_bytes {
    std::size_t codes = 0;
    std::size_t scales = 0;
    std::size_t as_f32 = 0;
    std::size_t as_bf16 = 0;

    std::size_t total() const { return codes + scales; }
    friend operand_bytes operator+(const operand_bytes& x, const operand_bytes& y) {
        return {x.codes + y.codes, x.scales + y.scales, x.as_f32 + y.as_f32, x.as_bf16 + y.as_bf16};
    }
};

struct gemm_outcome {
    operand_bytes a_bytes;
    operand_bytes b_bytes;
    event_counts a_events;
    event_counts b_events;
    bool operands_exact = false;  // both operands are the given matrices, unchanged: no quantisation error
    error_report total;           // result against the exact product of the given matrices
    error_report quantization;    // exact accumulator against the same
    error_report accumulation;    // result against the exact product of the quantised operands
};

// Throws std::invalid_argument for shapes that do not match, empty matrices and elements that are not finite.
gemm_outcome run_gemm(const gemm_setup& setup);

}  // namespace narrowfp::cli
