// SPDX-License-Identifier: Apache-2.0
// The reference GEMM on random codes, shapes, scales and accumulators against the oracle, with NaN, infinities,
// subnormals and exponents over the whole range. Order over k, segments and promotion are worked out here once more,
// one k at a time.
#include <narrowfp/gemm/reference.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "support/bridge.hpp"
#include "support/oracle/exact.hpp"
#include "support/oracle/tensor_core.hpp"

namespace oracle = narrowfp_oracle;
using namespace narrowfp;
using namespace narrowfp_test;

namespace {

// Formats whose operands a matrix unit of the oracle takes; then all of them.
const any_format plain_formats[] = {e4m3fn,   e5m2,   e4m3fnuz, e4m3b11fnuz, binary8p3se, binary8p4sf,
                                    e4m3ieee, e3m2fn, e2m3fn,   e2m1fn,      bf16,        f16};

struct problem {
    quantized_matrix a;
    quantized_matrix b;
    matrix<float> c;
};

float random_addend(random_bits& random) {
    switch (random.below(8)) {
        case 0: return 0.0f;
        case 1: return -0.0f;
        case 2: return std::bit_cast<float>(random.word());  // anything, NaN and infinities too
        case 3: return std::bit_cast<float>(random.word() & 0x807FFFFFU);
        default: return random.finite(-20, 20);
    }
}

problem random_problem(random_bits& random, const any_format& fa, const any_format& fb, bool scaled) {
    const std::size_t m = 1 + random.below(9);
    const std::size_t n = 1 + random.below(9);
    const std::size_t k = 1 + random.below(random.below(2) == 0 ? 9 : 80);
    const bool finite_only = random.below(4) != 0;
    const float_format& format = random.below(2) == 0 ? f32 : e8m0fnu;
    const auto extent = [&](std::size_t k_or_n) {
        return random.below(3) == 0 ? whole_extent : 1 + random.below(k_or_n + 3);
    };
    const bool scale_a = scaled && random.below(4) != 0;
    const bool scale_b = scaled && (!scale_a || random.below(2) == 0);
    problem p{random_codes(random, m, k, fa, finite_only, scale_a, {extent(m), extent(k)}, format),
              random_codes(random, k, n, fb, finite_only, scale_b, {extent(k), extent(n)}, format),
              matrix<float>(m, n)};
    for (quantized_matrix* q : {&p.a, &p.b}) {
        for (std::size_t i = 0; i < q->scales().size(); ++i) {
            const bool wide = random.below(8) == 0;
            const float scale = wide ? std::fabs(random.finite(-126, 127)) : std::fabs(random.finite(-12, 12));
            q->set_scale_code(i, format == f32
                                     ? std::bit_cast<std::uint32_t>(scale)
                                     : static_cast<std::uint32_t>(wide ? random.below(255) : 115 + random.below(24)));
        }
    }
    for (std::size_t i = 0; i < p.c.size(); ++i) {
        p.c.data()[i] = random_addend(random);
    }
    return p;
}

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

// Row i of A (column j of B) along k.
std::vector<float> values_of_a(const quantized_matrix& a, std::size_t i) {
    std::vector<float> line;
    for (std::size_t k = 0; k < a.cols(); ++k) {
        line.push_back(decode_float(a.element(), a.code(i, k)));
    }
    return line;
}
std::vector<float> values_of_b(const quantized_matrix& b, std::size_t j) {
    std::vector<float> line;
    for (std::size_t k = 0; k < b.rows(); ++k) {
        line.push_back(decode_float(b.element(), b.code(k, j)));
    }
    return line;
}
std::vector<std::uint32_t> codes_of_a(const quantized_matrix& a, std::size_t i) {
    std::vector<std::uint32_t> line;
    for (std::size_t k = 0; k < a.cols(); ++k) {
        line.push_back(a.code(i, k));
    }
    return line;
}
std::vector<std::uint32_t> codes_of_b(const quantized_matrix& b, std::size_t j) {
    std::vector<std::uint32_t> line;
    for (std::size_t k = 0; k < b.rows(); ++k) {
        line.push_back(b.code(k, j));
    }
    return line;
}

struct random_unit {
    aligned unit;
    oracle::tensor_core_rule rule;
};

random_unit draw_unit(random_bits& random, aligned_output output) {
    constexpr int zero_exponents[] = {-133, -132, -131, -21, -20, 0};
    random_unit u;
    u.unit = {.products = random.between(1, 40),
              .fraction_bits = random.between(1, 40),
              .zero_exponent = zero_exponents[random.below(6)],
              .output = output};
    u.rule = {u.unit.products, u.unit.fraction_bits, oracle::tensor_core_output::rz32, u.unit.zero_exponent};
    if (output == aligned_output::e8m13_toward_zero) {
        u.rule.output = oracle::tensor_core_output::rz_e8m13;
    } else if (output == aligned_output::f16_ties_to_even) {
        u.rule.output = oracle::tensor_core_output::rne16;
    }
    return u;
}

// The oracle's result of a run of products as a float; every NaN is the unit's 0x7FFFFFFF.
float tensor_core_float(const oracle::tensor_core_rule& rule, const any_format& fa, std::span<const std::uint32_t> a,
                        const any_format& fb, std::span<const std::uint32_t> b, float c) {
    if (rule.output != oracle::tensor_core_output::rne16) {
        return std::bit_cast<float>(oracle::tensor_core(rule, oracle_of(fa), a, oracle_of(fb), b, bits(c)));
    }
    const oracle::format& half = oracle::find_format("f16");
    const std::uint32_t c16 =
        oracle::round_float_bits(half, bits(c), oracle::rounding::ties_to_even, oracle::overflow::none);
    const oracle::code_value d =
        oracle::value_of(half, oracle::tensor_core(rule, oracle_of(fa), a, oracle_of(fb), b, c16));
    switch (d.kind) {
        case oracle::value_class::not_a_number: return std::bit_cast<float>(0x7FFFFFFFU);
        case oracle::value_class::infinite: return d.value.negative ? -HUGE_VALF : HUGE_VALF;
        case oracle::value_class::finite: break;
    }
    const float x = oracle::to_float(oracle::to_exact(d.value));
    return d.value.is_zero() && d.value.negative ? -0.0f : x;
}

// Compares each element of D with expected(i, j).
template <class Expected>
void compare_elements(const matrix<float>& d, tally& t, const std::string& what, Expected expected) {
    for (std::size_t i = 0; i < d.rows(); ++i) {
        for (std::size_t j = 0; j < d.cols(); ++j) {
            const float e = expected(i, j);
            t.expect(bits(d(i, j)) == bits(e), [&] {
                return what + " at " + std::to_string(i) + " " + std::to_string(j) + ": found " + hex(bits(d(i, j))) +
                       ", expected " + hex(bits(e)) + reproducer();
            });
        }
    }
}

std::string name_of(const problem& p, int round) {
    return "round " + std::to_string(round) + " " + std::string(name_of(p.a.element())) + " x " +
           std::string(name_of(p.b.element())) + " " + shape_text(p.a.rows(), p.b.cols()) + " k " +
           std::to_string(p.a.cols());
}

const any_format& draw_format(random_bits& random) { return all_formats[random.below(all_formats.size())]; }

}  // namespace

