// SPDX-License-Identifier: Apache-2.0
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/gemm/internal/blocked.hpp>
#include <narrowfp/gemm/internal/page_buffer.hpp>

#include <cstring>

namespace narrowfp::detail {

namespace {

// -- blocking ---------------------------------------------------------------------------------------------------------
// A panel of B is all steps of a block of k for the columns of a tile. Narrow panels stay in the first-level cache, wide
// ones stream from the second-level cache past a tile of A, which stays in the first. A task packs the panels of as many
// columns as fit 512 KiB and uses them for all its rows; lines of A are decoded in blocks of row_block. The longer a block
// of k, the fewer times D is read and written; the shorter, the more columns a line of A serves. Few rows of D stay in
// the second-level cache from one block to the next.
std::size_t steps_per_block(std::size_t rows, const kernel_family& family) {
    return family.tile_columns < 64 || rows <= 512 ? 512 : 1024;
}
constexpr std::size_t panel_words = std::size_t{1} << 17;  // of a task and a block of k, 4 bytes each
// Decoding B for as many rows, or A for as many columns, costs less than a twentieth of multiplying them.
constexpr std::size_t least_task_rows = 192;
constexpr std::size_t least_task_columns = 192;
constexpr std::size_t row_block = 48;
constexpr std::size_t lines_ahead = 3;       // of the line of A being decoded
constexpr double least_macs_per_task = 1e5;  // below, starting a thread costs more than it saves

// A block of k: the pieces of segments in it, and the runs that are packed at once (pieces of whole steps join).
struct k_run {
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t first_step = 0;
};

struct k_block {
    std::vector<k_piece> pieces;
    std::vector<k_run> runs;
    std::size_t steps = 0;
};

std::vector<k_block> blocks_of(const std::vector<std::size_t>& ends, std::size_t per_step, std::size_t most_steps) {
    std::vector<k_block> blocks;
    std::size_t at = 0;
    for (std::size_t segment = 0; segment < ends.size(); ++segment) {
        const std::size_t begin = at;
        while (at < ends[segment]) {
            if (blocks.empty() || blocks.back().steps >= most_steps) {
                blocks.emplace_back();
            }
            k_block& block = blocks.back();
            const std::size_t count = std::min(ends[segment] - at, (most_steps - block.steps) * per_step);
            const std::size_t steps = (count + per_step - 1) / per_step;
            k_run* last = block.runs.empty() ? nullptr : &block.runs.back();
            if (last != nullptr && last->count % per_step == 0) {
                last->count += count;
            } else {
                block.runs.push_back({at, count, block.steps});
            }
            block.pieces.push_back({static_cast<std::uint32_t>(steps), static_cast<std::uint32_t>(count),
                                    static_cast<std::uint32_t>(segment), at == begin, at + count == ends[segment]});
            block.steps += steps;
            at += count;
        }
    }
    return blocks;
}

std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Whether the product is one row from weights in panels, which is read from memory and not from panels of its own.
bool streams(const blocked_job& job) {
    return job.d.rows() == 1 && job.b.panel_lines == stream_columns &&
           job.family->stream[static_cast<std::size_t>(job.b.element.kind)] != nullptr;
}

// Rectangles of D, small enough that every thread gets some.
struct task_grid {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t row_tasks = 0;
    std::size_t column_tasks = 0;

