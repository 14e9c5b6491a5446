// SPDX-License-Identifier: Apache-2.0
// The decoder, forward and backward by hand, for any scalar: token embedding, blocks of attention and SwiGLU with RMSNorm
// before each, a last RMSNorm, the head tied to the embedding, mean cross-entropy. How a linear layer multiplies is the
// object `Linears` (recipe_linears.hpp, plain_linears below):
//   matrix<T> forward(layer, kind, x, w)                 Y = X W^T
//   linear_backward_result<T> backward(layer, kind, x, w, dy)   dX = dY W, dW = dY^T X
// The bits of the FP32 model do not depend on target, threads or compiler.
#pragma once

#include "train/model/attention.hpp"
#include "train/model/batch.hpp"
#include "train/model/parameters.hpp"

namespace narrowfp::bench::train {

template <class T>
struct linear_backward_result {
    matrix<T> dx;
    matrix<T> dw;
};

// Nothing quantised: plain chains.
template <class T>
struct plain_linears {
    execution how;

    matrix<T> forward(std::size_t, linear_kind, matrix_view<const T> x, matrix_view<const T> w) const {
        matrix<T> y(x.rows(), w.rows(), uninitialized);
        multiply_into(how, x, w.transposed(), y.view());
        return y;
    }
    linear_backward_result<T> backward(std::size_t, linear_kind, matrix_view<const T> x, matrix_view<const T> w,
                                       matrix_view<const T> dy) const {
        linear_backward_result<T> out{matrix<T>(x.rows(), x.cols(), uninitialized),
                                      matrix<T>(w.rows(), w.cols(), uninitialized)};
        multiply_into(how, dy, w, out.dx.view());
        multiply_into(how, dy.transposed(), x, out.dw.view());
        return out;
    }
};

// Room for rows x cols numbers, kept if it is there already; what is in it is not cleared.
template <class T>
void make_room(matrix<T>& m, std::size_t rows, std::size_t cols) {
    if (m.rows() != rows || m.cols() != cols) {
        m = matrix<T>(rows, cols, uninitialized);
    }
}

template <class T>
class decoder {
public:
    explicit decoder(const model_size& size)
        : size_(size), layout_(size), rotary_(size.context, size.head_width()), layers_(size.layers) {}

    const parameter_layout& layout() const { return layout_; }

    // Mean loss over the tokens of the batch, whose sequences may be fewer than the size's. Keeps what backward needs.
    template <class Linears>
    T forward(const execution& how, const T* parameters, const batch& b, Linears& linears) {
        how_ = how;
        parameters_ = parameters;
        batch_ = &b;
        tokens_ = b.tokens();
        embed();
        const matrix<T>* stream = &embedded_;
        for (std::size_t n = 0; n < size_.layers; ++n) {
            layer& l = layers_[n];
            l.input = stream;
            norm(*l.input, layout_.attention_gain(n), l.normed, l.inverse);
            l.qkv = linears.forward(n, linear_kind::qkv, l.normed.view(), weight(n, linear_kind::qkv));
            attend(l);
            l.middle = linears.forward(n, linear_kind::attention_output, l.attended.view(),
                                       weight(n, linear_kind::attention_output));
            add(l.middle, *l.input);
            norm(l.middle, layout_.hidden_gain(n), l.hidden_normed, l.hidden_inverse);
            l.gate_up =
                linears.forward(n, linear_kind::gate_up, l.hidden_normed.view(), weight(n, linear_kind::gate_up));
            make_room(l.gated, tokens_, size_.hidden);
            for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
                swiglu_forward(l.gate_up.data(), l.gated.data(), size_.hidden, first, last);
            });
            l.output = linears.forward(n, linear_kind::down, l.gated.view(), weight(n, linear_kind::down));
            add(l.output, l.middle);
            stream = &l.output;
        }
        norm(*stream, layout_.final_gain(), final_normed_, final_inverse_);
        make_room(probability_, tokens_, size_.vocabulary);
        multiply_into(how_, as_const(final_normed_), embedding().transposed(), probability_.view());
        std::vector<T> loss(tokens_);
        for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
            cross_entropy_forward(probability_.data(), b.targets.data(), loss.data(), size_.vocabulary, first, last);
        });
        const T sum = lane_sum<T>(tokens_, [&](std::size_t i, const T& s) { return s + loss[i]; });
        return sum / T(static_cast<double>(tokens_));
    }

    // The gradient of scale * loss with respect to every parameter, after a forward pass. `round_residual` is applied to
    // the gradient of the residual stream (tokens x width numbers) wherever it enters a block.
    template <class Linears, class Round>
    void backward(Linears& linears, const T& scale, T* gradient, const Round& round_residual) {
        gradient_ = gradient;
        matrix<T> stream = head_backward(scale);
        for (std::size_t n = size_.layers; n-- > 0;) {
            layer& l = layers_[n];
            round_residual(stream);
            hidden_backward(linears, n, l, stream);
            round_residual(stream);
            attention_part_backward(linears, n, l, stream);
        }
        // The embedding's rows take the gradients of their tokens in the order of the tokens.
        T* const d_embedding = gradient_ + layout_.embedding().offset;
        on_target(how_.on, [&] {
            for (std::size_t i = 0; i < tokens_; ++i) {
                T* const row = d_embedding + batch_->inputs[i] * size_.width;
                for (std::size_t j = 0; j < size_.width; ++j) {
                    row[j] = row[j] + stream(i, j);
                }
            }
        });
    }

