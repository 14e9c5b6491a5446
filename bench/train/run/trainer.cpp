// SPDX-License-Identifier: Apache-2.0
#include "train/run/trainer.hpp"

#include "support/freed_memory.hpp"
#include "support/sha256.hpp"
#include "train/run/adamw.hpp"
#include "train/run/checkpoint.hpp"
#include "train/run/recipe_linears.hpp"

#include <stdexcept>

namespace narrowfp::bench::train {
namespace {

constexpr std::size_t steps_before_growth = 50;        // of a dynamic loss scale
constexpr std::uint32_t key_of_gradient = 0xFFFFFFFF;  // stands for a step where none is made

const linear_observer nobody;

execution execution_of(const options& opts) { return {active_target(), static_cast<int>(thread_count(opts.threads))}; }

std::size_t linear_count(const model_size& size) { return size.layers * linears_per_layer; }

}  // namespace

struct trainer::state {
    run_configuration run;
    token_streams data;
    options opts;
    std::string configuration;
    decoder<float> model;
    checkpoint now;
    delayed_states delayed;
    std::vector<float> gradient;

    state(const run_configuration& r, const token_streams& d, const options& o)
        : run(r),
          data(d),
          opts(o),
          configuration(configuration_text(r, d)),
          model(r.size),
          delayed(r.how.recipe, linear_count(r.size)),
          gradient(model.layout().size()) {}

    random_key key(std::uint32_t step) const {
        return {.seed = run.seed, .noise_key = run.noise_key, .use = purpose::noise, .step = step};
    }

    // Loss, with the gradient of loss_scale * loss in `gradient`.
    float loss_and_gradient(decoder<float>& on, const batch& b, delayed_states& states, std::uint32_t step,
                            const linear_observer& observe, std::vector<float>& into, step_result& events) const {
        const execution how = execution_of(opts);
        recipe_linears linears(run.how, key(step), how, opts, states, observe);
        const float loss = on.forward(how, now.parameters.data(), b, linears);
        on.backward(linears, now.loss_scale, into.data(), [&](matrix<float>& g) { linears.round_residual(g); });
        linears.report(events);
        return loss;
    }

