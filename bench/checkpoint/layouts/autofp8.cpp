// SPDX-License-Identifier: Apache-2.0
// AutoFP8: quant_method fp8 as DeepSeek's, and one X.weight_scale for each tensor.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <array>

namespace narrowfp::bench {
namespace {

bool recognises_autofp8(const checkpoint_files& files) {
    return config_text(files, "quant_method") == "fp8" && any_name_ends(files, ".weight_scale") &&
           !any_name_ends(files, "_scale_inv") && !any_name_ends(files, ".scale");
}

void claim_autofp8(claims& all) {
    constexpr std::array blocks{channel_block};
    claim_scale_pairs(all, blocks);
    drop_activation_scales(all);
    drop_orphans(all, {".weight_scale"});
    require_no_bare_codes(all, "");
    require_some(all, "config.json says quant_method fp8");
}

}  // namespace

const checkpoint_layout autofp8_layout{"autofp8", recognises_autofp8, claim_autofp8};

}  // namespace narrowfp::bench
