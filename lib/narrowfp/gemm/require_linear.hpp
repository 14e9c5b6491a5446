// SPDX-License-Identifier: Apache-2.0
// Which recipes of a linear layer (gemm/linear_recipe.hpp) are valid. Checks each tensor's quantisations, the source of
// its second copy, delayed scaling, and the accumulators of the three products, before a layer does any work.
#pragma once

#include <narrowfp/gemm/linear_recipe.hpp>
#include <narrowfp/gemm/require.hpp>

#include <stdexcept>
#include <string>

namespace narrowfp {

namespace detail {

[[noreturn]] inline void refuse_linear(const linear_recipe& r, std::string_view part, const std::string& text) {
    throw std::invalid_argument("linear: recipe " + std::string(r.name) + ", " + std::string(part) + ": " + text);
}

// Stochastic rounding is checked by the engine that quantises; everything else must be valid by itself.
inline void require_operand(const linear_operand& o) {
    const quantization q = o.as_a();
    const bool by_chance = is_stochastic(q.mode) && q.mode <= rounding::stochastic_c;
    by_chance ? require_layout(q) : require_quantization(q);
    require_overflow(q.overflow);
}

inline void require_tensor(const linear_recipe& r, std::string_view name, const linear_tensor& t) {
    if (t.how > second_copy::same_codes) {
        refuse_linear(
            r, name,
            "how is " + std::to_string(static_cast<int>(t.how)) + ", allowed 0 (from_source) to 3 (same_codes)");
    }
    require_operand(t.first);
    require_operand(t.second);
    require_format(t.kept);
    if (t.kept != linear_tensor{}.kept && t.how != second_copy::from_kept) {
        refuse_linear(r, name,
                      "kept is " + std::string(name_of(t.kept)) + ", allowed bf16 (the default, not read) with how " +
                          std::string(name_of(t.how)) + "; a copy is kept under from_kept");
    }
    if (t.how == second_copy::same_codes) {
        const operand_scaling& s = t.first.scaling;
        if (s.free_extent != s.k_extent || t.first.element != t.second.element) {
            throw std::invalid_argument("linear: recipe " + std::string(r.name) +
                                        " uses codes twice whose scales belong to one direction");
        }
        const operand_scaling& second = t.second.scaling;
        if (s.scale != second.scale || s.free_extent != second.free_extent || s.k_extent != second.k_extent ||
            t.first.mode != t.second.mode || t.first.overflow != t.second.overflow) {
            refuse_linear(r, name,
                          "second differs from first, allowed the same with how same_codes, which quantises once");
        }
    }
    if (r.delayed && (t.how != second_copy::same_codes || t.first.scaling.scale.method != scale_method::multiplier ||
                      t.first.scaling.free_extent != whole_extent || t.first.scaling.k_extent != whole_extent)) {
        refuse_linear(r, name,
                      "delayed scaling has one factor per tensor, allowed scale method multiplier per tensor and how "
                      "same_codes; found " +
                          std::string(name_of(t.first.scaling.scale.method)) + " per " +
                          name_of(t.first.as_a().blocks) + " and " + std::string(name_of(t.how)));
    }
}

inline void require_linear_product(const linear_product& p, const any_format& a, const any_format& b) {
    require_format(p.output);
    require_accumulator(p.acc, a, b);
}

}  // namespace detail

// Throws std::invalid_argument for an invalid recipe; the message names tensor, field, its value and the allowed
// values.
inline void require_linear_recipe(const linear_recipe& r) {
    detail::require_tensor(r, "X", r.x);
    detail::require_tensor(r, "W", r.w);
    detail::require_tensor(r, "dY", r.dy);
    if (r.dy.how == second_copy::from_kept) {
        detail::refuse_linear(r, "dY",
                              "how is from_kept, allowed from_source, requantise, same_codes: nothing of dY is kept, "
                              "because both of its products belong to the backward pass");
    }
    if (r.delayed) {
        require_delayed(*r.delayed);
    }
    detail::require_linear_product(r.fprop, r.x.first.element, r.w.first.element);
    detail::require_linear_product(r.dgrad, r.dy.first.element, r.w.second.element);
    detail::require_linear_product(r.wgrad, r.dy.second.element, r.x.second.element);
}

}  // namespace narrowfp
