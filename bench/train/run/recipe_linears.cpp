// SPDX-License-Identifier: Apache-2.0
#include "train/run/recipe_linears.hpp"

#include <narrowfp/round/convert.hpp>

namespace narrowfp::bench::train {
namespace {

constexpr std::uint32_t operand_x = 0;
constexpr std::uint32_t operand_w = 1;
constexpr std::uint32_t operand_dy = 2;

std::size_t index_of(std::size_t layer, linear_kind kind) {
    return layer * linears_per_layer + static_cast<std::size_t>(kind);
}

std::uint32_t tensor_of(std::size_t linear, std::uint32_t operand) {
    return static_cast<std::uint32_t>(linear) * 3 + operand;
}

}  // namespace

delayed_states::delayed_states(const linear_recipe& r, std::size_t linears) {
    for (std::size_t n = 0; r.delayed && n < linears; ++n) {
        states_.emplace_back(r);
    }
}

void delayed_states::update() {
    for (linear_state& s : states_) {
        for (const delayed_scale* d : {&s.x, &s.w, &s.dy}) {
            log_.push_back(d->staged());
        }
        s.update();
    }
}

void delayed_states::replay(const std::vector<float>& log) {
    if (log.size() % (3 * std::max<std::size_t>(1, states_.size())) != 0 || (states_.empty() && !log.empty())) {
        throw std::runtime_error("delayed scaling: " + std::to_string(log.size()) +
                                 " recorded numbers do not fit the model");
    }
    for (std::size_t at = 0; at < log.size();) {
        for (linear_state& s : states_) {
            for (delayed_scale* d : {&s.x, &s.w, &s.dy}) {
                d->record(log[at++]);
            }
        }
        update();
    }
}

// The scales are those of the deterministic quantisation; the scaled elements are then rounded again, by chance.
quantized_matrix arm_engine::quantize(matrix_view<const float> x, const quantization& q) const {
    if (!is_stochastic(q.mode)) {
        return narrowfp::quantize(x, q, opts);
    }
    quantization scales = q;
    scales.mode = rounding::ties_to_even;
    quantized_matrix out = narrowfp::quantize(x, scales, opts);
    if (q.scale.method != scale_method::divisor || storage_bits_of(q.element) != 8) {
        throw std::invalid_argument("stochastic rounding: needs a divisor as scale and elements of 8 bits");
    }
    std::vector<float> scaled(x.size());
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            scaled[i * x.cols() + j] = x(i, j) / out.scale(i, j);
        }
    }
    std::vector<std::uint8_t> codes(x.size());
    constexpr int bits = 16;
    const philox_block key = random.block(0);
    const event_counts events =
        convert(std::span<const float>(scaled), std::span<std::uint8_t>(codes), q.element, rounding_rule(q.mode, bits),
                philox_stream{key[0], key[1]}, q.overflow, 0, opts);
    for (std::size_t n = 0; n < codes.size(); ++n) {
        out.set_code(n / x.cols(), n % x.cols(), codes[n]);
    }
    out.set_events(events);
    return out;
}

recipe_linears::recipe_linears(const arm& how, const random_key& random, const execution& run, const options& opts,
                               delayed_states& states, const linear_observer& observe)
    : arm_(how), random_(random), run_(run), opts_(opts), states_(states), observe_(observe) {}

arm_engine recipe_linears::engine_for(std::size_t linear, std::uint32_t operand) const {
    random_key key = random_;
    key.use = purpose::stochastic_rounding;
    key.tensor = tensor_of(linear, operand);
    return {.opts = opts_, .how = run_, .random = key};
}

matrix_view<const float> recipe_linears::noisy(matrix_view<const float> x, std::size_t linear, std::uint32_t operand,
                                               matrix<float>& room) const {
    if (arm_.noise == 0) {
        return x;
    }
    room = matrix<float>(x.rows(), x.cols(), uninitialized);
    random_key key = random_;
    key.use = purpose::noise;
    key.tensor = tensor_of(linear, operand);
    // Half-words h give u = (2 h + 1 - 2^16) 2^-16 sqrt(3), uniform with unit variance.
    const auto step = static_cast<float>(arm_.noise * 0x1.bb67ae8584caap+0 * 0x1p-16);
    constexpr std::size_t per_block = 8;
    const std::size_t blocks = (x.size() + per_block - 1) / per_block;
    const float* const in = x.data();
    float* const out = room.data();
    const std::size_t count = x.size();
    for_ranges(run_, blocks, [&](std::size_t first, std::size_t last) {
        constexpr std::size_t group = 16;  // blocks worked on side by side
        for (std::size_t block = first; block < last; block += group) {
            std::uint32_t words[4][group];
            for (std::size_t n = 0; n < group; ++n) {
                const philox_block w = key.block(static_cast<std::uint32_t>(block + n));
                for (std::size_t i = 0; i < 4; ++i) {
                    words[i][n] = w[i];
                }
            }
            const std::size_t end = std::min(last, block + group) - block;
            for (std::size_t n = 0; n < end; ++n) {
                const std::size_t at = (block + n) * per_block;
                for (std::size_t i = 0; i < per_block && at + i < count; ++i) {
                    const std::uint32_t half = words[i / 2][n] >> (i % 2 * 16) & 0xFFFF;
                    const auto u = static_cast<float>(static_cast<std::int32_t>(2 * half + 1) - 65536);
                    out[at + i] = std::fma(in[at + i], u * step, in[at + i]);
                }
            }
        }
    });
    return room.view();
}

