// SPDX-License-Identifier: Apache-2.0
#include "train/experiment/fidelity.hpp"

#include "support/copy_of.hpp"
#include "train/run/recipe_linears.hpp"

#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/linear.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <tuple>

namespace narrowfp::bench::train {
namespace {

constexpr std::array<const char*, 3> roles{"fprop", "dgrad", "wgrad"};

// One product as the layer made it: its operands, restored, and its result.
struct recorded_product {
    matrix<float> a;
    matrix<float> b;
    matrix<float> result;
};

// The arm's engine, which remembers its products in the order fprop, dgrad, wgrad.
struct recording_engine {
    std::vector<recorded_product>* products;
    arm_engine engine;

    quantized_matrix quantize(matrix_view<const float> x, const quantization& q) const { return engine.quantize(x, q); }
    matrix<float> restore(const quantized_matrix& q) const { return engine.restore(q); }
    matrix<float> multiply(const quantized_matrix& a, const quantized_matrix& b, const linear_product& p) const {
        matrix<float> result = engine.multiply(a, b, p);
        products->push_back({restore(a), restore(b), result});
        return result;
    }
};

double snr_db(double error2, double reference2) {
    constexpr double exact_db = 320;  // what double can tell: 20 log10(2^53)
    return error2 == 0 ? exact_db : std::max(0.0, -10 * std::log10(error2 / reference2));
}

// Median and 1st percentile (nearest rank) of the SNR of rows that have a reference.
std::pair<double, double> row_snr(const matrix<float>& result, const matrix<double>& reference, double factor) {
    std::vector<double> all;
    for (std::size_t i = 0; i < reference.rows(); ++i) {
        double error2 = 0, reference2 = 0;
        for (std::size_t j = 0; j < reference.cols(); ++j) {
            const double error = result(i, j) * factor - reference(i, j);
            error2 += error * error;
            reference2 += reference(i, j) * reference(i, j);
        }
        if (reference2 > 0) {
            all.push_back(snr_db(error2, reference2));
        }
    }
    if (all.empty()) {
        return {0, 0};
    }
    std::sort(all.begin(), all.end());
    return {all[all.size() / 2], all[(all.size() - 1) / 100]};
}

matrix<double> scaled(matrix<double> m, double factor) {
    std::for_each(m.data(), m.data() + m.size(), [&](double& x) { x *= factor; });
    return m;
}

// Inner products over the weights of linear layers.
struct sums {
    double error2 = 0, reference2 = 0, result2 = 0, inner = 0, error_reference = 0;
};

gradient_fidelity compare_gradient(const gradient_result& result, const reference_gradient& reference,
                                   const parameter_layout& layout) {
    sums s;
    for (const parameter_tensor& t : layout.tensors()) {
        for (std::size_t i = t.offset; t.belongs_to_block && i < t.end(); ++i) {
            const double x = result.gradient[i], r = reference.gradient[i];
            s.error2 += (x - r) * (x - r);
            s.reference2 += r * r;
            s.result2 += x * x;
            s.inner += x * r;
            s.error_reference += (x - r) * r;
        }
    }
    gradient_fidelity out;
    out.finite = std::isfinite(s.error2) && std::isfinite(result.loss) && s.reference2 > 0;
    if (out.finite) {
        out.relative_error = std::sqrt(s.error2 / s.reference2);
        out.cosine = s.result2 > 0 ? s.inner / std::sqrt(s.result2 * s.reference2) : 0;
        out.bias = s.error_reference / s.reference2;
        out.loss_difference = result.loss - reference.loss;
    }
    return out;
}

}  // namespace

matrix<double> product_in_double(matrix_view<const float> a, matrix_view<const float> b) {
    if (a.cols() != b.rows()) {
        throw std::invalid_argument("product_in_double: A is " + shape_text(a.rows(), a.cols()) + " and B is " +
                                    shape_text(b.rows(), b.cols()));
    }
    matrix<double> c(a.rows(), b.cols());
    std::vector<double> row_of_b(b.cols());
    for (std::size_t k = 0; k < a.cols(); ++k) {
        for (std::size_t j = 0; j < b.cols(); ++j) {
            row_of_b[j] = b(k, j);
        }
        for (std::size_t i = 0; i < a.rows(); ++i) {
            const double factor = a(i, k);
            double* row = &c(i, 0);
            for (std::size_t j = 0; j < row_of_b.size(); ++j) {
                row[j] += factor * row_of_b[j];
            }
        }
    }
    return c;
}

fidelity_reference make_reference(const experiment_design& d, const snapshot& at, const token_streams& data) {
    fidelity_reference out{.step = at.step};
    for (std::size_t n = 0; n < d.batches; ++n) {
        out.batches.push_back(training_batch(d.size, data.training, fidelity_seed, n));
        out.gradients.push_back(gradient_in_double(d.size, at.state.parameters(), out.batches[n], one_thread));
    }
    at.state.gradient(out.batches[0], [&](const observed_linear& o) {
        out.operands.push_back({o.layer, o.kind, copy_of(o.x), copy_of(o.w), copy_of(o.dy)});
    });
    for (const linear_operands& o : out.operands) {
        out.products.push_back({product_in_double(o.x.view(), o.w.view().transposed()),
                                product_in_double(o.dy.view(), o.w.view()),
                                product_in_double(o.dy.view().transposed(), o.x.view())});
    }
    return out;
}

std::vector<product_fidelity> product_fidelity_of(const linear_recipe& r, float loss_scale, const linear_operands& o,
                                                  const std::array<matrix<double>, 3>& references,
                                                  const random_key& random) {
    std::vector<recorded_product> products;
    const arm_engine plain{.opts = one_thread, .random = random};
    const recording_engine engine{&products, plain};
    const matrix<float> dy = copy_of(o.dy.view(), loss_scale);
    std::optional<linear_state> state;
    if (r.delayed) {  // a history of this very step
        state.emplace(r);
        const linear_output first = linear_forward(o.x.view(), o.w.view(), r, plain, &*state);
        linear_backward(first.cache, dy.view(), r, plain, &*state);
        state->update();
    }
    const linear_output forward = linear_forward(o.x.view(), o.w.view(), r, engine, state ? &*state : nullptr);
    linear_backward(forward.cache, dy.view(), r, engine, state ? &*state : nullptr);
    std::vector<product_fidelity> out;
    for (std::size_t role = 0; role < roles.size(); ++role) {
        const double factor = role == 0 ? 1 : loss_scale;
        const recorded_product& p = products[role];
        const matrix<double> truth = scaled(references[role], factor);
        const matrix<double> of_quantized = product_in_double(p.a.view(), p.b.view());
        const error_report total = compare(p.result.view(), truth.view());
        const error_report accumulation = compare(p.result.view(), of_quantized.view());
        product_fidelity f{.layer = o.layer, .linear = std::string(name_of(o.kind)), .role = roles[role]};
        double error2 = 0, reference2 = 0, inner = 0;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            const double error = of_quantized.data()[i] - truth.data()[i];
            error2 += error * error;
            reference2 += truth.data()[i] * truth.data()[i];
            inner += (p.result.data()[i] - truth.data()[i]) * truth.data()[i];
        }
        f.finite = total.nonfinite == 0 && std::isfinite(error2) && std::isfinite(accumulation.relative_frobenius) &&
                   reference2 > 0;
        if (f.finite) {
            f.total = total.relative_frobenius;
            f.quantization = std::sqrt(error2 / reference2);
            f.accumulation = accumulation.relative_frobenius;
            f.cosine = total.cosine.value_or(0);
            f.bias = inner / reference2;
            std::tie(f.row_snr_median, f.row_snr_p1) = row_snr(p.result, references[role], 1 / factor);
        }
        out.push_back(std::move(f));
    }
    return out;
}

