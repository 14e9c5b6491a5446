// SPDX-License-Identifier: Apache-2.0
#include "support/array_rows.hpp"

#include "support/random_data.hpp"
#include "support/verification.hpp"

#include <narrowfp/round/philox.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace narrowfp::bench {

std::shared_ptr<const std::vector<float>> mixed_floats(std::size_t count, std::uint32_t seed) {
    constexpr std::size_t most = std::size_t{1} << 20;
    const std::size_t drawn = std::min(count, most);
    const matrix<float> base = make_matrix(distribution::normal, 1, drawn, seed, 0);
    const philox_stream exponents{seed, 2};
    auto values = std::make_shared<std::vector<float>>(count);
    for (std::size_t i = 0; i < drawn; ++i) {
        (*values)[i] = std::ldexp(base(0, i), static_cast<int>(exponents.word(i) % 14) - 8);
    }
    for (std::size_t i = drawn; i < count; ++i) {
        (*values)[i] = (*values)[i - drawn];
    }
    return values;
}

std::uint32_t crc32_of(std::span<const float> values) {
    matrix<float> row(1, values.size());
    std::copy(values.begin(), values.end(), row.data());
    return crc32_of(row);
}

namespace {

// 64 bytes at a time past the caches, if both ends are aligned to 16 bytes.
void stream_copy(float* out, const float* in, std::size_t count) {
    std::size_t i = 0;
#if defined(__SSE2__)
    for (; i + 16 <= count; i += 16) {
        for (std::size_t j = 0; j < 16; j += 4) {
            _mm_stream_ps(out + i + j, _mm_loadu_ps(in + i + j));
        }
    }
    _mm_sfence();
#endif
    std::copy(in + i, in + count, out + i);
}

class copy_row : public suite_row {
public:
    copy_row(std::string_view prefix, report::field_list parameters, std::string group,
             std::shared_ptr<const std::vector<float>> data, copy_kind kind, int threads)
        : suite_row(prefix, std::move(parameters)),
          group_(std::move(group)),
          data_(std::move(data)),
          kind_(kind),
          threads_(threads) {}

    void prepare() override {
        copy_.resize(data_->size());
        compute();
    }
    void compute() override {
        const std::size_t part = (data_->size() / static_cast<std::size_t>(threads_) + 15) / 16 * 16;
        const auto run = [&](std::size_t first, std::size_t last) {
            if (kind_ == copy_kind::plain) {
                std::memcpy(copy_.data() + first, data_->data() + first, (last - first) * sizeof(float));
            } else {
                stream_copy(copy_.data() + first, data_->data() + first, last - first);
            }
        };
#if defined(_OPENMP)
#pragma omp parallel for num_threads(threads_)
#endif
        for (int t = 0; t < threads_; ++t) {
            const std::size_t first = std::min(data_->size(), static_cast<std::size_t>(t) * part);
            run(first, std::min(data_->size(), first + part));
        }
    }
    std::string check() const override {
        return std::memcmp(copy_.data(), data_->data(), copy_.size() * sizeof(float)) == 0 ? "" : "the copy differs";
    }
    std::string label() const override { return kind_ == copy_kind::plain ? "memcpy" : "stores past the caches"; }
    std::string checked_against() const override { return "equal to the source"; }
    double macs() const override { return static_cast<double>(data_->size()); }
    std::string group() const override { return group_; }
    void release() override { copy_ = {}; }

private:
    std::string group_;
    std::shared_ptr<const std::vector<float>> data_;
    copy_kind kind_;
    int threads_;
    std::vector<float> copy_;
};

constexpr std::array<table_key, 1> memcpy_ratio{{{"memcpy", "vs memcpy"}}};

}  // namespace

std::unique_ptr<suite_row> make_copy_row(std::string_view prefix, report::field_list parameters, std::string group,
                                         std::shared_ptr<const std::vector<float>> data, copy_kind kind, int threads) {
    return std::make_unique<copy_row>(prefix, std::move(parameters), std::move(group), std::move(data), kind, threads);
}

rate_text element_rates(std::span<const table_key> columns) {
    return {.counter = "elements_per_s",
            .unit = "1/s",
            .title = "G/s",
            .shown = 1e-9,
            .columns = columns,
            .ratios = memcpy_ratio};
}

}  // namespace narrowfp::bench
