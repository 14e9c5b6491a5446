// SPDX-License-Identifier: Apache-2.0
// Every kernel gives the bits of gemm_reference: on each target that runs here, with 1, 2 and 3 threads, for every shape
// up to 20 x 20 x 20 (NARROWFP_TEST_LARGEST_SHAPE, 40 in the long run) and for random larger ones. Formats, scales,
// accumulators, outputs and addends are drawn for each shape; so are kinds of data: all codes with NaN and infinities,
// finite codes, codes next to zero, products next to the smallest normal number, sums that cancel. Some calls are made under a hostile floating-point environment.
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm.hpp>
#include <narrowfp/gemm/native.hpp>
#include <narrowfp/gemm/reference.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "support/bridge.hpp"
#include "support/forced_target.hpp"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

enum class data_kind { all_codes, finite, near_zero, near_underflow, cancelling };
constexpr const char* data_names[] = {"all codes", "finite codes", "codes near zero", "products near underflow",
                                      "cancelling"};

struct problem {
    quantized_matrix a;
    quantized_matrix b;
    accumulator acc;
    matrix<float> c;  // empty: none
    any_format output = f32;
    data_kind data = data_kind::finite;
    bool hostile = false;     // the caller's floating-point environment
    bool packed = false;      // B is packed before
    bool transposed = false;  // D is written through a transposed view

    std::string text() const {
        const auto operand = [](const quantized_matrix& q) {
            return std::string(name_of(q.element())) + (q.has_scales() ? " " + name_of(q.blocks()) : "");
        };
        return shape_text(a.rows(), b.cols()) + " k " + std::to_string(a.cols()) + " A " + operand(a) + " B " +
               operand(b) + " " + name_of(acc) + (c.size() != 0 ? " with C" : "") + " to " +
               std::string(name_of(output)) + ", " + data_names[static_cast<int>(data)] + (packed ? ", B packed" : "") +
               (hostile ? ", hostile environment" : "") + (transposed ? ", D transposed" : "");
    }
};

const any_format& random_format(random_bits& random) {
    // The formats that kernels treat differently come up more often than the others.
    static const any_format often[] = {e4m3fn, e5m2, bf16, f16, f32, int8, bf16, e4m3fn};
    return random.below(4) != 0 ? often[random.below(std::size(often))] : all_formats[random.below(all_formats.size())];
}

bool is_fixed(const any_format& format) { return std::holds_alternative<fixed_format>(format); }

granularity random_blocks(random_bits& random, std::size_t free_extent, std::size_t k_extent, bool k_is_columns) {
    const auto extent = [&random](std::size_t most) {
        const std::size_t choices[] = {1, 2, 5, 16, 32, 128, 1 + random.below(most + 1), whole_extent};
        return choices[random.below(std::size(choices))];
    };
    const granularity blocks = granularity::block(extent(free_extent), extent(k_extent));
    return k_is_columns ? blocks : blocks.transposed();
}

quantized_matrix random_operand(random_bits& random, std::size_t free, std::size_t k, bool k_is_columns,
                                const any_format& element, data_kind data) {
    const std::size_t rows = k_is_columns ? free : k;
    const std::size_t cols = k_is_columns ? k : free;
    const bool scaled = random.below(2) != 0;
    const bool powers = random.below(2) == 0;
    quantized_matrix q = random_codes(random, rows, cols, element, data != data_kind::all_codes, scaled,
                                      random_blocks(random, free, k, k_is_columns), powers ? e8m0fnu : f32);
    for (std::size_t i = 0; i < q.scales().size(); ++i) {
        const bool odd = random.below(200) == 0;  // any scale, NaN among them
        q.set_scale_code(i, powers ? static_cast<std::uint32_t>(odd ? random.below(256) : 120 + random.below(16))
                                   : (odd ? random.word() : std::bit_cast<std::uint32_t>(random.finite(-8, 8))));
    }
    if (scaled && powers && random.below(4) == 0) {
        q.set_tensor_scale(std::fabs(random.finite(-3, 3)));
    }
    if (data == data_kind::near_zero) {
        const int precision = std::visit([](const auto& f) { return f.precision(); }, element);
        const int keep = std::min(code_bits_of(element) - 1, precision + 1);
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < cols; ++j) {
                const std::uint32_t sign = q.code(i, j) >> (code_bits_of(element) - 1) << (code_bits_of(element) - 1);
                const std::uint32_t code = (q.code(i, j) & ((1U << keep) - 1)) | (is_fixed(element) ? 0 : sign);
                q.set_code(i, j, decode(element, code).is_finite() ? code : 0);
            }
        }
    }
    if (data == data_kind::near_underflow && (element == any_format{bf16} || element == any_format{f32})) {
        // Products around 2^-126, of normal numbers or of a subnormal one with a large one.
        const int middle = random.below(2) == 0 ? -63 : (k_is_columns ? -126 : 10);
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < cols; ++j) {
                const int exponent = middle + random.between(-12, 12);
                float x = random.finite(std::max(exponent, -126), std::max(exponent, -126));
                x = exponent < -126 ? std::ldexp(x, exponent + 126) : x;
                q.set_code(i, j, std::bit_cast<std::uint32_t>(x) >> (element == any_format{bf16} ? 16 : 0));
            }
        }
    }
    if (data == data_kind::cancelling) {  // A: x, -x, ...; B: y, y, ...
        for (std::size_t line = 0; line < free; ++line) {
            for (std::size_t at = 1; at < k; at += 2) {
                const std::uint32_t before = k_is_columns ? q.code(line, at - 1) : q.code(at - 1, line);
                const std::uint32_t flip = 1U << (code_bits_of(element) - 1);
                const bool negate = k_is_columns && !is_fixed(element) && decode(element, before ^ flip).is_finite();
                const std::uint32_t code = negate ? before ^ flip : before;
                k_is_columns ? q.set_code(line, at, code) : q.set_code(at, line, code);
            }
        }
    }
    return q;
}

