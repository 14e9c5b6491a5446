// SPDX-License-Identifier: Apache-2.0
#include "study/matmul.hpp"

#include "support/random_data.hpp"
#include "train/run/recorded_products.hpp"

#include <narrowfp/error/exact_product.hpp>
#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/accumulator_name.hpp>
#include <narrowfp/gemm/gemm.hpp>

#include <zlib.h>

#include <stdexcept>

namespace narrowfp::bench {

namespace {

// The two operands of a product, A stored so that its view may be a transpose of B's matrix.
struct operands {
    std::string name;
    std::string summary;
    matrix<float> a_storage;
    matrix<float> b_storage;
    bool a_is_b_transposed = false;
    std::string options{};  // matmul_dataset::options

    matrix_view<const float> b() const { return b_storage.view(); }
    matrix_view<const float> a() const { return a_is_b_transposed ? b().transposed() : a_storage.view(); }
};

struct configuration {
    any_format element;
    recipe scaling;
    std::string recipe_name;

    std::string id() const { return std::string(name_of(element)) + "." + recipe_name; }
};

struct named_accumulator {
    std::string name;
    bool exact_product_of_operands = false;  // no accumulator: the exact product of the quantised operands
    bool of_floating_unit = false;           // a matrix unit that takes no integers
    accumulator acc;
};

std::vector<named_accumulator> study_accumulators() {
    std::vector<named_accumulator> all{{"exact", true, false, exact{}}};
    for (const accumulator& acc : {accumulator{sequential<float>{}}, accumulator{promoted{sequential<float>{}, 128}}}) {
        all.push_back({name_of(acc), false, false, acc});
    }
    for (const accumulator& acc : {accumulator{aligned{}}, accumulator{promoted{aligned{}, 128}}}) {
        all.push_back({name_of(acc), false, true, acc});
    }
    return all;
}

// 16- and 32-bit formats are cast without scales; each FP8 format is run under each recipe and both MX scale rules; INT8
// recipes have their own element format.
std::vector<configuration> study_configurations() {
    std::vector<configuration> all;
    for (const any_format& element : {any_format{f32}, any_format{bf16}, any_format{f16}}) {
        all.push_back({element, recipes::none, "none"});
    }
    for (const any_format& element : {any_format{e4m3fn}, any_format{e5m2}}) {
        for (const recipe& r :
             {recipes::none, recipes::tensor_current, recipes::rowwise, recipes::deepseek_v3, recipes::mxfp8}) {
            all.push_back({element, r, std::string(r.name)});
        }
        all.push_back({element, with_scale_rule(recipes::mxfp8, scale_rule::floor), "mxfp8-floor"});
    }
    for (const recipe& r : all_recipes) {
        if (std::holds_alternative<fixed_format>(r.element)) {
            all.push_back({r.element, r, std::string(r.name)});
        }
    }
    return all;
}

// X^T X of the images, pixels as x / 255 in FP32: non-negative, and inexact in every 16-bit format.
operands image_operands(const matmul_options& options) {
    const std::size_t count = options.small ? 256 : 4096;
    const images data = fashion_mnist_images(options.images, count);
    operands out{"fashion_mnist",
                 "X^T X of the first " + std::to_string(count) + " images of Fashion-MNIST, pixels / 255 in FP32",
                 {},
                 matrix<float>(count, data.rows * data.cols),
                 true};
    for (std::size_t n = 0; n < out.b_storage.size(); ++n) {
        out.b_storage.data()[n] = static_cast<float>(data.pixels[n]) / 255.0f;
    }
    return out;
}

// Rows of A and columns of B of all operands but the images.
std::size_t line_count(const matmul_options& options) { return options.small ? 64 : 256; }

operands llm_operands(const matmul_options& options) {
    const std::size_t mn = line_count(options);
    const std::size_t k = options.small ? 512 : 4096;
    constexpr std::uint32_t seed = 1;
    return {"llm_like", "activations N(0,1) with one channel in 128 32 times larger, times weights N(0,1)/32, seed 1",
            make_matrix(distribution::llm_like, mn, k, seed, 0), make_matrix(distribution::llm_like, k, mn, seed, 1),
            false};
}

std::vector<operands> all_operands(const matmul_options& options) {
    std::vector<operands> all{image_operands(options), llm_operands(options)};
    for (const train::recorded_linear& linear : train::read_recorded_linears(options.operands)) {
        for (train::recorded_product& p : train::products_of(linear, line_count(options))) {
            all.push_back({std::move(p.data), std::move(p.summary), std::move(p.a), std::move(p.b), false,
                           " --operands " + linear.file.string()});
        }
    }
    return all;
}

std::uint32_t hash_of(const operands& x) {
    uLong crc = crc32(0, nullptr, 0);
    for (const matrix<float>* m : {&x.a_storage, &x.b_storage}) {
        crc = crc32_z(crc, reinterpret_cast<const Bytef*>(m->data()), m->size() * sizeof(float));
    }
    return static_cast<std::uint32_t>(crc);
}

matrix<float> rounded_to_float(const matrix<double>& x) {
    matrix<float> out(x.rows(), x.cols());
    for (std::size_t n = 0; n < x.size(); ++n) {
        out.data()[n] = static_cast<float>(x.data()[n]);
    }
    return out;
}

// What the errors of one data set are measured against.
struct reference_products {
    matrix<double> exact;
    matrix<double> absolute;
    matrix<double> norms;
};

matmul_row run_row(const operands& data, const configuration& c, const reference_products& reference,
                   const matmul_options& options, const std::function<void(const std::string&)>& step_done) {
    const narrowfp::options opts{options.threads};
    const quantized_matrix a = quantize(data.a(), c.scaling.for_a(c.element), opts);
    const quantized_matrix b = quantize(data.b(), c.scaling.for_b(c.element), opts);
    matmul_row row;
    row.id = data.name + "." + c.id();
    row.format = name_of(c.element);
    row.recipe = c.recipe_name;
    row.bytes = a.bytes() + b.bytes();
    row.bytes_per_element = static_cast<double>(row.bytes) / static_cast<double>(data.a().size() + data.b().size());
    row.events = a.events();
    row.events += b.events();
    for (const named_accumulator& acc : study_accumulators()) {
        if (acc.of_floating_unit && std::holds_alternative<fixed_format>(c.element)) {
            step_done(row.id + " " + acc.name);
            continue;
        }
        const matrix<float> result =
            acc.exact_product_of_operands
                ? rounded_to_float(exact_product(matrix_view<const float>(dequantize(a, opts).view()),
                                                 matrix_view<const float>(dequantize(b, opts).view()), opts))
                : gemm(a, b, acc.acc, {}, f32, opts);
        row.errors.push_back({acc.name, compare(result.view(), reference.exact.view(),
                                                {reference.norms.view(), reference.absolute.view()})});
        step_done(row.id + " " + acc.name);
    }
    return row;
}

}  // namespace

matmul_study run_matmul_study(const matmul_options& options) {
    matmul_study study;
    study.small = options.small;
    for (const named_accumulator& acc : study_accumulators()) {
        study.accumulators.push_back(acc.name);
    }
    const std::vector<operands> inputs = all_operands(options);
    // Progress counts multiply-adds, because the data sets differ in size.
    const auto work_of = [](const operands& data) { return data.a().size() * data.b().cols(); };
    std::vector<std::vector<configuration>> selected(inputs.size());
    std::uint64_t total = 0;
    for (std::size_t n = 0; n < inputs.size(); ++n) {
        for (const configuration& c : study_configurations()) {
            if ((inputs[n].name + "." + c.id()).find(options.only) != std::string::npos) {
                selected[n].push_back(c);
                total += work_of(inputs[n]) * study.accumulators.size();
            }
        }
    }
    if (total == 0) {
        throw std::invalid_argument("no configuration matches '" + options.only +
                                    "'; an id is DATA.FORMAT.RECIPE, as in " + inputs.front().name + "." +
                                    std::string(matmul_baseline));
    }
    std::uint64_t done = 0;
    for (std::size_t n = 0; n < inputs.size(); ++n) {
        const operands& data = inputs[n];
        if (selected[n].empty()) {
            continue;
        }
        matmul_dataset out{data.name,       data.summary,    data.options,    hash_of(data),
                           data.a().rows(), data.b().cols(), data.a().cols(), {}};
        const reference_products reference{exact_product(data.a(), data.b(), {options.threads}),
                                           absolute_product(data.a(), data.b(), {options.threads}),
                                           norm_product(data.a(), data.b())};
        for (const configuration& c : selected[n]) {
            out.rows.push_back(run_row(data, c, reference, options, [&](const std::string& what) {
                done += work_of(data);
                if (options.on_progress) {
                    options.on_progress(done, total, what);
                }
            }));
        }
        study.datasets.push_back(std::move(out));
    }
    return study;
}

const matmul_row* find_row(const matmul_dataset& data, std::string_view format_and_recipe) {
    for (const matmul_row& row : data.rows) {
        if (row.format + "." + row.recipe == format_and_recipe) {
            return &row;
        }
    }
    return nullptr;
}

double error_of(const matmul_row* row, std::string_view accumulator) {
    if (row != nullptr) {
        for (const matmul_error& e : row->errors) {
            if (e.accumulator == accumulator) {
                return e.report.relative_frobenius;
            }
        }
    }
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace narrowfp::bench
