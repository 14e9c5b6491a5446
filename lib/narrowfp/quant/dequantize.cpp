// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/quant/kernel/bit_writer.hpp>
#include <narrowfp/quant/kernel/block_kernels.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/round/kernel/converter.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace narrowfp {

namespace {

constexpr std::size_t run_elements = 1024;
constexpr std::size_t chunk_elements = 32768;  // that one thread takes at a time

class dequantizer {
public:
    dequantizer(const quantized_matrix& q, matrix_view<float> out)
        : q_(q),
          out_(out),
          kernels_(*kernel::block_kernels_for(active_features())),
          // With scales, decoded values are multiplied next: they stay in the cache.
          decode_(q.element(), q.has_scales() ? 0 : out.size() * sizeof(float)),
          width_(q.codes().bits()),
          block_rows_(std::min(q.blocks().block_rows, q.rows())),
          block_cols_(std::min(q.blocks().block_cols, q.cols())),
          grid_cols_(q.block_grid_cols()) {
        factors_.resize(q.scales().size());
        std::vector<float> of_code;
        if (q.scales().bits() == 8) {
            for (std::uint32_t code = 0; code < 256 && !factors_.empty(); ++code) {
                of_code.push_back(q.scale_of_code(code));
            }
        }
        for (std::size_t b = 0; b < factors_.size(); ++b) {
            const std::uint32_t code = q.scale_code(b);
            factors_[b] = of_code.empty() ? q.scale_of_code(code) : of_code[code];
            has_nan_ |= std::isnan(factors_[b]);
        }
    }

    // Whether a scale is NaN, so that it matters which of two NaN a product gives.
    bool has_nan() const { return has_nan_; }

    void rows(std::size_t first, std::size_t last) const {
        for (std::size_t i = first; i < last; ++i) {
            for (std::size_t j = 0; j < q_.cols(); j += run_elements) {
                run(i, j, std::min(run_elements, q_.cols() - j));
            }
        }
        decode_.finish();
    }

private:
    void run(std::size_t row, std::size_t col, std::size_t count) const {
        float values[run_elements];
        float* const out = out_.col_stride() == 1 && factors_.empty() ? &out_(row, col) : values;
        const std::size_t index = row * q_.cols() + col;
        const std::uint8_t* const bytes = q_.codes().bytes().data();
        if (width_ == 8) {
            decode_(std::span(bytes + index, count), std::span(out, count));
        } else if (width_ < 8) {
            decode_as<std::uint8_t>(bytes, index, count, out);
        } else if (width_ <= 16) {
            decode_as<std::uint16_t>(bytes, index, count, out);
        } else {
            decode_as<std::uint32_t>(bytes, index, count, out);
        }
        if (!factors_.empty()) {
            const float* const factors = factors_.data() + row / block_rows_ * grid_cols_ + col / block_cols_;
            float* const scaled = out_.col_stride() == 1 ? &out_(row, col) : values;
            if (block_cols_ == 1) {
                kernels_.scale_each(kernel::scale_operation::multiply, values, count, factors, scaled);
            } else {
                kernels_.scale(kernel::scale_operation::multiply, values, count, block_cols_, col % block_cols_,
                               factors, scaled);
            }
        }
        if (out_.col_stride() != 1) {
            for (std::size_t j = 0; j < count; ++j) {
                out_(row, col + j) = values[j];
            }
        }
    }

    template <class Code>
    void decode_as(const std::uint8_t* bytes, std::size_t index, std::size_t count, float* out) const {
        Code codes[run_elements];
        if (width_ == 8 * static_cast<int>(sizeof(Code))) {
            std::memcpy(codes, bytes + index * sizeof(Code), count * sizeof(Code));
        } else {
            kernel::read_packed(bytes, index, count, width_, codes);
        }
        decode_(std::span<const Code>(codes, count), std::span(out, count));
    }

    const quantized_matrix& q_;
    matrix_view<float> out_;
    const kernel::block_kernels& kernels_;
    kernel::decoder decode_;
    int width_;
    std::size_t block_rows_, block_cols_, grid_cols_;
    std::vector<float> factors_;
    bool has_nan_ = false;
};

}  // namespace

void dequantize_into(const quantized_matrix& q, matrix_view<float> out, const options& opts) {
    require_options(opts);
    require_shape("dequantize: output", out.rows(), out.cols(), q.rows(), q.cols());
    if (kernel::block_kernels_for(active_features()) == nullptr || out.empty()) {
        dequantize_reference_into(q, out);
        return;
    }
    const dequantizer work = with_default_environment([&] { return dequantizer(q, out); });
    if (work.has_nan()) {
        dequantize_reference_into(q, out);
        return;
    }
    const std::size_t rows = std::max<std::size_t>(1, chunk_elements / q.cols());
    parallel_ranges(q.rows(), rows, opts, [&](std::size_t first, std::size_t last) {
        with_default_environment([&] { work.rows(first, last); });
    });
}

matrix<float> dequantize(const quantized_matrix& q, const options& opts) {
    matrix<float> out(q.rows(), q.cols(), uninitialized);
    dequantize_into(q, out.view(), opts);
    return out;
}

}  // namespace narrowfp
