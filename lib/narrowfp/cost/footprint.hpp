// SPDX-License-Identifier: Apache-2.0
// Every byte of a linear layer in training, from its shape and its recipe, exactly: codes and scales as they lie in
// memory, ragged blocks included. What the optimizer keeps is an axis of its own (optimizer_formats): no matrix format
// decides it. Whether a chip multiplies the codes or widens them first changes no byte. Traffic is the least there is:
// each operand is read once, each result written once; caches and tiles of a kernel are not modelled.
// Sources: DeepSeek-V3, arXiv 2412.19437, 3.3; formulas of the matrices: cost/stored_bytes.hpp.
#pragma once

#include <narrowfp/cost/stored_bytes.hpp>
#include <narrowfp/cost/training_bytes.hpp>
#include <narrowfp/quant/linear_tensor.hpp>

#include <optional>

namespace narrowfp::cost {

struct linear_shape {
    std::uint64_t tokens = 0;
    std::uint64_t inputs = 0;
    std::uint64_t outputs = 0;

    constexpr std::uint64_t parameters() const { return inputs * outputs; }
};

// The formats of a layer. Made from a linear_recipe by storage_of.
struct linear_storage {
    std::string_view name{};
    linear_tensor x{};
    linear_tensor w{};
    linear_tensor dy{};
    any_format y = bf16;
    any_format dx = bf16;
    any_format dw = f32;
    // The parameters as the framework holds them beside what the products read: BF16 in stock recipes. Without it the
    // codes are the parameters and only the optimizer's master copy is wide (DeepSeek-V3, FP8-LM).
    std::optional<any_format> wide_weights{};
};

// `Recipe` is linear_recipe (gemm/linear_recipe.hpp), which this module does not know.
template <class Recipe>
linear_storage storage_of(const Recipe& r, std::optional<any_format> wide_weights = std::nullopt) {
    return {.name = r.name,
            .x = r.x,
            .w = r.w,
            .dy = r.dy,
            .y = r.fprop.output,
            .dx = r.dgrad.output,
            .dw = r.wgrad.output,
            .wide_weights = wide_weights};
}

// All in bytes. Read with the shapes X tokens x inputs, W outputs x inputs, dY tokens x outputs.
struct linear_footprint {
    std::uint64_t weights = 0;        // held while training: the parameters, and codes where those are a copy
    std::uint64_t weight_second = 0;  // of these, the copy for dgrad, where there is one
    std::uint64_t x_kept = 0;         // from the forward to the backward pass
    std::uint64_t w_kept = 0;         // the same, as linear_cache holds it; part of `weights`
    std::uint64_t x_first = 0;        // operands, one by one
    std::uint64_t x_second = 0;
    std::uint64_t w_first = 0;
    std::uint64_t w_second = 0;
    std::uint64_t dy_first = 0;
    std::uint64_t dy_second = 0;
    std::uint64_t y = 0;  // results
    std::uint64_t dx = 0;
    std::uint64_t dw = 0;

