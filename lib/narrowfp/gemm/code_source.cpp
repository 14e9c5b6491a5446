// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/gemm/internal/code_source.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace narrowfp::detail {

namespace {

constexpr int no_unit = -100000;  // no smallest unit that a kernel may rely on

bool same_but_for_sign(std::uint16_t a, std::uint16_t b) {
    const auto is_nan = [](std::uint16_t word) { return (word & 0x7FFF) > 0x7F80; };
    return (a ^ b) == 0x8000 || (is_nan(a) && is_nan(b));
}

std::shared_ptr<const word_table> table_of(std::size_t codes, auto&& word_of) {
    auto table = std::make_shared<word_table>();
    for (std::size_t code = 0; code < 256; ++code) {
        const std::uint16_t word = code < codes ? word_of(code) : std::uint16_t{0};
        table->word[code] = word;
        table->low[code] = static_cast<std::uint8_t>(word & 0xFF);
        table->high[code] = static_cast<std::uint8_t>(word >> 8);
    }
    table->bit_7_is_sign = true;  // of codes that there are: in formats of fewer bits it is never set
    for (std::size_t code = 128; code < codes; ++code) {
        table->bit_7_is_sign = table->bit_7_is_sign && same_but_for_sign(table->word[code], table->word[code - 128]);
    }
    return table;
}

element_codes table_codes_of(const any_format& element) {
    const std::size_t codes = std::size_t{1} << code_bits_of(element);
    element_codes out;
    out.kind = code_kind::table8;
    out.in_place = storage_bits_of(element) == 8;
    out.smallest_unit = 1000;
    out.values = table_of(codes, [&](std::size_t code) {
        const real x = decode(element, code);
        if (x.kind == real_class::finite) {
            out.smallest_unit = std::min(out.smallest_unit, x.exponent + std::countr_zero(x.significand));
        }
        return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(nearest_host<float>(x)) >> 16);
    });
    if (const auto* fixed = std::get_if<fixed_format>(&element)) {
        out.integer_unit = -fixed->fraction_bits;
        out.integers = table_of(codes, [&](std::size_t code) {
            const auto integer = static_cast<int>(code) - (code >= codes / 2 ? static_cast<int>(codes) : 0);
            return static_cast<std::uint16_t>(integer);
        });
    }
    return out;
}

// Formats of up to 8 bits have at most 8 significant bits and the exponents of FP32: bfloat16 holds each value exactly.
bool fits_table(const any_format& element) { return code_bits_of(element) <= 8 && storage_bits_of(element) <= 8; }

}  // namespace

element_codes codes_of(const any_format& element) {
    element_codes out;
    if (!fits_table(element)) {
        const bool is_bf16 = element == any_format{bf16};
        const bool is_f16 = element == any_format{f16};
        out.kind = is_bf16 ? code_kind::bf16 : (is_f16 ? code_kind::f16 : code_kind::f32);
        out.in_place = is_bf16 || is_f16 || element == any_format{f32};
        return out;
    }
    struct known {
        any_format element;
        element_codes codes;
    };
    thread_local std::optional<known> last;
    if (!last || last->element != element) {
        last = known{element, table_codes_of(element)};
    }
    return last->codes;
}

namespace {

// The codes of q as bytes or as FP32 numbers.
std::shared_ptr<const std::vector<std::uint8_t>> copied(const quantized_matrix& q, code_kind kind) {
    const std::size_t count = q.rows() * q.cols();
    auto out = std::make_shared<std::vector<std::uint8_t>>(count * bytes_of(kind));
    const packed_codes& codes = q.codes();
    if (kind == code_kind::f32) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto bits = std::bit_cast<std::uint32_t>(decode_float(q.element(), codes.get(i)));
            std::memcpy(out->data() + 4 * i, &bits, sizeof bits);
        }
    } else if (codes.bits() == 4) {
        const std::uint8_t* bytes = codes.bytes().data();
        for (std::size_t i = 0; i < count; ++i) {
            (*out)[i] = static_cast<std::uint8_t>(bytes[i / 2] >> (4 * (i % 2)) & 0xF);
        }
    } else {
        for (std::size_t i = 0; i < count; ++i) {
            (*out)[i] = static_cast<std::uint8_t>(codes.get(i));
        }
    }
    return out;
}

