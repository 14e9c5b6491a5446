// SPDX-License-Identifier: Apache-2.0
// The compiled quantisation gives the codes, scales, counts and values of the reference: every format, granularity, way of
// scaling and rounding, on every target, for views of any stride, with any number of threads, whatever the caller has set
// in MXCSR, into new memory and into memory that held something else.
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/quantize.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "support/bridge.hpp"
#include "support/forced_target.hpp"
#include "support/hostile_environment.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

const granularity all_blocks[] = {granularity::tensor(),      granularity::row(),         granularity::col(),
                                  granularity::block(1, 128), granularity::block(128, 1), granularity::block(128, 128),
                                  granularity::block(1, 32),  granularity::block(32, 1),  granularity::block(1, 16),
                                  granularity::block(3, 5),   granularity::block(1, 1),   granularity::block(2, 300),
                                  granularity::block(64, 8)};

std::vector<scaling> all_scalings() {
    std::vector<scaling> scalings{{.method = scale_method::none},
                                  {.method = scale_method::multiplier},
                                  {.method = scale_method::multiplier, .amax_floor = 1e-12f},
                                  {.method = scale_method::multiplier, .round_to_power = true},
                                  {.method = scale_method::multiplier, .fixed_factor = 0.37f},
                                  {.method = scale_method::multiplier, .fixed_factor = 0x1.8p60f},
                                  {.method = scale_method::multiplier, .fixed_factor = 0x1.8p-120f},
                                  {.method = scale_method::multiplier, .fixed_factor = 0x1.8p-127f},
                                  {.method = scale_method::divisor, .amax_floor = 1e-4f},
                                  {.method = scale_method::divisor, .amax_floor = 1e-4f, .round_to_power = true},
                                  {.method = scale_method::divisor},
                                  {.method = scale_method::two_level}};
    for (const auto& [rule, name] : scale_rule_names) {
        scalings.push_back({.method = scale_method::power_of_two, .rule = rule});
    }
    return scalings;
}

enum class layout { dense, transposed, part, strided };

// The elements of a matrix in memory of a given layout.
struct stored_matrix {
    std::vector<float> memory;
    matrix_view<const float> view;
};

stored_matrix store(const matrix<float>& x, layout how) {
    stored_matrix s;
    const auto place = [&](std::size_t size, std::ptrdiff_t row_stride, std::ptrdiff_t col_stride, std::size_t first) {
        s.memory.assign(size + 1, std::numeric_limits<float>::infinity());
        s.view = {s.memory.data() + first, x.rows(), x.cols(), row_stride, col_stride};
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (std::size_t j = 0; j < x.cols(); ++j) {
                const_cast<float&>(s.view(i, j)) = x(i, j);
            }
        }
    };
    const auto rows = static_cast<std::ptrdiff_t>(x.rows());
    const auto cols = static_cast<std::ptrdiff_t>(x.cols());
    switch (how) {
        case layout::dense: place(x.size(), cols, 1, 0); break;
        case layout::transposed: place(x.size(), 1, rows, 1); break;
        case layout::part: place(x.rows() * (x.cols() + 7), cols + 7, 1, 3); break;
        case layout::strided: place(x.rows() * (x.cols() * 2 + 1), cols * 2 + 1, 2, 0); break;
    }
    return s;
}

// Mostly ordinary numbers; some rows near one end of binary32's range, or with blocks of very different sizes, the
// largest number among them; zeros, now and then NaN or an infinity, in some matrices many of them.
matrix<float> make_values(random_bits& random, std::size_t rows, std::size_t cols) {
    matrix<float> x(rows, cols);
    const std::uint64_t kind = random.below(9);
    for (std::size_t i = 0; i < rows; ++i) {
        int middle = kind == 0 ? random.between(-120, 120) : (kind == 1 ? random.between(-149, -110) : 0);
        for (std::size_t j = 0; j < cols; ++j) {
            if (kind >= 6 && j % 16 == 0) {
                middle = kind == 6 ? random.between(-149, 127) : (kind == 7 ? random.between(110, 127) : 0);
            }
            const std::uint64_t what = random.below(kind == 8 ? 40 : 200);
            x(i, j) = random.finite(std::clamp(middle - 14, -126, 120), std::clamp(middle + 6, -125, 127));
            if (what < 10) {
                x(i, j) = what % 2 == 0 ? 0.0f : -0.0f;
            } else if (what == 10) {
                x(i, j) = std::bit_cast<float>(random.word() & 0x807FFFFF);  // subnormal
            } else if (what == 11 && (kind == 2 || kind == 8)) {
                x(i, j) = std::bit_cast<float>(random.word() | 0x7F800000);
            } else if (what == 12 && (kind == 2 || kind == 8)) {
                x(i, j) = std::bit_cast<float>((random.word() & 0x80000000) | 0x7F800000);
            } else if (what == 13 && kind == 7) {
                x(i, j) = std::bit_cast<float>((random.word() & 0x80000000) | 0x7F7FFFFF);
            }
        }
    }
    return x;
}

