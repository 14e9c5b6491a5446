// SPDX-License-Identifier: Apache-2.0
#include "claim/error_curves.hpp"

#include "claim/rows.hpp"
#include "support/random_data.hpp"
#include "support/widened.hpp"

#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/report/text.hpp>

namespace narrowfp::bench::claim {

using report::alignment;

namespace {

constexpr std::uint32_t curve_seed = 1;
constexpr std::size_t curve_side = 32;     // rows and columns of a product
constexpr std::size_t bits_length = 1024;  // K of the products behind the bits
constexpr std::array<std::size_t, 8> lengths{64, 128, 256, 512, 1024, 2048, 4096, 8192};

struct stored_format {
    const char* id;
    const char* name;
    any_format element;
    recipe scaling;
};

std::vector<stored_format> stored_formats() {
    return {{"tf32", "TF32", tf32, recipes::none},
            {"f16", "FP16", f16, recipes::none},
            {"bf16", "BF16", bf16, recipes::none},
            {"int8.int8_tile", "INT8 1x128", int8, recipes::int8_tile},
            {"mxint8", "MXINT8", mxint8, recipes::mxint8_blocks},
            {"e4m3fn.deepseek_v3", "E4M3 1x128", e4m3fn, recipes::deepseek_v3},
            {"e4m3fn.mxfp8", "MXFP8", e4m3fn, recipes::mxfp8},
            {"e4m3fn.tensor_current", "E4M3 tensor", e4m3fn, recipes::tensor_current},
            {"e5m2.deepseek_v3", "E5M2 1x128", e5m2, recipes::deepseek_v3},
            {"hif8", "HiF8", hif8, recipes::none},
            {"e2m3fn.mxfp6", "MXFP6 E2M3", e2m3fn, recipes::mxfp6},
            {"e3m2fn.mxfp6", "MXFP6 E3M2", e3m2fn, recipes::mxfp6},
            {"e2m1fn.mxfp4", "MXFP4", e2m1fn, recipes::mxfp4},
            {"e2m1fn.nvfp4", "NVFP4", e2m1fn, recipes::nvfp4}};
}

std::vector<bits_point> bits_points(const options& opts) {
    const matrix<float> a_values = make_matrix(distribution::llm_like, curve_side, bits_length, curve_seed, 0);
    const matrix<float> b_values = make_matrix(distribution::llm_like, bits_length, curve_side, curve_seed, 1);
    const matrix<double> truth = exact_product(a_values.view(), b_values.view(), opts);
    std::vector<bits_point> all;
    for (const stored_format& f : stored_formats()) {
        const quantized_matrix a = quantize(a_values.view(), f.scaling.for_a(f.element), opts);
        const quantized_matrix b = quantize(b_values.view(), f.scaling.for_b(f.element), opts);
        const auto elements = static_cast<double>(a_values.size() + b_values.size());
        all.push_back({f.id, f.name, 8 * static_cast<double>(a.bytes() + b.bytes()) / elements,
                       compare(gemm(a, b, exact{}, {}, f32, opts).view(), truth.view()).relative_frobenius});
    }
    return all;
}

std::vector<length_curve> length_curves(const options& opts) {
    struct choice {
        const char* id;
        const char* name;
        any_format element;
        accumulator acc;
    };
    const accumulator h100 = accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn);
    const std::vector<choice> choices{
        {"h100", "Hopper FP8, no promotion", e4m3fn, h100},
        {"h100_512", "Hopper FP8, FP32 every 512", e4m3fn, with_promotion(h100, 512)},
        {"h100_128", "Hopper FP8, FP32 every 128", e4m3fn, with_promotion(h100, 128)},
        {"h100_32", "Hopper FP8, FP32 every 32", e4m3fn, with_promotion(h100, 32)},
        {"b200", "Blackwell FP8, no promotion", e4m3fn, accumulator_of(unit_by_name("b200"), e4m3fn, e4m3fn)},
        {"h100_bf16", "Hopper BF16", bf16, accumulator_of(unit_by_name("h100"), bf16, bf16)},
        {"fp32", "FP32 chain of fma, FP8 operands", e4m3fn, sequential<float>{}}};
    std::vector<length_curve> all;
    for (const distribution data : {distribution::uniform01, distribution::normal}) {
        for (const choice& c : choices) {
            length_curve curve{std::string(name_of(data)), c.id, c.name, {}};
            for (const std::size_t k : lengths) {
                const recipe& scaling = c.element == any_format{bf16} ? recipes::none : recipes::tensor_current;
                const quantized_matrix a =
                    quantize(make_matrix(data, curve_side, k, curve_seed, 0).view(), scaling.for_a(c.element), opts);
                const quantized_matrix b =
                    quantize(make_matrix(data, k, curve_side, curve_seed, 1).view(), scaling.for_b(c.element), opts);
                const matrix<double> truth = widened(gemm(a, b, exact{}, {}, f32, opts));
                const error_report error = compare(gemm(a, b, c.acc, {}, f32, opts).view(), truth.view());
                curve.points.push_back({static_cast<std::int64_t>(k), error.relative_frobenius});
            }
            all.push_back(std::move(curve));
        }
    }
    return all;
}

}  // namespace