bool recipe_linears::is_plain() const {
    const linear_recipe& r = arm_.recipe;
    const auto identity = [](const linear_operand& o) {
        return o.element == any_format{f32} && o.scaling.scale.method == scale_method::none;
    };
    const auto chain = [](const linear_product& p) {
        return p.acc == accumulator{sequential<float>{}} && p.output == any_format{f32};
    };
    return identity(r.x.first) && identity(r.w.first) && identity(r.dy.first) && identity(r.x.second) &&
           identity(r.w.second) && identity(r.dy.second) && chain(r.fprop) && chain(r.dgrad) && chain(r.wgrad);
}

matrix<float> recipe_linears::forward(std::size_t layer, linear_kind kind, matrix_view<const float> x,
                                      matrix_view<const float> w) {
    const std::size_t n = index_of(layer, kind);
    kept_.resize(std::max(kept_.size(), n + 1));
    kept& k = kept_[n];
    const matrix_view<const float> left = noisy(x, n, operand_x, k.x);
    const matrix_view<const float> right = noisy(w, n, operand_w, k.w);
    matrix<float> y;
    if (is_plain()) {
        y = plain_linears<float>{run_}.forward(layer, kind, left, right);
        k.x_events = {.elements = x.size()};
        k.w_events = {.elements = w.size()};
        bytes_ += (x.size() + w.size()) * sizeof(float);
    } else {
        linear_output out = linear_forward(left, right, arm_.recipe, engine_for(n, operand_x), states_.at(n));
        y = std::move(out.y);
        k.x_events = out.x_events;
        k.w_events = out.w_events;
        bytes_ += out.cache.bytes();
        k.cache = std::move(out.cache);
    }
    x_events_ += k.x_events;
    w_events_ += k.w_events;
    if (observe_) {
        k.y = y;
    }
    return y;
}

linear_backward_result<float> recipe_linears::backward(std::size_t layer, linear_kind kind, matrix_view<const float> x,
                                                       matrix_view<const float> w, matrix_view<const float> dy) {
    const std::size_t n = index_of(layer, kind);
    const kept k = std::move(kept_[n]);
    matrix<float> dy_room;
    const matrix_view<const float> above = noisy(dy, n, operand_dy, dy_room);
    linear_backward_result<float> g;
    event_counts dy_events{.elements = dy.size()};
    if (is_plain()) {
        g = plain_linears<float>{run_}.backward(layer, kind, k.x.size() == 0 ? x : k.x.view(),
                                                k.w.size() == 0 ? w : k.w.view(), above);
    } else {
        linear_gradients quantized =
            linear_backward(k.cache, above, arm_.recipe, engine_for(n, operand_dy), states_.at(n));
        dy_events = quantized.dy_events;
        g = {std::move(quantized.dx), std::move(quantized.dw)};
    }
    dy_events_ += dy_events;
    if (observe_) {
        const matrix<float>& y = k.y;
        const linear_backward_result<float>& results = g;
        observe_(
            {layer, kind, x, w, y.view(), dy, results.dx.view(), results.dw.view(), k.x_events, k.w_events, dy_events});
    }
    return g;
}

void recipe_linears::round_residual(matrix<float>& gradient) const {
    if (arm_.residual_gradient == any_format{f32}) {
        return;
    }
    const std::span<float> all(gradient.data(), gradient.size());
    round_to_format(std::span<const float>(all), all, arm_.residual_gradient, rounding::ties_to_even,
                    overflow_mode::none, {.threads = opts_.threads, .count_events = false});
}

void recipe_linears::report(step_result& to) const {
    to.x_events = x_events_;
    to.w_events = w_events_;
    to.dy_events = dy_events_;
    to.kept_bytes = bytes_;
}

}  // namespace narrowfp::bench::train