arm_fidelity measure_fidelity(const arm& a, const snapshot& at, const fidelity_reference& reference) {
    arm_fidelity out{.arm = std::string(a.name)};
    const trainer state = at.state.fork(a);
    for (std::size_t n = 0; n < reference.batches.size(); ++n) {
        const gradient_result result = state.gradient(reference.batches[n], [&](const observed_linear& o) {
            out.events.x += o.x_events;
            out.events.w += o.w_events;
            out.events.dy += o.dy_events;
        });
        gradient_fidelity f = compare_gradient(result, reference.gradients[n], state.layout());
        f.step = at.step;
        f.batch = n;
        out.gradients.push_back(f);
    }
    if (a.noise == 0 && a.perturbation == 0) {
        for (std::size_t n = 0; n < reference.operands.size(); ++n) {
            const random_key random{.use = purpose::stochastic_rounding,
                                    .step = static_cast<std::uint32_t>(at.step),
                                    .tensor = static_cast<std::uint32_t>(n)};
            for (product_fidelity f :
                 product_fidelity_of(a.recipe, a.loss_scale, reference.operands[n], reference.products[n], random)) {
                f.step = at.step;
                out.products.push_back(std::move(f));
            }
        }
    }
    return out;
}

}  // namespace narrowfp::bench::train
