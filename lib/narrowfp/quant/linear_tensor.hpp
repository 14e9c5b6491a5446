// SPDX-License-Identifier: Apache-2.0
// How a tensor that takes part in two products of a linear layer is quantised: activations, weights and gradients each are
// an operand twice, summed over another index each time (DeepSeek-V3, arXiv 2412.19437, 3.3; Transformer Engine). The
// products themselves are gemm/linear_recipe.hpp, bytes cost/footprint.hpp.
#pragma once

#include <narrowfp/quant/recipe.hpp>

namespace narrowfp {

// Where the operand of a tensor's second product comes from.
enum class second_copy : std::uint8_t {
    from_source,  // quantised from the wide tensor as well, while that is there (Transformer Engine)
    from_kept,    // quantised when needed, from a copy that is kept in a wide format
    requantize,   // the codes of the first product are kept, restored and quantised again (DeepSeek-V3)
    same_codes,   // the codes of the first product are kept and used transposed
};

inline constexpr std::array<std::pair<second_copy, std::string_view>, 4> second_copy_names{{
    {second_copy::from_source, "from_source"},
    {second_copy::from_kept, "from_kept"},
    {second_copy::requantize, "requantise"},
    {second_copy::same_codes, "same_codes"},
}};
constexpr std::string_view name_of(second_copy how) { return second_copy_names[static_cast<std::size_t>(how)].second; }

// How one operand of one product is quantised, in the directions of that product.
struct linear_operand {
    any_format element = f32;
    operand_scaling scaling{};
    rounding mode = rounding::ties_to_even;  // a format that does not define it uses its own
    overflow_mode overflow = overflow_mode::saturate_finite;

    quantization as_a() const { return as_recipe().for_a(element); }
    quantization as_b() const { return as_recipe().for_b(element); }

private:
    recipe as_recipe() const { return {.a = scaling, .b = scaling, .mode = mode, .overflow = overflow}; }
};

struct linear_tensor {
    linear_operand first{};
    linear_operand second{};
    second_copy how = second_copy::from_source;
    any_format kept = bf16;  // of the copy under from_kept
};

}  // namespace narrowfp
