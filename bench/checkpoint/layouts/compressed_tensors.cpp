// SPDX-License-Identifier: Apache-2.0
// compressed-tensors: FP8 by tensor, channel, group and block, MXFP8, NVFP4 and MXFP4 packed, and mixtures of them. The
// global scale of NVFP4 divides. Which of them a tensor is follows from its names and types; config.json gives the blocks.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

constexpr std::string_view packed_suffix = "_packed";

[[noreturn]] void refuse_ct_config(const checkpoint_files& files, const std::string& what) {
    throw std::invalid_argument("'" + (files.config_folder / "config.json").string() + "': " + what);
}

// Whole numbers above 0 of a list of two, or none.
std::optional<block_shape> block_of(const json& list) {
    if (!list.is_array() || list.size() != 2 || !list[0].is_number_unsigned() || !list[1].is_number_unsigned() ||
        list[0] == 0U || list[1] == 0U) {
        return std::nullopt;
    }
    return block_shape{list[0].get<std::size_t>(), list[1].get<std::size_t>()};
}

// The grids that FP8 weights may have: by channel, and the blocks and groups of every group of the configuration.
std::vector<block_shape> ct_blocks(const checkpoint_files& files) {
    std::vector<block_shape> blocks{channel_block};
    const json* config = quantisation_config(files);
    if (config == nullptr || !config->contains("config_groups") || !config->at("config_groups").is_object()) {
        blocks.push_back({128, 128});
        return blocks;
    }
    for (const auto& [name, group] : config->at("config_groups").items()) {
        const json* weights = group.is_object() && group.contains("weights") ? &group["weights"] : nullptr;
        if (weights == nullptr || !weights->is_object()) {
            continue;
        }
        if (weights->contains("block_structure") && !weights->at("block_structure").is_null()) {
            const auto block = block_of(weights->at("block_structure"));
            if (!block) {
                refuse_ct_config(files, "config_groups: '" + name + "': block_structure is " +
                                            weights->at("block_structure").dump().substr(0, 40) +
                                            "; two numbers above 0 were expected");
            }
            blocks.push_back(*block);
        }
        if (weights->contains("group_size") && weights->at("group_size").is_number_unsigned() &&
            weights->at("group_size") != 0U) {
            blocks.push_back({1, weights->at("group_size").get<std::size_t>()});
        }
    }
    return blocks;
}

void add_ct_packed(claims& all, const stored_tensor& codes) {
    const std::string name = codes.name.substr(0, codes.name.size() - packed_suffix.size());  // X.weight
    if (codes.dtype != "U8") {
        refuse_tensor(codes,
                      "is packed in " + codes.dtype + " (pack-quantized integers); integer schemes are not read");
    }
    const stored_tensor& scale = all.require(codes, name + "_scale");
    logical_tensor t = matrices_of_pairs(codes);
    if (is_exponents(scale)) {
        t.scales.push_back(grid_level(t, scale, mx_block));
    } else {
        require_type(scale, {"F8_E4M3"});
        t.scales.push_back(grid_level(t, scale, nvfp4_block));
        const stored_tensor& global = all.require(codes, name + "_global_scale");
        require_type(global, {"F32"});
        t.scales.push_back(required_tensor_level(t, global));
        t.scales.back().divides = true;
    }
    all.add(std::move(t), name, shape_of_pairs(codes));
}

bool recognises_ct(const checkpoint_files& files) {
    const std::string method = config_text(files, "quant_method");
    return method == "compressed-tensors" || method == "compressed_tensors" ||
           (quantisation_config(files) == nullptr && any_name_ends(files, ".weight_packed"));
}

void claim_ct(claims& all) {
    const json* config = quantisation_config(all.files());
    if (config != nullptr && config->contains("sparsity_config") && config->at("sparsity_config").is_object() &&
        config->at("sparsity_config").value("format", json("dense")) != "dense") {
        refuse_ct_config(all.files(), "sparsity_config: sparse compression is not read");
    }
    if (const std::string status = config_text(all.files(), "quantization_status");
        !status.empty() && status != "compressed") {
        refuse_ct_config(all.files(),
                         "quantization_status is '" + status.substr(0, 40) + "'; 'compressed' was expected");
    }
    const std::vector<block_shape> blocks = ct_blocks(all.files());
    for (const stored_tensor* codes : all.open()) {
        if (codes->name.ends_with(".weight_zero_point") || codes->name.ends_with(".weight_g_idx")) {
            refuse_tensor(*codes, "belongs to an integer scheme; integer schemes are not read");
        }
        if (codes->name.ends_with(packed_suffix)) {
            add_ct_packed(all, *codes);
        }
    }
    claim_scale_pairs(all, blocks);
    drop_activation_scales(all);
    drop_orphans(all, {".weight_scale", ".weight_global_scale", ".weight_shape"});
    require_no_bare_codes(all, "");
    if (config != nullptr) {
        require_some(all, "config.json says compressed-tensors");
    }
}

}  // namespace

const checkpoint_layout compressed_tensors_layout{"compressed-tensors", recognises_ct, claim_ct};

}  // namespace narrowfp::bench
