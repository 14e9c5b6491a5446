// SPDX-License-Identifier: Apache-2.0
// V6, the error of one product in three budgets: rounding the operands (quantisation), adding up on a matrix unit
// (accumulation), and what of both has one sign (bias). Errors are relative in the Frobenius norm, emulated bit for
// bit, against exact products. Operands are generated: LLM-like with outlier channels, and non-negative, where a
// truncating unit cannot lose its errors by chance; and, where files of them are given, those of a training run. A recipe,
// unit or data set is one line of the tables below.
#include "claim/error_curves.hpp"
#include "claim/rows.hpp"

#include "support/random_data.hpp"
#include "support/widened.hpp"
#include "train/run/recorded_products.hpp"

#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/unit.hpp>
#include <narrowfp/quant/recipe.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace narrowfp::bench::claim {

using report::alignment;
using report::evidence_kind;
using report::tint;

namespace {

constexpr std::size_t v6_side = 64;      // rows and columns of a product
constexpr std::size_t v6_length = 4096;  // of generated operands: K of the published statement on Hopper's accumulation
constexpr std::uint32_t v6_seed = 1;

constexpr double expected_over_bf16 = 16;  // 2^4: 7 fraction bits of BF16 less 3 of E4M3
constexpr double quantization_margin = 1.25;
constexpr double bias_standard_errors = 3;
constexpr double bias_floor = 0.001;

constexpr std::array distributions{distribution::llm_like, distribution::abs_normal, distribution::uniform01};

// What is multiplied.
struct operand_pair {
    std::string data;  // "uniform01", "wgrad.operands_step0150"
    std::string summary;
    bool generated = true;
    matrix<float> a;
    matrix<float> b;
};

operand_pair generated_pair(distribution d) {
    return {std::string(name_of(d)), std::string(all_distributions[static_cast<std::size_t>(d)].summary), true,
            make_matrix(d, v6_side, v6_length, v6_seed, 0), make_matrix(d, v6_length, v6_side, v6_seed, 1)};
}

std::vector<operand_pair> operand_pairs(const row_context& how) {
    std::vector<operand_pair> all;
    for (const distribution d : distributions) {
        all.push_back(generated_pair(d));
    }
    for (const train::recorded_linear& linear : train::read_recorded_linears(how.operands)) {
        for (train::recorded_product& p : train::products_of(linear, v6_side)) {
            all.push_back({std::move(p.data), std::move(p.summary), false, std::move(p.a), std::move(p.b)});
        }
    }
    return all;
}

struct unit_choice {
    std::string name;
    accumulator acc;
};

struct configuration {
    std::string id;  // for records
    std::string name;
    any_format element;
    recipe scaling;
    std::vector<unit_choice> units;
};

// A unit without a path for the format has no row.
std::vector<unit_choice> units_of(const any_format& element, bool with_promotion) {
    std::vector<unit_choice> all;
    if (std::holds_alternative<fixed_format>(element)) {
        return {{"INT32/128", promoted{int32_exact{}, 128}}};
    }
    for (const char* name : {"h100", "b200"}) {
        const matrix_unit unit = unit_by_name(name);
        const bool is_fp8 = element == any_format{e4m3fn};
        if (is_fp8 || element == any_format{bf16}) {
            all.push_back({name, accumulator_of(unit, element, element)});
            if (with_promotion && std::string_view(name) == "h100") {
                all.push_back({"h100/128", narrowfp::with_promotion(accumulator_of(unit, element, element), 128)});
            }
        }
    }
    all.push_back({"FP32", sequential<float>{}});
    return all;
}

std::vector<configuration> configurations() {
    std::vector<configuration> all;
    const auto add = [&](std::string id, std::string name, const any_format& element, const recipe& r, bool promotion) {
        all.push_back({std::move(id), std::move(name), element, r, units_of(element, promotion)});
    };
    add("bf16", "BF16", bf16, recipes::none, false);
    add("tensor_current", "E4M3, tensor_current", e4m3fn, recipes::tensor_current, true);
    add("deepseek_v3", "E4M3, deepseek_v3", e4m3fn, recipes::deepseek_v3, false);
    add("mxfp8", "E4M3, mxfp8", e4m3fn, recipes::mxfp8, false);
    add("hif8_none", "HiF8, no scales", hif8, recipes::none, false);
    add("hif8_tensor_current", "HiF8, tensor_current", hif8, recipes::tensor_current, false);
    add("int8_tile", "INT8, int8_tile", int8, recipes::int8_tile, false);
    return all;
}

// One product on one unit.
struct budgets {
    std::string data, id, name, unit, accumulator_name;
    std::size_t m = 0, n = 0, k = 0;
    bool generated = true;
    double quantization = 0;
    double over_bf16 = 0;
    double accumulation = 0;
    error_report total;
    bool is_bf16 = false;

