// SPDX-License-Identifier: Apache-2.0
// Blocks that fit a second-level cache are done in one go: largest magnitudes, scales, codes, a tile of whole blocks at
// a time. Larger ones take two passes over the matrix. A view whose rows do not lie in one piece is read through small
// transposed copies. Blocks that need care (block_care.hpp) are done one element after the other.
#include <narrowfp/base/fp_environment.hpp>
#include <narrowfp/base/internal/parallel.hpp>
#include <narrowfp/quant/block_care.hpp>
#include <narrowfp/quant/kernel/bit_writer.hpp>
#include <narrowfp/quant/kernel/block_kernels.hpp>
#include <narrowfp/quant/kernel/block_scaler.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/round/kernel/converter.hpp>
#include <narrowfp/round/kernel/narrow.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

namespace narrowfp {

namespace {

constexpr std::size_t tile_elements = 32768;  // 128 KiB of floats, an eighth of a second-level cache
constexpr std::size_t largest_fused = 8 * tile_elements;
constexpr std::size_t patch_rows = 32;  // a patch is 32 KiB of floats
constexpr std::size_t patch_cols = 256;
constexpr std::size_t run_elements = 1024;  // scaled at a time, in the first-level cache

std::size_t round_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

struct tile {
    std::size_t row, col, rows, cols;
};

// How a matrix is cut. Blocks are at least 1 x 1 and at most the matrix; the matrix is not empty.
class tiling {
public:
    tiling(matrix_view<const float> x, std::size_t block_rows, std::size_t block_cols)
        : rows_(x.rows()), cols_(x.cols()) {
        const bool in_pieces = x.col_stride() != 1;
        const std::size_t least_cols = std::max(block_cols, std::min(cols_, std::size_t{64}));
        fused_ = block_rows * least_cols <= largest_fused;
        const std::size_t wanted_cols = in_pieces || block_rows > 1 ? patch_cols : tile_elements;
        tile_cols_ = fused_ || block_cols <= wanted_cols ? round_up(wanted_cols, block_cols) : wanted_cols;
        if (fused_ && block_rows * tile_cols_ > largest_fused) {
            tile_cols_ = round_up(least_cols, block_cols);
        }
        tile_cols_ = std::min(tile_cols_, cols_);
        const std::size_t wanted_rows = std::max(tile_elements / tile_cols_, in_pieces ? patch_rows : std::size_t{1});
        tile_rows_ = fused_ || block_rows <= wanted_rows ? round_up(wanted_rows, block_rows) : wanted_rows;
        tile_rows_ = std::min(tile_rows_, rows_);
        across_ = block_count(cols_, tile_cols_);
    }

    // Whether tiles consist of whole blocks.
    bool fused() const { return fused_; }
    std::size_t size() const { return block_count(rows_, tile_rows_) * across_; }
    tile operator[](std::size_t i) const {
        const std::size_t row = i / across_ * tile_rows_;
        const std::size_t col = i % across_ * tile_cols_;
        return {row, col, std::min(tile_rows_, rows_ - row), std::min(tile_cols_, cols_ - col)};
    }
    // The tile after t, or t if it is the last.
    tile after(const tile& t) const {
        const std::size_t i = t.row / tile_rows_ * across_ + t.col / tile_cols_;
        return i + 1 < size() ? (*this)[i + 1] : t;
    }
    // Tiles that one thread takes at a time. Of many, several: what follows a tile is asked for while it is converted.
    std::size_t chunk() const {
        constexpr std::size_t many = 256;
        return std::max<std::size_t>(size() >= many ? 8 : 1, tile_elements / (tile_rows_ * tile_cols_));
    }

private:
    std::size_t rows_, cols_;
    std::size_t tile_rows_ = 1, tile_cols_ = 1, across_ = 1;
    bool fused_ = false;
};

// The blocks that a tile touches, as a grid of their own.
struct block_window {
    std::size_t block_rows, block_cols;
    std::size_t first_row, first_col;  // in the grid of the matrix
    std::size_t rows, cols;

    block_window(const tile& t, std::size_t br, std::size_t bc)
        : block_rows(br),
          block_cols(bc),
          first_row(t.row / br),
          first_col(t.col / bc),
          rows((t.row + t.rows - 1) / br + 1 - first_row),
          cols((t.col + t.cols - 1) / bc + 1 - first_col) {}