bool same_bits(const matrix<float>& a, const matrix<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct outcome {
    quantized_matrix q;
    matrix<float> back;
};

void expect_same(const outcome& expected, matrix_view<const float> x, const quantization& how, int threads,
                 quantized_matrix& used, const std::string& where, tally& t) {
    const options opts{.threads = threads};
    const auto what = [&](const char* which) {
        return std::string(name_of(how.element)) + " " + name_of(how.blocks) + " " +
               std::string(name_of(how.scale.method)) + " " + std::string(name_of(how.scale.rule)) + ", " +
               std::string(name_of(how.mode)) + ", " + shape_text(x.rows(), x.cols()) + ", " + std::to_string(threads) +
               " threads, " + where + ": " + which + reproducer();
    };
    const quantized_matrix found = quantize(x, how, opts);
    t.expect(found.codes() == expected.q.codes(), [&] { return what("codes"); });
    t.expect(found.scales() == expected.q.scales(), [&] { return what("scales"); });
    t.expect(found.tensor_scale() == expected.q.tensor_scale(), [&] { return what("scale of the tensor"); });
    t.expect(found.events() == expected.q.events(), [&] { return what("counts"); });
    quantize_into(x, how, used, {.threads = threads, .count_events = false});
    t.expect(used.codes() == expected.q.codes() && used.scales() == expected.q.scales() &&
                 used.tensor_scale() == expected.q.tensor_scale() &&
                 used.events() == event_counts{.elements = x.size()},
             [&] { return what("without counting, into used memory"); });
    t.expect(same_bits(dequantize(found, opts), expected.back), [&] { return what("values"); });
    matrix<float> columns(x.cols(), x.rows());
    dequantize_into(found, columns.view().transposed(), opts);
    bool same = true;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            same &= std::bit_cast<std::uint32_t>(columns(j, i)) == std::bit_cast<std::uint32_t>(expected.back(i, j));
        }
    }
    t.expect(same, [&] { return what("values, transposed"); });
}

outcome reference(matrix_view<const float> x, const quantization& how) {
    outcome o{quantize_reference(x, how), {}};
    o.back = dequantize_reference(o.q);
    return o;
}

template <class Range>
auto one_of(random_bits& random, const Range& choices) {
    return choices[random.below(std::size(choices))];
}

quantization random_quantization(random_bits& random, const any_format& format, const std::vector<scaling>& scalings) {
    quantization how{format, one_of(random, all_blocks), one_of(random, scalings), default_rounding(format)};
    if (how.scale.method == scale_method::none) {
        how.blocks = granularity::tensor();
    }
    if (random.below(3) == 0 && !std::visit([](const auto& f) { return f.only_ties_to_away(); }, format)) {
        how.mode = static_cast<rounding>(random.below(6));
    }
    if (random.below(4) == 0) {
        how.overflow = overflow_mode::none;
    }
    return how;
}

}  // namespace

TEST_CASE("quantisation equals the reference on every target") {
    const std::vector<scaling> scalings = all_scalings();
    for (const target_info& target : targets_here()) {
        const forced_target forced(std::string(target.name).c_str());
        tally t("quantisation against the reference, target " + std::string(target.name));
        random_bits random(run_seed() + 11);
        quantized_matrix used(2, 2, e4m3fn);
        for (int turn = 0; turn < 24; ++turn) {
            for (const any_format& format : all_formats) {
                const quantization how = random_quantization(random, format, scalings);
                const bool tall = random.below(2) == 0;
                const matrix<float> x =
                    make_values(random, 1 + random.below(tall ? 300 : 20), 1 + random.below(tall ? 20 : 300));
                const auto where = static_cast<layout>(random.below(4));
                const stored_matrix stored = store(x, where);
                const int threads = random.between(1, 3);
                const std::string text = "layout " + std::to_string(static_cast<int>(where));
                const outcome expected = reference(x.view(), how);
                expect_same(expected, stored.view, how, threads, used, text, t);
                const unsigned setting = one_of(random, hostile_settings);
                const auto compare = [&] {
                    expect_same(expected, stored.view, how, threads, used, text + ", MXCSR " + hex(setting, 4), t);
                    return 0;
                };
                if (turn % 4 == 0) {
                    under(setting, compare);
                }
            }
        }
        t.finish();
    }
}

