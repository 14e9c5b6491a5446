// SPDX-License-Identifier: Apache-2.0
#include "faults/checksum.hpp"

#include "support/random_data.hpp"

#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/round/philox.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench {

namespace {

const stored_format& format_of(const checksum_case& c) {
    for (const stored_format& f : stored_formats()) {
        if (f.id == c.format) {
            return f;
        }
    }
    throw std::invalid_argument("checksum: unknown format " + std::string(c.format));
}

// Streams of the operands: a product has two tensors, and each purpose its own range of numbers.
constexpr std::uint32_t calibration_tensors = 1000;
constexpr std::uint32_t fault_free_tensors = 3000;
constexpr std::uint32_t fault_tensors = 5000;
constexpr std::uint32_t fault_choice = 7000;

struct operands {
    quantized_matrix a;
    quantized_matrix b;
};

operands operands_of(const stored_format& f, const checksum_options& o, std::uint32_t tensor) {
    const options how{.threads = o.threads, .count_events = false};
    return {
        quantize(make_matrix(distribution::normal, o.m, o.k, o.seed, tensor).view(), f.scaling.for_a(f.element), how),
        quantize(make_matrix(distribution::normal, o.k, o.n, o.seed, tensor + 1).view(), f.scaling.for_b(f.element),
                 how)};
}

// One row of A with its scales. Blocks of A are one row high in every recipe used here.
quantized_matrix row_of(const quantized_matrix& a, std::size_t i) {
    quantized_matrix row(1, a.cols(), a.element(), a.has_scales(), a.blocks(), a.scale_element());
    for (std::size_t j = 0; j < a.cols(); ++j) {
        row.set_code(0, j, a.code(i, j));
    }
    for (std::size_t block = 0; a.has_scales() && block < a.block_grid_cols(); ++block) {
        row.set_scale_code(block, a.scale_code(i * a.block_grid_cols() + block));
    }
    return row;
}

// A product whose faults are looked at: only one row of C changes with each.
struct checked_product {
    operands in;
    packed_operand weights;
    matrix<float> c;
    column_checksum expected;
    std::vector<double> sums;  // of the columns of C
    double rms = 0;
};

checked_product product_of(operands in, const accumulator& acc, const options& how) {
    packed_operand weights(in.b, how);
    matrix<float> c = gemm(in.a, weights, acc, {}, f32, how);
    column_checksum expected = checksum_of(in.a, in.b);
    std::vector<double> sums(c.cols());
    double squares = 0;
    for (std::size_t i = 0; i < c.rows(); ++i) {
        for (std::size_t j = 0; j < c.cols(); ++j) {
            sums[j] += c(i, j);
            squares += double{c(i, j)} * c(i, j);
        }
    }
    const double rms = std::sqrt(squares / static_cast<double>(c.rows() * c.cols()));
    return {std::move(in), std::move(weights), std::move(c), std::move(expected), std::move(sums), rms};
}

// Counts one fault that turned row i of C into `row`.
void count_fault(detection& d, const checked_product& p, std::size_t i, const matrix<float>& row,
                 const checksum_outcome& limits) {
    ++d.faults;
    double residual = 0;
    double change = 0;
    for (std::size_t j = 0; j < row.cols(); ++j) {
        if (!std::isfinite(row(0, j))) {
            residual = change = HUGE_VAL;
            break;
        }
        const double difference = double{row(0, j)} - double{p.c(i, j)};
        change = std::fmax(change, std::fabs(difference));
        residual =
            std::fmax(residual, std::fabs(p.sums[j] + difference - p.expected.sums[j]) / p.expected.magnitudes[j]);
    }
    d.not_finite += std::isinf(residual);
    d.harmless += change == 0;
    d.certain += residual > limits.certain;
    if (residual > limits.calibrated) {
        ++d.calibrated;
    } else {
        d.largest_missed = std::fmax(d.largest_missed, change / p.rms);
    }
}

}  // namespace

column_checksum checksum_of(const quantized_matrix& a, const quantized_matrix& b) {
    std::vector<double> sum(a.cols());
    std::vector<double> magnitude(a.cols());
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t k = 0; k < a.cols(); ++k) {
            const double x = double{decode_float(a.element(), a.code(i, k))} * a.scale(i, k);
            sum[k] += x;
            magnitude[k] += std::fabs(x);
        }
    }
    column_checksum out{std::vector<double>(b.cols()), std::vector<double>(b.cols())};
    for (std::size_t k = 0; k < b.rows(); ++k) {
        for (std::size_t j = 0; j < b.cols(); ++j) {
            const double y = double{decode_float(b.element(), b.code(k, j))} * b.scale(k, j);
            out.sums[j] += sum[k] * y;
            out.magnitudes[j] += magnitude[k] * std::fabs(y);
        }
    }
    return out;
}

double residual_of(const matrix<float>& c, const column_checksum& expected) {
    double largest = 0;
    for (std::size_t j = 0; j < c.cols(); ++j) {
        double sum = 0;
        for (std::size_t i = 0; i < c.rows(); ++i) {
            sum += c(i, j);
        }
        const double residual = std::fabs(sum - expected.sums[j]) / expected.magnitudes[j];
        largest = std::isfinite(residual) ? std::fmax(largest, residual) : HUGE_VAL;
    }
    return largest;
}