    task_grid(const blocked_job& job, std::size_t block_steps, std::size_t threads) {
        const std::size_t m = job.d.rows();
        const std::size_t n = job.d.cols();
        const std::size_t width = job.family->tile_columns;
        if (streams(job)) {
            rows = 1;
            columns = stream_columns;
            row_tasks = 1;
            column_tasks = divide_up(n, columns);
            return;
        }
        const double macs = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(job.a.k);
        const auto worth = static_cast<std::size_t>(macs / least_macs_per_task);
        const std::size_t needed = threads == 1 ? 1 : std::min(threads, std::max<std::size_t>(1, worth));
        const std::size_t wanted = threads == 1 ? 1 : std::min(2 * threads, std::max<std::size_t>(1, worth));
        rows = m;
        columns = std::min(std::max(panel_words / block_steps / width, std::size_t{1}), divide_up(n, width)) * width;
        const auto tasks = [&] { return divide_up(m, rows) * divide_up(n, columns); };
        const auto halve_rows = [&] {
            rows = divide_up(divide_up(rows, 2), job.family->tile_rows) * job.family->tile_rows;
        };
        const auto halve_columns = [&] { columns = divide_up(divide_up(columns, 2), width) * width; };
        // Rows first: lines of D that two threads share travel between their caches.
        while (divide_up(m, rows) < needed && rows > least_task_rows) {
            halve_rows();
        }
        while (tasks() < wanted && columns > least_task_columns) {
            halve_columns();
        }
        while (tasks() < wanted && rows > least_task_rows) {
            halve_rows();
        }
        while (tasks() < needed && columns > width) {
            halve_columns();
        }
        while (tasks() < needed && rows > job.family->tile_rows) {
            halve_rows();
        }
        row_tasks = divide_up(m, rows);
        column_tasks = divide_up(n, columns);
    }
};

// -- one task ---------------------------------------------------------------------------------------------------------
// Buffers of a thread; they are kept, because fresh memory costs more than a small product.
struct task_buffers {
    page_buffer a;
    page_buffer b;
    page_buffer codes;
    page_buffer a_scale;
    page_buffer b_scale;
};

template <class Word>
void gather_words(const std::uint8_t* from, std::size_t step, std::size_t count, std::uint8_t* to,
                  std::size_t to_step) {
    for (std::size_t k = 0; k < count; ++k) {
        std::memcpy(to + k * to_step, from + k * step, sizeof(Word));
    }
}

// `count` codes of 1, 2 or 4 bytes from one stride to another.
void gather(std::size_t bytes, const std::uint8_t* from, std::size_t step, std::size_t count, std::uint8_t* to,
            std::size_t to_step) {
    switch (bytes) {
        case 1: gather_words<std::uint8_t>(from, step, count, to, to_step); break;
        case 2: gather_words<std::uint16_t>(from, step, count, to, to_step); break;
        default: gather_words<std::uint32_t>(from, step, count, to, to_step); break;
    }
}

// The codes of `width` lines, side by side at each k: in place if they lie so, else copied to `buffer`. Lines beyond the
// last are zeros.
struct code_rows {
    const std::uint8_t* codes = nullptr;
    std::size_t stride = 0;
};

code_rows side_by_side(const code_source& source, std::size_t line, std::size_t width, std::size_t first_k,
                       std::size_t count, page_buffer& buffer) {
    const std::size_t bytes = source.bytes();
    const std::size_t lines = std::min(width, source.lines - line);
    if (source.panel_lines != 0 || (source.line_step == bytes && lines == width)) {
        return {source.at(line, first_k), source.k_step_at(line)};
    }
    const std::size_t stride = width * bytes;
    auto* out = buffer.reserve<std::uint8_t>(stride * count);
    if (lines < width) {
        std::memset(out, 0, stride * count);
    }
    if (source.line_step == bytes) {
        for (std::size_t k = 0; k < count; ++k) {
            std::memcpy(out + k * stride, source.at(line, first_k + k), lines * bytes);
        }
        return {out, stride};
    }
    // Each line is contiguous or strided along k: transposed in strips that stay in the first-level cache.
    constexpr std::size_t strip = 64;
    for (std::size_t begin = 0; begin < count; begin += strip) {
        const std::size_t end = std::min(count, begin + strip);
        for (std::size_t i = 0; i < lines; ++i) {
            gather(bytes, source.at(line + i, first_k + begin), source.k_step, end - begin,
                   out + begin * stride + i * bytes, stride);
        }
    }
    return {out, stride};
}

// The codes of one line along k.
const std::uint8_t* along_k(const code_source& source, std::size_t line, std::size_t first_k, std::size_t count,
                            page_buffer& buffer) {
    const std::size_t bytes = source.bytes();
    const std::uint8_t* from = source.at(line, first_k);
    if (source.k_step == bytes) {
        return from;
    }
    auto* out = buffer.reserve<std::uint8_t>(count * bytes);
    gather(bytes, from, source.k_step, count, out, bytes);
    return out;
}

// Asks for the codes of a line that is read soon, if there is one and they lie side by side: the processor does not expect
// the next line, which begins on another page.
void prefetch(const code_source& source, std::size_t line, std::size_t first_k, std::size_t count) {
    if (line < source.lines && source.k_step == source.bytes()) {
        const std::uint8_t* const codes = source.at(line, first_k);
        for (std::size_t byte = 0; byte < count * source.bytes(); byte += 64) {
            __builtin_prefetch(codes + byte);
        }
    }
}

class task {
public:
    task(const blocked_job& job, const std::vector<k_block>& blocks, matrix_view<float> partial, task_buffers& buffers,
         std::size_t row, std::size_t rows, std::size_t column, std::size_t columns)
        : job_(job),
          blocks_(blocks),
          partial_(partial),
          buffers_(buffers),
          row_(row),
          rows_(rows),
          column_(column),
          columns_(columns),
          width_(job.family->tile_columns),
          padded_columns_(divide_up(columns, width_) * width_) {}