    std::size_t size() const { return rows * cols; }
    // Where the block of element (i, j) of the matrix stands in the window.
    std::size_t operator()(std::size_t i, std::size_t j) const {
        return (i / block_rows - first_row) * cols + (j / block_cols - first_col);
    }
};

// Raises an amax that tiles of several threads share.
void raise(std::uint32_t& shared, std::uint32_t value) {
    const std::atomic_ref<std::uint32_t> amax(shared);
    std::uint32_t before = amax.load(std::memory_order_relaxed);
    std::uint32_t after = narrowfp::detail::merged_amax(before, value);
    while (after != before && !amax.compare_exchange_weak(before, after, std::memory_order_relaxed)) {
        after = narrowfp::detail::merged_amax(before, value);
    }
}

// The scales of the blocks of a window, in its layout.
struct scaled_blocks {
    std::vector<std::uint32_t> amax, codes;
    std::vector<float> factors;
    std::vector<narrowfp::detail::block_care> care;
    bool any_care = false;

    void reset(std::size_t count) {
        amax.assign(count, 0);
        codes.resize(count);
        factors.resize(count);
        care.resize(count);
    }
    void find(const kernel::block_scaler& scaler) {
        any_care = scaler(amax.data(), amax.size(), factors.data(), codes.data(), care.data());
    }
};

class quantizer {
public:
    quantizer(matrix_view<const float> x, const quantization& q, quantized_matrix& out, const options& opts)
        : x_(x),
          q_(q),
          out_(out),
          opts_(opts),
          kernels_(*kernel::block_kernels_for(active_features())),
          block_rows_(std::min(q.blocks.block_rows, x.rows())),
          block_cols_(std::min(q.blocks.block_cols, x.cols())),
          grid_cols_(block_count(x.cols(), block_cols_)),
          tiles_(x, block_rows_, block_cols_),
          width_(storage_bits_of(q.element)),
          convert_(q.element, q.mode, {}, q.overflow, opts.count_events, out.code_bytes()) {}

    event_counts operator()() {
        if (width_ % 8 != 0) {
            const std::span<std::uint8_t> bytes = out_.code_storage();
            std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
        }
        if (q_.scale.method == scale_method::two_level) {
            tensor_factor_ =
                tensor_factor_of(std::bit_cast<float>(amax_of_all() & ~narrowfp::detail::nan_mark), q_.element);
            out_.set_tensor_scale(divide_f32(1.0f, tensor_factor_));
        }
        if (q_.scale.method != scale_method::none) {
            scaler_.emplace(q_, tensor_factor_);
        }
        if (tiles_.fused() || !scaler_) {
            return for_tiles([&](const tile& t, scaled_blocks& s) { return quantize_tile(t, s); });
        }
        scaled_blocks blocks;
        blocks.reset(block_count(x_.rows(), block_rows_) * grid_cols_);
        if (needs_amax()) {
            find_amax(block_rows_, block_cols_, blocks.amax);
        }
        blocks.find(*scaler_);
        store_scales(0, blocks.codes);
        const block_window all({0, 0, x_.rows(), x_.cols()}, block_rows_, block_cols_);
        return for_tiles([&](const tile& t, scaled_blocks&) { return convert_tile(t, all, blocks); });
    }

private:
    bool needs_amax() const { return !(q_.scale.method == scale_method::multiplier && q_.scale.fixed_factor != 0.0f); }

    // The sum of what work(tile, scratch) counts.
    template <class Work>
    event_counts for_tiles(Work work) {
        event_counts total;
        std::mutex total_mutex;
        parallel_ranges(tiles_.size(), tiles_.chunk(), opts_, [&](std::size_t first, std::size_t last) {
            const event_counts part = with_default_environment([&] {
                scaled_blocks s;
                event_counts sum;
                for (std::size_t i = first; i < last; ++i) {
                    sum += work(tiles_[i], s);
                }
                convert_.finish();
                return sum;
            });
            const std::lock_guard lock(total_mutex);
            total += part;
        });
        return total;
    }

