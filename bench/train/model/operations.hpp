// SPDX-License-Identifier: Apache-2.0
// The operations of the decoder between its matrix products, forward and backward, for any scalar: RMSNorm, rotary
// positions (arXiv 2104.09864), SwiGLU (arXiv 2002.05202), cross-entropy. Functions work on rows [first, last) of
// row-major matrices and on nothing else; sums over a row go over 16 virtual lanes (lanes.hpp), sums over tokens in the
// order of the tokens. Attention is attention.hpp.
#pragma once

#include <narrowfp/base/matrix.hpp>

#include "train/model/lanes.hpp"
#include "train/model/scalar_math.hpp"

namespace narrowfp::bench::train {

inline constexpr double norm_epsilon = 1e-6;

// y = x / sqrt(mean(x^2) + eps) * gain; inverse[row] is the factor before the gain.
template <class T>
void norm_forward(const T* x, const T* gain, T* y, T* inverse, std::size_t width, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        const T* const in = x + i * width;
        T* const out = y + i * width;
        const T sum = lane_sum<T>(width, [&](std::size_t j, const T& s) { return multiply_add(in[j], in[j], s); });
        const T factor = T(1) / sqrt_of(sum / T(static_cast<double>(width)) + T(norm_epsilon));
        inverse[i] = factor;
        for (std::size_t j = 0; j < width; ++j) {
            out[j] = in[j] * factor * gain[j];
        }
    }
}

// dx += the gradient with respect to x.
template <class T>
void norm_backward(const T* x, const T* gain, const T* inverse, const T* dy, T* dx, std::size_t width,
                   std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        const T* const in = x + i * width;
        const T* const out_gradient = dy + i * width;
        T* const in_gradient = dx + i * width;
        const T factor = inverse[i];
        const T dot = lane_sum<T>(width, [&](std::size_t j, const T& s) {
            return multiply_add(out_gradient[j] * gain[j], in[j] * factor, s);
        });
        const T mean = dot / T(static_cast<double>(width));
        for (std::size_t j = 0; j < width; ++j) {
            const T along = out_gradient[j] * gain[j] - in[j] * factor * mean;
            in_gradient[j] = multiply_add(factor, along, in_gradient[j]);
        }
    }
}

// dgain[j] = sum over tokens of dy x inverse, for columns [first, last).
template <class T>
void norm_gain_backward(const T* x, const T* inverse, const T* dy, T* dgain, std::size_t tokens, std::size_t width,
                        std::size_t first, std::size_t last) {
    for (std::size_t j = first; j < last; ++j) {
        dgain[j] = T(0);
    }
    for (std::size_t i = 0; i < tokens; ++i) {
        for (std::size_t j = first; j < last; ++j) {
            dgain[j] = multiply_add(dy[i * width + j], x[i * width + j] * inverse[i], dgain[j]);
        }
    }
}

// Angles of the rotary positions: position * 10000^(-2 i / head_width), one row of cosines and one of sines a position.
template <class T>
struct rotary_table {
    std::size_t half = 0;
    std::vector<T> cosine;
    std::vector<T> sine;

    rotary_table(std::size_t context, std::size_t head_width)
        : half(head_width / 2), cosine(context * half), sine(context * half) {
        constexpr double ln_base = 0x1.26bb1bbb55516p+3;  // ln 10000
        for (std::size_t i = 0; i < half; ++i) {
            const double rate = fixed_exp(-ln_base * static_cast<double>(i) / static_cast<double>(half));
            for (std::size_t position = 0; position < context; ++position) {
                const double angle = static_cast<double>(position) * rate;
                cosine[position * half + i] = T(static_cast<float>(fixed_cos(angle)));
                sine[position * half + i] = T(static_cast<float>(fixed_sin(angle)));
            }
        }
    }
};

// Rotates the pairs (i, i + half) of each head in `heads` heads that start at x, in place; `back` by the negative angle.
template <class T>
void rotate(T* x, std::size_t heads, std::size_t position, const rotary_table<T>& table, bool back) {
    const std::size_t half = table.half;
    const T* const cosine = table.cosine.data() + position * half;
    const T* const sine = table.sine.data() + position * half;
    const T sign = back ? T(-1) : T(1);
    for (std::size_t h = 0; h < heads; ++h) {
        T* const low = x + h * 2 * half;
        T* const high = low + half;
        for (std::size_t i = 0; i < half; ++i) {
            const T s = sign * sine[i];
            const T a = low[i];
            const T b = high[i];
            low[i] = a * cosine[i] - b * s;
            high[i] = a * s + b * cosine[i];
        }
    }
}

// y = silu(gate) * up; a row of `both` is gate and up, `hidden` numbers each.
template <class T>
void swiglu_forward(const T* both, T* y, std::size_t hidden, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        const T* const gate = both + i * 2 * hidden;
        const T* const up = gate + hidden;
        T* const out = y + i * hidden;
        for (std::size_t j = 0; j < hidden; ++j) {
            const T sigmoid = T(1) / (T(1) + exp_of(-gate[j]));
            out[j] = gate[j] * sigmoid * up[j];
        }
    }
}

// d_both in the layout of `both`.
template <class T>
void swiglu_backward(const T* both, const T* dy, T* d_both, std::size_t hidden, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        const T* const gate = both + i * 2 * hidden;
        const T* const up = gate + hidden;
        const T* const out_gradient = dy + i * hidden;
        T* const d_gate = d_both + i * 2 * hidden;
        T* const d_up = d_gate + hidden;
        for (std::size_t j = 0; j < hidden; ++j) {
            const T sigmoid = T(1) / (T(1) + exp_of(-gate[j]));
            const T silu = gate[j] * sigmoid;
            const T slope = sigmoid * (T(1) + gate[j] * (T(1) - sigmoid));
            d_gate[j] = out_gradient[j] * up[j] * slope;
            d_up[j] = out_gradient[j] * silu;
        }
    }
}

// Turns rows of logits into probabilities in place; returns nothing, loss[row] = -ln of the target's probability.
template <class T>
void cross_entropy_forward(T* logits, const std::uint8_t* targets, T* loss, std::size_t vocabulary, std::size_t first,
                           std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        T* const row = logits + i * vocabulary;
        T largest = row[0];
        for (std::size_t j = 1; j < vocabulary; ++j) {
            largest = row[j] > largest ? row[j] : largest;
        }
        const T of_target = row[targets[i]];
        for (std::size_t j = 0; j < vocabulary; ++j) {
            row[j] = exp_of(row[j] - largest);
        }
        const T sum = lane_sum<T>(vocabulary, [&](std::size_t j, const T& s) { return s + row[j]; });
        loss[i] = log_of(sum) + (largest - of_target);
        const T factor = T(1) / sum;
        for (std::size_t j = 0; j < vocabulary; ++j) {
            row[j] = row[j] * factor;
        }
    }
}

// Probabilities into the gradient of scale * loss of the row, in place.
template <class T>
void cross_entropy_backward(T* probability, const std::uint8_t* targets, const T& scale, std::size_t vocabulary,
                            std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
        T* const row = probability + i * vocabulary;
        row[targets[i]] = row[targets[i]] - T(1);
        for (std::size_t j = 0; j < vocabulary; ++j) {
            row[j] = row[j] * scale;
        }
    }
}

}  // namespace narrowfp::bench::train
