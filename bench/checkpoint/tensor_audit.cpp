// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/tensor_audit.hpp"

#include "support/on_target.hpp"
#include "support/parallel.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>

namespace narrowfp::bench {
namespace {

constexpr std::size_t tile_elements = 65536;  // 256 KiB of FP32: stays in a second-level cache
constexpr std::size_t lanes = 8;              // independent sums, so that the compiler can use vectors

// Rows of a tile lie behind each other in its buffer.
struct tile {
    std::size_t row = 0;
    std::size_t col = 0;
    std::size_t rows = 0;
    std::size_t cols = 0;

    std::size_t size() const { return rows * cols; }
};

// A matrix cut into tiles of whole rows, or a row into several tiles where it is longer than one.
class tiling {
public:
    tiling(std::size_t rows, std::size_t cols)
        : rows_(rows),
          cols_(cols),
          tile_rows_(std::max<std::size_t>(1, tile_elements / cols)),
          tile_cols_(std::min(cols, tile_elements)),
          across_(block_count(cols, tile_cols_)) {}

    std::size_t count() const { return block_count(rows_, tile_rows_) * across_; }

    tile operator[](std::size_t index) const {
        const std::size_t row = index / across_ * tile_rows_;
        const std::size_t col = index % across_ * tile_cols_;
        return {row, col, std::min(tile_rows_, rows_ - row), std::min(tile_cols_, cols_ - col)};
    }

private:
    std::size_t rows_;
    std::size_t cols_;
    std::size_t tile_rows_;
    std::size_t tile_cols_;
    std::size_t across_;
};

// work(first, length, block) for every run of the tile's buffer that lies in one block.
template <class Work>
void for_each_run(const tile& t, const granularity& g, std::size_t grid_cols, const Work& work) {
    const std::size_t last_row = t.row + t.rows - 1;
    const std::size_t last_col = t.col + t.cols - 1;
    const bool one_row = t.row / g.block_rows == last_row / g.block_rows;
    const bool one_col = t.col / g.block_cols == last_col / g.block_cols;
    if (one_row && one_col) {
        work(std::size_t{0}, t.size(), t.row / g.block_rows * grid_cols + t.col / g.block_cols);
        return;
    }
    for (std::size_t i = 0; i < t.rows; ++i) {
        const std::size_t line = (t.row + i) / g.block_rows * grid_cols;
        for (std::size_t j = 0; j < t.cols;) {
            const std::size_t block = (t.col + j) / g.block_cols;
            const std::size_t end = one_col ? t.cols : std::min(t.cols, (block + 1) * g.block_cols - t.col);
            work(i * t.cols + j, end - j, line + block);
            j = end;
        }
    }
}

// ---- the data -------------------------------------------------------------------------------------------------------
// Magnitudes of floats (T: float or double) are in the order of their bits, so a maximum needs no floating-point
// comparison. The bit of the sign marks a block that holds a NaN.
template <class T>
using pattern = typename host_layout<T>::bits_type;
template <class T>
constexpr pattern<T> nan_mark = pattern<T>{1} << (8 * sizeof(T) - 1);
template <class T>
constexpr pattern<T> infinity_pattern = std::bit_cast<pattern<T>>(std::numeric_limits<T>::infinity());

template <class T>
pattern<T> magnitude_pattern(T x) {
    return std::bit_cast<pattern<T>>(x) & ~nan_mark<T>;
}

template <class T>
bool is_finite(T x) {
    return std::fabs(x) <= std::numeric_limits<T>::max();
}
template <class T>
double finite_or_zero(T x) {
    return is_finite(x) ? double{x} : 0.0;
}

template <class T>
pattern<T> largest_magnitude(std::span<const T> x) {
    pattern<T> largest = 0;
    pattern<T> largest_of_all = 0;
    for (const T v : x) {
        const pattern<T> magnitude = magnitude_pattern(v);
        largest = std::max(largest, magnitude < infinity_pattern<T> ? magnitude : 0);
        largest_of_all = std::max(largest_of_all, magnitude);
    }
    return largest | (largest_of_all > infinity_pattern<T> ? nan_mark<T> : 0);
}

// Largest magnitudes of the blocks of one granularity, raised from several threads.
template <class T>
struct block_maxima {
    block_maxima(const granularity& g, std::size_t rows, std::size_t cols)
        : blocks(g), grid_cols(block_count(cols, g.block_cols)), bits(block_count(rows, g.block_rows) * grid_cols) {}

