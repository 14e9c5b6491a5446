// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/gemm/internal/aligned.hpp>

#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/gemm/internal/page_buffer.hpp>

#include <bit>
#include <cmath>
#include <cstring>

namespace narrowfp::detail {

namespace {

constexpr int largest_exponent = 31;  // of an element; the sum of two stays far from the exponent of zero
constexpr int most_products = 256;    // of a step: the sum of 2^8 products below 2^15 and an addend has 24 bits
constexpr int sum_bits = 15;          // of a product in the unit of the sum

// One code, taken apart: exponent in bits 0 to 7, magnitude in bits 16 to 30, sign in bit 31, special in bit 8.
struct parts_table {
    std::uint32_t parts[256];
};
constexpr std::uint32_t special = 1U << 8;
constexpr std::uint32_t zero_exponent_byte = 0x80;  // -128

const float_format* narrow_float(const any_format& element) {
    const auto* format = std::get_if<float_format>(&element);
    return format != nullptr && format->code_bits() <= 8 && format->storage_bits <= 8 ? format : nullptr;
}

parts_table parts_of(const float_format& format, int lift) {
    parts_table table{};
    for (std::size_t code = 0; code < 256; ++code) {
        const real x = code < format.code_count() ? format.decode(code) : real{};
        std::uint32_t parts = zero_exponent_byte;
        if (x.kind == real_class::finite) {
            const int exponent = x.exponent + format.fraction_bits;
            parts = static_cast<std::uint32_t>(exponent & 0xFF) |
                    static_cast<std::uint32_t>(x.significand << lift) << 16 | (x.negative ? 1U << 31 : 0U);
        } else if (!x.is_zero()) {
            parts |= special;
        }
        table.parts[code] = parts;
    }
    return table;
}

// The steps of a unit over the segments of the plan, in groups of four elements.
struct unit_step {
    std::size_t first = 0;
    std::size_t count = 0;
};

struct unit_steps {
    std::vector<unit_step> runs;
    std::vector<k_piece> pieces;
    std::size_t groups = 0;

    unit_steps(const std::vector<std::size_t>& ends, std::size_t products) {
        std::size_t at = 0;
        for (std::size_t segment = 0; segment < ends.size(); ++segment) {
            const std::size_t begin = at;
            while (at < ends[segment]) {
                const std::size_t count = std::min(products, ends[segment] - at);
                const std::size_t in_groups = (count + 3) / 4;
                runs.push_back({at, count});
                pieces.push_back({static_cast<std::uint32_t>(in_groups), static_cast<std::uint32_t>(count),
                                  static_cast<std::uint32_t>(segment), at == begin, at + count == ends[segment]});
                groups += in_groups;
                at += count;
            }
        }
    }
};

// Writes four elements of a line as the words of a group, `spacing` words apart.
inline void put_group(const std::uint32_t (&e)[4], std::uint32_t* out, std::size_t spacing) {
    const auto sign = [](std::uint32_t low, std::uint32_t high) {
        return (low >> 31) * 0xFFFEU | (high >> 31) * 0xFFFE0000U;
    };
    out[0] = (e[0] & 0xFF) | (e[1] & 0xFF) << 8 | (e[2] & 0xFF) << 16 | (e[3] & 0xFF) << 24;
    out[spacing] = (e[0] >> 16 & 0x7FFF) | (e[2] & 0x7FFF0000U);
    out[2 * spacing] = (e[1] >> 16 & 0x7FFF) | (e[3] & 0x7FFF0000U);
    out[3 * spacing] = sign(e[0], e[2]);
    out[4 * spacing] = sign(e[1], e[3]);
}

// An operand in groups: lines in bundles of `width` (columns of a tile, or 1), each [group][aligned_words][width].
struct parted_operand {
    page_buffer memory;
    std::uint32_t* words = nullptr;
    std::size_t width = 1;
    std::size_t bundle_words = 0;
    std::vector<char> special_line;  // holds NaN or infinities
    bool any_special = false;

    parted_operand(const code_source& source, const float_format& format, int lift, std::size_t bundle,
                   const unit_steps& steps, const options& opts)
        : width(bundle), bundle_words(steps.groups * aligned_words * bundle), special_line(source.lines, 0) {
        const parts_table table = parts_of(format, lift);
        const std::size_t bundles = (source.lines + width - 1) / width;
        words = memory.reserve<std::uint32_t>(bundles * bundle_words);
        parallel_ranges(bundles, std::max<std::size_t>(1, 64 / width), opts, [&](std::size_t first, std::size_t last) {
            for (std::size_t b = first; b < last; ++b) {
                fill(source, table, steps, b);
            }
        });
        any_special = std::find(special_line.begin(), special_line.end(), 1) != special_line.end();
    }

