// SPDX-License-Identifier: Apache-2.0
// The values of a tensor, plain or scaled, a part at a time. Plain elements come as floats or doubles, exactly. A scaled
// element comes as a double: the exact product of its code and scales, or, where a scale divides, the quotient rounded to
// odd in 53 bits, so that one more rounding to 32 bits or fewer gives what one rounding of the exact quotient gives.
// A NaN code or scale gives NaN. Scales are kept in memory for the whole tensor, codes for the loaded part.
#pragma once

#include "checkpoint/logical_tensor.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace narrowfp::bench {

// How the matrices of a scaled tensor are turned. Plain tensors are always as stored.
enum class tensor_view {
    k_last,    // k, the summed index, runs along the columns
    restored,  // as the model's parameter
};

class tensor_values {
public:
    // Reads the scales. Precondition: the tensor is not left_alone. Throws std::runtime_error if they cannot be read,
    // std::invalid_argument for a divisor that is not a positive number and for scales whose product with a code is not
    // exact in a double.
    explicit tensor_values(const stored_tensor& tensor, tensor_view view = tensor_view::k_last);

    // A plain tensor whose bytes are in memory; all of it is loaded.
    tensor_values(const stored_tensor& tensor, const std::byte* data);

    // Whether values need doubles to be exact: those of scaled tensors and of 64-bit data.
    bool gives_doubles() const;

    // Reads elements [first, first + count); of scaled tensors, whole matrices.
    void load(std::uint64_t first, std::uint64_t count);
    void load_all() { load(0, tensor_.elements()); }

    // Elements [first, first + out.size()) of the loaded part, in the order of the view. May be called from several
    // threads. Precondition: `out` has the type that gives_doubles() says.
    void read(std::uint64_t first, std::span<float> out) const;
    void read(std::uint64_t first, std::span<double> out) const;

    // Of scaled tensors: the codes of the loaded part in the same order, and the scales of a level of a matrix.
    void read_codes(std::uint64_t first, std::span<std::uint8_t> out) const;
    const std::vector<double>& scales(std::size_t level) const { return levels_[level].values; }

private:
    struct level_values {
        std::vector<double> values;  // of all matrices, tiles undone
        const scale_level* how = nullptr;
    };

    void read_scales();
    std::vector<double> scales_of_records(const scale_level& how) const;
    void require_exact() const;
    std::uint8_t code_at(std::size_t matrix, std::size_t row, std::size_t col) const;
    void read_row(std::size_t matrix, std::size_t row, std::size_t col, std::span<double> out) const;
    void read_column(std::size_t matrix, std::size_t row, std::size_t col, std::span<double> out) const;
    template <class Work>
    void for_each_line(std::uint64_t first, std::size_t size, const Work& work) const;
    template <class T>
    void read_plain(std::uint64_t first, std::span<T> out) const;

    stored_tensor tensor_;
    std::optional<element_reader> plain_;
    const logical_tensor* logical_ = nullptr;
    bool transposed_ = false;  // the view is the transpose of what is stored
    std::vector<double> code_values_;
    std::vector<level_values> levels_;
    std::unique_ptr<std::byte[]> loaded_;
    const std::byte* data_ = nullptr;
    std::size_t first_matrix_ = 0;
};

}  // namespace narrowfp::bench
