// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/gemm/internal/scale_grid.hpp>

#include <cstring>

namespace narrowfp::detail {

void scale_grid::expand(std::size_t first_line, std::size_t lines, const std::vector<std::size_t>& ends, float* out,
                        std::size_t line_stride, std::size_t segment_stride) const {
    for (std::size_t segment = 0, k = 0; segment < ends.size(); k = ends[segment], ++segment) {
        float* to = out + segment * segment_stride;
        std::size_t index = empty() ? 0 : first_line / block_lines * line_step + k / block_k * k_step;
        std::size_t in_block = first_line % block_lines;
        for (std::size_t i = 0; i < lines; to += line_stride, ++i) {
            *to = empty() ? 1.0f : values[index];
            if (++in_block == block_lines) {
                in_block = 0;
                index += line_step;
            }
        }
    }
}

scale_grid scales_of(const quantized_matrix& q, bool lines_are_rows) {
    scale_grid out;
    if (!q.has_scales()) {
        return out;
    }
    const std::size_t columns = q.block_grid_cols();
    out.block_lines = lines_are_rows ? q.blocks().block_rows : q.blocks().block_cols;
    out.block_k = lines_are_rows ? q.blocks().block_cols : q.blocks().block_rows;
    out.line_step = lines_are_rows ? columns : 1;
    out.k_step = lines_are_rows ? 1 : columns;
    const packed_codes& codes = q.scales();
    out.values.resize(codes.size());
    if (q.tensor_scale()) {  // the product of the two levels, rounded once
        for (std::size_t i = 0; i < codes.size(); ++i) {
            out.values[i] = q.scale(i / columns * q.blocks().block_rows, i % columns * q.blocks().block_cols);
        }
        return out;
    }
    if (q.scale_element() == f32) {
        std::memcpy(out.values.data(), codes.bytes().data(), codes.byte_count());
        return out;
    }
    std::vector<float> table(codes.bits() <= 8 ? std::size_t{1} << codes.bits() : 0);
    for (std::size_t code = 0; code < table.size(); ++code) {
        table[code] = nearest_host<float>(q.scale_element().decode(code));
    }
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const std::uint32_t code = codes.get(i);
        out.values[i] = table.empty() ? nearest_host<float>(q.scale_element().decode(code)) : table[code];
    }
    return out;
}

}  // namespace narrowfp::detail
