// SPDX-License-Identifier: Apache-2.0
// Delayed scaling: the scale of a tensor follows from the amax of earlier steps, so quantisation needs one pass over
// the data and the scale is known beforehand. Source: Transformer Engine, DelayedScaling (amax_history_len,
// amax_compute_algo, margin). The history is this object and nothing else: the only state of the library, one per
// tensor, held by the caller. What exceeds the remembered amax saturates. Reduction over ranks is the caller's: record
// the largest amax.
#pragma once

#include <narrowfp/base/view.hpp>
#include <narrowfp/quant/quantization.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace narrowfp {

enum class amax_choice : std::uint8_t { max, most_recent };

struct delayed_options {
    std::size_t history = 1024;  // steps remembered, the one being computed included
    amax_choice choice = amax_choice::max;
    int margin = 0;  // s is divided by 2^margin; -64 to 64
};

// Throws std::invalid_argument for an empty history, an unknown choice or a margin out of range.
constexpr void require_delayed(const delayed_options& options) {
    if (options.history == 0) {
        throw std::invalid_argument("delayed scaling: a history needs at least one step");
    }
    if (options.choice > amax_choice::most_recent) {
        throw std::invalid_argument("delayed scaling: choice is " + std::to_string(static_cast<int>(options.choice)) +
                                    ", allowed 0 (max) and 1 (most_recent)");
    }
    if (options.margin < -64 || options.margin > 64) {
        throw std::invalid_argument("delayed scaling: margin is " + std::to_string(options.margin) +
                                    ", allowed -64 to 64");
    }
}

// Largest magnitude of x; infinities count, NaN does not (as fmax does in the owner's kernels).
inline float history_amax_of(matrix_view<const float> x) {
    float amax = 0.0f;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        for (std::size_t j = 0; j < x.cols(); ++j) {
            amax = std::fmax(amax, std::fabs(x(i, j)));
        }
    }
    return amax;
}

class delayed_scale {
public:
    delayed_scale() = default;
    // Throws std::invalid_argument for an invalid format and for options that require_delayed refuses.
    explicit delayed_scale(const any_format& element, const delayed_options& options = {})
        : element_(element), options_(options) {
        require_format(element);
        require_delayed(options);
        history_.assign(options.history, 0.0f);
    }

    // What multiplies the tensor in this step; 1 before anything is remembered.
    float factor() const { return factor_; }
    const any_format& element() const { return element_; }
    const delayed_options& options() const { return options_; }
    // The amax recorded in this step so far.
    float staged() const { return history_[now_]; }

    // `how`, with the factor of this step. Throws std::invalid_argument if `how` is of another format than the history,
    // or has scales that one factor per tensor does not give.
    quantization apply_to(quantization how) const {
        if (how.element != element_) {
            throw std::invalid_argument("delayed scaling: the history is that of " + std::string(name_of(element_)) +
                                        " elements, the quantisation is to " + std::string(name_of(how.element)) +
                                        "; each format needs its own delayed_scale");
        }
        const bool one_factor = how.scale.method == scale_method::multiplier || how.scale.method == scale_method::none;
        if (how.blocks != granularity::tensor() || !one_factor) {
            throw std::invalid_argument("delayed scaling: scale method is " + std::string(name_of(how.scale.method)) +
                                        " per " + narrowfp::name_of(how.blocks) +
                                        ", allowed multiplier per tensor: the history gives one factor per tensor");
        }
        how.scale = {.method = scale_method::multiplier, .fixed_factor = factor_};
        return how;
    }

    // Notes the amax of a tensor of this step. Several of one step: the largest counts. NaN is ignored.
    void record(float amax) { history_[now_] = std::fmax(history_[now_], amax); }

    // Ends the step: s = fl32(fl32(max / amax) / 2^margin) for the next one, amax being the largest of the history or
    // the step's own. An amax that is zero or not finite leaves s as it is; an infinite s becomes the largest FP32
    // number, and one whose reciprocal is infinite the smallest normal number.
    // Then the oldest step is forgotten.
    void update() {
        const float amax = options_.choice == amax_choice::most_recent
                               ? history_[now_]
                               : *std::max_element(history_.begin(), history_.end());
        if (std::isfinite(amax) && amax > 0) {
            const float s = std::ldexp(divide_f32(max_finite(element_), amax), -options_.margin);
            const bool too_small = s <= 0x1p-128f;
            factor_ = std::isinf(s) ? std::numeric_limits<float>::max()
                      : too_small   ? std::numeric_limits<float>::min()
                                    : s;
        }
        now_ = (now_ + 1) % history_.size();
        history_[now_] = 0.0f;
    }

private:
    any_format element_ = e4m3fn;
    delayed_options options_;
    std::vector<float> history_ = std::vector<float>(delayed_options{}.history);  // a ring; now_ is this step
    std::size_t now_ = 0;
    float factor_ = 1.0f;
};

}  // namespace narrowfp
