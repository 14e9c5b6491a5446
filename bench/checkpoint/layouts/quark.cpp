// SPDX-License-Identifier: Apache-2.0
// AMD Quark: FP8 by tensor, channel and block, MXFP8, MXFP4 and NVFP4, named as ModelOpt names them; every scale multiplies.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <array>

namespace narrowfp::bench {
namespace {

bool recognises_quark(const checkpoint_files& files) { return config_text(files, "quant_method") == "quark"; }

void claim_quark(claims& all) {
    for (const stored_tensor* t : all.open()) {
        if (t->dtype == "U8" && t->name.ends_with(".weight") && !t->shape.empty() && t->shape.back() % 17 == 0 &&
            all.find(scale_name(*t)) == nullptr) {
            refuse_tensor(*t, "has groups of 17 bytes without scales beside it: Quark's old 'mx' packing is not read");
        }
        if (t->name.ends_with(".weight_zero_point") && is_one_of(t->dtype, {"I8", "U8", "I32"})) {
            refuse_tensor(*t, "belongs to an integer scheme; integer schemes are not read");
        }
    }
    constexpr std::array blocks{channel_block, block_shape{128, 128}};
    claim_scale_pairs(all, blocks);
    drop_activation_scales(all);
    drop_orphans(all, {".weight_scale", ".weight_scale_2", ".weight_zero_point"});
    require_no_bare_codes(all, "");
    require_some(all, "config.json says quant_method quark");
}

}  // namespace

const checkpoint_layout quark_layout{"quark", recognises_quark, claim_quark};

}  // namespace narrowfp::bench
