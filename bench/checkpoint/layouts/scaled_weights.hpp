// SPDX-License-Identifier: Apache-2.0
// What layouts share: how the shape of a scale tensor is held against that of its codes. A grid has one shape; another one
// is refused with both shapes, never cropped, stretched or transposed.
#pragma once

#include "checkpoint/layout.hpp"

#include <narrowfp/quant/granularity.hpp>

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

// whole_extent: as large as the matrix.
struct block_shape {
    std::size_t rows = 1;
    std::size_t cols = 1;
};
inline constexpr block_shape mx_block{1, 32};
inline constexpr block_shape nvfp4_block{1, 16};
inline constexpr block_shape channel_block{1, whole_extent};

// The last two dimensions are a matrix, all others count matrices; one dimension is a single row.
logical_tensor matrices_of_codes(const stored_tensor& codes, const any_format& format);
// The same for bytes of two 4-bit codes each, along the last dimension.
logical_tensor matrices_of_pairs(const stored_tensor& codes, code_order order = code_order::in_rows);
// The shape of such codes: the last dimension twice as long.
std::vector<std::size_t> shape_of_pairs(const stored_tensor& codes);

bool is_fp8(const stored_tensor& tensor);
bool is_one_of(const std::string& dtype, std::initializer_list<std::string_view> dtypes);

// What scales are, by their type. U8 is E8M0. Throws for a type that holds no scales.
any_format scale_format_of(const stored_tensor& scale);
bool is_exponents(const stored_tensor& scale);  // E8M0

// A scale for each matrix or one for all: [], [1], or [count] with further dimensions of 1. None for other shapes.
std::optional<scale_level> tensor_level(const logical_tensor& codes, const stored_tensor& scale);

// Whether the shape is that of a grid of such blocks.
bool fits(const logical_tensor& codes, const stored_tensor& scale, const block_shape& block);
scale_level grid_level(const logical_tensor& codes, const stored_tensor& scale, const block_shape& block);
// The first block that fits; throws with both shapes if none does.
scale_level first_fitting(const logical_tensor& codes, const stored_tensor& scale, std::span<const block_shape> blocks);
// As first_fitting, after tensor_level.
scale_level any_level(const logical_tensor& codes, const stored_tensor& scale, std::span<const block_shape> blocks);
// One scale a matrix or for all. Throws if the shape is another.
scale_level required_tensor_level(const logical_tensor& codes, const stored_tensor& scale);
// A grid of `block` in tiles of 128 x 4. Throws if the number of scales is not that of whole tiles.
scale_level tiled_level(const logical_tensor& codes, const stored_tensor& scale, const block_shape& block);

// Throws unless the type is one of these.
void require_type(const stored_tensor& scale, std::initializer_list<std::string_view> dtypes);

// Scales of activations and of caches, by the ends of their names: no part of the weights.
void drop_activation_scales(claims& all);
// What is left of scales whose codes are not there, by the ends of their names.
void drop_orphans(claims& all, std::initializer_list<std::string_view> suffixes);
// Throws if FP8 codes are left.
void require_no_bare_codes(const claims& all, const std::string& expected_scale);
// Throws if nothing was added although the configuration promises it.
void require_some(const claims& all, const std::string& promise);

// FP8 and FP4 weights with NAME_scale (and NAME_scale_2, which multiplies) beside NAME, as ModelOpt, Quark and AutoFP8 name
// them: for NAME = X.weight X.weight_scale, for another NAME_weight_scale. `blocks` are those that FP8 grids may have.
void claim_scale_pairs(claims& all, std::span<const block_shape> blocks);
std::string scale_name(const stored_tensor& codes);

// The quantization_config of config.json, also inside text_config, or compression_config; nullptr if there is none.
const json* quantisation_config(const checkpoint_files& files);
// A text of it, or an empty one.
std::string config_text(const checkpoint_files& files, const char* key);
bool any_name_ends(const checkpoint_files& files, std::string_view suffix);

}  // namespace narrowfp::bench