accumulator random_accumulator(random_bits& random, bool integers, std::size_t k) {
    const aligned units[] = {
        aligned{},
        {.products = 16, .fraction_bits = 13},
        {.products = 16, .fraction_bits = 25, .output = aligned_output::f32_toward_zero},
        {.products = 32, .fraction_bits = 25, .output = aligned_output::f32_toward_zero},
        {.products = 4, .fraction_bits = 23, .zero_exponent = -131, .output = aligned_output::f32_toward_zero},
        {.products = 8, .fraction_bits = 24, .zero_exponent = -21, .output = aligned_output::f16_ties_to_even},
        {.products = random.between(1, 40),
         .fraction_bits = random.between(1, 40),
         .alignment = static_cast<align_rounding>(random.below(2)),
         .zero_exponent = random.between(-140, 0),
         .output = static_cast<aligned_output>(random.below(3))}};
    const aligned& unit = units[random.below(std::size(units))];
    const std::size_t interval = random.below(3) == 0 ? 128 : 1 + random.below(k + 3);
    switch (random.below(integers ? 8 : 6)) {
        case 0: return promoted{sequential<float>{}, interval};
        case 1: return unit;
        case 2: return promoted{unit, interval};
        case 3: return random.below(8) == 0 ? accumulator{exact{}} : accumulator{sequential<float>{}};
        case 4:
        case 5: return sequential<float>{};
        case 6: return int32_exact{};
        default: return promoted{int32_exact{}, interval};
    }
}

problem draw(random_bits& random, std::size_t m, std::size_t n, std::size_t k) {
    problem p;
    p.data = static_cast<data_kind>(random.below(5));
    const any_format fixed[] = {int8, mxint8};
    const bool integers = random.below(8) == 0;
    const any_format fa = integers ? fixed[random.below(2)] : random_format(random);
    const any_format fb = integers ? fixed[random.below(2)] : (random.below(2) == 0 ? fa : random_format(random));
    p.a = random_operand(random, m, k, true, fa, p.data);
    p.b = random_operand(random, n, k, false, fb, p.data);
    p.acc = random_accumulator(random, is_fixed(fa) && is_fixed(fb), k);
    if (random.below(2) == 0) {
        const std::size_t kind = random.below(3);
        p.c = matrix<float>(m, n);
        for (std::size_t i = 0; i < p.c.size(); ++i) {
            const float zero = random.below(4) == 0 ? 0.0f : -0.0f;
            const float moderate = random.below(3) == 0 ? zero : random.finite(-20, 20);
            const float any = random.below(30) == 0 ? std::bit_cast<float>(random.word()) : random.finite(-126, 20);
            p.c.data()[i] = kind == 0 ? zero : (kind == 1 ? moderate : any);
        }
    }
    const any_format outputs[] = {f32, f32, f32, bf16, f16, e4m3fn};
    p.output = outputs[random.below(std::size(outputs))];
    p.packed = random.below(3) == 0;
    p.hostile = random.below(4) == 0;
    p.transposed = random.below(4) == 0;
    return p;
}

