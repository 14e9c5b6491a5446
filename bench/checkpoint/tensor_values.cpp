// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/tensor_values.hpp"

#include <narrowfp/io/npy.hpp>
#include <narrowfp/io/safetensors.hpp>
#include <narrowfp/quant/granularity.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

// Byte of a scale in tiles of 128 x 4; `tiles` of them stand beside each other.
std::size_t place_in_tiles(std::size_t row, std::size_t col, std::size_t tiles) {
    return (row / 128 * tiles + col / 4) * 512 + row % 32 * 16 + row % 128 / 32 * 4 + col % 4;
}

// Where the scale of (row, col) of the grid stands among those of its matrix.
std::size_t place_of(const scale_level& level, std::size_t row, std::size_t col) {
    return level.tiled ? place_in_tiles(row, col, block_count(level.grid_cols, 4)) : row * level.grid_cols + col;
}

double decoded_scale(const any_format& format, const std::byte* at, const std::vector<float>& table) {
    const auto bits = storage_bits_of(format);
    if (bits == 32) {
        float value = 0;
        std::memcpy(&value, at, sizeof(value));
        return double{value};
    }
    std::uint16_t code = 0;
    std::memcpy(&code, at, static_cast<std::size_t>(bits) / 8);
    return double{table[code]};
}

std::vector<float> values_of_format(const any_format& format) {
    std::vector<float> table(std::size_t{1} << std::min(16, code_bits_of(format)));
    for (std::size_t code = 0; code < table.size(); ++code) {
        table[code] = decode_float(format, code);
    }
    return table;
}

// A scale of GGUF. Its reader knows no NaN: the exponent 255 is 2^128; E4M3 has no sign, and only the byte 0x7F is zero, so that
// 0xFF is 480.
double scale_in_record(const any_format& format, unsigned byte) {
    if (format == any_format{e8m0fnu}) {
        return std::ldexp(1.0, static_cast<int>(byte) - 127);
    }
    const int exponent = static_cast<int>(byte >> 3 & 15U);
    const int fraction = static_cast<int>(byte & 7U);
    if (byte == 0x7FU) {
        return 0;
    }
    return exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
}

// Significant bits of a double.
int significant_bits(double x) {
    if (x == 0 || !std::isfinite(x)) {
        return 0;
    }
    constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
    const std::uint64_t fraction = std::bit_cast<std::uint64_t>(x) & fraction_mask;
    return fraction == 0 ? 1 : 53 - std::countr_zero(fraction);
}

// value / divisor, rounded to odd: truncated, with the last bit set if something was cut off.
double quotient_to_odd(double value, double divisor) {
    const double quotient = value / divisor;
    const double rest = std::fma(-quotient, divisor, value);
    if (rest == 0 || !std::isfinite(quotient) || quotient == 0) {
        return quotient;
    }
    const bool above = std::signbit(rest) != std::signbit(value);
    return std::bit_cast<double>((std::bit_cast<std::uint64_t>(quotient) - (above ? 1U : 0U)) | 1U);
}

[[noreturn]] void refuse_scale(const stored_tensor& t, const std::string& why) {
    throw std::invalid_argument("'" + t.file.string() + "': tensor '" + report::printable(t.name) + "' " + why);
}

}  // namespace

tensor_values::tensor_values(const stored_tensor& tensor, tensor_view view) : tensor_(tensor) {
    if (tensor_.kind != element_kind::scaled) {
        plain_.emplace(tensor_);
        return;
    }
    logical_ = tensor_.logical.get();
    transposed_ = view == tensor_view::k_last ? logical_->k_is_rows : logical_->restored_transposed;
    for (const float value : values_of_format(logical_->format)) {
        code_values_.push_back(double{value});
    }
    read_scales();
    require_exact();
}

tensor_values::tensor_values(const stored_tensor& tensor, const std::byte* data)
    : tensor_(tensor), plain_(std::in_place, tensor), data_(data) {}

bool tensor_values::gives_doubles() const { return logical_ != nullptr || plain_->gives_doubles(); }