private:
    struct layer {
        const matrix<T>* input = nullptr;  // residual stream before the block
        matrix<T> normed;                  // input of QKV
        std::vector<T> inverse;
        matrix<T> qkv;          // rotated
        matrix<T> probability;  // (sequences * heads * context) x context
        matrix<T> attended;     // input of the attention output
        matrix<T> middle;       // residual stream after attention
        matrix<T> hidden_normed;
        std::vector<T> hidden_inverse;
        matrix<T> gate_up;
        matrix<T> gated;  // input of down
        matrix<T> output;
    };

    static matrix_view<const T> as_const(const matrix<T>& m) { return m.view(); }
    matrix_view<const T> weight(std::size_t n, linear_kind kind) const {
        return view_of(parameters_, layout_.linear(n, kind));
    }
    matrix_view<const T> embedding() const { return view_of(parameters_, layout_.embedding()); }

    void embed() {
        make_room(embedded_, tokens_, size_.width);
        for (std::size_t i = 0; i < tokens_; ++i) {
            const T* const row = &embedding()(batch_->inputs[i], 0);
            std::copy_n(row, size_.width, &embedded_(i, 0));
        }
    }

    void norm(const matrix<T>& x, const parameter_tensor& gain, matrix<T>& y, std::vector<T>& inverse) {
        make_room(y, tokens_, size_.width);
        inverse.resize(tokens_);
        for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
            norm_forward(x.data(), parameters_ + gain.offset, y.data(), inverse.data(), size_.width, first, last);
        });
    }

    // stream += gradient through the norm; the gain's gradient is stored.
    void norm_back(const matrix<T>& x, const std::vector<T>& inverse, const parameter_tensor& gain, const matrix<T>& dy,
                   matrix<T>& stream) {
        for_ranges(how_, size_.width, [&](std::size_t first, std::size_t last) {
            norm_gain_backward(x.data(), inverse.data(), dy.data(), gradient_ + gain.offset, tokens_, size_.width,
                               first, last);
        });
        for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
            norm_backward(x.data(), parameters_ + gain.offset, inverse.data(), dy.data(), stream.data(), size_.width,
                          first, last);
        });
    }

    void add(matrix<T>& to, const matrix<T>& from) {
        for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
            T* const out = to.data();
            const T* const in = from.data();
            for (std::size_t i = first * size_.width; i < last * size_.width; ++i) {
                out[i] = in[i] + out[i];
            }
        });
    }

    // The columns of one head in rows of one sequence; `part` 0, 1, 2 is Q, K, V of a QKV matrix.
    template <class M>
    auto head_of(M& m, std::size_t index, std::size_t part = 0) const {
        const std::size_t sequence = index / size_.heads;
        const std::size_t head = index % size_.heads;
        return m.view().block(sequence * size_.context, part * size_.width + head * size_.head_width(), size_.context,
                              size_.head_width());
    }
    std::size_t head_count() const { return tokens_ / size_.context * size_.heads; }
    execution one_thread() const { return {how_.on, 1}; }

    void rotate_rows(matrix<T>& qkv, bool back) {
        for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                rotate(qkv.data() + i * 3 * size_.width, 2 * size_.heads, i % size_.context, rotary_, back);
            }
        });
    }

    void attend(layer& l) {
        rotate_rows(l.qkv, false);
        make_room(l.attended, tokens_, size_.width);
        make_room(l.probability, head_count() * size_.context, size_.context);
        const matrix<T>& qkv = l.qkv;
        parallel_for(head_count(), how_.threads, [&](std::size_t index) {
            attention_forward<T>(one_thread(), head_of(qkv, index, 0), head_of(qkv, index, 1), head_of(qkv, index, 2),
                                 l.probability.view().block(index * size_.context, 0, size_.context, size_.context),
                                 head_of(l.attended, index));
        });
    }

    matrix<T> head_backward(const T& scale) {
        for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
            cross_entropy_backward(probability_.data(), batch_->targets.data(), scale / T(static_cast<double>(tokens_)),
                                   size_.vocabulary, first, last);
        });
        const matrix_view<const T> d_logits = as_const(probability_);
        multiply_into(how_, d_logits.transposed(), as_const(final_normed_), view_of(gradient_, layout_.embedding()));
        matrix<T> d_normed(tokens_, size_.width, uninitialized);
        multiply_into(how_, d_logits, embedding(), d_normed.view());
        matrix<T> stream(tokens_, size_.width);
        norm_back(layers_.empty() ? embedded_ : layers_.back().output, final_inverse_, layout_.final_gain(), d_normed,
                  stream);
        return stream;
    }

    void store(const matrix<T>& dw, std::size_t n, linear_kind kind) {
        std::copy_n(dw.data(), dw.size(), gradient_ + layout_.linear(n, kind).offset);
    }

    template <class Linears>
    void hidden_backward(Linears& linears, std::size_t n, layer& l, matrix<T>& stream) {
        const linear_backward_result<T> down =
            linears.backward(n, linear_kind::down, l.gated.view(), weight(n, linear_kind::down), as_const(stream));
        store(down.dw, n, linear_kind::down);
        matrix<T> d_both(tokens_, 2 * size_.hidden, uninitialized);
        for_ranges(how_, tokens_, [&](std::size_t first, std::size_t last) {
            swiglu_backward(l.gate_up.data(), down.dx.data(), d_both.data(), size_.hidden, first, last);
        });
        const linear_backward_result<T> gate_up = linears.backward(n, linear_kind::gate_up, l.hidden_normed.view(),
                                                                   weight(n, linear_kind::gate_up), as_const(d_both));
        store(gate_up.dw, n, linear_kind::gate_up);
        norm_back(l.middle, l.hidden_inverse, layout_.hidden_gain(n), gate_up.dx, stream);
    }

    template <class Linears>
    void attention_part_backward(Linears& linears, std::size_t n, layer& l, matrix<T>& stream) {
        const linear_backward_result<T> output =
            linears.backward(n, linear_kind::attention_output, l.attended.view(),
                             weight(n, linear_kind::attention_output), as_const(stream));
        store(output.dw, n, linear_kind::attention_output);
        matrix<T> d_qkv(tokens_, 3 * size_.width, uninitialized);
        const matrix<T>& qkv = l.qkv;
        const matrix<T>& probability = l.probability;
        parallel_for(head_count(), how_.threads, [&](std::size_t index) {
            matrix<T> scores(size_.context, size_.context, uninitialized);
            attention_backward<T>(one_thread(), head_of(qkv, index, 0), head_of(qkv, index, 1), head_of(qkv, index, 2),
                                  probability.view().block(index * size_.context, 0, size_.context, size_.context),
                                  head_of(output.dx, index), scores.view(), head_of(d_qkv, index, 0),
                                  head_of(d_qkv, index, 1), head_of(d_qkv, index, 2));
        });
        rotate_rows(d_qkv, true);
        const linear_backward_result<T> of_qkv =
            linears.backward(n, linear_kind::qkv, l.normed.view(), weight(n, linear_kind::qkv), as_const(d_qkv));
        store(of_qkv.dw, n, linear_kind::qkv);
        norm_back(*l.input, l.inverse, layout_.attention_gain(n), of_qkv.dx, stream);
    }

    model_size size_;
    parameter_layout layout_;
    rotary_table<T> rotary_;
    execution how_;
    const T* parameters_ = nullptr;
    T* gradient_ = nullptr;
    const batch* batch_ = nullptr;
    std::size_t tokens_ = 0;
    matrix<T> embedded_;
    std::vector<layer> layers_;
    matrix<T> final_normed_;
    std::vector<T> final_inverse_;
    matrix<T> probability_;  // of the head; its gradient after backward
};

}  // namespace narrowfp::bench::train