    void raise(std::size_t block, pattern<T> to) {
        const std::atomic_ref<pattern<T>> place(bits[block]);
        pattern<T> seen = place.load(std::memory_order_relaxed);
        const auto merged = [&] {
            return std::max(seen & ~nan_mark<T>, to & ~nan_mark<T>) | ((seen | to) & nan_mark<T>);
        };
        while (merged() != seen && !place.compare_exchange_weak(seen, merged(), std::memory_order_relaxed)) {}
    }

    void find_amax() {
        for (const pattern<T> of_block : bits) {
            amax = std::max(amax, std::bit_cast<T>(of_block & ~nan_mark<T>));
        }
    }

    block_scale scale_of(std::size_t block, const quantization& q, float tensor_factor) const {
        return {std::bit_cast<T>(bits[block] & ~nan_mark<T>), q, tensor_factor, (bits[block] & nan_mark<T>) != 0};
    }

    granularity blocks;
    std::size_t grid_cols;
    std::vector<pattern<T>> bits;
    T amax = 0;  // of the tensor
};

using lane_sums = std::array<double, lanes>;

// add(i, lane) for all i in order.
template <class Add>
void for_each_in_lanes(std::size_t count, const Add& add) {
    const std::size_t whole = count - count % lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            add(i + lane, lane);
        }
    }
    for (std::size_t i = whole; i < count; ++i) {
        add(i, i - whole);
    }
}

double sum_of(const lane_sums& s) { return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])); }

struct first_moments {
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
    std::uint64_t zeros = 0;
    double amax = 0;
    double sum = 0;
    double sum_of_squares = 0;
};

template <class T>
first_moments first_moments_of(std::span<const T> x) {
    first_moments m;
    lane_sums sum{};
    lane_sums squares{};
    std::uint32_t nan = 0;  // a tile has fewer elements than 2^32
    std::uint32_t infinite = 0;
    std::uint32_t zeros = 0;
    for (const T v : x) {
        const pattern<T> magnitude = magnitude_pattern(v);
        nan += magnitude > infinity_pattern<T> ? 1 : 0;
        infinite += magnitude == infinity_pattern<T> ? 1 : 0;
        zeros += magnitude == 0 ? 1 : 0;
    }
    m.nan = nan;
    m.infinite = infinite;
    m.zeros = zeros;
    for_each_in_lanes(x.size(), [&](std::size_t i, std::size_t lane) {
        const double v = finite_or_zero(x[i]);
        sum[lane] += v;
        squares[lane] += v * v;
    });
    m.amax = std::bit_cast<T>(largest_magnitude(x) & ~nan_mark<T>);
    m.sum = sum_of(sum);
    m.sum_of_squares = sum_of(squares);
    return m;
}

struct central_moments {
    double second = 0;
    double fourth = 0;
};

template <class T>
central_moments central_moments_of(std::span<const T> x, double mean) {
    lane_sums second{};
    lane_sums fourth{};
    for_each_in_lanes(x.size(), [&](std::size_t i, std::size_t lane) {
        const double d = is_finite(x[i]) ? double{x[i]} - mean : 0.0;
        const double square = d * d;
        second[lane] += square;
        fourth[lane] += square * square;
    });
    return {sum_of(second), sum_of(fourth)};
}

// ---- errors ---------------------------------------------------------------------------------------------------------
template <class T>
void add_errors(std::span<const T> x, std::span<const float> restored, tensor_outcome& out) {
    lane_sums error2{};
    lane_sums reference2{};
    lane_sums worst{};
    std::uint64_t left_out = 0;
    for_each_in_lanes(x.size(), [&](std::size_t i, std::size_t lane) {
        const double reference = x[i];
        const double difference = std::fabs(double{restored[i]} - reference);
        const bool counts = difference <= std::numeric_limits<double>::max();  // false for NaN
        const double d = counts ? difference : 0.0;
        const double r = counts ? std::fabs(reference) : 0.0;
        left_out += counts ? 0 : 1;
        error2[lane] += d * d;
        reference2[lane] += r * r;
        const double relative = d / (r == 0 ? std::numeric_limits<double>::infinity() : r);
        worst[lane] = relative > worst[lane] ? relative : worst[lane];
    });
    out.left_out += left_out;
    out.error2 += sum_of(error2);
    out.reference2 += sum_of(reference2);
    out.worst_relative = std::max(out.worst_relative, *std::max_element(worst.begin(), worst.end()));
}