    // The dynamic scale after a step whose gradient was finite or not.
    void adapt_scale(bool finite) {
        if (run.how.scaling == loss_scaling::fixed) {
            return;
        }
        if (!finite) {
            now.loss_scale *= 0.5f;
            now.good_steps = 0;
        } else if (++now.good_steps == steps_before_growth) {
            now.loss_scale *= 2.0f;
            now.good_steps = 0;
        }
    }
};

trainer::trainer(const run_configuration& run, const token_streams& data, const options& opts) {
    require_streams(run.size, data);
    if (run.steps == 0 || !(run.peak_rate > 0) || !std::isfinite(run.peak_rate)) {
        throw std::invalid_argument("training run: " + std::to_string(run.steps) + " steps and a learning rate of " +
                                    std::to_string(run.peak_rate) + "; both must be positive");
    }
    keep_freed_memory();
    state_ = std::make_unique<state>(run, data, opts);
    checkpoint& now = state_->now;
    now.parameters = first_parameters(run.size, run.seed);
    now.first.assign(now.parameters.size(), 0.0f);
    now.second.assign(now.parameters.size(), 0.0f);
    now.loss_scale = run.how.loss_scale;
    if (run.how.perturbation != 0 && run.size.layers > 0) {
        float& weight = now.parameters[layout().linear(0, linear_kind::qkv).offset];
        weight = static_cast<float>(weight * (1 + run.how.perturbation));
    }
}

trainer::~trainer() = default;
trainer::trainer(trainer&&) noexcept = default;
trainer& trainer::operator=(trainer&&) noexcept = default;

const run_configuration& trainer::configuration() const { return state_->run; }
const parameter_layout& trainer::layout() const { return state_->model.layout(); }
std::span<const float> trainer::parameters() const { return state_->now.parameters; }
std::size_t trainer::steps_done() const { return state_->now.step; }
std::span<const float> trainer::losses() const { return state_->now.losses; }

step_result trainer::step(const linear_observer& observe) {
    state& s = *state_;
    checkpoint& now = s.now;
    if (now.step >= s.run.steps) {
        throw std::logic_error("training run: all " + std::to_string(s.run.steps) + " steps are done");
    }
    const batch b = training_batch(s.run.size, s.data.training, s.run.seed, now.step);
    step_result r;
    r.step = now.step;
    r.loss_scale = now.loss_scale;
    const float loss =
        s.loss_and_gradient(s.model, b, s.delayed, static_cast<std::uint32_t>(now.step), observe, s.gradient, r);
    const execution how = execution_of(s.opts);
    const double scaled_norm = norm_of(how, s.gradient);
    r.loss = loss;
    r.gradient_norm = scaled_norm / now.loss_scale;
    r.rate = learning_rate(s.run.peak_rate, now.step, s.run.steps);
    const bool finite = std::isfinite(scaled_norm);
    r.skipped = !finite && s.run.how.scaling == loss_scaling::dynamic;
    if (!r.skipped) {
        const double limit = adamw_options{}.largest_norm;
        const double clip = r.gradient_norm > limit ? limit / r.gradient_norm : 1.0;
        const adamw_step update{.rate = r.rate,
                                .updates = now.updates,
                                .gradient_factor = clip / now.loss_scale,
                                .moments = s.run.how.moments};
        update_parameters(how, layout(), now.parameters, now.first, now.second, s.gradient, update);
        ++now.updates;
    }
    s.adapt_scale(finite);
    s.delayed.update();
    now.losses.push_back(loss);
    ++now.step;
    return r;
}

void trainer::train_to(std::size_t step_count, const std::function<bool(const step_result&)>& go_on) {
    while (steps_done() < step_count) {
        const step_result r = step();
        if (go_on && !go_on(r)) {
            return;
        }
    }
}

double trainer::evaluate(evaluation how, std::size_t windows) const {
    const state& s = *state_;
    const arm judge = how == evaluation::own ? s.run.how : arm_by_name("fp32");
    decoder<float> model(s.run.size);
    double sum = 0;
    for (std::size_t first = 0; first < windows; first += s.run.size.sequences) {
        const std::size_t count = std::min(s.run.size.sequences, windows - first);
        const batch b = validation_batch(s.run.size, s.data.validation, windows, first, count);
        delayed_states states = how == evaluation::own ? s.delayed : delayed_states();
        recipe_linears linears(judge, s.key(key_of_gradient - 1 - static_cast<std::uint32_t>(first)),
                               execution_of(s.opts), s.opts, states, nobody);
        sum += double{model.forward(execution_of(s.opts), s.now.parameters.data(), b, linears)} *
               static_cast<double>(count);
    }
    return sum / static_cast<double>(windows);
}

gradient_result trainer::gradient(const batch& b, const linear_observer& observe) const {
    const state& s = *state_;
    decoder<float> model(s.run.size);
    delayed_states states = s.delayed;
    gradient_result out;
    out.gradient.resize(s.now.parameters.size());
    step_result events;
    out.loss = s.loss_and_gradient(model, b, states, key_of_gradient, observe, out.gradient, events);
    for (float& g : out.gradient) {
        g /= s.now.loss_scale;
    }
    return out;
}

trainer trainer::fork(const arm& other) const {
    run_configuration run = state_->run;
    run.how = other;
    trainer out(run, state_->data, state_->opts);
    checkpoint& now = out.state_->now;
    const float scale = now.loss_scale;
    now = state_->now;
    now.loss_scale = scale;
    now.good_steps = 0;
    return out;
}

std::size_t trainer::save(const std::filesystem::path& path) const {
    checkpoint c = state_->now;
    c.amax_log = state_->delayed.log();
    return write_checkpoint(path, c, state_->configuration);
}

void trainer::load(const std::filesystem::path& path) {
    state& s = *state_;
    checkpoint c = read_checkpoint(path, s.configuration);
    const std::size_t count = s.now.parameters.size();
    if (c.parameters.size() != count || c.first.size() != count || c.second.size() != count || c.step > s.run.steps ||
        c.losses.size() != c.step) {
        throw std::runtime_error("checkpoint '" + path.string() + "': its numbers do not fit the model");
    }
    delayed_states states(s.run.how.recipe, linear_count(s.run.size));
    states.replay(c.amax_log);
    s.delayed = std::move(states);
    s.now = std::move(c);
}

std::string trainer::weights_hash() const { return sha256(std::as_bytes(parameters())); }

checkpoints_written train_with_checkpoints(trainer& run, std::size_t step, const checkpoint_plan& plan,
                                           const std::function<bool(const step_result&)>& go_on) {
    if (plan.every == 0) {
        throw std::invalid_argument("checkpoints: an interval of 0 steps");
    }
    if (std::filesystem::exists(plan.path)) {
        trainer stored = run.fork(run.configuration().how);
        stored.load(plan.path);
        if (stored.steps_done() > run.steps_done()) {
            run = std::move(stored);
        }
    }
    checkpoints_written written;
    bool wanted = true;
    while (wanted && run.steps_done() < step) {
        const step_result r = run.step();
        wanted = !go_on || go_on(r);
        if (run.steps_done() % plan.every == 0 || run.steps_done() == step) {
            written.bytes += run.save(plan.path);
            ++written.count;
        }
    }
    return written;
}

std::vector<float> first_parameters(const model_size& size, std::uint32_t seed) {
    const parameter_layout layout(size);
    std::vector<float> out(layout.size());
    for (std::size_t n = 0; n < layout.tensors().size(); ++n) {
        const parameter_tensor& t = layout.tensors()[n];
        const random_key key{.seed = seed, .use = purpose::first_weights, .tensor = static_cast<std::uint32_t>(n)};
        for (std::size_t i = 0; i < t.size(); i += 4) {
            const std::array<double, 4> drawn = normals(key.block(static_cast<std::uint32_t>(i / 4)));
            for (std::size_t w = 0; w < 4 && i + w < t.size(); ++w) {
                out[t.offset + i + w] =
                    t.initial_deviation == 0 ? 1.0f : static_cast<float>(t.initial_deviation * drawn[w]);
            }
        }
    }
    return out;
}

}  // namespace narrowfp::bench::train
