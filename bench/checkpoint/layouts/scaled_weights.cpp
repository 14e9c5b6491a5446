// SPDX-License-Identifier: Apache-2.0
#include "checkpoint/layouts/scaled_weights.hpp"

#include <narrowfp/quant/granularity.hpp>
#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace narrowfp::bench {
namespace {

constexpr std::size_t columns_of_tile = 4;
constexpr std::size_t rows_of_tile = 128;

std::size_t blocks_along(std::size_t extent, std::size_t block) {
    return block == whole_extent ? 1 : block_count(extent, block);
}

std::string shape_in_words(const std::vector<std::size_t>& shape) {
    std::string text;
    for (const std::size_t n : shape) {
        text += (text.empty() ? "" : " x ") + std::to_string(n);
    }
    return text.empty() ? "scalar" : text;
}

std::vector<std::size_t> leading(const logical_tensor& codes) {
    std::vector<std::size_t> shape = codes.codes.shape;
    shape.resize(shape.size() > 2 ? shape.size() - 2 : 0);
    return shape;
}

std::vector<std::size_t> grid_shape(const logical_tensor& codes, const block_shape& block) {
    std::vector<std::size_t> shape = leading(codes);
    shape.push_back(blocks_along(codes.rows, block.rows));
    shape.push_back(blocks_along(codes.cols, block.cols));
    return shape;
}

std::string block_in_words(const block_shape& b) {
    const auto extent = [](std::size_t n) { return n == whole_extent ? std::string("all") : std::to_string(n); };
    return "blocks of " + extent(b.rows) + " x " + extent(b.cols);
}

scale_level plain_level(const stored_tensor& scale) { return {.stored = scale, .format = scale_format_of(scale)}; }

[[noreturn]] void refuse_grid(const logical_tensor& codes, const stored_tensor& scale,
                              std::span<const block_shape> blocks) {
    std::string expected;
    std::string hint;
    for (const block_shape& b : blocks) {
        std::vector<std::size_t> shape = grid_shape(codes, b);
        expected += (expected.empty() ? "" : ", or ") + shape_in_words(shape) + " (" + block_in_words(b) + ")";
        std::vector<std::size_t> turned = shape;
        std::swap(turned[turned.size() - 1], turned[turned.size() - 2]);
        if (turned == scale.shape) {
            hint = ": it is transposed";
        }
        shape.back() /= 2;
        if (shape == scale.shape) {
            hint = ": it is half as wide";
        }
    }
    refuse_tensor(scale, "is " + shape_text(scale) + "; the codes '" + report::printable(codes.codes.name) + "' of " +
                             std::to_string(codes.rows) + " x " + std::to_string(codes.cols) + " need " + expected +
                             hint);
}

}  // namespace

logical_tensor matrices_of_codes(const stored_tensor& codes, const any_format& format) {
    logical_tensor t{.codes = codes, .format = format};
    const std::vector<std::size_t>& s = codes.shape;
    if (codes.elements() == 0) {
        refuse_tensor(codes, "has scales, and no elements");
    }
    if (s.empty()) {
        refuse_tensor(codes, "has scales, and no dimensions");
    }
    t.cols = s.back();
    t.rows = s.size() < 2 ? 1 : s[s.size() - 2];
    t.count = static_cast<std::size_t>(codes.elements()) / (t.rows * t.cols);
    return t;
}

logical_tensor matrices_of_pairs(const stored_tensor& codes, code_order order) {
    logical_tensor t = matrices_of_codes(codes, e2m1fn);
    t.cols *= 2;
    t.order = order;
    return t;
}

std::vector<std::size_t> shape_of_pairs(const stored_tensor& codes) {
    std::vector<std::size_t> shape = codes.shape;
    if (!shape.empty()) {  // else matrices_of_codes refuses it
        shape.back() *= 2;
    }
    return shape;
}

bool is_one_of(const std::string& dtype, std::initializer_list<std::string_view> dtypes) {
    return std::find(dtypes.begin(), dtypes.end(), dtype) != dtypes.end();
}

bool is_fp8(const stored_tensor& tensor) { return is_one_of(tensor.dtype, {"F8_E4M3", "F8_E5M2"}); }

bool is_exponents(const stored_tensor& scale) { return is_one_of(scale.dtype, {"U8", "F8_E8M0"}); }

any_format scale_format_of(const stored_tensor& scale) {
    if (is_exponents(scale)) {
        return e8m0fnu;
    }
    if (scale.dtype == "F8_E4M3") {
        return e4m3fn;
    }
    if (scale.dtype == "F32") {
        return f32;
    }
    if (scale.dtype == "BF16") {
        return bf16;
    }
    if (scale.dtype == "F16") {
        return f16;
    }
    refuse_tensor(scale, "is a scale by its name and of " + scale.dtype +
                             "; F32, BF16, F16, F8_E4M3, F8_E8M0 or U8 was expected");
}

