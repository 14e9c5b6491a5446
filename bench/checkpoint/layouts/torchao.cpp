// SPDX-License-Identifier: Apache-2.0
// torchao's safetensors: the metadata's tensor_names lists the tensors, and under each name says its type and parts. A tensor
// M.weight has parts M._weight_qdata, M._weight_scale and others. Every scale multiplies; scales may be in tiles.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

// M.weight and "qdata" -> M._weight_qdata.
std::string part_name(const std::string& tensor, const char* part) {
    const std::size_t dot = tensor.rfind('.');
    const std::string prefix = dot == std::string::npos ? "" : tensor.substr(0, dot + 1);
    return prefix + "_" + tensor.substr(dot == std::string::npos ? 0 : dot + 1) + "_" + part;
}

struct torchao_entry {
    std::string name;
    std::string type;
    json data;
    std::string where;  // for messages
};

torchao_entry entry_named(const checkpoint_files& files, const std::string& name) {
    torchao_entry e{name, {}, nullptr, "'" + files.path.string() + "': metadata of '" + name + "'"};
    const std::string text = files.metadata_of(name);
    if (text.empty()) {
        throw std::invalid_argument("'" + files.path.string() + "': tensor_names lists '" + name +
                                    "', and the metadata do not describe it");
    }
    const json value = parse_json_object(text, e.where);
    if (!value.contains("_type") || !value["_type"].is_string()) {
        throw std::invalid_argument(e.where + ": a text '_type' was expected");
    }
    e.type = value["_type"].get<std::string>();
    e.data = value.contains("_data") ? value["_data"] : json::object();
    if (!e.data.is_object()) {
        throw std::invalid_argument(e.where + ": '_data' must be an object");
    }
    return e;
}

bool is_swizzled(const torchao_entry& e) {
    return e.data.contains("is_swizzled_scales") && e.data["is_swizzled_scales"] == true;
}

const stored_tensor& qdata_of(const claims& all, const torchao_entry& e) {
    const stored_tensor* codes = all.find(part_name(e.name, "qdata"));
    if (codes == nullptr) {
        throw std::invalid_argument(e.where + ": its codes '" + part_name(e.name, "qdata") + "' are not here" +
                                    (all.files().is_folder() ? "" : "; if they are in another shard, name the folder"));
    }
    return *codes;
}

std::optional<block_shape> float8_block(const torchao_entry& e) {
    if (!e.data.contains("block_size") || e.data["block_size"].is_null()) {
        return std::nullopt;
    }
    const json& b = e.data["block_size"];
    std::vector<std::size_t> sizes;
    for (const json& n : b.is_array() ? b : json::array()) {
        if (n.is_number_unsigned() && n != 0U) {
            sizes.push_back(n.get<std::size_t>());
        }
    }
    if (!b.is_array() || sizes.size() != b.size() || sizes.size() < 2) {
        throw std::invalid_argument(e.where + ": block_size is " + b.dump().substr(0, 60) +
                                    "; a list of numbers above 0 was expected");
    }
    return block_shape{sizes[sizes.size() - 2], sizes.back()};
}

void add_float8(claims& all, const torchao_entry& e) {
    const stored_tensor& codes = qdata_of(all, e);
    const stored_tensor& scale = all.require(codes, part_name(e.name, "scale"));
    if (!is_fp8(codes)) {
        refuse_tensor(codes, "is of " + codes.dtype + "; Float8Tensor needs F8_E4M3 or F8_E5M2");
    }
    logical_tensor t = matrices_of_codes(codes, codes.format);
    const auto block = float8_block(e);
    t.scales.push_back(block ? any_level(t, scale, std::array{*block})
                             : any_level(t, scale, std::array{channel_block}));
    all.add(std::move(t), e.name, codes.shape);
}

void add_nvfp4(claims& all, const torchao_entry& e) {
    const stored_tensor& codes = qdata_of(all, e);
    const stored_tensor& scale = all.require(codes, part_name(e.name, "scale"));
    require_type(codes, {"U8", "F4"});
    require_type(scale, {"F8_E4M3"});
    logical_tensor t = matrices_of_pairs(codes);
    t.scales.push_back(is_swizzled(e) ? tiled_level(t, scale, nvfp4_block) : grid_level(t, scale, nvfp4_block));
    if (const stored_tensor* factor = all.find(part_name(e.name, "per_tensor_scale"))) {
        t.scales.push_back(required_tensor_level(t, *factor));
    } else if (e.data.contains("per_tensor_scale") && !e.data["per_tensor_scale"].is_null()) {
        all.require(codes, part_name(e.name, "per_tensor_scale"));
    }
    all.add(std::move(t), e.name, shape_of_pairs(codes));
}

void add_mx(claims& all, const torchao_entry& e) {
    const stored_tensor& codes = qdata_of(all, e);
    const stored_tensor& scale = all.require(codes, part_name(e.name, "scale"));
    require_type(scale, {"U8", "F8_E8M0"});
    const bool fp4 = codes.dtype == "U8";
    if (!fp4 && !is_fp8(codes)) {
        refuse_tensor(codes, "is of " + codes.dtype + "; MXTensor needs F8_E4M3, F8_E5M2 or U8");
    }
    logical_tensor t = fp4 ? matrices_of_pairs(codes) : matrices_of_codes(codes, codes.format);
    const std::size_t group = e.data.contains("block_size") && e.data["block_size"].is_number_unsigned()
                                  ? std::max<std::size_t>(1, e.data["block_size"].get<std::size_t>())
                                  : mx_block.cols;
    const block_shape block{1, group};
    t.scales.push_back(is_swizzled(e) ? tiled_level(t, scale, block) : grid_level(t, scale, block));
    all.add(std::move(t), e.name, fp4 ? shape_of_pairs(codes) : codes.shape);
}

bool recognises_torchao(const checkpoint_files& files) {
    return !files.metadata_of("tensor_names").empty() || config_text(files, "quant_method") == "torchao";
}

void claim_torchao(claims& all) {
    const checkpoint_files& files = all.files();
    std::size_t lists = 0;
    for (const auto& [shard, metadata] : files.metadata) {
        const auto found = metadata.find("tensor_names");
        if (found == metadata.end()) {
            continue;
        }
        ++lists;
        const std::string where = "'" + shard.string() + "': tensor_names";
        const json names = parse_json_object("{\"names\":" + found->second + "}", where)["names"];
        if (!names.is_array()) {
            throw std::invalid_argument(where + ": a list of texts was expected");
        }
        for (const json& name : names) {
            if (!name.is_string()) {
                throw std::invalid_argument(where + ": a list of texts was expected");
            }
            const torchao_entry e = entry_named(files, name.get<std::string>());
            if (e.type == "Tensor") {
                continue;
            }
            if (e.type == "Float8Tensor") {
                add_float8(all, e);
            } else if (e.type == "NVFP4Tensor") {
                add_nvfp4(all, e);
            } else if (e.type == "MXTensor") {
                add_mx(all, e);
            } else {
                throw std::invalid_argument(e.where + ": tensors of type '" + e.type.substr(0, 40) +
                                            "' are not read; Float8Tensor, NVFP4Tensor and MXTensor are");
            }
        }
    }
    if (lists == 0) {
        throw std::invalid_argument(
            "'" + files.path.string() +
            "': config.json says torchao, and the files have no tensor_names in their metadata");
    }
    drop_activation_scales(all);
    require_no_bare_codes(all, "");
}

}  // namespace

const checkpoint_layout torchao_layout{"torchao", recognises_torchao, claim_torchao};

}  // namespace narrowfp::bench