std::vector<double> tensor_values::scales_of_records(const scale_level& how) const {
    constexpr std::uint64_t most_records = 65536;  // read at a time
    const block_records& records = logical_->records;
    std::vector<double> values;
    values.reserve(logical_->count * how.grid_rows * how.grid_cols);
    std::vector<std::byte> part;
    for (std::uint64_t at = 0; at < how.stored.bytes; at += part.size()) {
        part.resize(static_cast<std::size_t>(std::min(how.stored.bytes - at, most_records * records.bytes())));
        read_file_part(how.stored.file, how.stored.offset + at, part);
        for (std::size_t record = 0; record < part.size(); record += records.bytes()) {
            for (std::size_t n = 0; n < records.scale_bytes; ++n) {
                values.push_back(scale_in_record(how.format, std::to_integer<unsigned>(part[record + n])));
            }
        }
    }
    return values;
}

void tensor_values::read_scales() {
    for (const scale_level& how : logical_->scales) {
        if (how.in_records) {
            levels_.push_back({.values = scales_of_records(how), .how = &how});
            continue;
        }
        const std::size_t matrices = how.shared ? 1 : logical_->count;
        const std::size_t width = static_cast<std::size_t>(storage_bits_of(how.format)) / 8;
        std::vector<std::byte> bytes(static_cast<std::size_t>(how.stored.bytes));
        read_file_part(how.stored.file, how.stored.offset, bytes);
        const std::vector<float> table = width <= 2 ? values_of_format(how.format) : std::vector<float>{};
        level_values read{.values = {}, .how = &how};
        read.values.reserve(matrices * how.grid_rows * how.grid_cols);
        for (std::size_t m = 0; m < matrices; ++m) {
            const std::byte* const of_matrix = bytes.data() + m * how.scales_per_matrix() * width;
            for (std::size_t r = 0; r < how.grid_rows; ++r) {
                for (std::size_t c = 0; c < how.grid_cols; ++c) {
                    read.values.push_back(decoded_scale(how.format, of_matrix + place_of(how, r, c) * width, table));
                }
            }
        }
        levels_.push_back(std::move(read));
    }
}

// Products of doubles are exact while their significant bits together are at most 53.
void tensor_values::require_exact() const {
    int bits = 1;
    for (const double value : code_values_) {
        bits = std::max(bits, significant_bits(value));
    }
    for (const level_values& l : levels_) {
        if (l.how->divides) {
            for (const double value : l.values) {
                if (!(value > 0) || !std::isfinite(value)) {
                    refuse_scale(l.how->stored, "divides, and is " + report::format_number(value) +
                                                    "; a finite number above 0 was expected");
                }
            }
            continue;
        }
        int most = 0;
        for (const double value : l.values) {
            most = std::max(most, significant_bits(value));
        }
        bits += most;
        if (bits > 53) {
            refuse_scale(l.how->stored, "has scales of " + std::to_string(most) +
                                            " significant bits; with the other scales the product has up to " +
                                            std::to_string(bits) + ", and is read exactly up to 53");
        }
    }
}

void tensor_values::load(std::uint64_t first, std::uint64_t count) {
    std::uint64_t offset = tensor_.offset;
    std::size_t bytes = 0;
    if (logical_ == nullptr) {
        bytes = static_cast<std::size_t>(count * plain_->width());
        offset += first * plain_->width();
    } else {
        const std::size_t size = logical_->matrix_elements();
        first_matrix_ = static_cast<std::size_t>(first / size);
        bytes = static_cast<std::size_t>(count / size) * logical_->matrix_bytes();
        offset = logical_->codes.offset + first_matrix_ * logical_->matrix_bytes();
    }
    loaded_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
    if (tensor_.rearranged) {
        const std::vector<std::byte> all = npy_read(tensor_.file).data;
        std::memcpy(loaded_.get(), all.data() + (offset - tensor_.offset), bytes);
    } else {
        read_file_part(tensor_.file, offset, {loaded_.get(), bytes});
    }
    data_ = loaded_.get();
}

std::uint8_t tensor_values::code_at(std::size_t matrix, std::size_t row, std::size_t col) const {
    const std::byte* const of_matrix = data_ + matrix * logical_->matrix_bytes();
    const auto byte = [&](std::size_t n) { return std::to_integer<unsigned>(of_matrix[n]); };
    const std::size_t n = row * logical_->cols + col;
    switch (logical_->order) {
        case code_order::high_first: return static_cast<std::uint8_t>(byte(n / 2) >> (n % 2 == 0 ? 4 : 0) & 15U);
        case code_order::row_pairs:
            return static_cast<std::uint8_t>(byte(row / 2 * logical_->cols + col) >> (row % 2 * 4) & 15U);
        case code_order::split_halves: {
            const block_records& records = logical_->records;
            const std::size_t half = records.group / 2;
            const std::size_t within = n % records.group;
            const std::size_t at = n / records.elements * records.bytes() + records.scale_bytes +
                                   n % records.elements / records.group * half + within % half;
            return static_cast<std::uint8_t>(byte(at) >> (within < half ? 0 : 4) & 15U);
        }
        case code_order::in_rows: break;
    }
    const auto bits = static_cast<std::size_t>(storage_bits_of(logical_->format));
    const std::size_t at = n * bits;
    unsigned word = byte(at / 8);
    if (at % 8 + bits > 8) {
        word |= byte(at / 8 + 1) << 8;
    }
    return static_cast<std::uint8_t>(word >> (at % 8) & ((1U << bits) - 1));
}

