// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files (format versions 1, 2 and 3), read and written without NumPy. Nothing in a header is believed:
// the shape must match the file's size before memory is taken for it. Data in Fortran order and big-endian data are brought
// into C order and little-endian; structured and complex data are refused by name. Types that NumPy cannot name (FP8 and
// bfloat16 arrays are saved as |V1, |V2 or <f1) come back as raw codes; which format they are in is for the caller to know,
// unless the header has ml_dtypes' name of it ("bfloat16", "float8_e4m3fn"). Regular files, little-endian hosts only.
// Source: the description of the format in NumPy's documentation of numpy.lib.format.
#pragma once

#include <narrowfp/base/matrix.hpp>
#include <narrowfp/base/view.hpp>
#include <narrowfp/format/types.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp {

// raw1 and raw2 are elements of one and two bytes whose meaning the file does not say.
enum class npy_dtype { f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1, raw1, raw2 };

// Bytes per element.
std::size_t item_size(npy_dtype type);

// NumPy's name of the type, as the writer puts it: "<f4", "|u1", "|V2".
std::string_view to_string(npy_dtype type);

struct npy_array {
    npy_dtype dtype = npy_dtype::u1;
    std::vector<std::size_t> shape;        // empty for a single number
    std::vector<std::byte> data;           // row-major, little-endian; item_size(dtype) * product of shape
    std::optional<any_format> codes = {};  // of raw1 and raw2, if the header names the format
};

// What the header says, and where the data are: for arrays that are read in parts.
struct npy_layout {
    npy_dtype dtype = npy_dtype::u1;
    std::vector<std::size_t> shape;
    std::uint64_t offset = 0;  // of the first element in the file
    std::uint64_t bytes = 0;
    std::optional<any_format> codes = {};  // as in npy_array
    bool fortran_order = false;
    bool big_endian = false;

    // Whether the bytes in the file are those of npy_array.
    bool is_plain() const { return !fortran_order && !big_endian; }
};

// A file's content in memory. `name` stands in messages. Throws std::runtime_error that names it and says what was
// found for anything but a whole, plain array.
npy_array npy_parse(std::span<const std::byte> content, const std::string& name);

// The header alone. Throws as npy_parse, and if the file cannot be read or is not a regular file.
npy_layout npy_inspect(const std::filesystem::path& path);

// Throws as npy_inspect. Takes memory only after the header was found to agree with the file's size.
npy_array npy_read(const std::filesystem::path& path);

// A matrix of float64 (from a file of floats or integers) or of float32 (from float32 and float16 alone), always exact:
// an integer beyond 2^53 that a double cannot hold is refused; codes whose format the file names are decoded. One dimension
// is a single row, none a single number. Throws as npy_read, and for
// other types and other numbers of dimensions. Real is float or double.
template <class Real>
matrix<Real> npy_read_matrix(const std::filesystem::path& path);

// Whether npy_read_matrix<float> reads arrays of this type.
bool fits_float(npy_dtype type);

extern template matrix<float> npy_read_matrix<float>(const std::filesystem::path&);
extern template matrix<double> npy_read_matrix<double>(const std::filesystem::path&);

// Writes a two-dimensional C-ordered array, format version 1; bytes and 16-bit words hold codes. Whole or not at all.
// Throws std::runtime_error if the file cannot be written.
void npy_write(const std::filesystem::path& path, matrix_view<const float> values);
void npy_write(const std::filesystem::path& path, matrix_view<const double> values);
void npy_write(const std::filesystem::path& path, matrix_view<const std::uint8_t> values);
void npy_write(const std::filesystem::path& path, matrix_view<const std::uint16_t> values);

}  // namespace narrowfp
