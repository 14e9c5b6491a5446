// SPDX-License-Identifier: Apache-2.0
// Mistral's own files (consolidated.safetensors with params.json): X.weight in FP8 and one X.qscale_weight, which multiplies.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

std::string mistral_format(const checkpoint_files& files) {
    const json& p = files.parameters;
    const auto found = p.is_object() ? p.find("quantization") : p.end();
    if (!p.is_object() || found == p.end() || !found->is_object() || !found->contains("qformat_weight") ||
        !found->at("qformat_weight").is_string()) {
        return {};
    }
    return found->at("qformat_weight").get<std::string>();
}

bool recognises_mistral(const checkpoint_files& files) {
    return any_name_ends(files, ".qscale_weight") ||
           (!mistral_format(files).empty() && config_text(files, "quant_method").empty());
}

void claim_mistral(claims& all) {
    const std::string format = mistral_format(all.files());
    if (!format.empty() && format != "fp8_e4m3") {
        throw std::invalid_argument("'" + (all.files().config_folder / "params.json").string() +
                                    "': qformat_weight is '" + format.substr(0, 40) + "'; fp8_e4m3 was expected");
    }
    constexpr std::string_view suffix = ".weight";
    for (const stored_tensor* codes : all.open()) {
        if (!is_fp8(*codes)) {
            continue;
        }
        const std::string stem =
            codes->name.ends_with(suffix) ? codes->name.substr(0, codes->name.size() - suffix.size()) : codes->name;
        logical_tensor t = matrices_of_codes(*codes, codes->format);
        t.scales.push_back(required_tensor_level(t, all.require(*codes, stem + ".qscale_weight")));
        all.add(std::move(t));
    }
    drop_activation_scales(all);
    drop_orphans(all, {".qscale_weight"});
    if (!format.empty()) {
        require_some(all, "params.json says qformat_weight " + format);
    }
}

}  // namespace

const checkpoint_layout mistral_layout{"mistral", recognises_mistral, claim_mistral};

}  // namespace narrowfp::bench