    // Calls visit(part, data, stride) for parts of a tile whose rows lie in one piece.
    template <class Visit>
    void for_patches(const tile& t, Visit visit) const {
        if (x_.col_stride() == 1) {
            visit(t, &x_(t.row, t.col), x_.row_stride());
            return;
        }
        float copy[patch_rows * patch_cols];
        for (std::size_t i = t.row; i < t.row + t.rows; i += patch_rows) {
            for (std::size_t j = t.col; j < t.col + t.cols; j += patch_cols) {
                const tile part{i, j, std::min(patch_rows, t.row + t.rows - i),
                                std::min(patch_cols, t.col + t.cols - j)};
                copy_patch(part, copy);
                visit(part, static_cast<const float*>(copy), static_cast<std::ptrdiff_t>(patch_cols));
            }
        }
    }
    void copy_patch(const tile& t, float* copy) const {
        if (x_.row_stride() == 1) {
            kernels_.transpose(&x_(t.row, t.col), x_.col_stride(), copy, patch_cols, t.rows, t.cols);
            return;
        }
        for (std::size_t i = 0; i < t.rows; ++i) {
            for (std::size_t j = 0; j < t.cols; ++j) {
                copy[i * patch_cols + j] = x_(t.row + i, t.col + j);
            }
        }
    }

    // Raises amax, which is laid out as `window`, by the elements of a tile; marks blocks that hold a NaN.
    void amax_of_tile(const tile& t, const block_window& window, std::uint32_t* amax) const {
        for_patches(t, [&](const tile& part, const float* data, std::ptrdiff_t stride) {
            for (std::size_t i = 0; i < part.rows; ++i, data += stride) {
                std::uint32_t* const of_row = amax + window(part.row + i, part.col);
                if (window.block_cols == 1) {
                    kernels_.amax_each(data, part.cols, of_row);
                } else {
                    kernels_.amax(data, part.cols, window.block_cols, part.col % window.block_cols, of_row);
                }
            }
        });
    }

    // Blocks of any size: amax over the whole matrix, laid out as its grid of blocks.
    void find_amax(std::size_t block_rows, std::size_t block_cols, std::vector<std::uint32_t>& amax) {
        const std::size_t grid_cols = block_count(x_.cols(), block_cols);
        for_tiles([&](const tile& t, scaled_blocks& s) {
            const block_window window(t, block_rows, block_cols);
            s.amax.assign(window.size(), 0);
            amax_of_tile(t, window, s.amax.data());
            for (std::size_t i = 0; i < window.rows; ++i) {
                for (std::size_t j = 0; j < window.cols; ++j) {
                    raise(amax[(window.first_row + i) * grid_cols + window.first_col + j], s.amax[i * window.cols + j]);
                }
            }
            return event_counts{};
        });
    }
    std::uint32_t amax_of_all() {
        std::vector<std::uint32_t> amax(1);
        find_amax(x_.rows(), x_.cols(), amax);
        return amax[0];
    }

    event_counts quantize_tile(const tile& t, scaled_blocks& s) {
        const block_window window(t, block_rows_, block_cols_);
        if (!scaler_) {
            return convert_tile(t, window, s);
        }
        s.reset(window.size());
        if (needs_amax()) {
            amax_of_tile(t, window, s.amax.data());
        }
        s.find(*scaler_);
        for (std::size_t i = 0; i < window.rows; ++i) {
            store_scales((window.first_row + i) * grid_cols_ + window.first_col,
                         std::span(s.codes).subspan(i * window.cols, window.cols));
        }
        return convert_tile(t, window, s);
    }

    void store_scales(std::size_t first, std::span<const std::uint32_t> codes) {
        if (out_.scale_element().storage_bits == 32) {
            std::memcpy(out_.scale_storage().data() + 4 * first, codes.data(), 4 * codes.size());
        } else {
            std::transform(codes.begin(), codes.end(),
                           out_.scale_storage().begin() + static_cast<std::ptrdiff_t>(first),
                           [](std::uint32_t code) { return static_cast<std::uint8_t>(code); });
        }
    }