    void run() {
        if (job_.scaled) {
            expand_scales();
        }
        if (streams(job_)) {
            multiply_stream(job_.family->stream[static_cast<std::size_t>(job_.b.element.kind)]);
            return;
        }
        for (const k_block& block : blocks_) {
            const std::uint32_t* panels = pack_b(block);
            for (std::size_t first = 0; first < rows_; first += row_block) {
                const std::size_t count = std::min(row_block, rows_ - first);
                if (&block == &blocks_.front() && !job_.c.empty()) {
                    copy_c(first, count);
                }
                multiply_rows(block, first, count, panels);
                if (&block == &blocks_.back()) {
                    round_rows(job_.d.block(row_ + first, column_, count, columns_), job_.output);
                }
            }
        }
    }

private:
    // Rows count from the task's first.
    void copy_c(std::size_t first, std::size_t count) {
        for (std::size_t i = row_ + first; i < row_ + first + count; ++i) {
            for (std::size_t j = column_; j < column_ + columns_; ++j) {
                job_.d(i, j) = job_.c(i, j);
            }
        }
    }

    void expand_scales() {
        const std::size_t segments = job_.plan->ends.size();
        float* const of_rows = buffers_.a_scale.reserve<float>(rows_ * segments);
        float* const of_columns = buffers_.b_scale.reserve<float>(padded_columns_ * segments);
        job_.a_scales.expand(row_, rows_, job_.plan->ends, of_rows, segments, 1);
        std::fill_n(of_columns, padded_columns_ * segments, 1.0f);
        job_.b_scales.expand(column_, columns_, job_.plan->ends, of_columns, 1, padded_columns_);
        a_scale_ = of_rows;
        b_scale_ = of_columns;
    }

    const word_table* table_of(const code_source& source) const {
        return job_.integers ? source.element.integers.get() : source.element.values.get();
    }

    const std::uint32_t* pack_b(const k_block& block) {
        auto* const panels = buffers_.b.reserve<std::uint32_t>(block.steps * padded_columns_);
        const panel_function pack = job_.family->panel[static_cast<std::size_t>(job_.b.element.kind)];
        for (std::size_t j = 0; j < columns_; j += width_) {
            std::uint32_t* const panel = panels + j * block.steps;
            for (const k_run& run : block.runs) {
                const code_rows codes = side_by_side(job_.b, column_ + j, width_, run.first, run.count, buffers_.codes);
                pack(codes.codes, codes.stride, run.count, table_of(job_.b), panel + run.first_step * width_);
            }
        }
        return panels;
    }

    void multiply_rows(const k_block& block, std::size_t first, std::size_t count, const std::uint32_t* panels) {
        const std::size_t stride = block.steps + 16;  // lines do not share the sets of the cache
        auto* const lines = buffers_.a.reserve<std::uint32_t>(count * stride);
        const line_function pack = job_.family->line[static_cast<std::size_t>(job_.a.element.kind)];
        for (std::size_t i = 0; i < count; ++i) {
            for (const k_run& run : block.runs) {
                const std::size_t line = row_ + first + i;
                prefetch(job_.a, line + lines_ahead, run.first, run.count);
                const std::uint8_t* codes = along_k(job_.a, line, run.first, run.count, buffers_.codes);
                pack(codes, run.count, table_of(job_.a), lines + i * stride + run.first_step);
            }
        }
        tile_call call = call_of(block);
        call.a_stride = stride;
        const std::size_t tile_rows = job_.family->tile_rows;
        for (std::size_t i = 0; i < count; i += tile_rows) {
            call.a = lines + i * stride;
            for (std::size_t j = 0; j < columns_; j += width_) {
                call.b = panels + j * block.steps;
                multiply_tile(call, first + i, std::min(tile_rows, count - i), j);
            }
        }
    }

