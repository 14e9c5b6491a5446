// SPDX-License-Identifier: Apache-2.0
#include "faults/flip_sample.hpp"

#include "support/random_data.hpp"

#include <narrowfp/quant/quantize.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace narrowfp::bench {

namespace {

// Mean and standard error of one share per tile.
class share_of_tiles {
public:
    void add(double share) {
        sum_ += share;
        squares_ += share * share;
        ++count_;
    }
    sampled_share result() const {
        const double mean = sum_ / count_;
        const double variance = std::max(0.0, squares_ / count_ - mean * mean) * count_ / (count_ - 1);
        return {mean, std::sqrt(variance / count_)};
    }

private:
    double sum_ = 0;
    double squares_ = 0;
    double count_ = 0;
};

// The value of a code of any width.
class decoder {
public:
    explicit decoder(const any_format& format) : format_(format) {
        if (storage_bits_of(format) <= 16) {
            table_ = values_by_code(format);
        }
    }
    double operator()(std::uint32_t code) const {
        return table_.empty() ? double{decode_float(format_, code)} : double{table_[code]};
    }

private:
    any_format format_;
    std::vector<float> table_;
};

flip_outcome outcome_of(double before, double after, double largest) {
    if (!std::isfinite(after)) {
        return flip_outcome::not_finite;
    }
    return std::fabs(after - before) > largest ? flip_outcome::above : flip_outcome::harmless;
}

}  // namespace

payload_flips sample_payload_flips(const stored_format& f, std::size_t tiles, std::uint32_t seed, int threads) {
    const matrix<float> x = make_matrix(distribution::normal, tiles, f.tile, seed, 0);
    const quantized_matrix q =
        quantize(x.view(), f.scaling.for_a(f.element), {.threads = threads, .count_events = false});
    const decoder value(f.element);
    const int bits = storage_bits_of(f.element);
    const auto flips_of_tile = static_cast<double>(f.tile) * bits;
    payload_flips out;
    out.by_bit.resize(static_cast<std::size_t>(bits));
    out.scale_bits = static_cast<double>(q.scale_bytes()) / static_cast<double>(q.bytes());
    share_of_tiles not_finite;
    share_of_tiles above;
    for (std::size_t i = 0; i < tiles; ++i) {
        const double scale = q.scale(i, 0);
        double largest = 0;
        for (std::size_t j = 0; j < f.tile; ++j) {
            largest = std::fmax(largest, std::fabs(value(q.code(i, j)) * scale));
        }
        double bad = 0;
        double wrong = 0;
        for (std::size_t j = 0; j < f.tile; ++j) {
            const std::uint32_t code = q.code(i, j);
            const double before = value(code) * scale;
            for (int bit = 0; bit < bits; ++bit) {
                const double after = value(code ^ (std::uint32_t{1} << bit)) * scale;
                const flip_outcome outcome = outcome_of(before, after, largest);
                bad += outcome == flip_outcome::not_finite;
                wrong += outcome == flip_outcome::above;
                out.by_bit[static_cast<std::size_t>(bit)].not_finite += outcome == flip_outcome::not_finite;
                out.by_bit[static_cast<std::size_t>(bit)].above += outcome == flip_outcome::above;
                if (outcome != flip_outcome::not_finite) {
                    out.worst = std::fmax(out.worst, std::fabs(after - before) / largest);
                }
            }
        }
        not_finite.add(bad / flips_of_tile);
        above.add(wrong / flips_of_tile);
    }
    for (bit_shares& bit : out.by_bit) {
        bit.not_finite /= static_cast<double>(tiles * f.tile);
        bit.above /= static_cast<double>(tiles * f.tile);
    }
    out.not_finite = not_finite.result();
    out.above = above.result();
    out.flips = static_cast<std::int64_t>(tiles * f.tile) * bits;
    return out;
}

