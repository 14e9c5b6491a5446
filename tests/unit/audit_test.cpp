// SPDX-License-Identifier: Apache-2.0
// The audit's fast path against the library's slow one: the same values and events for every format and recipe, the same
// sums whatever the number of threads, and statistics of data whose moments are known.
#include <doctest/doctest.h>

#include "checkpoint/tensor_audit.hpp"

#include <narrowfp/error/metrics.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace {

using namespace narrowfp;
using namespace narrowfp::bench;

rounding rounding_of(const any_format& format) { return default_rounding(format); }

// Random bits (every exponent), numbers of one size, and what is special.
std::vector<float> test_values(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t bits = static_cast<std::uint32_t>(random());
        const bool ordinary = i % 3 != 0;
        values[i] = ordinary
                        ? std::ldexp(static_cast<float>(bits % 20001) - 10000.0f, static_cast<int>(bits >> 28) - 20)
                        : std::bit_cast<float>(bits);
    }
    const float special[] = {0.0f,
                             -0.0f,
                             std::numeric_limits<float>::infinity(),
                             -std::numeric_limits<float>::infinity(),
                             std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::denorm_min()};
    for (std::size_t i = 0; i < std::min(count, std::size(special)); ++i) {
        values[i * 7 % count] = special[i];
    }
    return values;
}

stored_tensor real32_tensor() {
    stored_tensor t;
    t.kind = element_kind::real32;
    return t;
}

tensor_audit audit(const std::vector<float>& x, std::size_t rows, std::size_t cols, const std::vector<quantizer>& ways,
                   int threads = 1) {
    return audit_tensor(tensor_values(real32_tensor(), reinterpret_cast<const std::byte*>(x.data())), rows, cols, ways,
                        threads);
}

}  // namespace

TEST_CASE("a table holds what project gives for every format and overflow mode") {
    std::mt19937 random(1);
    for (const any_format& format : all_formats) {
        for (const auto& [overflow, overflow_name] : overflow_mode_names) {
            const auto table = step_table::make(format, rounding_of(format), overflow);
            CAPTURE(name_of(format));
            CAPTURE(overflow_name);
            CHECK(table.has_value() == (name_of(format) != "f32"));
            if (!table) {
                continue;
            }
            std::size_t wrong = 0;
            const auto check = [&](std::uint32_t bits) {
                const float x = std::bit_cast<float>(bits);
                const auto expected = entry_of(format, project(format, to_real(x), rounding_of(format), overflow));
                const auto found = (*table)(x);
                wrong += std::bit_cast<std::uint32_t>(expected.value) != std::bit_cast<std::uint32_t>(found.value) ||
                         expected.events != found.events;
            };
            for (std::uint32_t top = 0; top < 65536; top += 7) {
                for (const std::uint32_t low : {0U, 1U, 0x7FFFU, 0x8000U, 0x8001U, 0xFFFFU}) {
                    check(top << 16 | low);
                }
            }
            for (int n = 0; n < 20000; ++n) {
                check(static_cast<std::uint32_t>(random()));
            }
            CHECK(wrong == 0);
        }
    }
}

