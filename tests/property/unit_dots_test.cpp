// SPDX-License-Identifier: Apache-2.0
// Every matrix unit equals the oracle's independent one on random dot products: 20,000 per unit (NARROWFP_TEST_DOTS, a million
// in the long run), spread over its formats, mixes of them and outputs. Lines of 1 to 80 elements; kinds of data are drawn: all
// codes with NaN and infinities, numbers of neighbouring exponents, numbers next to zero, pairs that cancel; addends of any
// size, zeros, and the negative of the sum itself. The single-dot path and the matrix product are compared too. The
// hypothetical FMA chain is the accumulator `sequential`, which gemm_reference_test.cpp compares.
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/gemm/unit_dot.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "support/bridge.hpp"
#include "support/oracle/matrix_unit.hpp"

using namespace narrowfp;
using namespace narrowfp_test;

namespace {

enum class data_kind { all_codes, neighbours, near_zero, cancelling };

// A random code of a format with fields sign, exponent, fraction (TF32: in the upper bits of a word).
std::uint32_t random_code(random_bits& random, const float_format& f, data_kind kind, std::uint32_t base) {
    const auto bits = static_cast<unsigned>(f.code_bits());
    const std::uint32_t mask = bits == 32 ? 0xFFFFFFFFU : (1U << bits) - 1;
    const std::uint32_t any = random.word() & mask;
    if (kind == data_kind::all_codes || random.below(400) == 0) {
        return any;
    }
    const auto fraction = static_cast<unsigned>(f.fraction_bits + f.padding_bits);
    const std::uint32_t sign = any & (1U << (bits - 1));
    const std::uint32_t low = any & ((1U << fraction) - 1);
    const std::uint32_t fields = (1U << static_cast<unsigned>(f.exponent_bits)) - 1;
    const std::uint32_t offset = random.word() % 4;
    const std::uint32_t field =
        kind == data_kind::near_zero ? offset / 2 : std::min(base % fields + offset, fields - 1);
    return sign | field << fraction | low;
}

struct dot_problem {
    std::vector<std::uint32_t> a, b, a_scales, b_scales;
    std::uint32_t c = 0;  // FP32, or FP16 with that output
};

dot_problem draw(random_bits& random, const float_format& fa, const float_format& fb, bool to_f16, std::size_t block,
                 block_scale scale) {
    dot_problem p;
    const std::size_t k = 1 + random.below(random.below(2) == 0 ? 16 : 80);
    const auto kind = static_cast<data_kind>(random.below(4));
    // For 8 exponent bits: products of any size, so that some of both are near the ends of FP32.
    const std::uint32_t base_a = random.word() >> 8;
    const std::uint32_t base_b = random.word() >> 8;
    for (std::size_t i = 0; i < k; ++i) {
        const bool again = kind == data_kind::cancelling && i % 2 == 1;
        p.a.push_back(again ? p.a.back() ^ 1U << static_cast<unsigned>(fa.code_bits() - 1)
                            : random_code(random, fa, kind, base_a));
        p.b.push_back(again ? p.b.back() : random_code(random, fb, kind, base_b));
    }
    for (std::size_t i = 0; block != 0 && i < (k + block - 1) / block; ++i) {
        const bool any = random.below(20) == 0;
        const std::uint32_t middle = scale == block_scale::e8m0 ? 120 + random.word() % 16 : random.word() % 128;
        p.a_scales.push_back(any ? random.word() & 0xFFU : middle);
        p.b_scales.push_back(any ? random.word() & 0xFFU : (random.below(2) == 0 ? 127 - middle / 2 : middle / 2));
    }
    if (to_f16) {
        p.c = random_code(random, f16, static_cast<data_kind>(random.below(3)), random.word() >> 8);
    } else {
        p.c = random.below(4) == 0
                  ? std::bit_cast<std::uint32_t>(random.finite(-40, 20))
                  : random_code(random, f32, static_cast<data_kind>(random.below(3)), random.word() >> 8);
    }
    p.c = random.below(5) == 0 ? p.c & (to_f16 ? 0x8000U : 0x80000000U) : p.c;  // zeros
    return p;
}

float addend_of(std::uint32_t c, bool to_f16) {
    return to_f16 ? nearest_host<float>(f16.decode(c)) : std::bit_cast<float>(c);
}

std::uint32_t f16_bits(float x) {
    return std::isnan(x)
               ? 0x7FFFU
               : static_cast<std::uint32_t>(project(f16, to_real(x), rounding::ties_to_even, overflow_mode::none).code);
}

bool is_nan(std::uint32_t bits, bool to_f16) {
    return to_f16 ? (bits & 0x7FFFU) > 0x7C00U : (bits & 0x7FFFFFFFU) > 0x7F800000U;
}

struct path_case {
    const matrix_unit* unit;
    const unit_path* path;
    bool to_f16;