    // What the tiles of a block of k share.
    tile_call call_of(const k_block& block) const {
        tile_call call;
        call.d_stride = static_cast<std::size_t>(job_.d.row_stride());
        call.partial_stride = partial_.cols();
        call.pieces = block.pieces.data();
        call.piece_count = block.pieces.size();
        call.scaled = job_.scaled;
        call.first = &block == &blocks_.front();
        call.last = &block == &blocks_.back();
        call.from_zero = job_.c.empty();
        call.a_scale_stride = job_.plan->ends.size();
        call.b_scale_stride = padded_columns_;
        call.unit = job_.unit;
        return call;
    }

    // One row and the columns of one panel. The blocks are one, of all of k.
    void multiply_stream(stream_function stream) {
        const k_block& block = blocks_.front();
        auto* const line = buffers_.a.reserve<std::uint32_t>(block.steps);
        const line_function pack = job_.family->line[static_cast<std::size_t>(job_.a.element.kind)];
        for (const k_run& run : block.runs) {
            const std::uint8_t* codes = along_k(job_.a, row_, run.first, run.count, buffers_.codes);
            pack(codes, run.count, table_of(job_.a), line + run.first_step);
        }
        float d[stream_columns] = {};
        float* const target = &job_.d(row_, column_);
        if (!job_.c.empty()) {
            copy_c(0, 1);
            std::copy_n(target, columns_, d);
        }
        stream_call call;
        call.a = line;
        call.codes = job_.b.at(column_, 0);
        call.stride = job_.b.k_step_at(column_);
        call.columns = job_.b.panel_width(column_ / job_.b.panel_lines);
        call.table = table_of(job_.b);
        call.d = d;
        call.pieces = block.pieces.data();
        call.piece_count = block.pieces.size();
        call.scaled = job_.scaled;
        call.a_scale = a_scale_;
        call.b_scale = b_scale_;
        call.b_scale_stride = padded_columns_;
        stream(call);
        std::copy_n(d, columns_, target);
        round_rows(job_.d.block(row_, column_, 1, columns_), job_.output);
    }

    // Row and column count from the task's first.
    void multiply_tile(tile_call& call, std::size_t row, std::size_t rows, std::size_t column) {
        if (job_.scaled) {
            call.a_scale = a_scale_ + row * call.a_scale_stride;
            call.b_scale = b_scale_ + column;
        }
        if (!partial_.empty()) {
            call.partial = &partial_(row_ + row, column_ + column);
        }
        const tile_function multiply = job_.family->tile[rows - 1];
        call.d = &job_.d(row_ + row, column_ + column);
        if (column + width_ <= columns_) {
            multiply(call);
        } else {
            multiply_edge(call, multiply, rows, columns_ - column);
        }
    }

    // A tile that is wider than what is left of D.
    void multiply_edge(tile_call call, tile_function multiply, std::size_t rows, std::size_t columns) {
        float edge[tile_buffer_size] = {};
        float* const d = call.d;
        const std::size_t d_stride = call.d_stride;
        const bool holds_nothing = call.first && call.from_zero;
        for (std::size_t i = 0; i < rows && !holds_nothing; ++i) {
            std::memcpy(edge + i * width_, d + i * d_stride, columns * sizeof(float));
        }
        call.d = edge;
        call.d_stride = width_;
        multiply(call);
        for (std::size_t i = 0; i < rows; ++i) {
            std::memcpy(d + i * d_stride, edge + i * width_, columns * sizeof(float));
        }
    }