TEST_CASE("sequential is the chain of fused multiply adds") {
    tally t("sequential GEMM");
    random_bits random(run_seed() + 10);
    for (int round = 0; round < 400; ++round) {
        const any_format fa = round % 4 == 0 ? any_format{f32} : draw_format(random);
        const any_format fb = round % 4 == 0 ? any_format{bf16} : draw_format(random);
        const problem p = random_problem(random, fa, fb, false);
        const matrix<float> d = gemm_reference(p.a, p.b, sequential<float>{}, p.c.view());
        compare_elements(d, t, name_of(p, round), [&](std::size_t i, std::size_t j) {
            return oracle::fma_chain(values_of_a(p.a, i), values_of_b(p.b, j), p.c(i, j));
        });
    }
    t.finish();
}

TEST_CASE("aligned is the rule of the matrix unit") {
    tally t("aligned GEMM");
    random_bits random(run_seed() + 11);
    for (int round = 0; round < 1500; ++round) {
        const any_format& fa = plain_formats[random.below(std::size(plain_formats))];
        const any_format& fb = plain_formats[random.below(std::size(plain_formats))];
        const problem p = random_problem(random, fa, fb, false);
        const random_unit u = draw_unit(random, static_cast<aligned_output>(round % 3));
        const matrix<float> d = gemm_reference(p.a, p.b, u.unit, p.c.view());
        compare_elements(d, t, name_of(p, round) + " " + name_of(u.unit) + " output " + std::to_string(round % 3),
                         [&](std::size_t i, std::size_t j) {
                             return tensor_core_float(u.rule, fa, codes_of_a(p.a, i), fb, codes_of_b(p.b, j),
                                                      p.c(i, j));
                         });
    }
    t.finish();
}