    accumulator acc() const { return to_f16 ? *path->to_f16 : path->to_f32; }
};

std::vector<any_format> formats_of(const unit_path& path) {
    std::vector<any_format> formats;
    for (const any_format& format : all_formats) {
        if (takes(path, name_of(format))) {
            formats.push_back(format);
        }
    }
    return formats;
}

// The element of a one-by-one product with matrices.
float product_of(const accumulator& acc, const any_format& fa, const any_format& fb, const dot_problem& p, float c) {
    const auto* scaled = std::get_if<block_scaled>(&acc);
    const std::size_t block = scaled == nullptr ? 1 : static_cast<std::size_t>(scaled->block);
    const float_format& format = scaled == nullptr ? f32 : detail::format_of(scaled->scale);
    quantized_matrix a(1, p.a.size(), fa, scaled != nullptr, granularity::block(1, block), format);
    quantized_matrix b(p.a.size(), 1, fb, scaled != nullptr, granularity::block(block, 1), format);
    for (std::size_t k = 0; k < p.a.size(); ++k) {
        a.set_code(0, k, p.a[k]);
        b.set_code(k, 0, p.b[k]);
    }
    for (std::size_t i = 0; i < p.a_scales.size(); ++i) {
        a.set_scale_code(i, p.a_scales[i]);
        b.set_scale_code(i, p.b_scales[i]);
    }
    const matrix<float> addend(1, 1, c);
    return gemm_reference(a, b, acc, addend.view())(0, 0);
}

void check_path(const path_case& which, std::uint64_t dots, tally& t) {
    const std::vector<any_format> formats = formats_of(*which.path);
    REQUIRE_FALSE(formats.empty());
    const bool amd = which.unit->name.starts_with("mi") || which.unit->name.ends_with("exact16");
    const accumulator acc = which.acc();
    const auto* scaled = std::get_if<block_scaled>(&acc);
    const std::size_t pairs = formats.size() * formats.size();
    for (std::size_t pair = 0; pair < pairs; ++pair) {
        const any_format& fa = formats[pair / formats.size()];
        const any_format& fb = formats[pair % formats.size()];
        random_bits random(run_seed() + 100000 + 1000 * static_cast<std::uint64_t>(which.unit - all_units.data()) +
                           100 * static_cast<std::uint64_t>(which.path - which.unit->paths.data()) +
                           (which.to_f16 ? 50 : 0) + pair);
        unit_dot dot(acc, fa, fb);
        for (std::uint64_t n = 0; n < dots / pairs + 1; ++n) {
            dot_problem p = draw(random, std::get<float_format>(fa), std::get<float_format>(fb), which.to_f16,
                                 scaled == nullptr ? 0 : static_cast<std::size_t>(scaled->block),
                                 scaled == nullptr ? block_scale::e8m0 : scaled->scale);
            const auto run = [&](std::uint32_t c) {
                return dot(p.a, p.b, addend_of(c, which.to_f16), p.a_scales, p.b_scales);
            };
            if (random.below(8) == 0) {  // C cancels the sum
                const float sum = -run(0);
                p.c = which.to_f16 ? f16_bits(sum) : std::bit_cast<std::uint32_t>(sum);
            }
            const float result = run(p.c);
            const std::uint32_t found = which.to_f16 ? f16_bits(result) : std::bit_cast<std::uint32_t>(result);
            const std::uint32_t expected = narrowfp_oracle::matrix_unit(
                which.unit->name, which.to_f16, {oracle_of(fa), p.a, oracle_of(fb), p.b, p.c, p.a_scales, p.b_scales});
            const bool same = found == expected || (amd && is_nan(found, false) && is_nan(expected, false));
            t.expect(same, [&] {
                std::string text = std::string(which.unit->name) + " " + std::string(name_of(fa)) + " x " +
                                   std::string(name_of(fb)) + (which.to_f16 ? " to f16" : "") + ": found " +
                                   hex(found) + ", expected " + hex(expected) + ", C " + hex(p.c) + ", A x B";
                for (std::size_t k = 0; k < p.a.size(); ++k) {
                    text += " " + hex(p.a[k], 1) + "x" + hex(p.b[k], 1);
                }
                return text + reproducer();
            });
            if (n % 64 == 0) {
                const float product = product_of(acc, fa, fb, p, addend_of(p.c, which.to_f16));
                t.expect(std::bit_cast<std::uint32_t>(product) == std::bit_cast<std::uint32_t>(result), [&] {
                    return std::string(which.unit->name) + ": unit_dot and gemm_reference differ" + reproducer();
                });
            }
        }
    }
}

}  // namespace

TEST_CASE("matrix units equal the oracle on random dot products") {
    const std::uint64_t dots = count_from_environment("NARROWFP_TEST_DOTS", 20000);
    for (const matrix_unit& unit : all_units) {
        if (unit.name == "ascend910-hypothetical-fma") {
            continue;
        }
        std::vector<path_case> paths;
        for (const unit_path& path : unit.paths) {
            paths.push_back({&unit, &path, false});
            if (path.to_f16) {
                paths.push_back({&unit, &path, true});
            }
        }
        tally t("dot products of " + std::string(unit.name));
        for (const path_case& path : paths) {
            check_path(path, dots / paths.size() + 1, t);
        }
        t.finish();
    }
}