namespace {

// One ulp of room for the scale product and its fma at each promotion, and for the double sums.
constexpr double u32 = 0x1p-24;

// Rounding errors of k additions, relative to the sum of magnitudes, for each kind of accumulator.
double threshold_of(const sequential<float>&, double additions) { return (additions + 1) * u32; }
double threshold_of(const exact&, double) { return 2 * u32; }
double threshold_of(const int32_exact&, double) { return 2 * u32; }
double threshold_of(const aligned& unit, double additions) {
    // Each of a step's products and the addend lose less than 2^-fraction_bits of the step's largest term, and the sum
    // is truncated to fraction_bits + 1 bits: twice 2^-fraction_bits of what has been added so far, per term at most.
    const double u = std::exp2(-unit.fraction_bits);
    const double steps = std::ceil(additions / unit.products);
    return u * (unit.products + 2) * steps;
}
template <class Unit>
[[noreturn]] void no_threshold(const Unit& unit) {
    throw std::invalid_argument("checksum: no error bound is known for accumulator " + name_of(unit) +
                                "; sequential, exact, int32_exact or aligned expected, also promoted");
}
double threshold_of(const widened& unit, double) { no_threshold(unit); }
double threshold_of(const exact_groups& unit, double) { no_threshold(unit); }
double threshold_of(const cdna2& unit, double) { no_threshold(unit); }
double threshold_of(const cdna3& unit, double) { no_threshold(unit); }
double threshold_of(const block_scaled& unit, double) { no_threshold(unit); }

double threshold_of(const promoted& p, double additions) {
    const auto interval = static_cast<double>(p.interval);
    const double runs = std::ceil(additions / std::fmin(additions, interval));
    const double inner = std::visit([&](const auto& unit) { return threshold_of(unit, interval); }, p.inner);
    return inner + (2 * runs + 1) * u32;
}

}  // namespace

double certain_threshold(const accumulator& acc, std::size_t k) {
    return std::visit([k](const auto& unit) { return threshold_of(unit, static_cast<double>(k)); }, acc);
}

std::vector<checksum_case> checksum_cases() {
    const accumulator chain = sequential<float>{};
    const accumulator promoted_chain = promoted{sequential<float>{}, 128};
    const accumulator h100 = with_promotion(accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn), 128);
    return {{"e4m3fn.f32", "e4m3fn", promoted_chain},
            {"e4m3fn.h100", "e4m3fn", h100},
            {"e5m2.f32", "e5m2", promoted_chain},
            {"mxfp8.f32", "mxfp8", chain},
            {"int8.exact", "int8", promoted{int32_exact{}, 128}},
            {"f16.f32", "f16", chain},
            {"bf16.f32", "bf16", chain}};
}

checksum_outcome run_checksum_case(const checksum_case& what, const checksum_options& o) {
    const stored_format& f = format_of(what);
    const options how{.threads = o.threads, .count_events = false};
    checksum_outcome out{.what = what, .certain = certain_threshold(what.acc, o.k), .by_place = {}};
    const auto residual_with = [&](std::uint32_t tensor) {
        const operands in = operands_of(f, o, tensor);
        return residual_of(gemm(in.a, in.b, what.acc, {}, f32, how), checksum_of(in.a, in.b));
    };
    for (int n = 0; n < o.calibration_products; ++n) {
        out.calibrated =
            std::fmax(out.calibrated, 2 * residual_with(calibration_tensors + 2 * static_cast<std::uint32_t>(n)));
    }
    for (int n = 0; n < o.fault_free_products; ++n) {
        const double residual = residual_with(fault_free_tensors + 2 * static_cast<std::uint32_t>(n));
        out.false_alarms_certain += residual > out.certain;
        out.false_alarms_calibrated += residual > out.calibrated;
    }
    out.fault_free = o.fault_free_products;
    const checked_product p = product_of(operands_of(f, o, fault_tensors), what.acc, how);
    const philox_stream choice{o.seed, fault_choice};
    const auto bits = static_cast<std::uint32_t>(storage_bits_of(f.element));
    const auto pick = [&](int fault, std::uint32_t word, std::size_t below) {
        return choice.word(static_cast<std::uint64_t>(fault) * 4 + word) % below;
    };
    for (int n = 0; n < o.faults; ++n) {
        const std::size_t i = pick(n, 0, o.m);
        quantized_matrix codes = row_of(p.in.a, i);
        const std::size_t k = pick(n, 1, o.k);
        codes.set_code(0, k, codes.code(0, k) ^ (1u << pick(n, 2, bits)));
        count_fault(out.by_place[0], p, i, gemm(codes, p.weights, what.acc, {}, f32, how), out);
        if (p.in.a.has_scales()) {
            quantized_matrix scales = row_of(p.in.a, i);
            const std::size_t block = pick(n, 1, scales.block_grid_cols());
            const auto scale_bits = static_cast<std::size_t>(scales.scale_element().storage_bits);
            scales.set_scale_code(block, scales.scale_code(block) ^ (1u << pick(n, 2, scale_bits)));
            count_fault(out.by_place[1], p, i, gemm(scales, p.weights, what.acc, {}, f32, how), out);
        }
        // A flip in the accumulator after its last addition.
        matrix<float> row(1, o.n);
        std::copy_n(&p.c(i, 0), o.n, row.data());
        float& hit = row(0, pick(n, 1, o.n));
        hit = std::bit_cast<float>(std::bit_cast<std::uint32_t>(hit) ^ (1u << pick(n, 2, 32)));
        count_fault(out.by_place[2], p, i, row, out);
    }
    return out;
}

}  // namespace narrowfp::bench