TEST_CASE("a block of one of each: NaN, infinities, the largest, the smallest, zeros, on every target") {
    constexpr float largest = std::numeric_limits<float>::max();
    const float special[] = {std::numeric_limits<float>::quiet_NaN(),
                             -std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::infinity(),
                             -std::numeric_limits<float>::infinity(),
                             largest,
                             -largest,
                             0x1p-149f,
                             -0x1p-126f,
                             0.0f,
                             1e-6f};
    for (const target_info& target : targets_here()) {
        const forced_target forced(std::string(target.name).c_str());
        tally t("special elements against the reference, target " + std::string(target.name));
        quantized_matrix used;
        for (const recipe& r : all_recipes) {
            for (const any_format& format : all_formats) {
                for (const float value : special) {
                    // 40 blocks of 32; in every third one element, and in every fifth all, are the special ones.
                    matrix<float> x(5, 256, 1.0f);
                    for (std::size_t i = 0; i < x.size(); ++i) {
                        const std::size_t block = i / 32;
                        x.data()[i] = block % 5 == 0 || (block % 3 == 0 && i % 32 == block % 32) ? value : 1.5f;
                    }
                    const quantization how = r.for_a(format);
                    expect_same(reference(x.view(), how), x.view(), how, 1, used, std::string(r.name), t);
                }
            }
        }
        t.finish();
    }
}

TEST_CASE("large matrices quantise alike with any number of threads") {
    random_bits random(run_seed() + 12);
    const matrix<float> x = make_values(random, 300, 517);
    const stored_matrix turned = store(x, layout::transposed);
    const stored_matrix strided = store(x, layout::strided);
    const scaling divisor{.method = scale_method::divisor, .amax_floor = 1e-4f};
    const scaling power{.method = scale_method::power_of_two, .rule = scale_rule::floor};
    std::vector<quantization> ways;
    for (const granularity& blocks : all_blocks) {
        ways.push_back({e4m3fn, blocks, divisor});
        ways.push_back({e5m2, blocks, power});
    }
    ways.push_back({e2m1fn, granularity::block(1, 16), {.method = scale_method::two_level}});
    ways.push_back({e2m3fn, granularity::block(1, 32), power});
    ways.push_back({e5m6, granularity::tensor(), {.method = scale_method::none}});
    ways.push_back({bf16, granularity::tensor(), {.method = scale_method::none}});
    ways.push_back({int8, granularity::block(1, 128), divisor});
    ways.push_back({hif8, granularity::tensor(), {.method = scale_method::none}, rounding::ties_to_away});
    for (const target_info& target : targets_here()) {
        if (target.id == target::scalar) {
            continue;  // is the reference
        }
        const forced_target forced(std::string(target.name).c_str());
        tally t("large matrices, target " + std::string(target.name));
        quantized_matrix used;
        for (const quantization& how : ways) {
            const outcome expected = reference(x.view(), how);
            for (const int threads : {1, 2, 3}) {
                expect_same(expected, x.view(), how, threads, used, "dense", t);
                expect_same(expected, turned.view, how, threads, used, "transposed", t);
            }
            expect_same(expected, strided.view, how, 2, used, "strided", t);
        }
        t.finish();
    }
}

TEST_CASE("matrices whose codes go past the caches quantise like the reference") {
    random_bits random(run_seed() + 13);
    const scaling divisor{.method = scale_method::divisor, .amax_floor = 1e-4f};
    const scaling multiplier{.method = scale_method::multiplier};
    const scaling power{.method = scale_method::power_of_two, .rule = scale_rule::rceil};
    const quantization ways[] = {{e4m3fn, granularity::block(1, 128), divisor},
                                 {e5m2, granularity::block(128, 128), divisor},
                                 {e4m3fn, granularity::tensor(), multiplier},
                                 {e4m3fn, granularity::block(1, 32), power},
                                 {e4m3fn, granularity::block(1, 96), divisor}};
    tally t("matrices past the caches");
    quantized_matrix used;
    for (const std::size_t cols : {4096U, 4099U}) {  // rows that begin at cache lines, and rows that do not
        const matrix<float> x = make_values(random, 2100, cols);
        for (const quantization& how : ways) {
            const outcome expected = reference(x.view(), how);
            for (const int threads : {1, 2}) {
                expect_same(expected, x.view(), how, threads, used, "dense", t);
            }
        }
    }
    t.finish();
}
