// SPDX-License-Identifier: Apache-2.0
// The right operand of a product (weights), packed once and used many times: its codes in the order in which the kernels
// read them, 8-bit codes 8 bits wide, so that a product with one row streams them from memory front to back. A product
// with it has the bits of a product with the matrix it was made from, which it keeps for everything else.
#pragma once

#include <narrowfp/base/options.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

#include <memory>

namespace narrowfp {

namespace detail {
struct packed_panels;
}

// Copies share the packed codes, which never change.
class packed_operand {
public:
    // From B, k x n. Packed codes of 4 and 6 bits are bytes; formats that are neither of up to 8 bits nor bf16, f16 or
    // f32 become FP32 numbers. Cost: one pass over the codes.
    explicit packed_operand(quantized_matrix b, const options& opts = {});

    const quantized_matrix& matrix() const;
    // Bytes of the packed codes, beside those of the matrix.
    std::size_t packed_bytes() const;

    const detail::packed_panels& panels() const { return *panels_; }  // for gemm

private:
    std::shared_ptr<const detail::packed_panels> panels_;
};

}  // namespace narrowfp
