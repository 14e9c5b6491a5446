// SPDX-License-Identifier: Apache-2.0
// A tensor as a file holds it, seen as a matrix of floats or doubles: where its bytes are, what its elements mean, and which
// dimensions are rows. .safetensors files, folders and indices of them, and .npy files are all lists of such tensors.
#pragma once

#include <narrowfp/format/catalog.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace narrowfp::bench {

// What stored elements are.
enum class element_kind {
    left_alone,  // integers, truth values, scales, packed codes: not a matrix of reals
    real32,
    real64,
    codes,  // of a format of at most 16 bits, one code to one or two bytes
};

struct stored_tensor {
    std::string name;
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::vector<std::size_t> shape;
    std::string dtype;  // as the file says it
    element_kind kind = element_kind::left_alone;
    any_format format = f32;  // of `codes`

    std::uint64_t elements() const;
};

// "64 x 3 x 3", "scalar".
std::string shape_text(const stored_tensor& tensor);

// All tensors of the files, folders and indices, in the order given and, in a file, in the order of their data. A
// folder gives its .safetensors files (by its index if it has one), else its .npy files. `codes` says what the unsigned
// integers of .npy files are. Names that occur more than once get their file in front. Throws std::runtime_error and
// std::invalid_argument as the readers do, and for a folder without tensors and a path of another kind.
std::vector<stored_tensor> list_tensors(const std::vector<std::string>& paths, const std::optional<any_format>& codes);

// Turns stored elements into floats, those of real64 into doubles: exact.
class element_reader {
public:
    // Precondition: the tensor is not left_alone.
    explicit element_reader(const stored_tensor& tensor);

    std::size_t width() const { return width_; }  // bytes per element

    bool gives_doubles() const { return kind_ == element_kind::real64; }

    // Precondition: data has out.size() elements, and `out` has the type that the elements need.
    void operator()(const std::byte* data, std::span<float> out) const;
    void operator()(const std::byte* data, std::span<double> out) const;

private:
    element_kind kind_;
    std::size_t width_;
    std::vector<float> values_;  // of all codes
};

}  // namespace narrowfp::bench
