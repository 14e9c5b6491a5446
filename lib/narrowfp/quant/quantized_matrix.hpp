// SPDX-License-Identifier: Apache-2.0
// A quantised matrix: packed codes, the scales of its blocks, and the counts of what happened. value = decode(code) *
// scale(block). Under two levels (NVFP4) scale(block) is the block's own scale times one FP32 factor of the tensor. Bytes are counted as they lie in memory; nothing is padded but the last byte of each array.
#pragma once

#include <narrowfp/base/event_counts.hpp>
#include <narrowfp/base/shape.hpp>
#include <narrowfp/format/packed.hpp>
#include <narrowfp/format/types.hpp>
#include <narrowfp/quant/granularity.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace narrowfp {

class quantized_matrix {
public:
    quantized_matrix() = default;

    // All codes 0. `scale_format` is f32, e8m0fnu or e4m3fn; without scales every element's scale is 1. Throws
    // std::invalid_argument for an invalid format and for blocks without rows or columns.
    quantized_matrix(std::size_t rows, std::size_t cols, any_format element, bool has_scales = false,
                     narrowfp::granularity blocks = {}, float_format scale_format = f32)
        : rows_(rows),
          cols_(cols),
          element_(valid(element)),
          blocks_(valid(blocks)),
          scale_format_(valid(scale_format)),
          codes_(rows * cols, storage_bits_of(element)),
          scales_(has_scales ? block_count(rows, blocks.block_rows) * block_count(cols, blocks.block_cols) : 0,
                  scale_format.storage_bits) {}

    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }
    const any_format& element() const { return element_; }
    bool has_scales() const { return scales_.size() != 0; }
    const float_format& scale_element() const { return scale_format_; }
    const narrowfp::granularity& blocks() const { return blocks_; }
    std::size_t block_grid_cols() const { return block_count(cols_, blocks_.block_cols); }

    std::uint32_t code(std::size_t i, std::size_t j) const { return codes_.get(i * cols_ + j); }
    void set_code(std::size_t i, std::size_t j, std::uint32_t code) { codes_.set(i * cols_ + j, code); }

    // The factor that restores element (i, j), rounded once to FP32; 1 without scales.
    float scale(std::size_t i, std::size_t j) const {
        return has_scales() ? scale_of_code(scales_.get(block_index(i, j))) : 1.0f;
    }
    // The factor that a code in `scales` stands for.
    float scale_of_code(std::uint32_t code) const {
        real s = scale_format_.decode(code);
        if (tensor_scale_ && s.kind == real_class::finite) {
            const real outer = to_real(*tensor_scale_);
            s.significand *= outer.significand;  // 4 bits times 24
            s.exponent += outer.exponent;
        }
        return nearest_host<float>(s);
    }
    // The block's own scale without the factor of the tensor; 1 without scales.
    float block_scale(std::size_t i, std::size_t j) const {
        return has_scales() ? nearest_host<float>(scale_format_.decode(scales_.get(block_index(i, j)))) : 1.0f;
    }
    std::uint32_t scale_code(std::size_t block) const { return scales_.get(block); }
    void set_scale_code(std::size_t block, std::uint32_t code) { scales_.set(block, code); }

    // The second level: one positive FP32 factor for all scales. None but under scale_method::two_level. Throws
    // std::invalid_argument for another number.
    const std::optional<float>& tensor_scale() const { return tensor_scale_; }
    void set_tensor_scale(float factor) {
        if (!(factor > 0) || std::isinf(factor)) {
            throw std::invalid_argument("tensor scale is " + std::to_string(factor) +
                                        ", allowed positive finite numbers");
        }
        tensor_scale_ = factor;
    }

    // Index of the block of element (i, j), row-major over the grid of blocks.
    std::size_t block_index(std::size_t i, std::size_t j) const {
        return i / blocks_.block_rows * block_grid_cols() + j / blocks_.block_cols;
    }

    // Becomes a matrix as the constructor makes it, in the memory it has where that is enough. Codes and scales are
    // whatever they were.
    void reshape(std::size_t rows, std::size_t cols, const any_format& element, bool has_scales,
                 const narrowfp::granularity& blocks, const float_format& scale_format) {
        element_ = valid(element);
        blocks_ = valid(blocks);
        scale_format_ = valid(scale_format);
        rows_ = rows;
        cols_ = cols;
        tensor_scale_.reset();
        events_ = {};
        codes_.reshape(rows * cols, storage_bits_of(element));
        scales_.reshape(has_scales ? block_count(rows, blocks.block_rows) * block_count(cols, blocks.block_cols) : 0,
                        scale_format.storage_bits);
    }
    // For what fills a matrix in bulk. Padding behind the last code is zero.
    std::span<std::uint8_t> code_storage() { return codes_.bytes(); }
    std::span<std::uint8_t> scale_storage() { return scales_.bytes(); }

    const packed_codes& codes() const { return codes_; }
    const packed_codes& scales() const { return scales_; }
    std::size_t code_bytes() const { return codes_.byte_count(); }
    std::size_t scale_bytes() const { return scales_.byte_count() + (tensor_scale_ ? sizeof(float) : 0); }
    std::size_t bytes() const { return code_bytes() + scale_bytes(); }

    const event_counts& events() const { return events_; }
    void set_events(const event_counts& events) { events_ = events; }

private:
    template <class Format>
    static const Format& valid(const Format& format) {
        require_format(format);
        return format;
    }
    static const narrowfp::granularity& valid(const narrowfp::granularity& blocks) {
        if (blocks.block_rows == 0 || blocks.block_cols == 0) {
            throw std::invalid_argument("quantized matrix: a block needs at least one row and one column");
        }
        return blocks;
    }

    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    any_format element_ = f32;
    narrowfp::granularity blocks_;
    float_format scale_format_ = f32;
    std::optional<float> tensor_scale_;
    packed_codes codes_;
    packed_codes scales_;
    event_counts events_;
};

}  // namespace narrowfp