// The parts of a tensor that tiles are made from.
struct tensor_source {
    const tensor_values& values;
    std::size_t cols;

    template <class T>
    void read(const tile& t, std::span<T> out) const {
        const std::size_t first = t.row * cols + t.col;  // the tile's rows are behind each other in the tensor, too
        values.read(first, out.first(t.size()));
    }
};

tensor_statistics statistics_of(std::span<const first_moments> parts, std::uint64_t elements) {
    tensor_statistics s;
    s.elements = elements;
    for (const first_moments& m : parts) {
        s.nan += m.nan;
        s.infinite += m.infinite;
        s.zeros += m.zeros;
        s.sum_of_squares += m.sum_of_squares;
        s.amax = std::max(s.amax, m.amax);
    }
    if (s.finite() != 0) {
        s.rms = std::sqrt(s.sum_of_squares / static_cast<double>(s.finite()));
        if (*s.rms > 0) {
            s.amax_over_rms = s.amax / *s.rms;
        }
    }
    return s;
}

double mean_of(std::span<const first_moments> parts, std::uint64_t finite) {
    double sum = 0;
    for (const first_moments& m : parts) {
        sum += m.sum;
    }
    return finite == 0 ? 0 : sum / static_cast<double>(finite);
}

void add_kurtosis(std::span<const central_moments> parts, tensor_statistics& s) {
    central_moments total;
    for (const central_moments& m : parts) {
        total.second += m.second;
        total.fourth += m.fourth;
    }
    const double square = total.second * total.second;
    if (square > 0 && std::isfinite(total.fourth)) {
        s.kurtosis = static_cast<double>(s.finite()) * total.fourth / square;
    }
}

// The granularities that need maxima, each once.
template <class T>
std::vector<block_maxima<T>> maxima_for(std::span<const quantizer> ways, std::size_t rows, std::size_t cols) {
    std::vector<block_maxima<T>> all;
    for (const quantizer& way : ways) {
        const granularity& g = way.description().blocks;
        const bool known = std::any_of(all.begin(), all.end(), [&](const auto& m) { return m.blocks == g; });
        if (way.description().scale.method != scale_method::none && !known) {
            all.emplace_back(g, rows, cols);
        }
    }
    return all;
}

// The scales of the blocks that a tile meets in one row of blocks, computed when that row is entered.
template <class T>
class tile_scales {
public:
    tile_scales(const tile& t, const quantization& q, const block_maxima<T>& maxima)
        : q_(q), maxima_(maxima), first_col_(t.col / q.blocks.block_cols) {
        if (q.scale.method == scale_method::two_level) {
            tensor_factor_ = tensor_factor_of(maxima.amax, q.element);
        }
        const std::size_t last_col = (t.col + t.cols - 1) / q.blocks.block_cols;
        scales_.resize(last_col - first_col_ + 1, block_scale(T{0}, q));
    }

    const block_scale& operator()(std::size_t block) {
        const std::size_t line = block / maxima_.grid_cols;
        if (line != line_) {
            line_ = line;
            for (std::size_t n = 0; n < scales_.size(); ++n) {
                scales_[n] = maxima_.scale_of(line * maxima_.grid_cols + first_col_ + n, q_, tensor_factor_);
            }
        }
        return scales_[block % maxima_.grid_cols - first_col_];
    }

private:
    const quantization& q_;
    const block_maxima<T>& maxima_;
    std::size_t first_col_;
    float tensor_factor_ = 1.0f;
    std::size_t line_ = whole_extent;
    std::vector<block_scale> scales_;
};

template <class T>
void quantize_tile(const tile& t, std::span<const T> x, const quantizer& way, std::span<const block_maxima<T>> maxima,
                   std::span<float> restored, tensor_outcome& out) {
    const quantization& q = way.description();
    const auto found = std::find_if(maxima.begin(), maxima.end(), [&](const auto& m) { return m.blocks == q.blocks; });
    if (q.scale.method == scale_method::none || found == maxima.end()) {
        out.events += way(x, block_scale(T{0}, q), restored);
    } else {
        tile_scales<T> scales(t, q, *found);
        for_each_run(t, q.blocks, found->grid_cols, [&](std::size_t first, std::size_t length, std::size_t block) {
            out.events += way(x.subspan(first, length), scales(block), restored.subspan(first, length));
        });
    }
    on_target(active_target(), [&] { add_errors(x, restored, out); });
}

}  // namespace

