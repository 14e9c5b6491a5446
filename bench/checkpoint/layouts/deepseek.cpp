// SPDX-License-Identifier: Apache-2.0
// DeepSeek-V3 to V4.1 and relatives: FP8 codes with NAME_scale_inv beside them (which multiplies, despite its name), or
// X.scale beside X.weight. In V4 the experts are FP4: I8 bytes of two codes, with E8M0 scales (or NVFP4, as ModelOpt names it). Fused qkv projections may be
// quantised chunk by chunk, one for each head of keys and values.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <narrowfp/quant/granularity.hpp>

#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

const stored_tensor* deepseek_scale(const claims& all, const stored_tensor& codes) {
    if (const stored_tensor* scale = all.find(codes.name + "_scale_inv")) {
        return scale;
    }
    constexpr std::string_view suffix = ".weight";
    return codes.name.ends_with(suffix) ? all.find(codes.name.substr(0, codes.name.size() - suffix.size()) + ".scale")
                                        : nullptr;
}

std::optional<std::size_t> positive(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end() || !found->is_number_unsigned() ||
        found->get<std::size_t>() == 0) {
        return std::nullopt;
    }
    return found->get<std::size_t>();
}

// The blocks that grids may have: those of config.json first.
std::vector<block_shape> deepseek_blocks(const checkpoint_files& files) {
    std::vector<block_shape> blocks;
    const json* config = quantisation_config(files);
    if (config != nullptr && config->contains("weight_block_size") && !config->at("weight_block_size").is_null()) {
        const json& size = config->at("weight_block_size");
        const auto is_block = [](const json& n) { return n.is_number_unsigned() && n.get<std::size_t>() > 0; };
        if (!size.is_array() || size.size() != 2 || !is_block(size[0]) || !is_block(size[1])) {
            throw std::invalid_argument("'" + (files.config_folder / "config.json").string() +
                                        "': weight_block_size is " + size.dump().substr(0, 40) +
                                        "; two numbers above 0 were expected");
        }
        blocks.push_back({size[0].get<std::size_t>(), size[1].get<std::size_t>()});
    } else {
        blocks.push_back({128, 128});
    }
    return blocks;
}

// Blocks that begin anew with each chunk of rows.
std::optional<scale_level> chunked_level(const claims& all, const logical_tensor& t, const stored_tensor& scale,
                                         const block_shape& block) {
    const json& config = all.files().config;
    std::optional<std::size_t> chunks = positive(config, "num_key_value_heads");
    if (!chunks && config.is_object() && config.contains("text_config")) {
        chunks = positive(config["text_config"], "num_key_value_heads");
    }
    if (t.codes.name.find("qkv_proj") == std::string::npos || t.count != 1 || !chunks || t.rows % *chunks != 0) {
        return std::nullopt;
    }
    const std::size_t rows = t.rows / *chunks;
    const std::size_t grid_rows = *chunks * block_count(rows, block.rows);
    const std::size_t grid_cols = block_count(t.cols, block.cols);
    if (scale.shape != std::vector<std::size_t>{grid_rows, grid_cols}) {
        return std::nullopt;
    }
    return scale_level{.stored = scale,
                       .format = scale_format_of(scale),
                       .block_rows = block.rows,
                       .block_cols = block.cols,
                       .grid_rows = grid_rows,
                       .grid_cols = grid_cols,
                       .chunk_rows = rows};
}

void add_deepseek_fp8(claims& all, const stored_tensor& codes, const stored_tensor& scale,
                      std::vector<block_shape> blocks) {
    logical_tensor t = matrices_of_codes(codes, codes.format);
    if (is_exponents(scale)) {  // the group follows from the grid: config.json speaks of 128 x 128 here, too
        blocks.insert(blocks.end(), {mx_block, {32, 32}, {128, 128}});
    }
    if (const auto chunked = fits(t, scale, blocks[0]) ? std::nullopt : chunked_level(all, t, scale, blocks[0])) {
        t.scales.push_back(*chunked);
    } else {
        t.scales.push_back(any_level(t, scale, blocks));
    }
    all.add(std::move(t));
}

void add_deepseek_fp4(claims& all, const stored_tensor& codes, const stored_tensor& scale) {
    if (!is_exponents(scale)) {
        refuse_tensor(codes, "holds integers of I8 with scales of " + scale.dtype + "; integer schemes are not read");
    }
    logical_tensor t = matrices_of_pairs(codes);
    t.scales.push_back(grid_level(t, scale, mx_block));
    all.add(std::move(t), codes.name, shape_of_pairs(codes));
}

bool recognises_deepseek(const checkpoint_files& files) {
    if (config_text(files, "quant_method") == "fp8") {
        return any_name_ends(files, "_scale_inv") || any_name_ends(files, ".scale") ||
               !any_name_ends(files, ".weight_scale");
    }
    if (quantisation_config(files) != nullptr) {
        return false;
    }
    if (any_name_ends(files, "weight_scale_inv") || any_name_ends(files, "_proj_scale_inv")) {
        return true;
    }
    const claims all(files);
    for (const stored_tensor& t : files.tensors) {
        if ((is_fp8(t) || t.dtype == "I8") && deepseek_scale(all, t) != nullptr) {
            return true;
        }
    }
    return false;
}

void claim_deepseek(claims& all) {
    const std::vector<block_shape> blocks = deepseek_blocks(all.files());
    for (const stored_tensor* codes : all.open()) {
        const stored_tensor* scale = deepseek_scale(all, *codes);
        if (scale == nullptr) {
            continue;
        }
        if (is_fp8(*codes)) {
            add_deepseek_fp8(all, *codes, *scale, blocks);
        } else if (codes->dtype == "I8" || codes->dtype == "U8") {
            add_deepseek_fp4(all, *codes, *scale);
        }
    }
    claim_scale_pairs(all, blocks);  // experts that ModelOpt made NVFP4 afterwards
    drop_activation_scales(all);
    drop_orphans(all, {"_scale_inv"});
    require_no_bare_codes(all, "_scale_inv");
    if (config_text(all.files(), "quant_method") == "fp8") {
        require_some(all, "config.json says quant_method fp8");
    }
    const json& config = all.files().config;
    if (config.is_object() && config.contains("expert_dtype") && config["expert_dtype"] == "fp4") {
        for (const stored_tensor* t : all.open()) {
            if (t->dtype == "I8" && t->name.find(".experts.") != std::string::npos) {
                all.require(*t, t->name.substr(0, t->name.rfind('.')) + ".scale");
            }
        }
    }
}

}  // namespace

const checkpoint_layout deepseek_layout{"deepseek", recognises_deepseek, claim_deepseek};

}  // namespace narrowfp::bench
