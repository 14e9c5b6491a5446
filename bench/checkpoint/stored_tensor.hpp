// SPDX-License-Identifier: Apache-2.0
// A tensor as a file holds it: where its bytes are, what its elements mean, its shape. .safetensors files and .npy files are
// lists of such tensors. What codes and scales of several tensors are together is logical_tensor.hpp.
#pragma once

#include <narrowfp/format/catalog.hpp>
#include <narrowfp/io/safetensors.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
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
    codes,   // of a format of at most 16 bits, one code to one or two bytes
    scaled,  // packed codes, or codes with scales: `logical` describes them
};

struct logical_tensor;

struct stored_tensor {
    std::string name;
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::vector<std::size_t> shape;
    std::string dtype;  // as the file says it
    element_kind kind = element_kind::left_alone;
    any_format format = f32;  // of `codes`
    bool rearranged = false;  // a .npy file in Fortran order or big-endian: its bytes are not the elements in order
    std::shared_ptr<const logical_tensor> logical = {};  // of `scaled`; bytes are then those of codes and scales

    std::uint64_t elements() const;
};

// "64 x 3 x 3", "scalar".
std::string shape_text(const stored_tensor& tensor);

// The tensor of a .safetensors file, taken by itself: codes of 8 and 16 bits are literal values.
stored_tensor from_safetensors(const std::filesystem::path& file, const safetensors_tensor& tensor);

// The array of a .npy file, named as the file. `codes` says what unsigned integers are. Throws as npy_inspect, and
// std::invalid_argument for a type that cannot hold the codes or does not say what it holds.
stored_tensor from_npy(const std::filesystem::path& file, const std::optional<any_format>& codes);

// Turns elements of plain tensors into floats, those of real64 into doubles: exact.
class element_reader {
public:
    // Precondition: the tensor is not left_alone and not scaled.
    explicit element_reader(const stored_tensor& tensor);

    std::size_t width() const { return width_; }  // bytes per element

    bool gives_doubles() const { return kind_ == element_kind::real64; }

    // Precondition: data has out.size() elements, and `out` has the type that the elements need.
    void operator()(const std::byte* data, std::span<float> out) const;
    void operator()(const std::byte* data, std::span<double> out) const;

private:
    element_kind kind_;
    std::size_t width_;
    bool is_bf16_ = false;
    std::vector<float> values_;  // of all codes
};

}  // namespace narrowfp::bench