// As kernel_set::least_magnitude, on any processor.
std::uint16_t least_magnitude_anywhere(const std::uint8_t* words, std::size_t count) {
    std::uint16_t least = 0xFFFF;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t word = 0;
        std::memcpy(&word, words + 2 * i, sizeof word);
        least = std::min(least, static_cast<std::uint16_t>((word & 0x7FFF) - 1));
    }
    return least;
}

// The smallest power of two of which every element is a multiple, or no_unit if one of them is subnormal.
int smallest_unit_of_bf16(const code_source& source, least_function least_magnitude, const options& opts) {
    constexpr std::size_t chunk = std::size_t{1} << 16;
    const std::size_t count = source.lines * source.k;
    std::vector<std::uint16_t> least(count / chunk + 1, 0xFFFF);
    parallel_ranges(count, chunk, opts, [&](std::size_t first, std::size_t last) {
        least[first / chunk] = least_magnitude(source.data + 2 * first, last - first);
    });
    const int magnitude = *std::min_element(least.begin(), least.end()) + 1;
    if (magnitude > 0x7FFF) {
        return 0;  // all zero
    }
    const int field = magnitude >> bf16.fraction_bits;
    return field == 0 ? no_unit : field - bf16.bias - bf16.fraction_bits;
}

int smallest_unit_of(const code_source& source, least_function least_magnitude, const options& opts) {
    switch (source.element.kind) {
        case code_kind::table8: return source.element.smallest_unit;
        case code_kind::bf16:
            return source.smallest_unit ? *source.smallest_unit : smallest_unit_of_bf16(source, least_magnitude, opts);
        case code_kind::f16:
        case code_kind::f32: break;
    }
    return no_unit;
}

}  // namespace

code_source source_of(const quantized_matrix& q, bool lines_are_rows) {
    code_source out;
    out.element = codes_of(q.element());
    out.data = q.codes().bytes().data();
    if (!out.element.in_place) {
        out.copy = copied(q, out.element.kind);
        out.data = out.copy->data();
    }
    out.lines = lines_are_rows ? q.rows() : q.cols();
    out.k = lines_are_rows ? q.cols() : q.rows();
    const std::size_t row_step = q.cols() * out.bytes();
    out.line_step = lines_are_rows ? row_step : out.bytes();
    out.k_step = lines_are_rows ? out.bytes() : row_step;
    return out;
}

std::shared_ptr<const packed_panels> packed_in_panels(quantized_matrix b, const options& opts) {
    auto out = std::make_shared<packed_panels>();
    out->matrix = std::move(b);
    const code_source from = source_of(out->matrix, false);
    code_source& to = out->source;
    to.element = from.element;
    to.lines = from.lines;
    to.k = from.k;
    to.panel_lines = stream_columns;
    if (from.element.kind == code_kind::bf16) {
        to.smallest_unit = smallest_unit_of(from, least_magnitude_anywhere, opts);
    }
    const std::size_t bytes = to.bytes();
    const std::size_t panels = (to.lines + stream_columns - 1) / stream_columns;
    auto* const codes = out->memory.reserve<std::uint8_t>(panels * stream_columns * to.k * bytes);
    to.data = codes;
    parallel_ranges(panels, 1, opts, [&](std::size_t panel, std::size_t) {
        const std::size_t first = panel * stream_columns;
        const std::size_t used = std::min(stream_columns, to.lines - first) * bytes;
        const std::size_t step = to.k_step_at(first);
        std::uint8_t* row = codes + first * to.k * bytes;
        for (std::size_t k = 0; k < to.k; ++k, row += step) {
            std::memcpy(row, from.at(first, k), used);
            std::memset(row + used, 0, step - used);
        }
    });
    return out;
}

bool nothing_is_flushed(const code_source& a, const code_source& b, least_function least_magnitude,
                        const options& opts) {
    constexpr int smallest_normal = -126;
    const int unit_a = smallest_unit_of(a, least_magnitude, opts);
    const int unit_b = unit_a < smallest_normal ? no_unit : smallest_unit_of(b, least_magnitude, opts);
    return unit_a >= smallest_normal && unit_b >= smallest_normal && unit_a + unit_b >= smallest_normal;
}

}  // namespace narrowfp::detail