    bool quantization_flag() const { return !is_bf16 && over_bf16 > quantization_margin * expected_over_bf16; }
    bool accumulation_flag() const { return accumulation > quantization; }
    bool bias_flag() const {
        return std::fabs(total.bias) > bias_standard_errors * total.bias_standard_error &&
               std::fabs(total.bias) > bias_floor;
    }
    std::string flags() const {
        std::string text;
        for (const auto& [set, word] : {std::pair{quantization_flag(), "quantisation"},
                                        {accumulation_flag(), "accumulation"},
                                        {bias_flag(), "bias"}}) {
            text += set ? (text.empty() ? "" : ", ") + std::string(word) : "";
        }
        return text;
    }
};

// What h100 loses without promotion on uniform data, error against the exact sums of the same rounded operands, once
// with scale 1 and once with 448 / amax. The unit truncates at steps of its running sum, which double at each power of
// two. A sum that grows evenly to m times a power of two, 1 <= m < 2, loses in proportion to (m - 2/3) / m^2: 1/3 at a
// power of two, 3/8 at 4/3 of one. So a scale that is no power of two changes the loss by up to an eighth.
struct scale_effect {
    error_report plain;
    error_report scaled;
};

scale_effect compare_scales(const options& opts) {
    const auto loss = [&](const recipe& r) {
        const quantized_matrix a = quantize(make_matrix(distribution::uniform01, v6_side, v6_length, v6_seed, 0).view(),
                                            r.for_a(e4m3fn), opts);
        const quantized_matrix b = quantize(make_matrix(distribution::uniform01, v6_length, v6_side, v6_seed, 1).view(),
                                            r.for_b(e4m3fn), opts);
        const matrix<float> exact_sums = gemm(a, b, exact{}, {}, f32, opts);
        const accumulator h100 = accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn);
        return compare(gemm(a, b, h100, {}, f32, opts).view(), widened(exact_sums).view());
    };
    return {loss(recipes::none), loss(recipes::tensor_current)};
}

void add_records(row_result& out, const scale_effect& e) {
    for (const auto& [recipe_name, report] : {std::pair{"none", e.plain}, std::pair{"tensor_current", e.scaled}}) {
        for (const auto& [what, value] :
             {std::pair{"bias", report.bias}, std::pair{"max_relative", report.max_relative}}) {
            report::record r =
                make_record("V6", std::string("uniform01.accumulation_on_h100.") + recipe_name + "." + what,
                            std::string("what Hopper's FP8 unit loses without promotion: ") + what,
                            evidence_kind::emulated, value, "1", "all elements of the product");
            report::add_field(r.parameters, "data", "uniform01");
            report::add_field(r.parameters, "recipe", recipe_name);
            report::add_field(r.parameters, "k", v6_length);
            report::add_field(r.parameters, "seed", v6_seed);
            r.reference = "exact product of the rounded operands";
            out.records.push_back(std::move(r));
        }
    }
}

std::string text_of(const scale_effect& e) {
    const auto percent = [](double x) { return report::format_number(x * 100, 2) + " %"; };
    return "The same uniform01 operands on h100 against the exact sums of the rounded operands: with scale 1 bias " +
           percent(e.plain.bias) + ", largest " + percent(e.plain.max_relative) +
           "; with 448 / amax, as in the row of " + "tensor_current, " + percent(e.scaled.bias) + " and " +
           percent(e.scaled.max_relative) +
           ". Quantisation plays no part in it: the steps at which a unit truncates double at each power of two, so "
           "its "
           "loss is least where the scale lets the sum end at one and up to an eighth more between two.";
}

// The compiled product equals the defining one, bit for bit, in its first rows.
bool equals_reference(const quantized_matrix& b, const matrix<float>& a_values, const quantization& how,
                      const accumulator& acc, const matrix<float>& found, const options& opts) {
    constexpr std::size_t rows = 2;
    const quantized_matrix a = quantize(a_values.view().block(0, 0, rows, a_values.cols()), how, opts);
    const matrix<float> expected = gemm_reference(a, b, acc);
    return std::memcmp(expected.data(), found.data(), expected.size() * sizeof(float)) == 0;
}

struct study {
    std::vector<budgets> rows;
    std::vector<self_check> checks;
};