    const blocked_job& job_;
    const std::vector<k_block>& blocks_;
    matrix_view<float> partial_;
    task_buffers& buffers_;
    std::size_t row_;
    std::size_t rows_;
    std::size_t column_;
    std::size_t columns_;
    std::size_t width_;
    std::size_t padded_columns_;
    const float* a_scale_ = nullptr;
    const float* b_scale_ = nullptr;
};

// To 16 bits, ties to even; overflow gives infinity by the carry. NaN, whose bits are above infinity's, stays.
void round_to_bf16(float* row, std::size_t count) {
    for (std::size_t j = 0; j < count; ++j) {
        const auto bits = std::bit_cast<std::uint32_t>(row[j]);
        const std::uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000U;
        // Signed, so that the comparison is one instruction in a vector.
        const bool is_nan = static_cast<std::int32_t>(bits & 0x7FFFFFFFU) > 0x7F800000;
        row[j] = std::bit_cast<float>(is_nan ? bits : rounded);
    }
}

// To binary16, ties to even, as float; overflow gives infinity. NaN stays.
void round_to_f16(float* row, std::size_t count) {
    constexpr std::uint32_t smallest_normal = 0x38800000;  // 2^-14
    constexpr std::uint32_t first_infinite = 0x477FF000;   // 65520 = (2 - 2^-11) 2^15
    constexpr std::int32_t infinity = 0x7F800000;
    for (std::size_t j = 0; j < count; ++j) {
        const auto bits = std::bit_cast<std::uint32_t>(row[j]);
        const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
        const std::uint32_t normal = (magnitude + 0xFFF + (magnitude >> 13 & 1)) & 0xFFFFE000U;
        // Beside 1/2 floats are 2^-24 apart, as subnormal numbers of binary16 are.
        const std::uint32_t small = std::bit_cast<std::uint32_t>((std::bit_cast<float>(magnitude) + 0.5f) - 0.5f);
        const auto in_order =
            static_cast<std::int32_t>(magnitude);  // signed comparisons are one instruction in a vector
        std::uint32_t rounded = in_order < static_cast<std::int32_t>(smallest_normal) ? small : normal;
        rounded =
            in_order >= static_cast<std::int32_t>(first_infinite) ? static_cast<std::uint32_t>(infinity) : rounded;
        row[j] = std::bit_cast<float>(in_order > infinity ? bits : rounded | (bits & 0x80000000U));
    }
}

bool any_segment_continues(const std::vector<k_block>& blocks) {
    return std::any_of(blocks.begin(), blocks.end(), [](const k_block& block) { return !block.pieces.back().closes; });
}

}  // namespace

void multiply_blocked(const blocked_job& job, const options& opts) {
    const std::size_t m = job.d.rows();
    const std::size_t n = job.d.cols();
    const auto per_step = static_cast<std::size_t>(job.family->elements_per_step);
    const std::vector<k_block> blocks =
        blocks_of(job.plan->ends, per_step, streams(job) ? job.a.k : steps_per_block(m, *job.family));
    page_buffer carried;
    matrix_view<float> partial;
    if (job.scaled && any_segment_continues(blocks)) {
        const std::size_t width = divide_up(n, job.family->tile_columns) * job.family->tile_columns;
        partial = {carried.reserve<float>(m * width), m, width};
    }
    const task_grid grid(job, blocks.front().steps, static_cast<std::size_t>(thread_count(opts)));
    const std::size_t tasks = grid.row_tasks * grid.column_tasks;
    const options threads{static_cast<int>(std::min(tasks, static_cast<std::size_t>(thread_count(opts))))};
    parallel_ranges(tasks, 1, threads, [&](std::size_t index, std::size_t) {
        thread_local task_buffers buffers;
        const std::size_t row = index % grid.row_tasks * grid.rows;
        const std::size_t column = index / grid.row_tasks * grid.columns;
        with_default_environment([&] {
            task(job, blocks, partial, buffers, row, std::min(grid.rows, m - row), column,
                 std::min(grid.columns, n - column))
                .run();
        });
    });
}

void round_rows(matrix_view<float> d, const any_format& output) {
    if (output == any_format{f32}) {
        return;
    }
    const bool to_bf16 = output == any_format{bf16};
    const bool to_f16 = output == any_format{f16};
    for (std::size_t i = 0; i < d.rows(); ++i) {
        float* const row = &d(i, 0);
        if (to_bf16 || to_f16) {
            (to_bf16 ? round_to_bf16 : round_to_f16)(row, d.cols());
            continue;
        }
        for (std::size_t j = 0; j < d.cols(); ++j) {
            row[j] = round_output(row[j], output);
        }
    }
}

}  // namespace narrowfp::detail