scale_flips sample_scale_flips(const stored_format& f, std::size_t tiles, std::uint32_t seed, int threads) {
    const matrix<float> x = make_matrix(distribution::normal, tiles, f.tile, seed, 0);
    const quantized_matrix q = quantize(x.view(), f.scaling.for_a(f.element), {.threads = threads});
    scale_flips out;
    if (!q.has_scales()) {
        return out;
    }
    const any_format scales = q.scale_element();
    out.bits = storage_bits_of(scales);
    out.numbers_hit = f.tile;
    share_of_tiles not_finite;
    share_of_tiles above;
    for (std::size_t block = 0; block < tiles; ++block) {
        const double before = decode_float(scales, q.scale_code(block));
        double bad = 0;
        double wrong = 0;
        for (int bit = 0; bit < out.bits; ++bit) {
            const double after = decode_float(scales, q.scale_code(block) ^ (std::uint32_t{1} << bit));
            const flip_outcome outcome = outcome_of(before, after, before);
            bad += outcome == flip_outcome::not_finite;
            wrong += outcome == flip_outcome::above;
            if (outcome != flip_outcome::not_finite) {
                out.above_half += std::fabs(after - before) > before / 2;
                const double factor = std::fabs(after) / before;
                if (factor > 0) {
                    out.worst_factor = std::max({out.worst_factor, factor, 1 / factor});
                }
            }
        }
        not_finite.add(bad / out.bits);
        above.add(wrong / out.bits);
    }
    out.flips = static_cast<std::int64_t>(tiles) * out.bits;
    out.above_half /= static_cast<double>(out.flips);
    out.not_finite = not_finite.result();
    out.above = above.result();
    return out;
}

master_flips sample_master_flips(const stored_format& f, std::size_t tiles, std::uint32_t seed) {
    constexpr float spread = 0.02f;
    constexpr int bits = 32;
    matrix<float> x = make_matrix(distribution::normal, tiles, f.tile, seed, 1);
    for (std::size_t i = 0; i < tiles; ++i) {
        for (std::size_t j = 0; j < f.tile; ++j) {
            x(i, j) *= spread;
        }
    }
    const quantization how = f.scaling.for_a(f.element);
    const options quiet{.threads = 1, .count_events = false};
    const decoder value(f.element);
    master_flips out;
    // One number of each tile, all of its bits: the 32 variants of a tile are the rows of one matrix.
    for (std::size_t i = 0; i < tiles; ++i) {
        const std::size_t hit = i % f.tile;
        matrix<float> variants(bits + 1, f.tile);
        for (std::size_t row = 0; row <= bits; ++row) {
            std::copy_n(&x(i, 0), f.tile, &variants(row, 0));
        }
        for (std::size_t bit = 0; bit < bits; ++bit) {
            variants(bit, hit) = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x(i, hit)) ^ (1u << bit));
        }
        const quantized_matrix q = quantize(variants.view(), how, quiet);
        const auto number = [&](std::size_t row, std::size_t j) { return value(q.code(row, j)) * q.scale(row, j); };
        double largest = 0;
        std::size_t zeros = 0;
        for (std::size_t j = 0; j < f.tile; ++j) {
            largest = std::fmax(largest, std::fabs(number(bits, j)));
            zeros += number(bits, j) == 0;
        }
        for (std::size_t bit = 0; bit < bits; ++bit) {
            const double before = number(bits, hit);
            const double after = number(bit, hit);
            const flip_outcome outcome = outcome_of(before, after, largest);
            std::size_t zeros_after = 0;
            for (std::size_t j = 0; j < f.tile; ++j) {
                zeros_after += number(bit, j) == 0;
            }
            out.not_finite += outcome == flip_outcome::not_finite;
            out.above += outcome == flip_outcome::above;
            out.invisible += q.code(bit, hit) == q.code(bits, hit) && q.scale(bit, hit) == q.scale(bits, hit);
            out.ruined += zeros_after > zeros + (f.tile - 1) / 2;
        }
    }
    out.flips = static_cast<std::int64_t>(tiles) * bits;
    for (double* count : {&out.not_finite, &out.above, &out.invisible, &out.ruined}) {
        *count /= static_cast<double>(out.flips);
    }
    return out;
}

}  // namespace narrowfp::bench