study run_study(const row_context& how, const std::vector<operand_pair>& pairs) {
    study out;
    const options opts{how.threads};
    const std::vector<configuration> all = configurations();
    double done = 0;
    for (const operand_pair& pair : pairs) {
        const matrix<float>& a_values = pair.a;
        const matrix<float>& b_values = pair.b;
        const matrix<double> truth = exact_product(a_values.view(), b_values.view(), opts);
        double bf16_error = 0;
        for (const configuration& c : all) {
            if (how.on_progress) {
                how.on_progress(done / static_cast<double>(pairs.size() * all.size()),
                                "V6 " + pair.data + " " + c.name);
            }
            const quantization a_how = c.scaling.for_a(c.element);
            const quantized_matrix a = quantize(a_values.view(), a_how, opts);
            const quantized_matrix b = quantize(b_values.view(), c.scaling.for_b(c.element), opts);
            const matrix<float> of_codes = gemm(a, b, exact{}, {}, f32, opts);
            const matrix<double> exact_of_codes = widened(of_codes);
            const double quantization = compare(of_codes.view(), truth.view()).relative_frobenius;
            const bool is_bf16 = c.element == any_format{bf16};
            bf16_error = is_bf16 ? quantization : bf16_error;
            for (const unit_choice& unit : c.units) {
                const matrix<float> result = gemm(a, b, unit.acc, {}, f32, opts);
                out.rows.push_back({pair.data, c.id, c.name, unit.name, name_of(unit.acc), a.rows(), b.cols(), a.cols(),
                                    pair.generated, quantization, quantization / bf16_error,
                                    compare(result.view(), exact_of_codes.view()).relative_frobenius,
                                    compare(result.view(), truth.view()), is_bf16});
                const bool depends_on_tensor =
                    c.scaling.a.scale.method != scale_method::none && c.scaling.a.free_extent == whole_extent;
                if (!depends_on_tensor) {  // two rows have another scale than the whole tensor
                    out.checks.push_back(
                        {"gemm equals gemm_reference: " + out.rows.back().data + ", " + c.name + ", " + unit.name,
                         equals_reference(b, a_values, a_how, unit.acc, result, opts)});
                }
            }
            done += 1;
        }
    }
    return out;
}

report::table table_of(const study& s, const operand_pair& pair) {
    report::table t;
    t.title = "V6: " + pair.data + ", " + std::to_string(pair.a.rows()) + " x " + std::to_string(pair.b.cols()) +
              ", K = " + std::to_string(pair.a.cols()) + " (" + pair.summary + "), emulated";
    t.columns = {{"recipe"},
                 {"unit"},
                 {"quantisation", alignment::right},
                 {"to BF16", alignment::right},
                 {"accumulation", alignment::right},
                 {"bias, %", alignment::right},
                 {"s.e., %", alignment::right},
                 {"flags"}};
    std::string last;
    for (const budgets& b : s.rows) {
        if (b.data != pair.data) {
            continue;
        }
        const bool again = b.name == last;
        const std::string flags = b.flags();
        if (!again && !last.empty()) {
            t.add_rule();
        }
        t.add_row({again ? "" : b.name,
                   b.unit,
                   again ? "" : report::format_number(b.quantization, 3),
                   again ? "" : report::format_ratio(b.over_bf16, 3),
                   report::format_number(b.accumulation, 2),
                   report::format_number(b.total.bias * 100, 2),
                   report::format_number(b.total.bias_standard_error * 100, 1),
                   {flags.empty() ? "-" : flags, flags.empty() ? tint::plain : tint::warning}});
        last = b.name;
    }
    return t;
}

void add_records(row_result& out, const budgets& b) {
    const auto add = [&](const char* what, std::string name, double value, std::string_view reference, bool flag) {
        report::record r = make_record("V6", b.data + "." + b.id + "." + b.unit + "." + what, std::move(name),
                                       evidence_kind::emulated, {}, "1", "all elements of the product");
        for (char& c : r.id) {
            c = c == '/' ? '_' : c;
        }
        report::add_field(r.parameters, "data", b.data);
        report::add_field(r.parameters, "recipe", b.id);
        report::add_field(r.parameters, "accumulator", b.accumulator_name);
        report::add_field(r.parameters, "m", b.m);
        report::add_field(r.parameters, "n", b.n);
        report::add_field(r.parameters, "k", b.k);
        if (b.generated) {
            report::add_field(r.parameters, "seed", v6_seed);
        }
        report::add_field(r.parameters, "flag", flag);
        r.reference = reference;
        r.n = static_cast<std::int64_t>(b.total.elements - b.total.nonfinite);
        if (std::isfinite(value) && b.total.nonfinite == 0) {
            r.value = value;
        } else {
            report::set_no_value(r, report::record_status::undefined, "results that are not finite");
        }
        out.records.push_back(std::move(r));
    };
    add("quantisation", "relative error of the exact product of the rounded operands", b.quantization,
        "exact product of the FP32 operands", b.quantization_flag());
    add("quantisation_over_bf16", "quantisation error over that of BF16", b.over_bf16, "16, from the bits",
        b.quantization_flag());
    add("accumulation", "relative error of adding up", b.accumulation, "exact product of the rounded operands",
        b.accumulation_flag());
    add("bias", "mean signed error over mean magnitude", b.total.bias, "exact product of the FP32 operands",
        b.bias_flag());
    add("bias_standard_error", "standard error of the bias, errors taken as independent", b.total.bias_standard_error,
        "exact product of the FP32 operands", b.bias_flag());
    add("max_relative", "largest relative error of an element", b.total.max_relative,
        "exact product of the FP32 operands", false);
}

