// SPDX-License-Identifier: Apache-2.0
// A weight as a quantised checkpoint holds it: codes and the scales of each level, in the order in which the files hold
// them, and what they are in the model: name, shape, orientation. A value is code * scale * scale ..., or divided by a
// scale where the layout says so. Layouts (layout.hpp) make these; tensor_values.hpp reads them. Nothing here reads files.
#pragma once

#include "checkpoint/stored_tensor.hpp"

#include <narrowfp/format/catalog.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace narrowfp::bench {

// How the codes of one matrix lie in its bytes.
enum class code_order {
    in_rows,       // row by row without gaps, the first code in the lowest bits of a byte
    high_first,    // as in_rows, 4 bits, the first of two codes in the high half of its byte
    row_pairs,     // 4 bits: byte (r / 2, c) holds column c of two rows, the even row in the low half
    split_halves,  // 4 bits, in records: byte j of a group holds its elements j (low half) and j + group / 2
};

// Codes and their scales in blocks along the rows (GGUF): each has its scales, a byte each, in front of its codes.
struct block_records {
    std::size_t elements = 0;  // of a block; 0: codes and scales are apart
    std::size_t scale_bytes = 0;
    std::size_t group = 1;  // elements that share a scale

    std::size_t bytes() const { return scale_bytes + elements / 2; }
};

// One level of scales: a grid for each matrix, or one grid for all.
struct scale_level {
    stored_tensor stored;
    any_format format = f32;
    bool divides = false;
    std::size_t block_rows = 1;  // of the matrix as stored
    std::size_t block_cols = 1;
    std::size_t grid_rows = 1;  // scales of one matrix; of `tiled`: without padding
    std::size_t grid_cols = 1;
    bool shared = false;         // one grid for all matrices
    std::size_t chunk_rows = 0;  // blocks begin anew after so many rows; 0: never
    bool tiled = false;          // in tiles of 128 x 4, each of 512 bytes (cuBLAS)
    bool in_records = false;     // among the codes, by the values of GGUF (tensor_values.cpp)

    std::size_t scales_per_matrix() const;  // as stored, padding included
};

struct logical_tensor {
    stored_tensor codes;
    any_format format = e4m3fn;
    code_order order = code_order::in_rows;
    std::size_t count = 1;  // matrices, each rows x cols, as stored
    std::size_t rows = 1;
    std::size_t cols = 1;
    std::vector<scale_level> scales = {};  // those that divide are last
    bool k_is_rows = false;                // k, the summed index, runs along the rows as stored
    bool restored_transposed = false;      // the model's parameter is the transpose of each stored matrix
    block_records records = {};

    std::size_t matrix_elements() const { return rows * cols; }
    std::size_t matrix_bytes() const {
        if (records.elements != 0) {
            return matrix_elements() / records.elements * records.bytes();
        }
        return matrix_elements() * static_cast<std::size_t>(storage_bits_of(format)) / 8;
    }
};

// Whether k runs along the last dimension of the model's parameter.
bool restored_k_last(const logical_tensor& tensor);

// "F8_E4M3, F32 128x128": the codes and the scales of each level, for people.
std::string describe(const logical_tensor& tensor);

// What stands for it among the tensors of a model, under the name and shape of the model's parameter. Throws
// std::invalid_argument if codes or scales do not have the bytes that the description needs.
stored_tensor as_stored(logical_tensor tensor, std::string name, std::vector<std::size_t> shape);

}  // namespace narrowfp::bench