// gemm with flush-to-zero, denormals-are-zero and rounding upward set by the caller.
matrix<float> call(const problem& p, int threads) {
    matrix<float> d(p.transposed ? p.b.cols() : p.a.rows(), p.transposed ? p.a.rows() : p.b.cols());
    std::fill_n(d.data(), d.size(), std::numeric_limits<float>::quiet_NaN());  // what D held before is not read
    const matrix_view<float> view = p.transposed ? d.view().transposed() : d.view();
    const matrix_view<const float> c = p.c.size() != 0 ? p.c.view() : matrix_view<const float>{};
#if defined(__SSE2__)
    const unsigned before = _mm_getcsr();
    if (p.hostile) {
        _mm_setcsr(0x1F80 | 0x8000 | 0x0040 | 0x4000);
    }
#endif
    if (p.packed) {
        gemm_into(p.a, packed_operand(p.b), p.acc, view, c, p.output, options{.threads = threads});
    } else {
        gemm_into(p.a, p.b, p.acc, view, c, p.output, options{.threads = threads});
    }
#if defined(__SSE2__)
    _mm_setcsr(before);
#endif
    return d;
}

void compare(const problem& p, const std::string& target, int threads, const matrix<float>& expected, tally& t) {
    const matrix<float> d = call(p, threads);
    for (std::size_t i = 0; i < expected.rows(); ++i) {
        for (std::size_t j = 0; j < expected.cols(); ++j) {
            const auto found = std::bit_cast<std::uint32_t>(p.transposed ? d(j, i) : d(i, j));
            const auto wanted = std::bit_cast<std::uint32_t>(expected(i, j));
            t.expect(found == wanted, [&] {
                return target + ", " + std::to_string(threads) + " threads, " + p.text() + ": element (" +
                       std::to_string(i) + ", " + std::to_string(j) + ") is " + hex(found) + ", expected " +
                       hex(wanted) + reproducer();
            });
        }
    }
}

matrix<float> reference(const problem& p) {
    return gemm_reference(p.a, p.b, p.acc, p.c.size() != 0 ? p.c.view() : matrix_view<const float>{}, p.output);
}

}  // namespace

TEST_CASE("kernels equal the reference for every small shape") {
    tally t("small shapes");
    const std::size_t largest = count_from_environment("NARROWFP_TEST_LARGEST_SHAPE", 20);
    std::vector<target_info> targets = targets_here();
    const bool all_threads = largest > 20;  // in the long run; else one number of threads is drawn for each product
    targets.erase(targets.begin());         // scalar is the reference itself; the larger shapes have it
    std::uint64_t stream = 0;
    for (std::size_t m = 1; m <= largest; ++m) {
        for (std::size_t n = 1; n <= largest; ++n) {
            for (std::size_t k = 1; k <= largest; ++k) {
                random_bits random(run_seed() + 1000 + ++stream);
                const problem p = draw(random, m, n, k);
                const matrix<float> expected = reference(p);
                for (const target_info& target : targets) {
                    const forced_target forced(std::string(target.name).c_str());
                    const int drawn = 1 + static_cast<int>(random.below(3));
                    for (int threads = all_threads ? 1 : drawn; threads <= (all_threads ? 3 : drawn); ++threads) {
                        compare(p, std::string(target.name), threads, expected, t);
                    }
                }
            }
        }
    }
    t.finish();
}

TEST_CASE("kernels equal the reference for larger ragged shapes and any number of threads") {
    tally t("larger shapes");
    const std::size_t largest = count_from_environment("NARROWFP_TEST_LARGEST_SHAPE", 20);
    const std::vector<target_info> targets = targets_here();
    for (std::size_t round = 0; round < 4 * largest; ++round) {
        random_bits random(run_seed() + 900000 + round);
        // One extent at a time is long: past the blocks of k, of rows and of columns.
        const std::size_t longest = random.below(3);
        const std::size_t m = random.below(4) == 0 ? 1 : 1 + random.below(longest == 0 ? 420 : 70);
        const std::size_t n = 1 + random.below(longest == 1 ? 600 : 140);
        const std::size_t k = 1 + random.below(longest == 2 ? 5000 : 300);
        const problem p = draw(random, m, n, k);
        const matrix<float> expected = reference(p);
        for (const target_info& target : targets) {
            const forced_target forced(std::string(target.name).c_str());
            for (const int threads : {1, 2, 3}) {
                compare(p, std::string(target.name), threads, expected, t);
            }
        }
    }
    t.finish();
}

