// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layer_error.hpp"

#include "checkpoint/tensor_values.hpp"
#include "support/parallel.hpp"
#include "support/real_matrix.hpp"

#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace narrowfp::bench {

namespace {

constexpr std::string_view weight_suffix = ".weight";
constexpr std::string_view input_suffix = ".input";

std::string without(std::string name, std::string_view suffix) {
    if (name.ends_with(suffix)) {
        name.resize(name.size() - suffix.size());
    }
    return name;
}

[[noreturn]] void refuse_product(const stored_tensor& t, const std::string& why) {
    throw std::runtime_error("'" + t.file.string() + "': tensor '" + report::printable(t.name) + "' " + why);
}

template <class T>
matrix<T> read_rows_as(const stored_tensor& t, const tensor_values& values, std::size_t rows, std::size_t cols) {
    matrix<T> x(rows, cols);
    values.read(0, std::span<T>{x.data(), x.size()});
    if (!std::all_of(x.data(), x.data() + x.size(), [](T v) { return std::isfinite(v); })) {
        refuse_product(t, "holds NaN or infinities");
    }
    return x;
}

// The first rows of a tensor seen as rows x cols.
real_matrix read_rows(const stored_tensor& t, std::size_t rows, std::size_t cols) {
    tensor_values values(t, tensor_view::restored);
    if (t.kind == element_kind::scaled) {
        values.load_all();
    } else {
        values.load(0, rows * cols);
    }
    if (values.gives_doubles()) {
        return read_rows_as<double>(t, values, rows, cols);
    }
    return read_rows_as<float>(t, values, rows, cols);
}

template <class T>
matrix<T> transposed(const matrix<T>& x) {
    matrix<T> y(x.cols(), x.rows());
    for (std::size_t i = 0; i < y.rows(); ++i) {
        for (std::size_t j = 0; j < y.cols(); ++j) {
            y(i, j) = x(j, i);
        }
    }
    return y;
}

// A B in FP64, rows on several threads, each element in increasing k.
template <class A, class B>
matrix<double> product(const matrix<A>& a, const matrix<B>& b, int threads) {
    matrix<double> c(a.rows(), b.cols());
    parallel_for(a.rows(), threads, [&](std::size_t i) {
        for (std::size_t k = 0; k < a.cols(); ++k) {
            const double value = a(i, k);
            for (std::size_t j = 0; j < b.cols(); ++j) {
                c(i, j) += value * double{b(k, j)};
            }
        }
    });
    return c;
}

double distance(const matrix<double>& y, const matrix<double>& reference) {
    double error = 0;
    double size = 0;
    for (std::size_t n = 0; n < y.size(); ++n) {
        const double d = y.data()[n] - reference.data()[n];
        error += d * d;
        size += reference.data()[n] * reference.data()[n];
    }
    return size > 0 ? std::sqrt(error / size) : 0.0;
}

template <class X, class W>
layer_outcome outcome_of(const layer_way& way, const matrix<X>& x, const matrix<W>& w, const matrix<double>& reference,
                         int threads) {
    const options opts{.threads = threads};
    const quantized_matrix a = quantize(x.view(), way.how.for_a(way.element), opts);
    const quantized_matrix b = quantize(w.view(), way.how.for_b(way.element), opts);
    const bool integers = std::holds_alternative<fixed_format>(way.element);
    const accumulator acc = integers ? accumulator{promoted{int32_exact{}, 128}} : accumulator{sequential<float>{}};
    const error_report found = compare(gemm(a, b, acc, {}, f32, opts).view(), reference.view());
    const matrix<float> x_back = dequantize(a, opts);
    const matrix<float> w_back = dequantize(b, opts);
    return {.error = found.relative_frobenius,
            .error_x = distance(product(x_back, w, threads), reference),
            .error_w = distance(product(x, w_back, threads), reference),
            .bias = found.bias,
            .not_finite = found.nonfinite,
            .x_events = a.events()};
}

const stored_tensor* activation_of(const stored_tensor& weight, const std::vector<stored_tensor>& activations) {
    const std::string stem = without(weight.name, weight_suffix);
    for (const stored_tensor& a : activations) {
        if (a.name == weight.name || a.name == stem || without(a.name, input_suffix) == stem) {
            return &a;
        }
    }
    return nullptr;
}

bool is_matrix(const stored_tensor& t) { return t.shape.size() == 2 && t.kind != element_kind::left_alone; }

}  // namespace

std::vector<layer_way> layer_ways(const std::vector<any_format>& formats, const std::vector<recipe>& recipes) {
    std::vector<layer_way> ways;
    const auto add = [&](const recipe& r, const any_format& element) {
        ways.push_back({std::string(name_of(element)), name_of(r), r, element});
    };
    if (recipes.empty()) {
        const any_format fp8 = formats.empty() ? any_format{e4m3fn} : formats.front();
        for (const any_format& f : formats.empty() ? std::vector<any_format>{fp8} : formats) {
            for (const recipe& r : {recipes::tensor_current, recipes::rowwise, recipes::deepseek_v3, recipes::mxfp8}) {
                add(r, f);
            }
        }
        if (formats.empty()) {
            add(recipes::int8_tile, int8);
            add(recipes::nvfp4, e2m1fn);
            add(recipes::none, bf16);
        }
        return ways;
    }
    for (const recipe& r : recipes) {
        for (const any_format& f : formats.empty() ? std::vector<any_format>{r.element} : formats) {
            add(r, f);
        }
    }
    return ways;
}