// Columns [col, col + out.size()) of a row as stored.
void tensor_values::read_row(std::size_t matrix, std::size_t row, std::size_t col, std::span<double> out) const {
    if (logical_->order == code_order::in_rows && storage_bits_of(logical_->format) == 8) {
        const std::byte* const codes = data_ + matrix * logical_->matrix_bytes() + row * logical_->cols + col;
        for (std::size_t n = 0; n < out.size(); ++n) {
            out[n] = code_values_[std::to_integer<std::size_t>(codes[n])];
        }
    } else {
        for (std::size_t n = 0; n < out.size(); ++n) {
            out[n] = code_values_[code_at(matrix, row, col + n)];
        }
    }
    for (const level_values& l : levels_) {
        const scale_level& how = *l.how;
        const std::size_t of_matrix = how.shared ? 0 : first_matrix_ + matrix;
        std::size_t grid_row = row / how.block_rows;
        if (how.chunk_rows != 0) {
            grid_row = row / how.chunk_rows * block_count(how.chunk_rows, how.block_rows) +
                       row % how.chunk_rows / how.block_rows;
        }
        const double* const scales = l.values.data() + (of_matrix * how.grid_rows + grid_row) * how.grid_cols;
        for (std::size_t n = 0; n < out.size();) {
            const std::size_t block = (col + n) / how.block_cols;
            const std::size_t end = std::min(out.size(), (block + 1) * how.block_cols - col);
            const double scale = scales[block];
            for (; n < end; ++n) {
                out[n] = how.divides ? quotient_to_odd(out[n], scale) : out[n] * scale;
            }
        }
    }
}

// Rows [row, row + out.size()) of a column as stored.
void tensor_values::read_column(std::size_t matrix, std::size_t row, std::size_t col, std::span<double> out) const {
    for (std::size_t n = 0; n < out.size(); ++n) {
        read_row(matrix, row + n, col, out.subspan(n, 1));
    }
}

// work(matrix, line, from, at, length) for the parts of lines, of the view, that the elements cover.
template <class Work>
void tensor_values::for_each_line(std::uint64_t first, std::size_t size, const Work& work) const {
    const std::size_t line = transposed_ ? logical_->rows : logical_->cols;
    for (std::size_t at = 0; at < size;) {
        const std::uint64_t element = first + at;
        const auto matrix = static_cast<std::size_t>(element / logical_->matrix_elements());
        const auto within = static_cast<std::size_t>(element % logical_->matrix_elements());
        const std::size_t length = std::min(size - at, line - within % line);
        work(matrix, within / line, within % line, at, length);
        at += length;
    }
}

template <class T>
void tensor_values::read_plain(std::uint64_t first, std::span<T> out) const {
    (*plain_)(data_ + first * plain_->width(), out);
}

void tensor_values::read(std::uint64_t first, std::span<float> out) const { read_plain(first, out); }

void tensor_values::read(std::uint64_t first, std::span<double> out) const {
    if (logical_ == nullptr) {
        read_plain(first, out);
        return;
    }
    for_each_line(first, out.size(),
                  [&](std::size_t matrix, std::size_t line, std::size_t from, std::size_t at, std::size_t length) {
                      if (transposed_) {
                          read_column(matrix, from, line, out.subspan(at, length));
                      } else {
                          read_row(matrix, line, from, out.subspan(at, length));
                      }
                  });
}

void tensor_values::read_codes(std::uint64_t first, std::span<std::uint8_t> out) const {
    for_each_line(first, out.size(),
                  [&](std::size_t matrix, std::size_t line, std::size_t from, std::size_t at, std::size_t length) {
                      for (std::size_t n = 0; n < length; ++n) {
                          out[at + n] = transposed_ ? code_at(matrix, from + n, line) : code_at(matrix, line, from + n);
                      }
                  });
}

}  // namespace narrowfp::bench
