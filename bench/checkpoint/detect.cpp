// SPDX-License-Identifier: Apache-2.0
// Which layout a checkpoint is in: the first of the table that recognises it. Those that metadata announce come first, then
// those that a configuration announces, each of which also knows its tensors by their names.
#include "checkpoint/checkpoint.hpp"
#include "checkpoint/layouts/scaled_weights.hpp"

#include <narrowfp/report/text.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

constexpr std::array known_layouts{
    &gguf_layout,    &narrowfp_layout, &torchao_layout, &comfyui_layout, &mlx_layout,     &compressed_tensors_layout,
    &fbgemm_layout,  &quark_layout,    &gpt_oss_layout, &autofp8_layout, &mistral_layout, &deepseek_layout,
    &modelopt_layout};

constexpr std::array<std::string_view, 11> read_methods{"fp8",      "compressed-tensors", "compressed_tensors",
                                                        "modelopt", "modelopt_fp4",       "modelopt_mixed",
                                                        "mxfp4",    "fbgemm_fp8",         "quark",
                                                        "torchao",  "modelopt_fp8"};

[[noreturn]] void refuse_files(const checkpoint_files& files, const std::string& what) {
    throw std::invalid_argument("'" + files.path.string() + "': " + what);
}

// Schemes of integers, by their method or their names.
void refuse_integer_schemes(const checkpoint_files& files) {
    const std::string method = config_text(files, "quant_method");
    if (!method.empty() && std::find(read_methods.begin(), read_methods.end(), method) == read_methods.end()) {
        const bool integers = method == "gptq" || method == "awq" || method == "bitsandbytes" || method == "hqq" ||
                              method == "auto-round" || method == "aqlm" || method == "eetq";
        std::string list;
        for (const std::string_view m : read_methods) {
            list += (list.empty() ? "" : ", ") + std::string(m);
        }
        refuse_files(files, "config.json says quant_method '" + method.substr(0, 40) + "'" +
                                (integers ? ", a scheme of integers or code books, which is not read" : "") +
                                "; read are " + list);
    }
    for (const stored_tensor& t : files.tensors) {
        const auto ends = [&](std::string_view suffix) { return t.name.ends_with(suffix); };
        if (t.name.find(".quant_state.bitsandbytes__") != std::string::npos || ends(".weight.absmax") ||
            ends(".weight.quant_map")) {
            refuse_tensor(t, "belongs to bitsandbytes, whose code books are not read");
        }
        if ((ends(".qweight") || ends(".qzeros")) && t.dtype == "I32") {
            refuse_tensor(t, "belongs to GPTQ or AWQ; integer schemes are not read");
        }
    }
}

bool looks_like_scale(const std::string& name, const std::string& codes) {
    const std::string stem = codes.ends_with(".weight") ? codes.substr(0, codes.size() - 6) : codes;
    return name.size() > stem.size() && name.starts_with(stem) &&
           name.find("scale", stem.size()) != std::string::npos && name != codes;
}

// Codes without any scale are literal values, unless something beside them looks like one.
void claim_bare_codes(claims& all) {
    std::map<std::string_view, const stored_tensor*> by_name;
    for (const stored_tensor& t : all.files().tensors) {
        by_name.emplace(t.name, &t);
    }
    std::size_t literal = 0;
    for (const stored_tensor* t : all.open()) {
        const bool packed = is_one_of(t->dtype, {"F4", "F6_E2M3", "F6_E3M2"});
        if ((!is_fp8(*t) && !packed) || t->elements() == 0) {
            continue;
        }
        const std::string stem = t->name.ends_with(".weight") ? t->name.substr(0, t->name.size() - 6) : t->name;
        for (auto near = by_name.lower_bound(stem); near != by_name.end() && near->first.starts_with(stem); ++near) {
            if (looks_like_scale(std::string(near->first), t->name)) {
                refuse_tensor(*t, "has codes of " + t->dtype + ", and '" + report::printable(near->second->name) +
                                      "' looks like their scale in a layout that is not known");
            }
        }
        ++literal;
        if (packed) {
            logical_tensor plain = matrices_of_codes(*t, t->dtype == "F4"        ? any_format{e2m1fn}
                                                         : t->dtype == "F6_E2M3" ? any_format{e2m3fn}
                                                                                 : any_format{e3m2fn});
            if (plain.matrix_elements() * static_cast<std::size_t>(storage_bits_of(plain.format)) % 8 != 0) {
                plain.rows *= plain.count;
                plain.count = 1;
            }
            all.add(std::move(plain));
        }
    }
    if (literal != 0) {
        all.note(std::to_string(literal) +
                 " tensors of FP8, FP6 or FP4 codes have no scale; their codes are literal values");
    }
}

