// SPDX-License-Identifier: Apache-2.0
// One training run: a model of one size under one arm, from its first weights to the end of its schedule. Every number is
// a function of (seed, configuration, symbols): threads, target, compiler, stopping and resuming, and other runs beside
// it have no influence on a bit. AdamW, linear warm-up over a tenth, cosine to zero (README.md).
#pragma once

#include <narrowfp/base/event_counts.hpp>
#include <narrowfp/base/options.hpp>

#include "train/model/batch.hpp"
#include "train/model/parameters.hpp"
#include "train/run/arms.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace narrowfp::bench::train {

struct run_configuration {
    model_size size = size_s;
    arm how{};                    // arm_by_name("deepseek_v3")
    std::uint32_t seed = 1;       // of the first weights and the batches: the same in every arm
    std::uint32_t noise_key = 0;  // of null_noise and of stochastic rounding, beside the seed
    std::size_t steps = 400;      // of the schedule
    double peak_rate = 1e-3;
};

// One linear layer in one step: the operands before quantisation and the results. Views die with the call.
// Y = X W^T, dX = dY W, dW = dY^T X. Gradients carry the loss scale.
struct observed_linear {
    std::size_t layer = 0;
    linear_kind kind = linear_kind::qkv;
    matrix_view<const float> x;   // tokens x inputs
    matrix_view<const float> w;   // outputs x inputs
    matrix_view<const float> y;   // tokens x outputs
    matrix_view<const float> dy;  // tokens x outputs
    matrix_view<const float> dx;  // tokens x inputs
    matrix_view<const float> dw;  // outputs x inputs
    event_counts x_events;        // of the quantisations for fprop and dgrad
    event_counts w_events;
    event_counts dy_events;
};
// Called once for each linear layer in the backward pass, the last layer first.
using linear_observer = std::function<void(const observed_linear&)>;

struct step_result {
    std::size_t step = 0;      // counted from 0
    double loss = 0;           // nats per symbol, before the update
    double gradient_norm = 0;  // before clipping
    double rate = 0;
    double loss_scale = 1;
    bool skipped = false;   // a gradient was not finite
    event_counts x_events;  // sums over the linear layers
    event_counts w_events;
    event_counts dy_events;
    std::size_t kept_bytes = 0;  // what the linear layers keep from the forward to the backward pass
};

struct gradient_result {
    double loss = 0;
    std::vector<float> gradient;  // layout of the parameters, loss scale taken out
};

enum class evaluation : std::uint8_t { own, fp32 };  // arithmetic of the arm, or FP32

class trainer {
public:
    // The first weights. Throws std::invalid_argument for streams that do not fit, no steps or no finite rate.
    trainer(const run_configuration& run, const token_streams& data, const options& opts = {});
    ~trainer();
    trainer(trainer&&) noexcept;
    trainer& operator=(trainer&&) noexcept;

    const run_configuration& configuration() const;
    const parameter_layout& layout() const;
    std::span<const float> parameters() const;
    std::size_t steps_done() const;
    std::span<const float> losses() const;  // of the steps done

    // One step. Throws std::logic_error after the last.
    step_result step(const linear_observer& observe = {});
    // Steps until `step` are done. Stops early if `go_on` returns false.
    void train_to(std::size_t step, const std::function<bool(const step_result&)>& go_on = {});

    // Mean loss over `windows` validation windows. Changes nothing.
    double evaluate(evaluation how = evaluation::own, std::size_t windows = 256) const;

    // Loss and gradient of a batch at the present weights. Changes nothing.
    gradient_result gradient(const batch& b, const linear_observer& observe = {}) const;

    // A run of another arm that goes on from these weights and moments.
    trainer fork(const arm& other) const;

    // Writes a checkpoint, whole or not at all, even under SIGKILL and power loss. Returns the bytes written.
    std::size_t save(const std::filesystem::path& path) const;
    // Goes on from a checkpoint. Throws std::runtime_error if the file is truncated, damaged, or of another
    // configuration or corpus; then nothing has changed.
    void load(const std::filesystem::path& path);

    // SHA-256 of the weights, in hexadecimal.
    std::string weights_hash() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

// Where a run writes checkpoints while it trains.
struct checkpoint_plan {
    std::filesystem::path path;
    std::size_t every = 100;  // steps
};
struct checkpoints_written {
    std::size_t count = 0;
    std::size_t bytes = 0;
};

// Goes on from the checkpoint at the path if there is one that is further than the run, and trains until `step` steps are
// done, writing one after every `every` steps and at the end. Stops early if `go_on` returns false. Throws as load and
// save; std::invalid_argument for an interval of zero.
checkpoints_written train_with_checkpoints(trainer& run, std::size_t step, const checkpoint_plan& plan,
                                           const std::function<bool(const step_result&)>& go_on = {});

// The text that a checkpoint's configuration hash is made from; equal texts train equal weights.
std::string configuration_text(const run_configuration& run, const token_streams& data);

// The first weights of a seed.
std::vector<float> first_parameters(const model_size& size, std::uint32_t seed);

// Loss and gradient in FP64 with nothing quantised: what every arm is measured against.
struct reference_gradient {
    double loss = 0;
    std::vector<double> gradient;
};
reference_gradient gradient_in_double(const model_size& size, std::span<const float> parameters, const batch& b,
                                      const options& opts = {});

}  // namespace narrowfp::bench::train
