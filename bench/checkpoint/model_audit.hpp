// SPDX-License-Identifier: Apache-2.0
// An audit of a model: which tensors, which ways of quantising them, the outcomes one by one and in total, and what is
// lost where. One tensor is in memory at a time. Nothing is multiplied and nothing is timed. A scaled tensor is audited by
// its values, k being its columns whatever the layout stores.
//
// A tensor is quantised as the operand of a product, in the layout of PyTorch's weights: of up to three dimensions, the
// last is k, the summed index, and everything before it rows (linear layers, stacked experts); of four and more, the
// first is rows and all others k (filters of convolutions). One dimension is a single row.
#pragma once

#include "checkpoint/tensor_audit.hpp"

#include <narrowfp/quant/recipe.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

// Which dimensions of a tensor of more than two are rows; the others are columns.
enum class row_rule {
    automatic,  // three dimensions: as leading; more: as first
    leading,    // all but the last
    first,      // the first alone
};

// How a tensor becomes a matrix and which operand it is.
struct matrix_layout {
    bool k_last = true;     // columns are k; otherwise rows are
    bool operand_b = true;  // weights; otherwise activations, operand A of a recipe
    row_rule rows = row_rule::automatic;
};

struct matrix_shape {
    std::size_t rows = 1;
    std::size_t cols = 1;
};
matrix_shape shape_as_matrix(const stored_tensor& tensor, const matrix_layout& layout);

// One way of quantising.
struct audit_case {
    std::string format;
    std::string recipe;
    quantization q;
    bool baseline = false;  // added for comparison: blocks of 1 x 128 along k

    std::string blocks() const { return q.scale.method == scale_method::none ? "-" : name_of(q.blocks); }
    // "tensor", "row", "128x128": for narrow columns.
    std::string short_blocks() const;
    std::string name() const { return format + "." + recipe + "." + blocks(); }
    bool narrow() const { return code_bits_of(q.element) <= 8; }
};

// Every format with every recipe; where either list is empty, what is usual for the other: FP8 with tensor_current,
// rowwise, deepseek_v3 and mxfp8, fixed-point formats with tensor_current and their own recipes, wider formats with
// none. For each format of at most 8 bits, blocks of 1 x 128 are added unless they are among them.
std::vector<audit_case> cases_for(const std::vector<any_format>& formats, const std::vector<recipe>& chosen_recipes,
                                  const matrix_layout& layout);

// The same recipe and format as operand of that layout.
quantization quantization_for(const recipe& r, const any_format& format, const matrix_layout& layout);

// Beyond these a tensor is said to lose by a case.
struct loss_thresholds {
    double lost_share = 0.01;  // of the nonzero elements, clipped or, in floating-point formats, flushed to zero
    double error_ratio = 2;    // relative Frobenius error against that of 1 x 128 blocks in the same format
};
inline constexpr loss_thresholds thresholds{};

struct audited_tensor {
    stored_tensor tensor;
    matrix_shape shape;
    tensor_statistics statistics;
    std::vector<tensor_outcome> outcomes;  // by case
};

struct model_audit {
    matrix_layout layout;
    std::vector<audit_case> cases;
    std::vector<audited_tensor> tensors;
    std::vector<stored_tensor> left_alone;
    tensor_statistics statistics;        // of all tensors; without rms, ratio and kurtosis
    std::vector<tensor_outcome> totals;  // by case
    std::uint64_t stored_bytes = 0;      // of the audited tensors
    std::uint64_t left_alone_bytes = 0;
    std::uint64_t largest_tensor = 0;  // bytes, as stored
};

// `advance` is told how many elements are done and of which tensor, from several threads. Throws std::runtime_error if
// no tensor has real elements, and if a file cannot be read.
model_audit audit_model(const std::vector<stored_tensor>& tensors, std::vector<audit_case> cases,
                        const matrix_layout& layout, int threads,
                        const std::function<void(std::uint64_t, const std::string&)>& advance = {});

// -- tensor by tensor -------------------------------------------------------------------------------------------------
// The error of the totals is that of the tensors with the largest elements; these figures count each tensor once.
struct error_spread {
    std::size_t tensors = 0;       // whose elements are finite, before and after, and not all zero
    std::optional<double> median;  // of their relative Frobenius errors
    std::optional<double> worst;
    const audited_tensor* worst_tensor = nullptr;
    std::size_t losing = 0;  // beyond the thresholds below
};
error_spread spread_of(const model_audit& audit, std::size_t which);

// The tensor with the largest sum of squares, and its part of that of all; none if all elements are zero.
struct largest_share {
    const audited_tensor* tensor = nullptr;
    double share = 0;
};
std::optional<largest_share> largest_share_of(const model_audit& audit);

// Norms, biases and the like: tensors of fewer than two dimensions, which are no operand of a product.
bool is_vector(const stored_tensor& tensor);
tensor_statistics vector_statistics(const model_audit& audit);

// -- what is lost -----------------------------------------------------------------------------------------------------
// Finite elements that were clipped to the largest value.
std::uint64_t clipped(const audit_case& way, const tensor_outcome& outcome, const tensor_statistics& statistics);

// Share of the nonzero finite elements that were clipped, became zero or stopped being finite. A fixed-point format
// rounds everything below half a step to zero, which is part of its ordinary error and does not count.
double lost_share(const audit_case& way, const tensor_outcome& outcome, const tensor_statistics& statistics);

// Whether the case loses more of the tensor than the thresholds allow.
bool loses(const model_audit& audit, const audited_tensor& tensor, std::size_t which);

// One sentence for each tensor and format that loses, the largest tensors first: how much, and which is the coarsest
// granularity that does not.
std::vector<std::string> losses(const model_audit& audit);

// -- the four columns -------------------------------------------------------------------------------------------------
struct cost_column {
    std::string_view title;
    std::string format;
    std::string recipe;
    std::optional<std::uint64_t> bytes;     // of all audited tensors, a closed form; none: the format is not here
    std::optional<tensor_outcome> outcome;  // if the case was among the chosen ones
};
// fp8 units | fp8 storage, 16-bit multiply | int8 | 16-bit only.
std::array<cost_column, 4> cost_columns(const model_audit& audit);

// Of the bytes that fp8 units would save against 16 bits, the part that the column saves; none if they save nothing.
std::optional<double> recovered(const std::array<cost_column, 4>& columns, std::size_t column);

}  // namespace narrowfp::bench
