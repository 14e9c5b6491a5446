// SPDX-License-Identifier: Apache-2.0
// ComfyUI: the older X.scale_weight with a marker scaled_fp8, and the newer X.weight_scale announced by X.comfy_quant or by
// _quantization_metadata. NVFP4 there has the high nibble first, scales in tiles, and rows and columns padded to 16; MXFP8 is
// padded to 32. What of a padded matrix is the model's weight only the model knows, so all of it is read.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <narrowfp/io/safetensors.hpp>

#include <array>
#include <map>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

constexpr std::string_view marker_suffix = ".comfy_quant";
constexpr std::string_view announcement = "_quantization_metadata";

bool is_old_marker(const stored_tensor& t) { return t.name == "scaled_fp8" || t.name.ends_with(".scaled_fp8"); }

std::string format_in(const json& value, const std::string& where) {
    if (!value.is_object() || !value.contains("format") || !value["format"].is_string()) {
        throw std::invalid_argument(where + ": an object with a text 'format' was expected");
    }
    return value["format"].get<std::string>();
}

// The format of each layer that is announced.
std::map<std::string, std::string> announced_layers(claims& all) {
    std::map<std::string, std::string> layers;
    if (const std::string text = all.files().metadata_of(std::string(announcement)); !text.empty()) {
        const std::string where = "'" + all.files().path.string() + "': " + std::string(announcement);
        const json value = parse_json_object(text, where);
        if (!value.contains("layers") || !value["layers"].is_object()) {
            throw std::invalid_argument(where + ": an object 'layers' was expected");
        }
        for (const auto& [layer, what] : value["layers"].items()) {
            layers[layer] = format_in(what, where + ": layer '" + layer + "'");
        }
    }
    constexpr std::uint64_t longest_marker = 65536;
    for (const stored_tensor* t : all.open()) {
        if (!t->name.ends_with(marker_suffix)) {
            continue;
        }
        if (t->dtype != "U8" || t->bytes == 0 || t->bytes > longest_marker) {
            refuse_tensor(*t, "is " + shape_text(*t) + " of " + t->dtype + "; a JSON text in U8 was expected");
        }
        std::string text(static_cast<std::size_t>(t->bytes), '\0');
        read_file_part(t->file, t->offset, std::as_writable_bytes(std::span(text)));
        const std::string where = "'" + t->file.string() + "': tensor '" + t->name + "'";
        layers[t->name.substr(0, t->name.size() - marker_suffix.size())] =
            format_in(parse_json_object(text, where), where);
        all.drop(*t, "a marker");
    }
    return layers;
}

void require_padding(const stored_tensor& codes, const logical_tensor& t, std::size_t multiple) {
    if (t.count != 1 || t.rows % multiple != 0 || t.cols % multiple != 0) {
        refuse_tensor(codes, "is " + std::to_string(t.rows) + " x " + std::to_string(t.cols) +
                                 " codes; rows and columns that are multiples of " + std::to_string(multiple) +
                                 " were expected");
    }
}

void add_comfy_layer(claims& all, const std::string& layer, const std::string& format) {
    const stored_tensor* codes = all.find(layer + ".weight");
    if (codes == nullptr) {
        throw std::invalid_argument("'" + all.files().path.string() + "': the layer '" + layer +
                                    "' is announced as quantised, and '" + layer + ".weight' is not here");
    }
    const stored_tensor& scale = all.require(*codes, layer + ".weight_scale");
    logical_tensor t;
    if (format == "float8_e4m3fn" || format == "float8_e5m2") {
        require_type(*codes, {format == "float8_e5m2" ? std::string_view("F8_E5M2") : std::string_view("F8_E4M3")});
        t = matrices_of_codes(*codes, codes->format);
        t.scales.push_back(required_tensor_level(t, scale));
        all.add(std::move(t));
    } else if (format == "nvfp4") {
        require_type(*codes, {"U8"});
        require_type(scale, {"F8_E4M3"});
        t = matrices_of_pairs(*codes, code_order::high_first);
        require_padding(*codes, t, 16);
        t.scales.push_back(tiled_level(t, scale, nvfp4_block));
        t.scales.push_back(required_tensor_level(t, all.require(*codes, layer + ".weight_scale_2")));
        all.add(std::move(t), codes->name, shape_of_pairs(*codes));
    } else if (format == "mxfp8") {
        require_type(*codes, {"F8_E4M3"});
        require_type(scale, {"U8", "F8_E8M0"});
        t = matrices_of_codes(*codes, codes->format);
        require_padding(*codes, t, 32);
        t.scales.push_back(tiled_level(t, scale, mx_block));
        all.add(std::move(t));
    } else {
        refuse_tensor(*codes, "is announced as '" + format.substr(0, 40) +
                                  "'; float8_e4m3fn, float8_e5m2, nvfp4 or mxfp8 was expected");
    }
}

bool recognises_comfyui(const checkpoint_files& files) {
    return !files.metadata_of(std::string(announcement)).empty() || any_name_ends(files, "scaled_fp8") ||
           any_name_ends(files, marker_suffix) || any_name_ends(files, ".scale_weight");
}

void claim_comfyui(claims& all) {
    bool padded = false;
    for (const auto& [layer, format] : announced_layers(all)) {
        add_comfy_layer(all, layer, format);
        padded = padded || format == "nvfp4" || format == "mxfp8";
    }
    std::size_t literal = 0;
    for (const stored_tensor* t : all.open()) {
        if (is_old_marker(*t)) {
            all.drop(*t, "a marker");
        } else if (is_fp8(*t) && t->name.ends_with(".weight")) {
            const std::string layer = t->name.substr(0, t->name.size() - std::string_view(".weight").size());
            const stored_tensor* scale = all.find(layer + ".scale_weight");
            if (scale == nullptr && all.find(layer + ".weight_scale") != nullptr) {
                refuse_tensor(*t, "has a weight_scale, and no comfy_quant or metadata announces it");
            }
            if (scale == nullptr) {
                ++literal;
                continue;
            }
            logical_tensor w = matrices_of_codes(*t, t->format);
            w.scales.push_back(required_tensor_level(w, *scale));
            all.add(std::move(w));
        }
    }
    drop_activation_scales(all);
    drop_orphans(all, {".scale_weight", ".weight_scale", ".weight_scale_2"});
    if (literal != 0) {
        all.note(std::to_string(literal) + " FP8 tensors have no scale; their codes are literal values");
    }
    if (padded) {
        all.note("NVFP4 and MXFP8 matrices of ComfyUI are padded; the padding is read as part of them");
    }
}

}  // namespace

const checkpoint_layout comfyui_layout{"comfyui", recognises_comfyui, claim_comfyui};

}  // namespace narrowfp::bench
