// SPDX-License-Identifier: Apache-2.0
// Where each tensor of the model lies in the one array that holds all parameters; gradients and the optimizer's moments
// have the same layout. Matrices are row-major, outputs x inputs.
#pragma once

#include <narrowfp/base/view.hpp>

#include "train/model/model_size.hpp"

#include <cstdint>
#include <vector>

namespace narrowfp::bench::train {

// The four linear layers of a block, in the order of the forward pass.
enum class linear_kind : std::uint8_t { qkv, attention_output, gate_up, down };
inline constexpr std::size_t linears_per_layer = 4;
inline constexpr std::array<std::string_view, linears_per_layer> linear_names{"qkv", "attention_output", "gate_up",
                                                                              "down"};
constexpr std::string_view name_of(linear_kind kind) { return linear_names[static_cast<std::size_t>(kind)]; }

struct parameter_tensor {
    std::string name{};  // "layer0.gate_up"
    std::size_t offset = 0;
    std::size_t rows = 0;
    std::size_t cols = 0;
    bool is_matrix = true;          // takes part in weight decay; the gains of norms do not
    bool belongs_to_block = false;  // a weight of a linear layer: what recipes quantise
    double initial_deviation = 0;   // of the normal distribution of the first values; 0: all ones

    std::size_t size() const { return rows * cols; }
    std::size_t end() const { return offset + size(); }
};

class parameter_layout {
public:
    explicit parameter_layout(const model_size& size);

    std::size_t size() const { return tensors_.back().end(); }
    const std::vector<parameter_tensor>& tensors() const { return tensors_; }

    const parameter_tensor& embedding() const { return tensors_.front(); }
    const parameter_tensor& attention_gain(std::size_t layer) const { return tensors_[1 + per_layer * layer]; }
    const parameter_tensor& hidden_gain(std::size_t layer) const { return tensors_[2 + per_layer * layer]; }
    const parameter_tensor& linear(std::size_t layer, linear_kind kind) const {
        return tensors_[3 + per_layer * layer + static_cast<std::size_t>(kind)];
    }
    const parameter_tensor& final_gain() const { return tensors_.back(); }

private:
    static constexpr std::size_t per_layer = 2 + linears_per_layer;
    std::vector<parameter_tensor> tensors_;
};

// The tensor in an array of that layout.
template <class T>
matrix_view<T> view_of(T* all, const parameter_tensor& t) {
    return {all + t.offset, t.rows, t.cols};
}

}  // namespace narrowfp::bench::train
