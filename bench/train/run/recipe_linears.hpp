// SPDX-License-Identifier: Apache-2.0
// The linear layers of the decoder under an arm's recipe, through gemm/linear.hpp. Adds what a recipe does not say: noise
// on the operands (null_noise), stochastic rounding of gradients, counting of events, an observer.
// Noise: each operand is multiplied element by element by 1 + a u, u uniform with unit variance, once per step and
// tensor, so that both products of a tensor see the same values, as with codes that are used twice.
#pragma once

#include <narrowfp/gemm/linear.hpp>

#include "train/model/decoder.hpp"
#include "train/model/random.hpp"
#include "train/run/trainer.hpp"

namespace narrowfp::bench::train {

// The histories of delayed scaling for all linear layers, and what makes them again: every amax that was recorded.
class delayed_states {
public:
    delayed_states() = default;
    delayed_states(const linear_recipe& r, std::size_t linears);

    bool empty() const { return states_.empty(); }
    linear_state* at(std::size_t linear) { return empty() ? nullptr : &states_[linear]; }
    // Ends a step.
    void update();
    // Three numbers for each linear layer and step: X, W, dY.
    const std::vector<float>& log() const { return log_; }
    // The states after these steps. Precondition: made for the same recipe, nothing recorded yet.
    void replay(const std::vector<float>& log);

private:
    std::vector<linear_state> states_;
    std::vector<float> log_;
};

// quantize of the library, and stochastic rounding where the recipe asks for it.
struct arm_engine {
    options opts{};
    execution how{};
    random_key random{};

    quantized_matrix quantize(matrix_view<const float> x, const quantization& q) const;
    matrix<float> restore(const quantized_matrix& q) const { return dequantize(q, opts); }
    matrix<float> multiply(const quantized_matrix& a, const quantized_matrix& b, const linear_product& p) const {
        return gemm(a, b, p.acc, {}, p.output, opts);
    }
};

class recipe_linears {
public:
    // What is used must outlive this. `states` belongs to a delayed recipe, else it is empty.
    recipe_linears(const arm& how, const random_key& random, const execution& run, const options& opts,
                   delayed_states& states, const linear_observer& observe);

    matrix<float> forward(std::size_t layer, linear_kind kind, matrix_view<const float> x, matrix_view<const float> w);
    linear_backward_result<float> backward(std::size_t layer, linear_kind kind, matrix_view<const float> x,
                                           matrix_view<const float> w, matrix_view<const float> dy);

    // Rounds the gradient of the residual stream as the arm says.
    void round_residual(matrix<float>& gradient) const;

    // Events and kept bytes so far go into the result.
    void report(step_result& to) const;

private:
    struct kept {
        linear_cache cache;
        matrix<float> x;  // FP32 operands with noise; empty without
        matrix<float> w;
        event_counts x_events;
        event_counts w_events;
        matrix<float> y;  // only for an observer
    };

    // Nothing is quantised: the operands are multiplied where they lie.
    bool is_plain() const;
    arm_engine engine_for(std::size_t linear, std::uint32_t operand) const;
    // x itself, or x with noise in `room`.
    matrix_view<const float> noisy(matrix_view<const float> x, std::size_t linear, std::uint32_t operand,
                                   matrix<float>& room) const;

    const arm& arm_;
    random_key random_;
    execution run_;
    options opts_;
    delayed_states& states_;
    const linear_observer& observe_;
    std::vector<kept> kept_;
    event_counts x_events_;
    event_counts w_events_;
    event_counts dy_events_;
    std::size_t bytes_ = 0;
};

}  // namespace narrowfp::bench::train