// Dot products of bfloat16 take it for zero; here it is all of a row or of a column.
TEST_CASE("one subnormal number of bfloat16 is seen wherever it stands") {
    tally t("one subnormal number");
    const auto with_one = [](std::size_t rows, std::size_t cols, std::size_t at) {
        quantized_matrix q(rows, cols, bf16);
        q.set_code(at / cols, at % cols, 0x0001);  // 2^-133
        return q;
    };
    const auto all = [](std::size_t rows, std::size_t cols) {
        quantized_matrix q(rows, cols, bf16);
        for (std::size_t i = 0; i < rows * cols; ++i) {
            q.set_code(i / cols, i % cols, 0x4980);  // 2^20
        }
        return q;
    };
    const auto check = [&t](std::size_t m, std::size_t k, std::size_t at, const matrix<float>& d, const char* operand) {
        for (std::size_t i = 0; i < d.rows(); ++i) {
            for (std::size_t j = 0; j < d.cols(); ++j) {
                const bool there = operand[0] == 'A' ? i == at / k : j == at % d.cols();
                t.expect(d(i, j) == (there ? 0x1p-113f : 0.0f), [&] {
                    return std::string(operand) + " " + shape_text(m, k) + ", place " + std::to_string(at) +
                           ": element (" + std::to_string(i) + ", " + std::to_string(j) + ") is " +
                           std::to_string(d(i, j)) + reproducer();
                });
            }
        }
    };
    for (const target_info& target : targets_here()) {
        const forced_target forced(std::string(target.name).c_str());
        for (std::size_t at = 0; at < 20 * 29; ++at) {
            check(20, 29, at, gemm(with_one(20, 29, at), all(29, 18), sequential<float>{}), "A");
            check(20, 29, at, gemm(all(20, 29), with_one(29, 20, at), sequential<float>{}), "B");
        }
        random_bits random(run_seed() + 800000);
        for (const int threads : {1, 3}) {  // several parts, each with a thread of its own
            const std::size_t at = random.below(std::size_t{40} * 4000);
            const matrix<float> d =
                gemm(with_one(40, 4000, at), all(4000, 18), sequential<float>{}, {}, f32, options{.threads = threads});
            check(40, 4000, at, d, "A");
        }
    }
    t.finish();
}

// The bound of gemm/native.hpp, on operands with subnormal numbers; other formats keep the reference's bits.
TEST_CASE("native products stay within their bound and do not depend on threads") {
    tally t("native products");
    for (std::size_t round = 0; round < 60; ++round) {
        random_bits random(run_seed() + 700000 + round);
        const std::size_t m = 1 + random.below(20);
        const std::size_t n = 1 + random.below(150);
        const std::size_t k = 1 + random.below(700);
        const any_format element = round % 4 == 3 ? any_format{f16} : any_format{bf16};
        quantized_matrix a(m, k, element);
        quantized_matrix b(k, n, element);
        for (quantized_matrix* q : {&a, &b}) {
            const int middle = q == &a ? (round % 2 == 0 ? -126 : 0) : random.between(-20, 20);
            for (std::size_t i = 0; i < q->rows(); ++i) {
                for (std::size_t j = 0; j < q->cols(); ++j) {
                    const int exponent = middle + random.between(-7, 7);
                    const float x = std::ldexp(random.finite(0, 0), exponent);
                    q->set_code(i, j,
                                element == any_format{bf16} ? std::bit_cast<std::uint32_t>(x) >> 16
                                                            : static_cast<std::uint32_t>(random.below(0x7C00)));
                }
            }
        }
        const matrix<float> expected = gemm_reference(a, b, sequential<float>{});
        for (const target_info& target : targets_here()) {
            const forced_target forced(std::string(target.name).c_str());
            matrix<float> first;
            for (const int threads : {1, 2, 3}) {
                matrix<float> d(m, n);
                if (round % 3 == 0) {
                    gemm_into(a, packed_operand(b), accumulate::native{}, d.view(), {}, f32,
                              options{.threads = threads});
                } else {
                    gemm_into(a, b, accumulate::native{}, d.view(), {}, f32, options{.threads = threads});
                }
                for (std::size_t i = 0; i < m; ++i) {
                    for (std::size_t j = 0; j < n; ++j) {
                        double exact = 0;
                        double absolute = 0;
                        double flushed = 0;
                        for (std::size_t l = 0; l < k; ++l) {
                            const double x = decode_float(element, a.code(i, l));
                            const double y = decode_float(element, b.code(l, j));
                            exact += x * y;
                            absolute += std::fabs(x * y);
                            flushed += 2 + std::fabs(x) + std::fabs(y);
                        }
                        const double ku = std::ldexp(static_cast<double>(k), -24);
                        const bool near = std::fabs(d(i, j) - exact) <= ku / (1 - ku) * absolute + 0x1p-126 * flushed;
                        const bool same = element == any_format{bf16} || d(i, j) == expected(i, j);
                        const bool again = threads == 1 || d(i, j) == first(i, j);
                        t.expect(near && same && again, [&] {
                            return std::string(target.name) + ", " + std::to_string(threads) + " threads, " +
                                   shape_text(m, n) + " k " + std::to_string(k) + ": element (" + std::to_string(i) +
                                   ", " + std::to_string(j) + ") is " + std::to_string(d(i, j)) + reproducer();
                        });
                    }
                }
                if (threads == 1) {
                    first = d;
                }
            }
        }
    }
    t.finish();
}
