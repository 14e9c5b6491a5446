// SPDX-License-Identifier: Apache-2.0
// NVIDIA ModelOpt: FP8 by tensor, channel and block, MXFP8, NVFP4, MXFP4, and experts that are stacked and packed along k.
// Every scale multiplies. AWQ's pre_quant_scale multiplies the columns.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

// The algorithm that hf_quant_config.json or config.json names, in capitals as there.
std::string modelopt_algorithm(const checkpoint_files& files) {
    const json& file = files.quantisation_file;
    if (file.is_object() && file.contains("quantization") && file["quantization"].is_object()) {
        const json& inner = file["quantization"];
        if (inner.contains("quant_algo") && inner["quant_algo"].is_string()) {
            return inner["quant_algo"].get<std::string>();
        }
    }
    return config_text(files, "quant_algo");
}

bool recognises_modelopt(const checkpoint_files& files) {
    const std::string method = config_text(files, "quant_method");
    if (method.starts_with("modelopt")) {
        return true;
    }
    if (!method.empty()) {
        return false;
    }
    return (files.quantisation_file.is_object() && files.quantisation_file.contains("quantization")) ||
           any_name_ends(files, "weight_scale_2") ||
           (any_name_ends(files, "weight_scale") && quantisation_config(files) == nullptr);
}

// W[:, j] = value * p[j].
void add_pre_quant_scales(claims& all) {
    constexpr std::string_view suffix = ".pre_quant_scale";
    for (const stored_tensor* p : all.open()) {
        if (p->name.ends_with(suffix)) {
            const std::string weight = p->name.substr(0, p->name.size() - suffix.size()) + ".weight";
            const stored_tensor* codes = all.find(weight);
            const stored_tensor* scale = codes == nullptr ? nullptr : all.find(scale_name(*codes));
            if (codes == nullptr || scale == nullptr || codes->shape.size() != 2) {
                refuse_tensor(*p, "scales the columns of '" + weight + "', which is no quantised matrix here");
            }
            if (codes->dtype != "U8" || is_exponents(*scale)) {
                refuse_tensor(
                    *p, "scales the columns of '" + weight + "' of " + codes->dtype + "; this is read for NVFP4 alone");
            }
            logical_tensor t = matrices_of_pairs(*codes);
            t.scales.push_back(grid_level(t, *scale, nvfp4_block));
            t.scales.push_back(required_tensor_level(t, all.require(*codes, scale_name(*codes) + "_2")));
            if (p->shape != std::vector<std::size_t>{t.cols}) {
                refuse_tensor(*p, "is " + shape_text(*p) + "; the codes '" + weight + "' need " +
                                      std::to_string(t.cols) + " numbers");
            }
            t.scales.push_back({.stored = *p,
                                .format = scale_format_of(*p),
                                .block_rows = t.rows,
                                .block_cols = 1,
                                .grid_rows = 1,
                                .grid_cols = t.cols});
            all.add(std::move(t), weight, shape_of_pairs(*codes));
        }
    }
}

void claim_modelopt(claims& all) {
    const std::string algorithm = modelopt_algorithm(all.files());
    for (const std::string_view integers : {"INT8", "INT4", "W4A16_AWQ", "W4A8_AWQ", "W8A16"}) {
        if (algorithm.find(integers) != std::string::npos && algorithm.find("NVFP4") == std::string::npos) {
            throw std::invalid_argument("'" + all.files().path.string() + "': ModelOpt's quant_algo is " +
                                        algorithm.substr(0, 40) + "; integer schemes are not read");
        }
    }
    for (const stored_tensor* t : all.open()) {
        if (t->name.find("svdquant_lora") != std::string::npos) {
            refuse_tensor(*t, "belongs to SVDQuant, whose low-rank part is added to the weight; it is not read");
        }
    }
    add_pre_quant_scales(all);
    constexpr std::array blocks{channel_block, block_shape{128, 128}};
    claim_scale_pairs(all, blocks);
    drop_activation_scales(all);
    drop_orphans(all, {"weight_scale", "weight_scale_2"});
    require_no_bare_codes(all, "");
    if (algorithm.find("FP4") != std::string::npos) {
        for (const stored_tensor* t : all.open()) {
            if (t->dtype == "U8" && t->name.ends_with(".weight")) {
                all.require(*t, scale_name(*t));
            }
        }
    }
    if (!algorithm.empty()) {
        require_some(all, "ModelOpt's configuration says quant_algo " + algorithm.substr(0, 40));
    }
}

}  // namespace

const checkpoint_layout modelopt_layout{"modelopt", recognises_modelopt, claim_modelopt};

}  // namespace narrowfp::bench