    const std::uint32_t* bundle(std::size_t index) const { return words + index * bundle_words; }

private:
    void fill(const code_source& source, const parts_table& table, const unit_steps& steps, std::size_t index) {
        std::uint32_t* out = words + index * bundle_words;
        for (const unit_step& step : steps.runs) {
            for (std::size_t k = 0; k < step.count; k += 4, out += aligned_words * width) {
                for (std::size_t i = 0; i < width; ++i) {
                    const std::size_t line = index * width + i;
                    std::uint32_t e[4] = {zero_exponent_byte, zero_exponent_byte, zero_exponent_byte,
                                          zero_exponent_byte};
                    if (line < source.lines) {
                        const std::uint8_t* code = source.at(line, step.first + k);
                        const std::size_t next = source.k_step_at(line);
                        const std::size_t count = std::min<std::size_t>(4, step.count - k);
                        for (std::size_t n = 0; n < count; ++n) {
                            e[n] = table.parts[code[n * next]];
                        }
                        if (((e[0] | e[1] | e[2] | e[3]) & special) != 0) {
                            special_line[line] = 1;
                        }
                    }
                    put_group(e, out + i, width);
                }
            }
        }
    }
};

}  // namespace

bool aligned_kernel_fits(const aligned& unit, const any_format& a, const any_format& b, matrix_view<const float> c) {
    const float_format* left = narrow_float(a);
    const float_format* right = narrow_float(b);
    if (left == nullptr || right == nullptr || unit.alignment != align_rounding::toward_zero ||
        unit.output == aligned_output::f16_ties_to_even || unit.products > most_products) {
        return false;
    }
    const auto moderate = [](const float_format& f) {
        const int top = static_cast<int>(f.max_ordinal() >> f.fraction_bits) - f.bias;
        return f.is_signed && !f.zero_field_is_normal && f.min_exponent() >= -largest_exponent &&
               top <= largest_exponent;
    };
    const int product_bits = left->fraction_bits + right->fraction_bits;
    if (!moderate(*left) || !moderate(*right) || unit.fraction_bits < product_bits ||
        unit.fraction_bits + 2 > sum_bits || unit.zero_exponent > -126) {
        return false;
    }
    for (std::size_t i = 0; i < c.rows(); ++i) {
        for (std::size_t j = 0; j < c.cols(); ++j) {
            const float magnitude = std::fabs(c(i, j));
            if (magnitude != 0.0f && !(magnitude >= 0x1p-80f && magnitude <= 0x1p60f)) {
                return false;
            }
        }
    }
    return true;
}

void multiply_aligned(const blocked_job& job, const aligned& unit, const aligned_family& family, const any_format& a,
                      const any_format& b, const options& opts,
                      const std::function<float(std::size_t, std::size_t)>& reference_element) {
    const std::size_t m = job.d.rows();
    const std::size_t n = job.d.cols();
    const float_format& left = *narrow_float(a);
    const float_format& right = *narrow_float(b);
    const unit_steps steps(job.plan->ends, static_cast<std::size_t>(unit.products));
    const int lift = unit.fraction_bits - left.fraction_bits - right.fraction_bits;
    const parted_operand rows(job.a, left, lift, 1, steps, opts);
    const parted_operand columns(job.b, right, 0, family.columns, steps, opts);
    const std::size_t segments = job.plan->ends.size();
    const std::size_t width = family.columns;

    // Scales as the kernels read them.
    const std::size_t bundles = (n + width - 1) / width;
    std::vector<float> a_scale(job.scaled ? m * segments : 0, 1.0f);
    std::vector<float> b_scale(job.scaled ? bundles * width * segments : 0, 1.0f);
    if (job.scaled) {
        job.a_scales.expand(0, m, job.plan->ends, a_scale.data(), segments, 1);
        job.b_scales.expand(0, n, job.plan->ends, b_scale.data(), 1, bundles * width);
    }

    const std::size_t row_tile = 16 * family.rows;
    const std::size_t row_tasks = (m + row_tile - 1) / row_tile;
    const auto tile = [&](std::size_t row, std::size_t count, std::size_t bundle) {
        const std::size_t column = bundle * width;
        const std::size_t used = std::min(width, n - column);
        float local[tile_buffer_size];
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < width; ++j) {
                local[i * width + j] = j < used && !job.c.empty() ? job.c(row + i, column + j) : 0.0f;
            }
        }
        aligned_call call;
        call.a = rows.bundle(row);
        call.a_stride = rows.bundle_words;
        call.b = columns.bundle(bundle);
        call.d = local;
        call.d_stride = width;
        call.steps = steps.pieces.data();
        call.step_count = steps.pieces.size();
        call.fraction_bits = unit.fraction_bits;
        call.register_mask = unit.output == aligned_output::e8m13_toward_zero ? 0xFFFFFC00U : 0xFFFFFFFFU;
        call.scaled = job.scaled;
        call.a_scale = a_scale.data() + (job.scaled ? row * segments : 0);
        call.a_scale_stride = segments;
        call.b_scale = b_scale.data() + (job.scaled ? column : 0);
        call.b_scale_stride = bundles * width;
        family.tile[count - 1](call);
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < used; ++j) {
                job.d(row + i, column + j) = canonical(local[i * width + j]);  // a scale may be NaN
            }
        }
    };
    parallel_ranges(row_tasks * bundles, 1, opts, [&](std::size_t index, std::size_t) {
        with_default_environment([&] {
            const std::size_t first = index % row_tasks * row_tile;
            const std::size_t last = std::min(m, first + row_tile);
            for (std::size_t row = first; row < last; row += family.rows) {
                tile(row, std::min(family.rows, last - row), index / row_tasks);
            }
        });
    });
    with_default_environment([&] {
        for (std::size_t i = 0; i < m && (rows.any_special || columns.any_special); ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                if (rows.special_line[i] != 0 || columns.special_line[j] != 0) {
                    job.d(i, j) = reference_element(i, j);
                }
            }
        }
        round_rows(job.d, job.output);
    });
}

}  // namespace narrowfp::detail