// Every value of hif8 is a normal number of bfloat16 with the same exponent, so a unit cannot tell them apart.
TEST_CASE("aligned takes hif8 like the same values in bfloat16") {
    tally t("aligned GEMM of hif8");
    random_bits random(run_seed() + 12);
    for (int round = 0; round < 200; ++round) {
        const problem p = random_problem(random, hif8, hif8, false);
        quantized_matrix a(p.a.rows(), p.a.cols(), bf16);
        quantized_matrix b(p.b.rows(), p.b.cols(), bf16);
        for (const auto& [from, to] : {std::pair{&p.a, &a}, std::pair{&p.b, &b}}) {
            for (std::size_t i = 0; i < to->rows(); ++i) {
                for (std::size_t j = 0; j < to->cols(); ++j) {
                    to->set_code(i, j, bits(decode_float(hif8, from->code(i, j))) >> 16);
                }
            }
        }
        const random_unit u = draw_unit(random, static_cast<aligned_output>(round % 3));
        const matrix<float> expected = gemm_reference(a, b, u.unit, p.c.view());
        compare_elements(gemm_reference(p.a, p.b, u.unit, p.c.view()), t, name_of(p, round) + " " + name_of(u.unit),
                         [&](std::size_t i, std::size_t j) { return expected(i, j); });
    }
    t.finish();
}

TEST_CASE("exact is the exact sum with its scales rounded once") {
    tally t("exact GEMM");
    random_bits random(run_seed() + 13);
    for (int round = 0; round < 500; ++round) {
        const any_format fa = round % 5 == 0 ? any_format{f32} : draw_format(random);
        const any_format fb = round % 5 == 0 ? any_format{f32} : draw_format(random);
        const problem p = random_problem(random, fa, fb, round % 2 == 1);
        const matrix<float> d = gemm_reference(p.a, p.b, exact{}, p.c.view());
        compare_elements(d, t, name_of(p, round), [&](std::size_t i, std::size_t j) {
            const std::vector<float> x = values_of_a(p.a, i);
            const std::vector<float> y = values_of_b(p.b, j);
            bool nan = std::isnan(p.c(i, j));
            bool infinite[2] = {p.c(i, j) == HUGE_VALF, p.c(i, j) == -HUGE_VALF};
            std::vector<oracle::dyadic> left;
            std::vector<oracle::dyadic> right;
            for (std::size_t k = 0; k < x.size(); ++k) {
                if (std::isfinite(x[k]) && std::isfinite(y[k])) {
                    left.push_back(
                        oracle::product(oracle::exact_value_of(x[k]), oracle::exact_value_of(p.a.scale(i, k))));
                    right.push_back(
                        oracle::product(oracle::exact_value_of(y[k]), oracle::exact_value_of(p.b.scale(k, j))));
                    continue;
                }
                nan = nan || std::isnan(x[k]) || std::isnan(y[k]) || x[k] == 0 || y[k] == 0;
                infinite[std::signbit(x[k]) != std::signbit(y[k]) ? 1 : 0] = true;
            }
            if (nan || (infinite[0] && infinite[1])) {
                return std::bit_cast<float>(0x7FC00000U);
            }
            if (infinite[0] || infinite[1]) {
                return infinite[0] ? HUGE_VALF : -HUGE_VALF;
            }
            return oracle::to_float(oracle::exact_dot(left, right, oracle::exact_value_of(p.c(i, j))));
        });
    }
    t.finish();
}