    // Operands read and result written, once each.
    std::uint64_t fprop_traffic() const { return x_first + w_first + y; }
    std::uint64_t dgrad_traffic() const { return dy_first + w_second + dx; }
    std::uint64_t wgrad_traffic() const { return dy_second + x_second + dw; }
    // Activations and their gradients in both tilings.
    std::uint64_t both_tilings() const { return x_first + x_second + dy_first + dy_second; }
};

namespace detail {

inline quantization plain(const any_format& format) { return recipes::none.for_b(format); }

// What is kept of a tensor of that shape for its second product; `first` are the bytes of its first operand.
inline std::uint64_t kept_bytes(std::uint64_t rows, std::uint64_t cols, const linear_tensor& t, std::uint64_t first) {
    switch (t.how) {
        case second_copy::from_source: return stored_bytes(rows, cols, t.second.as_b());
        case second_copy::from_kept: return stored_bytes(rows, cols, plain(t.kept));
        case second_copy::requantize:
        case second_copy::same_codes: break;
    }
    return first;
}

}  // namespace detail

// Equals what a layer of that shape allocates under the recipe, byte for byte (linear_cache::bytes for x_kept + w_kept).
inline linear_footprint footprint_of(const linear_shape& s, const linear_storage& f) {
    linear_footprint b;
    const auto second = [](const linear_tensor& t, std::uint64_t first, std::uint64_t own) {
        return t.how == second_copy::same_codes ? first : own;
    };
    b.x_first = stored_bytes(s.tokens, s.inputs, f.x.first.as_a());
    b.x_second = second(f.x, b.x_first, stored_bytes(s.tokens, s.inputs, f.x.second.as_b()));
    b.w_first = stored_bytes(s.inputs, s.outputs, f.w.first.as_b());
    b.w_second = second(f.w, b.w_first, stored_bytes(s.outputs, s.inputs, f.w.second.as_b()));
    b.dy_first = stored_bytes(s.tokens, s.outputs, f.dy.first.as_a());
    b.dy_second = second(f.dy, b.dy_first, stored_bytes(s.outputs, s.tokens, f.dy.second.as_a()));
    b.x_kept = detail::kept_bytes(s.tokens, s.inputs, f.x, b.x_first);
    b.w_kept = detail::kept_bytes(s.outputs, s.inputs, f.w, b.w_first);
    b.y = stored_bytes(s.tokens, s.outputs, detail::plain(f.y));
    b.dx = stored_bytes(s.tokens, s.inputs, detail::plain(f.dx));
    b.dw = stored_bytes(s.outputs, s.inputs, detail::plain(f.dw));
    b.weight_second = f.w.how == second_copy::from_source ? b.w_second : 0;
    const std::uint64_t wide = f.wide_weights ? stored_bytes(s.outputs, s.inputs, detail::plain(*f.wide_weights)) : 0;
    // A copy kept for dgrad in the parameters' own format is the parameters.
    const bool kept_is_wide = f.w.how == second_copy::from_kept && f.wide_weights == f.w.kept;
    const bool codes_are_wide =
        f.wide_weights == f.w.first.element && f.w.first.scaling.scale.method == scale_method::none;
    b.weights = wide + (codes_are_wide ? 0 : b.w_first) + b.weight_second +
                (f.w.how == second_copy::from_kept && !kept_is_wide ? b.w_kept : 0);
    return b;
}

// What the optimizer keeps for the layer's parameters on all devices together, and their gradient as it accumulates.
struct optimizer_footprint {
    std::uint64_t gradient = 0;
    std::uint64_t master = 0;
    std::uint64_t moments = 0;
};

inline optimizer_footprint optimizer_bytes_of(const linear_shape& s, const optimizer_formats& o) {
    const auto bytes = [&](double each) { return s.parameters() * static_cast<std::uint64_t>(each); };
    return {bytes(o.gradient), bytes(o.master), bytes(o.first_moment) + bytes(o.second_moment)};
}

// Payloads: activations sent to another device as the operand of its product (dispatch) and results coming back wide
// (combine), per layer and pass; per step the gradient reduced in its own format and the weights gathered as they are read.
struct communication_footprint {
    std::uint64_t dispatch = 0;
    std::uint64_t combine = 0;
    std::uint64_t gradient_reduce = 0;
    std::uint64_t weight_gather = 0;
};

inline communication_footprint communication_of(const linear_shape& s, const linear_storage& f,
                                                const optimizer_formats& o) {
    const linear_footprint b = footprint_of(s, f);
    // What a stock recipe sends are its wide tensors; it quantises where it multiplies.
    const bool wide = f.x.how == second_copy::from_kept;
    return {.dispatch = wide ? stored_bytes(s.tokens, s.inputs, detail::plain(f.x.kept)) : b.x_first,
            .combine = b.y,
            .gradient_reduce = optimizer_bytes_of(s, o).gradient,
            .weight_gather =
                f.wide_weights ? stored_bytes(s.outputs, s.inputs, detail::plain(*f.wide_weights)) : b.w_first};
}

}  // namespace narrowfp::cost
