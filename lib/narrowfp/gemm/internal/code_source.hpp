// SPDX-License-Identifier: Apache-2.0
// The codes of an operand as kernels read them: in place where each code is whole bytes of a known kind, else copied to
// bytes (4- and 6-bit codes) or to FP32 (rare formats). A line is a row of A or a column of B; k runs along it.
#pragma once

#include <narrowfp/base/options.hpp>
#include <narrowfp/gemm/internal/kernel_set.hpp>
#include <narrowfp/gemm/internal/page_buffer.hpp>
#include <narrowfp/quant/quantized_matrix.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace narrowfp::detail {

// What kernels need to know about an element format.
struct element_codes {
    code_kind kind = code_kind::f32;
    bool in_place = false;  // kernels read the packed codes themselves
    // table8: the values as bfloat16, all of them multiples of 2^smallest_unit.
    std::shared_ptr<const word_table> values;
    int smallest_unit = 0;
    // 8-bit fixed point: the integers, value = integer * 2^integer_unit. Else null.
    std::shared_ptr<const word_table> integers;
    int integer_unit = 0;
};

// Cost: for a format of up to 8 bits, decoding all its codes (microseconds); the last format of a thread is kept.
element_codes codes_of(const any_format& element);

struct code_source {
    element_codes element;
    std::size_t lines = 0;
    std::size_t k = 0;
    const std::uint8_t* data = nullptr;
    std::size_t line_step = 0;         // bytes from a line to the next, at the same k
    std::size_t k_step = 0;            // bytes from one k to the next, in the same line
    std::size_t panel_lines = 0;       // in panels: lines of a panel, which lie side by side at each k; else 0
    std::optional<int> smallest_unit;  // bf16: known from packing
    std::shared_ptr<const std::vector<std::uint8_t>> copy;  // owns the codes if they are not the matrix's own

    std::size_t bytes() const { return bytes_of(element.kind); }

    // Address of the code of a line at some k.
    const std::uint8_t* at(std::size_t line, std::size_t first_k) const {
        if (panel_lines == 0) {
            return data + line * line_step + first_k * k_step;
        }
        const std::size_t first = line / panel_lines * panel_lines;
        return data + first * k * bytes() + first_k * k_step_at(line) + (line - first) * bytes();
    }
    // Bytes from one k to the next at this line.
    std::size_t k_step_at(std::size_t line) const {
        return panel_lines == 0 ? k_step : panel_width(line / panel_lines) * bytes();
    }
    // Lines of a panel in memory: the last is only as wide as needed, in multiples of most_tile_columns.
    std::size_t panel_width(std::size_t panel) const {
        const std::size_t rest =
            (lines - panel * panel_lines + most_tile_columns - 1) / most_tile_columns * most_tile_columns;
        return rest < panel_lines ? rest : panel_lines;
    }
};

// Precondition: q outlives the source.
code_source source_of(const quantized_matrix& q, bool lines_are_rows);

// Lines of a panel of a packed operand: what one pass over k keeps in registers when D has one row.
inline constexpr std::size_t stream_columns = 256;
static_assert(stream_columns % most_tile_columns == 0);

// The weights of a packed_operand.
struct packed_panels {
    quantized_matrix matrix;
    code_source source;  // in panels
    page_buffer memory;
};
std::shared_ptr<const packed_panels> packed_in_panels(quantized_matrix b, const options& opts);

// Whether a chain over products of these operands may be left to instructions that take subnormal numbers for zero:
// every element is zero or normal in bfloat16, and so is every sum, as a multiple of a normal number. Reads all codes of
// bfloat16 operands.
bool nothing_is_flushed(const code_source& a, const code_source& b, least_function least_magnitude,
                        const options& opts);

}  // namespace narrowfp::detail