    // `blocks` is laid out as `window`.
    event_counts convert_tile(const tile& t, const block_window& window, const scaled_blocks& blocks) {
        event_counts counts;
        const tile next = tiles_.after(t);
        const bool far = convert_.streams() && x_.col_stride() == 1;  // next lies in memory, and in one piece
        const std::ptrdiff_t ahead = far ? &x_(next.row, next.col) - &x_(t.row, t.col) : 0;
        for_patches(t, [&](const tile& part, const float* data, std::ptrdiff_t stride) {
            for (std::size_t i = 0; i < part.rows; ++i, data += stride) {
                if (!scaler_) {
                    store_codes(data, part.cols, part.row + i, part.col, counts);
                    continue;
                }
                const std::size_t row = part.row + i;
                const std::size_t first = window(row, part.col);
                const std::size_t last = window(row, part.col + part.cols - 1);
                if (blocks.any_care && std::any_of(&blocks.care[first], &blocks.care[last] + 1, [](auto care) {
                        return care != narrowfp::detail::block_care::none;
                    })) {
                    convert_row_with_care({row, part.col, 1, part.cols}, data, first, blocks, counts);
                } else {
                    convert_row_fast(data, part.cols, row, part.col, &blocks.factors[first], ahead, counts);
                }
            }
        });
        return counts;
    }

    // One row of a tile, block by block; its first block stands at `block`.
    void convert_row_with_care(const tile& t, const float* data, std::size_t block, const scaled_blocks& blocks,
                               event_counts& counts) {
        for (std::size_t done = 0; done < t.cols; ++block) {
            const std::size_t col = t.col + done;
            const std::size_t n = std::min(t.cols - done, block_cols_ - col % block_cols_);
            const narrowfp::detail::block_care care = blocks.care[block];
            if (care == narrowfp::detail::block_care::all ||
                (care == narrowfp::detail::block_care::extreme &&
                 narrowfp::detail::has_extremes(std::span(data + done, n)))) {
                convert_each_element({data + done, n}, t.row, col, blocks.amax[block], counts);
            } else {
                convert_row_fast(data + done, n, t.row, col, &blocks.factors[block], 0, counts);
            }
            done += n;
        }
    }

    // Quantises the elements of one block from (row, col) on, given its amax, with the reference's code.
    void convert_each_element(std::span<const float> x, std::size_t row, std::size_t col, std::uint32_t amax,
                              event_counts& counts) {
        const narrowfp::detail::block_scaling scale =
            narrowfp::detail::block_scaling_of(std::bit_cast<float>(amax & ~narrowfp::detail::nan_mark),
                                               (amax & narrowfp::detail::nan_mark) != 0, q_, tensor_factor_);
        std::uint32_t codes[run_elements];
        for (std::size_t first = 0; first < x.size(); first += run_elements) {
            const std::size_t n = std::min(run_elements, x.size() - first);
            std::visit(
                [&](const auto& format) {
                    for (std::size_t i = 0; i < n; ++i) {
                        codes[i] = static_cast<std::uint32_t>(narrowfp::detail::quantize_element(
                            format, x[first + i], scale, q_.mode, q_.overflow, counts));
                    }
                },
                q_.element);
            const std::size_t index = row * x_.cols() + col + first;
            std::uint8_t* const bytes = out_.code_storage().data();
            if (width_ % 8 != 0) {
                kernel::write_packed(codes, n, width_, bytes, index);
                continue;
            }
            const auto size = static_cast<std::size_t>(width_) / 8;
            for (std::size_t i = 0; i < n; ++i) {
                std::memcpy(bytes + (index + i) * size, &codes[i], size);  // the low bytes
            }
        }
    }

    void convert_row_fast(const float* data, std::size_t count, std::size_t row, std::size_t col, const float* factors,
                          std::ptrdiff_t ahead, event_counts& counts) {
        if (!convert_row_at_once(data, count, row, col, factors, ahead, counts)) {
            convert_row(data, count, row, col, factors, counts);
        }
    }

    // Elements (row, col) and following of one row, scaled and rounded by one kernel if there is such; factors[0]
    // belongs to the first.
    bool convert_row_at_once(const float* data, std::size_t count, std::size_t row, std::size_t col,
                             const float* factors, std::ptrdiff_t ahead, event_counts& counts) {
        constexpr std::size_t group = 64;
        const bool one_block = col % block_cols_ + count <= block_cols_;
        const bool whole_groups = block_cols_ % group == 0 && col % block_cols_ == 0;
        if (width_ != 8 || !convert_.can_scale() || scaler_->operation() == kernel::scale_operation::power ||
            !(one_block || whole_groups)) {
            return false;
        }
        const auto how = scaler_->operation() == kernel::scale_operation::multiply ? kernel::prescale::multiply
                                                                                   : kernel::prescale::divide;
        std::uint8_t* const bytes = out_.code_storage().data() + row * x_.cols() + col;
        counts += convert_.scaled(std::span(data, count), std::span(bytes, count),
                                  {how, factors, one_block ? SIZE_MAX : block_cols_, ahead});
        return true;
    }