TEST_CASE("values and events are those of quantize and dequantize for every format and recipe") {
    constexpr std::size_t rows = 70;
    constexpr std::size_t cols = 150;
    for (const unsigned seed : {1U, 2U}) {
        std::vector<float> x = test_values(rows * cols, seed);
        if (seed == 2) {  // no extremes: every recipe works where it is meant to
            for (float& v : x) {
                v = std::isfinite(v) ? std::remainder(v, 3.0f) : 0.25f;
            }
        }
        const matrix_view<const float> view(x.data(), rows, cols);
        for (const any_format& format : all_formats) {
            for (const recipe& r : all_recipes) {
                for (const bool as_b : {false, true}) {
                    const quantization q = as_b ? r.for_b(format) : r.for_a(format);
                    CAPTURE(name_of(format));
                    CAPTURE(r.name);
                    const quantized_matrix expected = quantize(view, q);
                    const matrix<float> restored = dequantize(expected);
                    const quantizer way(q);
                    const float tensor_factor = tensor_factor_of(detail::amax_of(view), format);
                    std::size_t wrong = 0;
                    const std::size_t block_rows = std::min(q.blocks.block_rows, rows);
                    const std::size_t block_cols = std::min(q.blocks.block_cols, cols);
                    for (std::size_t i = 0; i < rows; i += block_rows) {
                        for (std::size_t j = 0; j < cols; j += block_cols) {
                            const std::size_t height = std::min(block_rows, rows - i);
                            const std::size_t width = std::min(block_cols, cols - j);
                            const matrix_view<const float> block = view.block(i, j, height, width);
                            const block_scale scale(detail::amax_of(block), q, tensor_factor, detail::holds_nan(block));
                            for (std::size_t n = 0; n < height; ++n) {
                                std::vector<float> out(width);
                                way(std::span(x).subspan((i + n) * cols + j, width), scale, out);
                                for (std::size_t m = 0; m < width; ++m) {
                                    const float other = restored(i + n, j + m);
                                    wrong +=
                                        std::bit_cast<std::uint32_t>(out[m]) != std::bit_cast<std::uint32_t>(other) &&
                                        !(std::isnan(out[m]) && std::isnan(other));
                                }
                            }
                        }
                    }
                    CHECK(wrong == 0);
                    const tensor_outcome outcome = audit(x, rows, cols, {way}).outcomes.front();
                    CHECK(outcome.events.underflowed == expected.events().underflowed);
                    CHECK(outcome.events.saturated == expected.events().saturated);
                    CHECK(outcome.events.subnormal == expected.events().subnormal);
                    CHECK(outcome.events.restored_infinite == expected.events().restored_infinite);
                    CHECK(outcome.events.nan_by_scale == expected.events().nan_by_scale);
                    CHECK(outcome.left_out == expected.events().not_finite());
                    CHECK(outcome.code_bytes == expected.code_bytes());
                    CHECK(outcome.scale_bytes == expected.scale_bytes());
                }
            }
        }
    }
}

TEST_CASE("errors are those of compare") {
    constexpr std::size_t rows = 37;
    constexpr std::size_t cols = 5000;  // several tiles
    std::vector<float> x = test_values(rows * cols, 5);
    for (float& v : x) {
        v = std::isfinite(v) ? std::remainder(v, 100.0f) : v;
    }
    matrix<double> reference(rows, cols);
    for (std::size_t n = 0; n < x.size(); ++n) {
        reference.data()[n] = x[n];
    }
    for (const recipe& r : all_recipes) {
        const quantization q = r.for_a(e4m3fn);
        const matrix_view<const float> view(x.data(), rows, cols);
        const error_report expected = compare(dequantize(quantize(view, q)).view(), reference.view());
        const tensor_outcome found = audit(x, rows, cols, {quantizer(q)}).outcomes.front();
        CHECK(found.relative_frobenius() == doctest::Approx(expected.relative_frobenius).epsilon(1e-12));
        CHECK(found.worst_relative == expected.max_relative);
        CHECK(found.left_out == expected.nonfinite);
        CHECK(found.elements == expected.elements);
    }
}

TEST_CASE("the number of threads has no influence and long rows are cut") {
    const std::vector<float> x = test_values(300000, 9);
    std::vector<quantizer> ways;
    for (const recipe& r : all_recipes) {
        ways.emplace_back(r.for_b(e5m2));
        ways.emplace_back(r.for_a(e4m3fn));
    }
    for (const auto& [rows, cols] :
         {std::pair<std::size_t, std::size_t>{1, 300000}, {300000, 1}, {3, 100000}, {1000, 300}}) {
        const tensor_audit one = audit(x, rows, cols, ways, 1);
        const tensor_audit many = audit(x, rows, cols, ways, 4);
        CHECK(std::bit_cast<std::uint64_t>(one.statistics.sum_of_squares) ==
              std::bit_cast<std::uint64_t>(many.statistics.sum_of_squares));
        for (std::size_t n = 0; n < ways.size(); ++n) {
            const quantized_matrix expected =
                quantize(matrix_view<const float>(x.data(), rows, cols), ways[n].description());
            CHECK(one.outcomes[n].events.underflowed == expected.events().underflowed);
            CHECK(one.outcomes[n].events.subnormal == expected.events().subnormal);
            CHECK(one.outcomes[n].bytes() == expected.bytes());
            CHECK(std::bit_cast<std::uint64_t>(one.outcomes[n].error2) ==
                  std::bit_cast<std::uint64_t>(many.outcomes[n].error2));
            CHECK(one.outcomes[n].events == many.outcomes[n].events);
        }
    }
}