// How often each flag stands. Quantisation belongs to a pair of operands, the others to a product.
std::string flag_counts(const study& s) {
    std::size_t pairs = 0, quantization = 0, accumulation = 0, bias = 0;
    std::string last;
    for (const budgets& b : s.rows) {
        const bool new_pair = b.data + b.id != last;
        last = b.data + b.id;
        pairs += new_pair;
        quantization += new_pair && b.quantization_flag();
        accumulation += b.accumulation_flag();
        bias += b.bias_flag();
    }
    return "flags: quantisation in " + std::to_string(quantization) + " of " + std::to_string(pairs) +
           " operand pairs; of " + std::to_string(s.rows.size()) + " products accumulation in " +
           std::to_string(accumulation) + ", bias in " + std::to_string(bias);
}

}  // namespace

row_result run_v6(const row_context& how, product_errors& errors) {
    const std::vector<operand_pair> pairs = operand_pairs(how);
    const study s = run_study(how, pairs);
    row_result out;
    out.word = verdict::value;
    out.kinds = "E";
    out.checks = s.checks;
    for (const operand_pair& pair : pairs) {
        out.tables.push_back(table_of(s, pair));
    }
    const error_curves curves = make_error_curves(how.threads);
    std::vector<report::table> of_curves = tables_of(curves);
    out.value = flag_counts(s);
    std::string beside_published;
    double& low = errors.low;
    double& high = errors.high;
    for (const budgets& b : s.rows) {
        if (const std::string flags = b.flags(); !flags.empty()) {
            out.notes.push_back("Flag: " + b.data + ", " + b.name + ", " + b.unit + ": " + flags + ".");
        }
        if (b.name.rfind("E4M3", 0) == 0) {
            low = low == 0 ? b.over_bf16 : std::fmin(low, b.over_bf16);
            high = std::fmax(high, b.over_bf16);
        }
        if (b.data == "uniform01" && b.id == "tensor_current" && b.unit == "h100") {
            beside_published = "uniform01 here: bias " + report::format_number(b.total.bias * 100, 2) +
                               " %, largest relative error " + report::format_number(b.total.max_relative * 100, 2) +
                               " %";
        }
        add_records(out, b);
    }
    const scale_effect scales = compare_scales({how.threads});
    add_records(out, scales);
    out.range = "E4M3 " + report::format_number(low, 3) + " to " + report::format_ratio(high, 3) + " BF16's error";
    out.whole = !how.operands.empty();
    out.reason =
        out.whole ? "generated operands, and those of a training run" : "real operands of a training run: NOT RUN";
    out.tables.back().notes = {"Flags: quantisation above " +
                                   report::format_number(quantization_margin * expected_over_bf16, 2) +
                                   " times BF16's (16 from the bits, margin 1.25); accumulation above quantisation; "
                                   "bias above 3 standard errors and "
                                   "0.1 %. The standard error takes errors as independent; rows and columns share "
                                   "rounded operands, so it is too "
                                   "small, which can only raise a flag.",
                               "Units: h100 is Hopper's FP8 or BF16 path, h100/128 with promotion to FP32 every 128, "
                               "b200 Blackwell's, FP32 a chain of "
                               "fma, INT32/128 exact sums of 128. Block scales are applied in FP32 at the end of each "
                               "block, so deepseek_v3 promotes "
                               "every 128 by itself and mxfp8 every 32; Blackwell's own block-scaled path is not in "
                               "this version. Neither unit has a "
                               "path for HiF8, so only the FP32 chain is shown.",
                               "Published beside it (P): nearly 2 % largest relative error at K = 4096 on Hopper "
                               "without promotion (arXiv 2412.19437, "
                               "3.3.2; data and metric not published). " +
                                   beside_published + ".",
                               text_of(scales),
                               "On non-negative data rounding has a bias of its own: steps double at each power of "
                               "two, so slightly more is rounded "
                               "down than up, and this grows with the square of the step. HiF8 is shown with two "
                               "scales because the one that its "
                               "owner trains with is not published: tensor_current moves the largest element to 2^15, "
                               "where HiF8 keeps one fraction "
                               "bit."};
    out.tables.insert(out.tables.end(), std::make_move_iterator(of_curves.begin()),
                      std::make_move_iterator(of_curves.end()));
    for (report::record& r : records_of(curves)) {
        out.records.push_back(std::move(r));
    }
    return out;
}

}  // namespace narrowfp::bench::claim
