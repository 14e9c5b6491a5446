// SPDX-License-Identifier: Apache-2.0
// A linear layer Y = X W^T and its gradients dX = dY W, dW = dY^T X under one recipe (linear_recipe.hpp): matrices in,
// matrices out. X is tokens x inputs, W outputs x inputs. Quantisation has no gradient (straight through), and dgrad reads
// the weights that fprop read. There is no bias. The only state is that of delayed scaling, and the caller holds it.
// Under the recipe `fp32` every product is gemm of the operands as they are, bit for bit.
#pragma once

#include <narrowfp/gemm/gemm.hpp>
#include <narrowfp/gemm/linear_recipe.hpp>
#include <narrowfp/gemm/reference.hpp>
#include <narrowfp/gemm/require_linear.hpp>
#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/quant/retile.hpp>

namespace narrowfp {

// What does the work: the readable reference, or the compiled library. The results are the same bits.
struct reference_engine {
    quantized_matrix quantize(matrix_view<const float> x, const quantization& q) const {
        return quantize_reference(x, q);
    }
    matrix<float> restore(const quantized_matrix& q) const { return dequantize_reference(q); }
    matrix<float> multiply(const quantized_matrix& a, const quantized_matrix& b, const linear_product& p) const {
        return gemm_reference(a, b, p.acc, {}, p.output);
    }
};
struct compiled_engine {
    options opts{};

    quantized_matrix quantize(matrix_view<const float> x, const quantization& q) const {
        return narrowfp::quantize(x, q, opts);
    }
    matrix<float> restore(const quantized_matrix& q) const { return dequantize(q, opts); }
    matrix<float> multiply(const quantized_matrix& a, const quantized_matrix& b, const linear_product& p) const {
        return gemm(a, b, p.acc, {}, p.output, opts);
    }
};

// The histories of delayed scaling, one per tensor of the layer. Call update() once after each step.
struct linear_state {
    delayed_scale x;
    delayed_scale w;
    delayed_scale dy;

    // Throws std::invalid_argument if the recipe is not a delayed one.
    explicit linear_state(const linear_recipe& r) {
        require_linear_recipe(r);
        if (!r.delayed) {
            throw std::invalid_argument("linear: recipe " + std::string(r.name) +
                                        " has no delayed scaling, so no state");
        }
        x = delayed_scale(r.x.first.element, *r.delayed);
        w = delayed_scale(r.w.first.element, *r.delayed);
        dy = delayed_scale(r.dy.first.element, *r.delayed);
    }

    void update() {
        x.update();
        w.update();
        dy.update();
    }
};

// What is kept from the forward to the backward pass. What the two matrices are depends on second_copy: the operand of
// the second product, a wide copy, or the operand of the first.
struct linear_cache {
    std::size_t tokens = 0;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    quantized_matrix x;
    quantized_matrix w;