// Bytes of a weight that the layout did not pair are packed codes that have lost their scale.
void require_no_packed_codes(const claims& all, const std::string& layout) {
    for (const stored_tensor* t : all.open()) {
        const bool named = t->name.ends_with(".weight") || t->name.ends_with("_proj") || t->name.ends_with("blocks");
        if (named && is_one_of(t->dtype, {"U8", "I8"}) && t->shape.size() >= 2) {
            refuse_tensor(*t, "holds packed codes or integers of " + t->dtype + " without scales that the layout " +
                                  layout + " knows" +
                                  (all.files().is_folder() ? "" : "; if they are in another shard, name the folder"));
        }
    }
}

void require_names_once(const checkpoint& found) {
    std::map<std::string_view, const stored_tensor*> names;
    for (const stored_tensor& t : found.tensors) {
        if (!names.emplace(t.name, &t).second) {
            refuse_tensor(t, "has the name of another tensor of the model");
        }
    }
}

}  // namespace

checkpoint open_checkpoint(const std::filesystem::path& path, const std::optional<any_format>& codes) {
    return put_together(open_files(path, codes));
}

checkpoint put_together(checkpoint_files files) {
    checkpoint found{.files = std::move(files), .layout = {}, .tensors = {}, .dropped = {}, .notes = {}};
    refuse_integer_schemes(found.files);
    claims all(found.files);
    for (const checkpoint_layout* l : known_layouts) {
        if (found.layout.empty() && l->recognises(found.files)) {
            found.layout = l->name;
            l->claim(all);
        }
    }
    if (found.layout.empty()) {
        if (!config_text(found.files, "quant_method").empty()) {
            refuse_files(found.files, "config.json says quant_method '" + config_text(found.files, "quant_method") +
                                          "', and no tensor here is named as that layout names them");
        }
        claim_bare_codes(all);
    }
    if (!found.layout.empty() && found.layout != narrowfp_layout.name) {
        require_no_packed_codes(all, found.layout);
    }
    found.tensors = all.tensors_of_model();
    for (stored_tensor& t : found.tensors) {
        if (t.elements() == 0) {
            t.kind = element_kind::left_alone;
            all.note("tensor '" + report::printable(t.name) + "' is empty, shape " + shape_text(t) +
                     ", and is left as it is");
        }
    }
    found.dropped = found.files.unindexed;
    found.dropped.insert(found.dropped.end(), all.dropped().begin(), all.dropped().end());
    found.notes = all.notes();
    require_names_once(found);
    return found;
}

std::map<std::string, std::string> kept_metadata(const checkpoint& model, const std::filesystem::path& shard) {
    std::map<std::string, std::string> kept;
    const auto found = model.files.metadata.find(shard);
    if (found != model.files.metadata.end()) {
        kept = found->second;
    }
    for (const char* key : {"_quantization_metadata", "tensor_names"}) {
        kept.erase(key);
    }
    if (model.layout == narrowfp_layout.name) {
        for (const char* key : {"quantization", "quantized_tensors", "k", "writer"}) {
            kept.erase(key);
        }
    }
    for (const stored_tensor& t : model.tensors) {  // torchao describes each under its name
        kept.erase(t.name);
    }
    kept.emplace("format", "pt");
    if (kept["format"] == "mlx") {
        kept["format"] = "pt";
    }
    return kept;
}

tensor_list list_tensors(const std::vector<std::string>& paths, const std::optional<any_format>& codes) {
    tensor_list list;
    for (const std::string& path : paths) {
        checkpoint found = open_checkpoint(path, codes);
        list.tensors.insert(list.tensors.end(), found.tensors.begin(), found.tensors.end());
        list.dropped.insert(list.dropped.end(), found.dropped.begin(), found.dropped.end());
        list.notes.insert(list.notes.end(), found.notes.begin(), found.notes.end());
        list.layouts.push_back(found.layout);
    }
    if (list.tensors.empty()) {
        throw std::runtime_error("'" + paths.front() + "': holds no tensors");
    }
    std::map<std::string, int> uses;
    for (const stored_tensor& t : list.tensors) {
        ++uses[t.name];
    }
    for (stored_tensor& t : list.tensors) {
        if (uses[t.name] > 1) {
            t.name = t.file.string() + ":" + t.name;
        }
    }
    std::map<std::string, int> named;
    for (const stored_tensor& t : list.tensors) {
        if (++named[t.name] > 1) {
            throw std::invalid_argument("'" + t.file.string() + "' was given twice");
        }
    }
    return list;
}

}  // namespace narrowfp::bench