error_curves make_error_curves(int threads) {
    const options opts{threads};
    return {bits_points(opts), length_curves(opts)};
}

std::vector<report::table> tables_of(const error_curves& curves) {
    report::table bits;
    bits.title = "V6: error of a product against bits of an element, " + std::to_string(curve_side) + " x " +
                 std::to_string(curve_side) + ", K = " + std::to_string(bits_length) + ", llm_like, emulated";
    bits.columns = {{"format and recipe"},
                    {"bits", alignment::right},
                    {"relative error", alignment::right},
                    {"to BF16", alignment::right}};
    double bf16_error = 0;
    for (const bits_point& p : curves.bits) {
        bf16_error = p.id == "bf16" ? p.error : bf16_error;
    }
    for (const bits_point& p : curves.bits) {
        bits.add_row({p.name, report::format_number(p.bits, 4), report::format_number(p.error, 3),
                      report::format_ratio(p.error / bf16_error, 3)});
    }
    bits.notes = {
        "Bits count codes and scales of both operands. The error is that of the exact product of the rounded "
        "operands against the exact product before rounding: no accumulator plays a part."};
    std::vector<report::table> all{std::move(bits)};
    std::string last;
    for (const length_curve& c : curves.lengths) {
        if (c.data != last) {
            report::table t;
            t.title = "V6: error of accumulation against K, " + c.data + ", emulated";
            t.columns = {{"accumulator"}};
            for (const length_point& p : c.points) {
                t.columns.push_back({"K = " + std::to_string(p.k), alignment::right});
            }
            all.push_back(std::move(t));
            last = c.data;
        }
        std::vector<report::cell> cells{c.name};
        for (const length_point& p : c.points) {
            cells.emplace_back(report::format_number(p.error, 2));
        }
        all.back().add_row(std::move(cells));
    }
    all.back().notes = {
        "FP8 operands: E4M3, one scale a tensor (448 / amax). Errors are relative in the Frobenius norm "
        "against the exact product of the same rounded operands, which is itself rounded once to FP32."};
    return all;
}

std::vector<report::record> records_of(const error_curves& curves) {
    std::vector<report::record> all;
    for (const bits_point& p : curves.bits) {
        report::record r = make_record("V6", "bits." + p.id, p.name, report::evidence_kind::emulated, p.error, "1",
                                       "relative error of the exact product of the rounded operands");
        r.reference = "exact product of the FP32 operands";
        report::add_field(r.parameters, "bits_per_element", p.bits);
        report::add_field(r.parameters, "k", bits_length);
        report::add_field(r.parameters, "seed", curve_seed);
        all.push_back(std::move(r));
    }
    for (const length_curve& c : curves.lengths) {
        for (const length_point& p : c.points) {
            report::record r =
                make_record("V6", "length." + c.data + "." + c.id + "." + std::to_string(p.k), c.name,
                            report::evidence_kind::emulated, p.error, "1", "relative error of adding up");
            r.reference = "exact product of the rounded operands";
            report::add_field(r.parameters, "k", p.k);
            report::add_field(r.parameters, "seed", curve_seed);
            all.push_back(std::move(r));
        }
    }
    return all;
}

}  // namespace narrowfp::bench::claim