    // The same by steps, for any block, operation and element.
    void convert_row(const float* data, std::size_t count, std::size_t row, std::size_t col, const float* factors,
                     event_counts& counts) {
        float scaled[run_elements];
        for (std::size_t first = 0; first < count; first += run_elements) {
            const std::size_t n = std::min(run_elements, count - first);
            bool lost = false;
            if (block_cols_ == 1) {
                lost = kernels_.scale_each(scaler_->operation(), data + first, n, factors + first, scaled);
            } else {
                const std::size_t before = col % block_cols_ + first;
                lost = kernels_.scale(scaler_->operation(), data + first, n, block_cols_, before % block_cols_,
                                      factors + before / block_cols_, scaled);
            }
            store_codes(scaled, n, row, col + first, counts);
            if (lost) {
                const bool has_zero = std::visit([](const auto& f) { return f.has_zero(); }, q_.element);
                kernel::count_lost_by_scaling(data + first, scaled, n, has_zero, counts);
            }
        }
    }

    // Rounds and stores elements (row, col) and following of one row.
    void store_codes(const float* values, std::size_t count, std::size_t row, std::size_t col, event_counts& counts) {
        const std::size_t index = row * x_.cols() + col;
        std::uint8_t* const bytes = out_.code_storage().data();
        if (width_ == 8) {
            counts += convert_(std::span(values, count), std::span(bytes + index, count), index);
            return;
        }
        if (width_ < 8) {
            store_by<std::uint8_t>(values, count, index, bytes, counts);
        } else if (width_ <= 16) {
            store_by<std::uint16_t>(values, count, index, bytes, counts);
        } else {
            store_by<std::uint32_t>(values, count, index, bytes, counts);
        }
    }
    template <class Code>
    void store_by(const float* values, std::size_t count, std::size_t index, std::uint8_t* bytes,
                  event_counts& counts) {
        Code codes[run_elements];
        for (std::size_t first = 0; first < count; first += run_elements) {
            const std::size_t n = std::min(run_elements, count - first);
            counts += convert_(std::span(values + first, n), std::span<Code>(codes, n), index + first);
            if (width_ == 8 * static_cast<int>(sizeof(Code))) {
                std::memcpy(bytes + (index + first) * sizeof(Code), codes, n * sizeof(Code));
            } else {
                kernel::write_packed(codes, n, width_, bytes, index + first);
            }
        }
    }

    matrix_view<const float> x_;
    quantization q_;
    quantized_matrix& out_;
    options opts_;
    const kernel::block_kernels& kernels_;
    std::size_t block_rows_, block_cols_, grid_cols_;
    tiling tiles_;
    int width_;
    kernel::converter convert_;
    float tensor_factor_ = 1.0f;  // of two levels
    std::optional<kernel::block_scaler> scaler_;
};

// Rounding to odd (block_kernels.hpp) needs a unit of the element that is two places above that of binary32.
bool has_wide_unit(const float_format& f) { return f.min_exponent() - f.fraction_bits >= -147; }
bool has_wide_unit(const hifloat8_format&) { return true; }
bool has_wide_unit(const fixed_format&) { return true; }

bool scales_exactly(const quantization& q) {
    return q.scale.method != scale_method::power_of_two ||
           std::visit([](const auto& f) { return has_wide_unit(f); }, q.element);
}

}  // namespace

void quantize_into(matrix_view<const float> x, const quantization& q, quantized_matrix& out, const options& opts) {
    require_options(opts);
    require_quantization(q);
    if (kernel::block_kernels_for(active_features()) == nullptr || x.empty() || !scales_exactly(q)) {
        quantize_reference_into(x, q, out);
        if (!opts.count_events) {
            out.set_events({.elements = x.size()});
        }
        return;
    }
    out.reshape(x.rows(), x.cols(), q.element, q.scale.method != scale_method::none, q.blocks, scale_format(q.scale));
    const event_counts events = with_default_environment([&] { return quantizer(x, q, out, opts)(); });
    out.set_events(opts.count_events ? events : event_counts{.elements = x.size()});
}

quantized_matrix quantize(matrix_view<const float> x, const quantization& q, const options& opts) {
    quantized_matrix out;
    quantize_into(x, q, out, opts);
    return out;
}

}  // namespace narrowfp