TEST_CASE("statistics") {
    // +-1 with equal shares: kurtosis 1. One outlier of size n among n: E x^4 / (E x^2)^2 is nearly n.
    std::vector<float> x(1000);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = i % 2 == 0 ? 1.0f : -1.0f;
    }
    tensor_statistics s = audit(x, 10, 100, {}).statistics;
    CHECK(s.amax == 1);
    CHECK(s.sum_of_squares == 1000);
    CHECK(*s.rms == 1);
    CHECK(*s.amax_over_rms == 1);
    CHECK(*s.kurtosis == doctest::Approx(1));
    std::fill(x.begin(), x.end(), 0.0f);
    s = audit(x, 10, 100, {}).statistics;
    CHECK(s.zeros == 1000);
    CHECK(s.nonzero() == 0);
    CHECK_FALSE(s.amax_over_rms.has_value());
    CHECK_FALSE(s.kurtosis.has_value());
    x[3] = -8.0f;
    x[4] = std::numeric_limits<float>::quiet_NaN();
    x[5] = std::numeric_limits<float>::infinity();
    s = audit(x, 1000, 1, {}).statistics;
    CHECK(s.nan == 1);
    CHECK(s.infinite == 1);
    CHECK(s.nonzero() == 1);
    CHECK(s.amax == 8);
    CHECK(s.sum_of_squares == 64);
    // One of 998 values is not zero: kurtosis (n^2 - 3 n + 3) / (n - 1).
    CHECK(*s.kurtosis == doctest::Approx((998.0 * 998 - 3 * 998 + 3) / 997));
}

TEST_CASE("stored elements of each kind") {
    stored_tensor t = real32_tensor();
    t.kind = element_kind::codes;
    t.format = e4m3fn;
    const unsigned char bytes[] = {0x38, 0x7E, 0x80, 0x7F};
    std::vector<float> out(4);
    element_reader{t}(reinterpret_cast<const std::byte*>(bytes), out);
    CHECK(out[0] == 1);
    CHECK(out[1] == 448);
    CHECK(std::signbit(out[2]));
    CHECK(std::isnan(out[3]));
    t.format = bf16;
    out.resize(2);
    const std::uint16_t words[] = {0x3F80, 0xC000};
    element_reader{t}(reinterpret_cast<const std::byte*>(words), out);
    CHECK(out == std::vector<float>{1, -2});
    t.kind = element_kind::real64;
    const std::vector<double> doubles = {1 + 0x1p-30, 1e300};
    std::vector<double> as_stored(2);
    CHECK(element_reader{t}.gives_doubles());
    element_reader{t}(reinterpret_cast<const std::byte*>(doubles.data()), as_stored);
    CHECK(as_stored == doubles);
}

TEST_CASE("doubles are rounded once, and like the library's doubles") {
    constexpr std::size_t rows = 20;
    constexpr std::size_t cols = 150;
    stored_tensor t = real32_tensor();
    t.kind = element_kind::real64;
    for (const unsigned seed : {1U, 2U}) {
        const std::vector<float> floats = test_values(rows * cols, seed);
        std::vector<double> x(floats.begin(), floats.end());
        std::mt19937 random(seed);
        for (std::size_t n = 0; n < x.size(); ++n) {  // just beside floats, just beside ties, and beyond their range
            const double step = std::ldexp(1.0, -24 - static_cast<int>(random() % 28));
            x[n] *= n % 4 == 0 ? 1 : 1 + (n % 2 == 0 ? step : -step);
            x[n] *= seed == 2 && n % 97 == 0 ? 1e30 : 1;
        }
        matrix<double> stored(rows, cols);
        std::copy(x.begin(), x.end(), stored.data());
        for (const any_format& format : all_formats) {
            for (const recipe& r : all_recipes) {
                const quantization q = r.for_a(format);
                CAPTURE(name_of(format));
                CAPTURE(r.name);
                const quantized_matrix expected = quantize(stored.view(), q);
                const error_report error = compare(dequantize(expected).view(), stored.view());
                const tensor_outcome found =
                    audit_tensor(tensor_values(t, reinterpret_cast<const std::byte*>(x.data())), rows, cols,
                                 std::vector{quantizer(q)}, 1)
                        .outcomes.front();
                CHECK(found.events.underflowed == expected.events().underflowed);
                CHECK(found.events.saturated == expected.events().saturated);
                CHECK(found.events.subnormal == expected.events().subnormal);
                CHECK(found.left_out == error.nonfinite);
                CHECK(found.worst_relative == error.max_relative);
            }
        }
    }
}
