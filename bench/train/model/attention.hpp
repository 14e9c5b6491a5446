// SPDX-License-Identifier: Apache-2.0
// Causal attention of one head over one sequence, forward and backward, in the scalar of the model: S = Q K^T / sqrt(w),
// P = softmax over the past, O = P V. P stays for the backward pass. Rows are worked on in blocks; what lies after a
// block is left out, inside a block P and dS are zero above the diagonal.
#pragma once

#include "train/model/operations.hpp"
#include "train/model/products.hpp"

namespace narrowfp::bench::train {

inline constexpr std::size_t attention_block = 64;

// Rows [first, end) and the columns before `end`.
struct attention_rows {
    std::size_t first = 0;
    std::size_t end = 0;
    std::size_t count() const { return end - first; }
};

template <class Body>
void for_attention_blocks(std::size_t context, const Body& body) {
    for (std::size_t first = 0; first < context; first += attention_block) {
        body(attention_rows{first, first + attention_block < context ? first + attention_block : context});
    }
}

// Scores of a row, in place, into probabilities: columns after `row` become zero up to `end`.
template <class T>
void causal_softmax(T* scores, std::size_t row, std::size_t end, const T& scale) {
    T largest = scores[0];
    for (std::size_t j = 1; j <= row; ++j) {
        largest = scores[j] > largest ? scores[j] : largest;
    }
    for (std::size_t j = 0; j <= row; ++j) {
        scores[j] = exp_of((scores[j] - largest) * scale);
    }
    const T sum = lane_sum<T>(row + 1, [&](std::size_t j, const T& s) { return s + scores[j]; });
    const T factor = T(1) / sum;
    for (std::size_t j = 0; j <= row; ++j) {
        scores[j] = scores[j] * factor;
    }
    for (std::size_t j = row + 1; j < end; ++j) {
        scores[j] = T(0);
    }
}

// q, k, v and o are context x width; p is context x context.
template <class T>
void attention_forward(const execution& how, matrix_view<const T> q, matrix_view<const T> k, matrix_view<const T> v,
                       matrix_view<T> p, matrix_view<T> o) {
    const T scale = T(1) / sqrt_of(T(static_cast<double>(q.cols())));
    for_attention_blocks(q.rows(), [&](const attention_rows& r) {
        const matrix_view<T> scores = p.block(r.first, 0, r.count(), r.end);
        multiply_into(how, q.block(r.first, 0, r.count(), q.cols()), k.block(0, 0, r.end, k.cols()).transposed(),
                      scores);
        on_target(how.on, [&] {
            for (std::size_t i = 0; i < r.count(); ++i) {
                causal_softmax(&scores(i, 0), r.first + i, r.end, scale);
            }
        });
        multiply_into(how, matrix_view<const T>(scores), v.block(0, 0, r.end, v.cols()),
                      o.block(r.first, 0, r.count(), o.cols()));
    });
}

// `scores` is room for context x context numbers.
template <class T>
void attention_backward(const execution& how, matrix_view<const T> q, matrix_view<const T> k, matrix_view<const T> v,
                        matrix_view<const T> p, matrix_view<const T> d_o, matrix_view<T> scores, matrix_view<T> dq,
                        matrix_view<T> dk, matrix_view<T> dv) {
    const T scale = T(1) / sqrt_of(T(static_cast<double>(q.cols())));
    const std::size_t context = q.rows();
    for_attention_blocks(context, [&](const attention_rows& r) {
        const matrix_view<T> ds = scores.block(r.first, 0, r.count(), r.end);
        multiply_into(how, d_o.block(r.first, 0, r.count(), d_o.cols()), v.block(0, 0, r.end, v.cols()).transposed(),
                      ds);
        on_target(how.on, [&] {
            for (std::size_t i = 0; i < r.count(); ++i) {
                T* const row = &ds(i, 0);
                const T* const probability = &p(r.first + i, 0);
                const T dot = lane_sum<T>(
                    r.end, [&](std::size_t j, const T& s) { return multiply_add(probability[j], row[j], s); });
                for (std::size_t j = 0; j < r.end; ++j) {
                    row[j] = probability[j] * (row[j] - dot) * scale;
                }
            }
        });
        multiply_into(how, matrix_view<const T>(ds), k.block(0, 0, r.end, k.cols()),
                      dq.block(r.first, 0, r.count(), dq.cols()));
    });
    // A column block takes part in the rows from its own first on.
    for_attention_blocks(context, [&](const attention_rows& c) {
        const std::size_t rows = context - c.first;
        const matrix_view<const T> below = matrix_view<const T>(scores).block(c.first, c.first, rows, c.count());
        multiply_into(how, below.transposed(), q.block(c.first, 0, rows, q.cols()),
                      dk.block(c.first, 0, c.count(), dk.cols()));
        multiply_into(how, p.block(c.first, c.first, rows, c.count()).transposed(),
                      d_o.block(c.first, 0, rows, d_o.cols()), dv.block(c.first, 0, c.count(), dv.cols()));
    });
}

}  // namespace narrowfp::bench::train