void require_type(const stored_tensor& scale, std::initializer_list<std::string_view> dtypes) {
    if (!is_one_of(scale.dtype, dtypes)) {
        std::string list;
        for (const std::string_view d : dtypes) {
            list += (list.empty() ? "" : " or ") + std::string(d);
        }
        refuse_tensor(scale, "is of " + scale.dtype + "; " + list + " was expected");
    }
}

std::optional<scale_level> tensor_level(const logical_tensor& codes, const stored_tensor& scale) {
    scale_level level = plain_level(scale);
    level.block_rows = codes.rows;
    level.block_cols = codes.cols;
    if (scale.elements() == 1) {
        level.shared = true;
        return level;
    }
    const bool ones_behind = std::all_of(scale.shape.begin() + (scale.shape.empty() ? 0 : 1), scale.shape.end(),
                                         [](std::size_t n) { return n == 1; });
    if (codes.count > 1 && scale.elements() == codes.count && ones_behind) {
        return level;
    }
    return std::nullopt;
}

scale_level required_tensor_level(const logical_tensor& codes, const stored_tensor& scale) {
    if (const auto level = tensor_level(codes, scale)) {
        return *level;
    }
    refuse_tensor(scale, "is " + shape_text(scale) + "; the codes '" + report::printable(codes.codes.name) +
                             "' need a single number" +
                             (codes.count > 1 ? ", or " + std::to_string(codes.count) : std::string()));
}

bool fits(const logical_tensor& codes, const stored_tensor& scale, const block_shape& block) {
    std::vector<std::size_t> shape = grid_shape(codes, block);
    if (scale.shape == shape) {
        return true;
    }
    const std::size_t cols = shape.back();
    shape.pop_back();
    if (block.cols == whole_extent && scale.shape == shape) {  // a number for each row
        return true;
    }
    const std::size_t rows = shape.back();  // as ModelOpt writes blocks: rows, 1, columns, 1
    shape.insert(shape.end(), {1, cols, 1});
    return rows != 0 && block.rows != 1 && scale.shape == shape;
}

scale_level grid_level(const logical_tensor& codes, const stored_tensor& scale, const block_shape& block) {
    scale_level level = plain_level(scale);
    level.block_rows = block.rows == whole_extent ? codes.rows : block.rows;
    level.block_cols = block.cols == whole_extent ? codes.cols : block.cols;
    level.grid_rows = blocks_along(codes.rows, block.rows);
    level.grid_cols = blocks_along(codes.cols, block.cols);
    if (!fits(codes, scale, block)) {
        refuse_grid(codes, scale, std::array{block});
    }
    return level;
}

scale_level first_fitting(const logical_tensor& codes, const stored_tensor& scale,
                          std::span<const block_shape> blocks) {
    for (const block_shape& b : blocks) {
        if (fits(codes, scale, b)) {
            return grid_level(codes, scale, b);
        }
    }
    refuse_grid(codes, scale, blocks);
}

scale_level any_level(const logical_tensor& codes, const stored_tensor& scale, std::span<const block_shape> blocks) {
    const auto level = tensor_level(codes, scale);
    return level ? *level : first_fitting(codes, scale, blocks);
}

scale_level tiled_level(const logical_tensor& codes, const stored_tensor& scale, const block_shape& block) {
    scale_level level = plain_level(scale);
    level.block_rows = block.rows;
    level.block_cols = block.cols;
    level.grid_rows = blocks_along(codes.rows, block.rows);
    level.grid_cols = blocks_along(codes.cols, block.cols);
    level.tiled = true;
    if (scale.elements() != codes.count * level.scales_per_matrix()) {
        refuse_tensor(scale, "is " + shape_text(scale) + "; the codes '" + report::printable(codes.codes.name) +
                                 "' of " + std::to_string(codes.rows) + " x " + std::to_string(codes.cols) + " need " +
                                 std::to_string(codes.count * level.scales_per_matrix()) + " scales in tiles of " +
                                 std::to_string(rows_of_tile) + " x " + std::to_string(columns_of_tile));
    }
    return level;
}

void drop_activation_scales(claims& all) {
    constexpr std::array<std::string_view, 17> suffixes{"input_scale",
                                                        "activation_scale",
                                                        "input_global_scale",
                                                        ".k_scale",
                                                        ".v_scale",
                                                        ".q_scale",
                                                        ".kv_scale",
                                                        ".output_scale",
                                                        ".scale_input",
                                                        ".input_scale_ub",
                                                        ".activation_scale_ub",
                                                        ".qscale_act",
                                                        "_act_per_tensor_scale",
                                                        ".prob_scale",
                                                        ".prob_output_scale",
                                                        ".input_scale_inv",
                                                        ".kv_cache_scale"};
    for (const stored_tensor* t : all.open()) {
        if (std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view s) { return t->name.ends_with(s); })) {
            all.drop(*t, "a scale of activations or of the cache");
        }
    }
}

