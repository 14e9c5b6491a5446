// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/stored_tensor.hpp"

#include <narrowfp/io/npy.hpp>

#include <cstring>
#include <stdexcept>

namespace narrowfp::bench {
namespace fs = std::filesystem;

stored_tensor from_safetensors(const fs::path& file, const safetensors_tensor& t) {
    stored_tensor result{.name = t.name,
                         .file = file,
                         .offset = t.offset,
                         .bytes = t.bytes,
                         .shape = t.shape,
                         .dtype = std::string(to_string(t.dtype))};
    if (t.dtype == safetensors_dtype::f32_ieee) {
        result.kind = element_kind::real32;
    } else if (t.dtype == safetensors_dtype::f64_ieee) {
        result.kind = element_kind::real64;
    } else if (const auto format = format_of(t.dtype);
               format && (bits_of(t.dtype) == 8 || bits_of(t.dtype) == 16) && t.dtype != safetensors_dtype::f8_e8m0) {
        result.kind = element_kind::codes;
        result.format = *format;
    }
    return result;
}

stored_tensor from_npy(const fs::path& file, const std::optional<any_format>& codes) {
    npy_layout where = npy_inspect(file);
    stored_tensor result{.name = file.stem().string(),
                         .file = file,
                         .offset = where.offset,
                         .bytes = where.bytes,
                         .shape = std::move(where.shape),
                         .dtype = std::string(to_string(where.dtype))};
    result.rearranged = !where.is_plain();
    if (where.codes) {
        if (codes && *codes != *where.codes) {
            throw std::invalid_argument("'" + file.string() + "': holds codes of " +
                                        std::string(name_of(*where.codes)) + " by its header, --codes says " +
                                        std::string(name_of(*codes)));
        }
        result.kind = element_kind::codes;
        result.format = *where.codes;
        result.dtype = name_of(*where.codes);
        return result;
    }
    const auto is = [&](npy_dtype a, npy_dtype b) { return where.dtype == a || where.dtype == b; };
    if (where.dtype == npy_dtype::f4) {
        result.kind = element_kind::real32;
    } else if (where.dtype == npy_dtype::f8) {
        result.kind = element_kind::real64;
    } else if (where.dtype == npy_dtype::f2) {
        result.kind = element_kind::codes;
        result.format = f16;
    } else if (codes && (is(npy_dtype::u1, npy_dtype::raw1) || is(npy_dtype::u2, npy_dtype::raw2))) {
        const std::size_t width = code_bits_of(*codes) <= 8 ? 1 : 2;
        if (code_bits_of(*codes) > 16 || item_size(where.dtype) != width) {
            throw std::invalid_argument("'" + file.string() + "': dtype '" + result.dtype + "' cannot hold codes of " +
                                        std::string(name_of(*codes)) + ", expected '" + (width == 1 ? "|u1" : "<u2") +
                                        "'");
        }
        result.kind = element_kind::codes;
        result.format = *codes;
        result.dtype += " " + std::string(name_of(*codes));
    } else if (is(npy_dtype::raw1, npy_dtype::raw2)) {
        throw std::invalid_argument("'" + file.string() + "': dtype '" + result.dtype +
                                    "' does not say which format its codes are in; name it with --codes");
    }
    return result;
}

std::uint64_t stored_tensor::elements() const {
    std::uint64_t count = 1;
    for (const std::size_t dimension : shape) {
        count *= dimension;
    }
    return count;
}

std::string shape_text(const stored_tensor& tensor) {
    std::string text;
    for (const std::size_t dimension : tensor.shape) {
        text += (text.empty() ? "" : " x ") + std::to_string(dimension);
    }
    return text.empty() ? "scalar" : text;
}

element_reader::element_reader(const stored_tensor& tensor) : kind_(tensor.kind), width_(sizeof(float)) {
    if (kind_ == element_kind::real64) {
        width_ = sizeof(double);
    } else if (kind_ == element_kind::codes) {
        const int bits = code_bits_of(tensor.format);
        width_ = bits <= 8 ? 1 : 2;
        is_bf16_ = tensor.format == any_format{bf16};
        // A byte that is no code of a narrower format is read by its low bits.
        values_.resize(width_ == 1 ? 256 : 65536);
        for (std::size_t code = 0; code < values_.size(); ++code) {
            values_[code] = decode_float(tensor.format, code & ((std::size_t{1} << bits) - 1));
        }
    }
}

namespace {

std::uint16_t word_at(const std::byte* data) {
    std::uint16_t word = 0;
    std::memcpy(&word, data, sizeof word);
    return word;
}

}  // namespace

void element_reader::operator()(const std::byte* data, std::span<float> out) const {
    switch (kind_) {
        case element_kind::left_alone:
        case element_kind::real64:
        case element_kind::scaled: break;
        case element_kind::real32: std::memcpy(out.data(), data, out.size_bytes()); break;
        case element_kind::codes:
            if (width_ == 1) {
                for (std::size_t i = 0; i < out.size(); ++i) {
                    out[i] = values_[std::to_integer<std::size_t>(data[i])];
                }
            } else if (is_bf16_) {
                for (std::size_t i = 0; i < out.size(); ++i) {
                    out[i] = std::bit_cast<float>(std::uint32_t{word_at(data + 2 * i)} << 16);
                }
            } else {
                for (std::size_t i = 0; i < out.size(); ++i) {
                    out[i] = values_[word_at(data + 2 * i)];
                }
            }
            break;
    }
}

void element_reader::operator()(const std::byte* data, std::span<double> out) const {
    std::memcpy(out.data(), data, out.size_bytes());
}

}  // namespace narrowfp::bench
