// SPDX-License-Identifier: Apache-2.0
// MLX: X.weight in U32 words, element 0 in the lowest bits, and X.scales in U8: E8M0 for each 32 (mxfp4, mxfp8), E4M3 for each
// 16 (nvfp4, which has no scale of the tensor here). config.json names the mode, and modules may have their own. Affine modes
// are integers, with X.biases.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <stdexcept>
#include <utility>

namespace narrowfp::bench {
namespace {

const json* mlx_config(const checkpoint_files& files) {
    const json& config = files.config;
    const auto found = config.is_object() ? config.find("quantization") : config.end();
    return config.is_object() && found != config.end() && found->is_object() ? &*found : nullptr;
}

std::string mode_in(const json& object) {
    const auto found = object.is_object() ? object.find("mode") : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
}

// The module's own mode, else the model's.
std::string mode_of(const json* config, const std::string& module) {
    if (config == nullptr) {
        return {};
    }
    const auto own = config->find(module);
    const std::string mode = own == config->end() ? std::string() : mode_in(*own);
    return mode.empty() ? mode_in(*config) : mode;
}

void add_mlx(claims& all, const stored_tensor& codes, const stored_tensor& scale, const std::string& mode) {
    require_type(scale, {"U8"});
    if (mode != "mxfp4" && mode != "mxfp8" && mode != "nvfp4") {
        refuse_tensor(codes, mode.empty() || mode == "affine"
                                 ? "is in MLX's affine mode (integers); integer schemes are not read"
                                 : "is in MLX's mode '" + mode.substr(0, 40) + "'; mxfp4, mxfp8 and nvfp4 are read");
    }
    const bool fp8 = mode == "mxfp8";
    logical_tensor t = matrices_of_codes(codes, fp8 ? any_format{e4m3fn} : any_format{e2m1fn});
    t.cols *= fp8 ? 4 : 8;
    scale_level level = grid_level(t, scale, mode == "nvfp4" ? nvfp4_block : mx_block);
    level.format = mode == "nvfp4" ? any_format{e4m3fn} : any_format{e8m0fnu};
    t.scales.push_back(level);
    std::vector<std::size_t> shape = codes.shape;
    shape.back() = t.cols;
    all.add(std::move(t), codes.name, std::move(shape));
}

bool recognises_mlx(const checkpoint_files& files) {
    const json* config = mlx_config(files);
    return config != nullptr && (config->contains("mode") || config->contains("bits"));
}

void claim_mlx(claims& all) {
    const json* config = mlx_config(all.files());
    constexpr std::string_view suffix = ".weight";
    for (const stored_tensor* codes : all.open()) {
        if (codes->dtype != "U32" || !codes->name.ends_with(suffix)) {
            continue;
        }
        const std::string module = codes->name.substr(0, codes->name.size() - suffix.size());
        if (all.find(module + ".biases") != nullptr) {
            refuse_tensor(*codes, "has biases: MLX's affine mode (integers); integer schemes are not read");
        }
        add_mlx(all, *codes, all.require(*codes, module + ".scales"), mode_of(config, module));
    }
    drop_orphans(all, {".scales"});
    require_some(all, "config.json says MLX quantisation");
}

}  // namespace

const checkpoint_layout mlx_layout{"mlx", recognises_mlx, claim_mlx};

}  // namespace narrowfp::bench