    // Codes and scales as they lie in memory.
    std::size_t bytes() const { return x.bytes() + w.bytes(); }
};

struct linear_output {
    matrix<float> y;  // values of the output format
    linear_cache cache;
    event_counts x_events;  // of the quantisation for fprop
    event_counts w_events;
};

struct linear_gradients {
    matrix<float> dx;
    matrix<float> dw;
    event_counts dy_events;  // of the quantisation for dgrad
};

namespace detail {

// Throws std::invalid_argument if the recipe is invalid (require_linear_recipe), or state and recipe do not belong
// together.
inline void require_linear(const linear_recipe& r, const linear_state* state) {
    require_linear_recipe(r);
    if (r.delayed.has_value() != (state != nullptr)) {
        throw std::invalid_argument("linear: recipe " + std::string(r.name) +
                                    (state != nullptr ? " takes no state" : " needs a linear_state"));
    }
}

// Throws std::invalid_argument unless `kept` is what the forward pass keeps of that tensor under the recipe; `first` and
// `second` are the quantisations of its two operands.
inline void require_kept(std::string_view tensor, const quantized_matrix& kept, const linear_tensor& t,
                         const quantization& first, const quantization& second, const linear_recipe& r) {
    const quantization& q = t.how == second_copy::from_source ? second
                            : t.how == second_copy::from_kept ? recipes::none.for_b(t.kept)
                                                              : first;
    if (kept.element() != q.element || kept.blocks() != q.blocks) {
        throw std::invalid_argument("linear: the cache holds " + std::string(tensor) + " in " +
                                    std::string(name_of(kept.element())) + " with blocks " + name_of(kept.blocks()) +
                                    ", recipe " + std::string(r.name) + " keeps it in " +
                                    std::string(name_of(q.element)) + " with blocks " + name_of(q.blocks) +
                                    "; forward and backward pass need one recipe");
    }
}

template <class Engine>
quantized_matrix quantize_first(matrix_view<const float> x, const quantization& q, const Engine& engine,
                                delayed_scale* history) {
    if (history == nullptr) {
        return engine.quantize(x, q);
    }
    history->record(history_amax_of(x));
    return engine.quantize(x, history->apply_to(q));
}

// What forward keeps of X or W, `wide`, whose first operand is `first`; `second` describes the second operand, a B.
template <class Engine>
quantized_matrix kept_copy(const linear_tensor& t, matrix_view<const float> wide, quantized_matrix first,
                           const Engine& engine) {
    switch (t.how) {
        case second_copy::from_source: return engine.quantize(wide, t.second.as_b());
        case second_copy::from_kept: return engine.quantize(wide, recipes::none.for_b(t.kept));
        case second_copy::requantize:
        case second_copy::same_codes: break;
    }
    return first;
}

// The second operand from a wide copy or from restored codes; `flip` says that what was kept is its transpose.
template <class Engine>
quantized_matrix quantize_again(const quantized_matrix& kept, bool flip, const quantization& q, const Engine& engine) {
    const matrix<float> wide = engine.restore(kept);
    return engine.quantize(flip ? wide.view().transposed() : wide.view(), q);
}

// Operand B of dgrad, outputs x inputs. W^T is what fprop read.
template <class Engine>
quantized_matrix weight_of_dgrad(const linear_cache& c, const linear_recipe& r, const Engine& engine) {
    switch (r.w.how) {
        case second_copy::from_source: return c.w;
        case second_copy::from_kept: return quantize_again(c.w, false, r.w.second.as_b(), engine);
        case second_copy::requantize: return quantize_again(c.w, true, r.w.second.as_b(), engine);
        case second_copy::same_codes: break;
    }
    return transposed(c.w);
}

// Operand B of wgrad, tokens x inputs.
template <class Engine>
quantized_matrix input_of_wgrad(const linear_cache& c, const linear_recipe& r, const Engine& engine) {
    const bool again = r.x.how == second_copy::from_kept || r.x.how == second_copy::requantize;
    return again ? quantize_again(c.x, false, r.x.second.as_b(), engine) : c.x;
}

// Operand A of wgrad, outputs x tokens.
template <class Engine>
quantized_matrix gradient_of_wgrad(matrix_view<const float> dy, const quantized_matrix& first, const linear_recipe& r,
                                   const Engine& engine) {
    switch (r.dy.how) {
        case second_copy::from_source:
        case second_copy::from_kept: return engine.quantize(dy.transposed(), r.dy.second.as_a());
        case second_copy::requantize: return quantize_again(first, true, r.dy.second.as_a(), engine);
        case second_copy::same_codes: break;
    }
    return transposed(first);
}

}  // namespace detail

// Y = X W^T, tokens x outputs, and what the backward pass needs. X is tokens x inputs, W outputs x inputs. Throws
// std::invalid_argument for other shapes, for a state without a delayed recipe and the reverse. Cost: two quantisations
// (four where second copies come from the source) and one product.
template <class Engine = compiled_engine>
linear_output linear_forward(matrix_view<const float> x, matrix_view<const float> w, const linear_recipe& r,
                             const Engine& engine = {}, linear_state* state = nullptr) {
    detail::require_linear(r, state);
    if (x.cols() != w.cols()) {
        throw std::invalid_argument("linear: X is " + shape_text(x.rows(), x.cols()) + " and W is " +
                                    shape_text(w.rows(), w.cols()) + "; both need one column per input");
    }
    quantized_matrix a = detail::quantize_first(x, r.x.first.as_a(), engine, state ? &state->x : nullptr);
    quantized_matrix b = detail::quantize_first(w.transposed(), r.w.first.as_b(), engine, state ? &state->w : nullptr);
    linear_output out{.y = engine.multiply(a, b, r.fprop),
                      .cache = {.tokens = x.rows(), .inputs = x.cols(), .outputs = w.rows(), .x = {}, .w = {}},
                      .x_events = a.events(),
                      .w_events = b.events()};
    out.cache.x = detail::kept_copy(r.x, x, std::move(a), engine);
    out.cache.w = detail::kept_copy(r.w, w, std::move(b), engine);
    return out;
}

// dX = dY W, tokens x inputs, and dW = dY^T X, outputs x inputs, from what the forward pass kept under the same recipe. dY
// is tokens x outputs. Throws as linear_forward. Cost: up to four quantisations and two products.
template <class Engine = compiled_engine>
linear_gradients linear_backward(const linear_cache& cache, matrix_view<const float> dy, const linear_recipe& r,
                                 const Engine& engine = {}, linear_state* state = nullptr) {
    detail::require_linear(r, state);
    require_shape("linear: dY", dy.rows(), dy.cols(), cache.tokens, cache.outputs);
    detail::require_kept("X", cache.x, r.x, r.x.first.as_a(), r.x.second.as_b(), r);
    detail::require_kept("W", cache.w, r.w, r.w.first.as_b(), r.w.second.as_b(), r);
    const quantized_matrix a = detail::quantize_first(dy, r.dy.first.as_a(), engine, state ? &state->dy : nullptr);
    return {.dx = engine.multiply(a, detail::weight_of_dgrad(cache, r, engine), r.dgrad),
            .dw = engine.multiply(detail::gradient_of_wgrad(dy, a, r, engine), detail::input_of_wgrad(cache, r, engine),
                                  r.wgrad),
            .dy_events = a.events()};
}

}  // namespace narrowfp