double tensor_outcome::relative_frobenius() const {
    if (error2 == 0) {
        return 0;
    }
    return reference2 > 0 ? std::sqrt(error2 / reference2) : std::numeric_limits<double>::infinity();
}

std::optional<double> tensor_outcome::sqnr_db() const {
    const double relative = relative_frobenius();
    return relative > 0 && std::isfinite(relative) ? std::optional(-20 * std::log10(relative)) : std::nullopt;
}

tensor_outcome& tensor_outcome::operator+=(const tensor_outcome& other) {
    code_bytes += other.code_bytes;
    scale_bytes += other.scale_bytes;
    blocks += other.blocks;
    elements += other.elements;
    left_out += other.left_out;
    events += other.events;
    error2 += other.error2;
    reference2 += other.reference2;
    worst_relative = std::max(worst_relative, other.worst_relative);
    return *this;
}

tensor_outcome outcome_bytes(std::size_t rows, std::size_t cols, const quantization& q) {
    tensor_outcome out;
    out.elements = rows * cols;
    out.code_bytes = packed_bytes(rows * cols, storage_bits_of(q.element));
    if (q.scale.method != scale_method::none) {
        out.blocks = block_count(rows, q.blocks.block_rows) * block_count(cols, q.blocks.block_cols);
        out.scale_bytes = packed_bytes(out.blocks, scale_format(q.scale).storage_bits) +
                          (q.scale.method == scale_method::two_level ? sizeof(float) : 0);
    }
    return out;
}

namespace {

// T: what the reader gives.
template <class T>
tensor_audit audit_elements(const tensor_values& values, std::size_t rows, std::size_t cols,
                            std::span<const quantizer> ways, int threads,
                            const std::function<void(std::uint64_t)>& advance) {
    tensor_audit result;
    for (const quantizer& way : ways) {
        result.outcomes.push_back(outcome_bytes(rows, cols, way.description()));
    }
    if (rows == 0 || cols == 0) {
        return result;
    }
    const tiling tiles(rows, cols);
    const tensor_source source{values, cols};
    std::vector<block_maxima<T>> maxima = maxima_for<T>(ways, rows, cols);
    std::vector<first_moments> first(tiles.count());
    parallel_for(tiles.count(), threads, [&](std::size_t index) {
        const tile t = tiles[index];
        std::vector<T> buffer(t.size());
        source.read(t, std::span(buffer));
        const std::span<const T> x(buffer);
        on_target(active_target(), [&] {
            first[index] = first_moments_of(x);
            for (block_maxima<T>& m : maxima) {
                for_each_run(t, m.blocks, m.grid_cols, [&](std::size_t begin, std::size_t length, std::size_t block) {
                    m.raise(block, largest_magnitude(x.subspan(begin, length)));
                });
            }
        });
    });
    for (block_maxima<T>& m : maxima) {
        m.find_amax();
    }
    result.statistics = statistics_of(first, rows * cols);
    const double mean = mean_of(first, result.statistics.finite());

    std::vector<central_moments> central(tiles.count());
    std::vector<tensor_outcome> parts(tiles.count() * ways.size());
    parallel_for(tiles.count(), threads, [&](std::size_t index) {
        const tile t = tiles[index];
        std::vector<T> buffer(t.size());
        std::vector<float> restored(t.size());
        source.read(t, std::span(buffer));
        const std::span<const T> x(buffer);
        on_target(active_target(), [&] { central[index] = central_moments_of(x, mean); });
        for (std::size_t way = 0; way < ways.size(); ++way) {
            quantize_tile<T>(t, x, ways[way], maxima, restored, parts[index * ways.size() + way]);
        }
        if (advance) {
            advance(t.size());
        }
    });
    add_kurtosis(central, result.statistics);
    for (std::size_t n = 0; n < parts.size(); ++n) {
        result.outcomes[n % ways.size()] += parts[n];
    }
    return result;
}

}  // namespace

tensor_audit audit_tensor(const tensor_values& values, std::size_t rows, std::size_t cols,
                          std::span<const quantizer> ways, int threads,
                          const std::function<void(std::uint64_t)>& advance) {
    return values.gives_doubles() ? audit_elements<double>(values, rows, cols, ways, threads, advance)
                                  : audit_elements<float>(values, rows, cols, ways, threads, advance);
}

}  // namespace narrowfp::bench
