// SPDX-License-Identifier: Apache-2.0
// Codes of narrow formats in .npy files. NumPy has no names for these types, so codes are stored as |u1 (up to 8 bits) or
// <u2 (up to 16), one code per element, not packed, and the file does not say which format they are in: whoever reads
// names it. What NumPy itself makes of such arrays (|V1, |V2, <f1) is read, too. Scales are another array.
#pragma once

#include <narrowfp/quant/quantized_matrix.hpp>

#include <filesystem>

namespace narrowfp {

// Writes the codes of the matrix, without its scales; whole or not at all. Throws std::invalid_argument for a format of
// more than 16 bits, std::runtime_error if the file cannot be written.
void npy_write_codes(const std::filesystem::path& path, const quantized_matrix& codes);

// The codes as a matrix without scales; one dimension is a single row. Throws std::runtime_error as npy_read, for
// elements of another width, for other numbers of dimensions, and for an element that is no code of the format.
quantized_matrix npy_read_codes(const std::filesystem::path& path, const any_format& element);

}  // namespace narrowfp