void drop_orphans(claims& all, std::initializer_list<std::string_view> suffixes) {
    for (const stored_tensor* t : all.open()) {
        if (std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view s) { return t->name.ends_with(s); })) {
            all.drop(*t, "a scale whose codes are not here");
        }
    }
}

void require_no_bare_codes(const claims& all, const std::string& expected_scale) {
    for (const stored_tensor* t : all.open()) {
        if (is_fp8(*t)) {
            all.require(*t, expected_scale.empty() ? scale_name(*t) : t->name + expected_scale);
        }
    }
}

void require_some(const claims& all, const std::string& promise) {
    if (all.added() == 0) {
        throw std::invalid_argument("'" + all.files().path.string() + "': " + promise +
                                    ", and no tensor here has codes and scales of it" +
                                    (all.files().is_folder() ? "" : "; if they are in other shards, name the folder"));
    }
}

std::string scale_name(const stored_tensor& codes) {
    return codes.name + (codes.name.ends_with(".weight") ? "_scale" : "_weight_scale");
}

namespace {

// [count, k / 2, columns] with scales [count, k / 16, columns]: experts that are packed along k, which is not last.
bool is_packed_by_rows(const stored_tensor& codes, const stored_tensor& scale) {
    const auto& c = codes.shape;
    const auto& s = scale.shape;
    return c.size() == 3 && s.size() == 3 && s[0] == c[0] && s[2] == c[2] && s[1] == block_count(2 * c[1], 16) &&
           s[2] != block_count(2 * c[2], 16);
}

void add_fp4(claims& all, const stored_tensor& codes, const stored_tensor& scale) {
    const stored_tensor* second = all.find(scale_name(codes) + "_2");
    logical_tensor t;
    std::vector<std::size_t> shape = shape_of_pairs(codes);
    if (is_exponents(scale)) {
        t = matrices_of_pairs(codes);
        t.scales.push_back(grid_level(t, scale, mx_block));
    } else {
        require_type(scale, {"F8_E4M3"});
        if (is_packed_by_rows(codes, scale)) {
            t = matrices_of_codes(codes, e2m1fn);
            t.rows *= 2;
            t.order = code_order::row_pairs;
            t.k_is_rows = true;
            shape = {codes.shape[0], 2 * codes.shape[1], codes.shape[2]};
            t.scales.push_back(grid_level(t, scale, {nvfp4_block.cols, 1}));
        } else {
            t = matrices_of_pairs(codes);
            t.scales.push_back(grid_level(t, scale, nvfp4_block));
        }
        const stored_tensor& factor = second != nullptr ? *second : all.require(codes, scale_name(codes) + "_2");
        require_type(factor, {"F32"});
        t.scales.push_back(required_tensor_level(t, factor));
    }
    all.add(std::move(t), codes.name, std::move(shape));
}

}  // namespace

void claim_scale_pairs(claims& all, std::span<const block_shape> blocks) {
    for (const stored_tensor* codes : all.open()) {
        const stored_tensor* scale = all.find(scale_name(*codes));
        if (scale == nullptr) {
            continue;
        }
        if (codes->dtype == "U8") {
            add_fp4(all, *codes, *scale);
        } else if (is_fp8(*codes)) {
            logical_tensor t = matrices_of_codes(*codes, codes->format);
            t.scales.push_back(is_exponents(*scale) ? grid_level(t, *scale, mx_block) : any_level(t, *scale, blocks));
            all.add(std::move(t));
        } else if (codes->dtype == "I8" || codes->dtype == "I32") {
            refuse_tensor(*codes, "holds integers of " + codes->dtype + " with scales; integer schemes are not read");
        }
    }
}

const json* quantisation_config(const checkpoint_files& files) {
    const auto object_at = [](const json& parent, const char* key) -> const json* {
        const auto found = parent.is_object() ? parent.find(key) : parent.end();
        return parent.is_object() && found != parent.end() && found->is_object() ? &*found : nullptr;
    };
    if (const json* found = object_at(files.config, "quantization_config")) {
        return found;
    }
    if (const json* found = object_at(files.config, "compression_config")) {
        return found;
    }
    for (const char* inner : {"text_config", "llm_config", "language_config", "thinker_config"}) {
        const json* text = object_at(files.config, inner);
        if (const json* found = text == nullptr ? nullptr : object_at(*text, "quantization_config")) {
            return found;
        }
    }
    return nullptr;
}

std::string config_text(const checkpoint_files& files, const char* key) {
    const json* config = quantisation_config(files);
    const auto found = config == nullptr ? json::const_iterator{} : config->find(key);
    return config != nullptr && found != config->end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
}

bool any_name_ends(const checkpoint_files& files, std::string_view suffix) {
    return std::any_of(files.tensors.begin(), files.tensors.end(),
                       [&](const stored_tensor& t) { return t.name.ends_with(suffix); });
}

}  // namespace narrowfp::bench