std::vector<layer_product> layer_products(const std::vector<stored_tensor>& weights,
                                          const std::vector<stored_tensor>& activations,
                                          const std::vector<layer_way>& ways, bool k_last, std::size_t most_tokens,
                                          int threads) {
    std::vector<const stored_tensor*> matrices;
    for (const stored_tensor& t : weights) {
        if (is_matrix(t)) {
            matrices.push_back(&t);
        }
    }
    const bool only_pair = matrices.size() == 1 && activations.size() == 1;
    std::vector<layer_product> all;
    for (const stored_tensor* weight : matrices) {
        const stored_tensor* activation = only_pair ? &activations.front() : activation_of(*weight, activations);
        if (activation == nullptr) {
            continue;
        }
        const std::size_t outputs = weight->shape[k_last ? 0 : 1];
        const std::size_t inputs = weight->shape[k_last ? 1 : 0];
        if (activation->kind == element_kind::left_alone || activation->shape.empty() ||
            activation->shape.back() != inputs || activation->elements() == 0 || inputs * outputs == 0) {
            throw std::invalid_argument(
                "activations '" + report::printable(activation->name) + "' are " + shape_text(*activation) + " of " +
                activation->dtype + "; '" + report::printable(weight->name) + "' (" + shape_text(*weight) +
                ") needs real numbers with " + std::to_string(inputs) + " in the last dimension");
        }
        const std::size_t tokens = std::min<std::size_t>(most_tokens, activation->elements() / inputs);
        layer_product p{weight->name, activation->name, tokens, inputs, outputs, {}};
        std::visit(
            [&](const auto& x, const auto& stored) {
                const auto w = k_last ? transposed(stored) : stored;  // inputs x outputs, operand B
                const matrix<double> reference = product(x, w, threads);
                for (const layer_way& way : ways) {
                    p.outcomes.push_back(outcome_of(way, x, w, reference, threads));
                }
            },
            read_rows(*activation, tokens, inputs), read_rows(*weight, weight->shape[0], weight->shape[1]));
        all.push_back(std::move(p));
    }
    if (all.empty()) {
        throw std::invalid_argument(
            matrices.empty() ? "--activations needs weights of two dimensions, and none of the chosen tensors has them"
                             : "no activations fit a weight by name: the first weight is '" +
                                   report::printable(matrices.front()->name) + "', the first activations '" +
                                   report::printable(activations.front().name) + "'");
    }
    return all;
}

report::table layer_table(const std::vector<layer_product>& products, const std::vector<layer_way>& ways) {
    using report::alignment;
    report::table t;
    t.title = "Error of the layer's product on captured activations (relative, Frobenius)";
    t.columns = {{"layer"},
                 {"tokens x k x n", alignment::right},
                 {"format"},
                 {"recipe"},
                 {"error", alignment::right},
                 {"X alone", alignment::right},
                 {"W alone", alignment::right},
                 {"bias", alignment::right},
                 {"X lost", alignment::right}};
    for (const layer_product& p : products) {
        for (std::size_t n = 0; n < ways.size(); ++n) {
            const layer_outcome& o = p.outcomes[n];
            const double lost = static_cast<double>(o.x_events.saturated + o.x_events.underflowed) /
                                static_cast<double>(o.x_events.elements);
            const std::string shape =
                std::to_string(p.tokens) + " x " + std::to_string(p.inputs) + " x " + std::to_string(p.outputs);
            const auto metric = [&o](double x) { return o.not_finite == 0 ? report::format_number(x) : "not finite"; };
            t.add_row({n == 0 ? report::printable(p.weight) : "", n == 0 ? shape : "", ways[n].format,
                       ways[n].recipe_name, metric(o.error), metric(o.error_x), metric(o.error_w), metric(o.bias),
                       report::format_percent(lost)});
        }
        t.add_rule();
    }
    t.notes = {
        "Both operands quantised, sums in FP32 (INT8: exact over 128). Reference: the stored numbers, multiplied in "
        "FP64. "
        "X alone, W alone: the other operand as stored. X lost: activations that saturated or became zero."};
    return t;
}

void add_layer_records(report::document& doc, const std::vector<layer_product>& products,
                       const std::vector<layer_way>& ways, const std::string& repro) {
    for (std::size_t layer = 0; layer < products.size(); ++layer) {
        const layer_product& p = products[layer];
        for (std::size_t n = 0; n < ways.size(); ++n) {
            const auto add = [&](const char* metric, const char* name, double value) {
                report::record r;
                r.id = "product." + std::to_string(layer) + "." + ways[n].format + "." + ways[n].recipe_name + "." +
                       metric;
                r.name = name;
                report::add_field(r.parameters, "weight", report::printable(p.weight));
                report::add_field(r.parameters, "tokens", p.tokens);
                report::add_field(r.parameters, "inputs", p.inputs);
                report::add_field(r.parameters, "outputs", p.outputs);
                report::add_field(r.parameters, "format", ways[n].format);
                report::add_field(r.parameters, "recipe", ways[n].recipe_name);
                r.value = value;
                r.unit = "1";
                if (const std::uint64_t lost = p.outcomes[n].not_finite; lost != 0) {
                    report::set_no_value(r, report::record_status::undefined,
                                         std::to_string(lost) + " elements of the product are not finite");
                }
                r.reference = "product of the stored numbers in FP64";
                r.repro = repro;
                doc.records.push_back(std::move(r));
            };
            add("error", "relative error of the layer's product", p.outcomes[n].error);
            add("error_x", "the same with only the activations quantised", p.outcomes[n].error_x);
            add("error_w", "the same with only the weight quantised", p.outcomes[n].error_w);
            add("bias", "bias of the product", p.outcomes[n].bias);
        }
    }
}

}  // namespace narrowfp::bench