// d = c; for each segment: d = fma(fl32(sa sb), partial, d). A segment ends where k reaches a multiple of a block
// extent or of the interval.
TEST_CASE("promoted and scaled products follow the written order") {
    tally t("promoted GEMM");
    random_bits random(run_seed() + 14);
    for (int round = 0; round < 800; ++round) {
        const any_format& fa = plain_formats[random.below(std::size(plain_formats))];
        const any_format& fb = plain_formats[random.below(std::size(plain_formats))];
        const problem p = random_problem(random, fa, fb, round % 3 != 0);
        const bool promotes = round % 3 == 0 || random.below(2) == 0;
        const std::size_t interval = promotes ? 1 + random.below(p.a.cols() + 2) : whole_extent;
        const random_unit u = draw_unit(random, static_cast<aligned_output>(random.below(3)));
        const std::size_t kind = random.below(promotes ? 3 : 2);  // sequential, aligned, exact
        accumulator acc = sequential<float>{};
        if (promotes) {
            inner_accumulator inner = sequential<float>{};
            if (kind == 1) {
                inner = u.unit;
            } else if (kind == 2) {
                inner = exact{};
            }
            acc = promoted{inner, interval};
        } else if (kind == 1) {
            acc = u.unit;
        }
        const matrix<float> d = gemm_reference(p.a, p.b, acc, p.c.view());
        if (!promotes && !p.a.has_scales() && !p.b.has_scales()) {
            continue;
        }
        const std::size_t a_extent = p.a.has_scales() ? p.a.blocks().block_cols : whole_extent;
        const std::size_t b_extent = p.b.has_scales() ? p.b.blocks().block_rows : whole_extent;
        compare_elements(d, t, name_of(p, round) + " " + narrowfp::name_of(acc), [&](std::size_t i, std::size_t j) {
            const std::vector<float> x = values_of_a(p.a, i);
            const std::vector<float> y = values_of_b(p.b, j);
            const std::vector<std::uint32_t> a_codes = codes_of_a(p.a, i);
            const std::vector<std::uint32_t> b_codes = codes_of_b(p.b, j);
            float total = p.c(i, j);
            std::size_t begin = 0;
            for (std::size_t k = 1; k <= x.size(); ++k) {
                if (k != x.size() && k % a_extent != 0 && k % b_extent != 0 && k % interval != 0) {
                    continue;
                }
                const std::size_t count = k - begin;
                float partial = 0;
                if (kind == 0) {
                    partial =
                        oracle::fma_chain(std::span(x).subspan(begin, count), std::span(y).subspan(begin, count), 0.0f);
                } else if (kind == 1) {
                    partial = tensor_core_float(u.rule, fa, std::span(a_codes).subspan(begin, count), fb,
                                                std::span(b_codes).subspan(begin, count), 0.0f);
                } else {
                    quantized_matrix part_a(1, count, fa);
                    quantized_matrix part_b(count, 1, fb);
                    for (std::size_t n = 0; n < count; ++n) {
                        part_a.set_code(0, n, a_codes[begin + n]);
                        part_b.set_code(n, 0, b_codes[begin + n]);
                    }
                    partial = gemm_reference(part_a, part_b, exact{})(0, 0);  // checked above
                }
                const float scale = oracle::to_float(oracle::to_exact(oracle::product(
                    oracle::exact_value_of(p.a.scale(i, begin)), oracle::exact_value_of(p.b.scale(begin, j)))));
                total = oracle::fused_multiply_add(scale, partial, total);
                begin = k;
            }
            return std::isnan(total) ? std::bit_cast<float>(0x7FC00000U) : total;
        });
    }
    t.finish();
}

TEST_CASE("the output format is one more rounding to nearest") {
    tally t("GEMM outputs");
    random_bits random(run_seed() + 15);
    for (int round = 0; round < 100; ++round) {
        const problem p = random_problem(random, draw_format(random), draw_format(random), round % 2 == 0);
        const any_format& output = draw_format(random);
        const matrix<float> wide = gemm_reference(p.a, p.b, sequential<float>{}, p.c.view());
        const projection nearest{default_rounding(output), overflow_mode::none};
        compare_elements(
            gemm_reference(p.a, p.b, sequential<float>{}, p.c.view(), output), t,
            name_of(p, round) + " output " + std::string(name_of(output)), [&](std::size_t i, std::size_t j) {
                if (std::isnan(wide(i, j)) && oracle_of(output).nan_code) {
                    return wide(i, j);
                }
                const std::uint32_t code = oracle::round_float_bits(
                    oracle_of(output), bits(wide(i, j)), to_oracle(nearest.mode), to_oracle(nearest.overflow));
                return decode_float(output, code);
            });
    }
    t.finish();
}
