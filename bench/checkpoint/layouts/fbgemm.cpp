// SPDX-License-Identifier: Apache-2.0
// FBGEMM's FP8 (quant_method fbgemm_fp8): X.weight_scale for each row. Stacked experts [E, k, columns] have a scale for each
// column, stored as [E, 1, columns] or, for down_proj, as [E, columns, 1].
#include "checkpoint/layouts/scaled_weights.hpp"

#include <array>
#include <utility>

namespace narrowfp::bench {
namespace {

void add_fbgemm_experts(claims& all, const stored_tensor& codes, const stored_tensor& scale) {
    logical_tensor t = matrices_of_codes(codes, codes.format);
    t.k_is_rows = true;
    const bool down = codes.name.ends_with("down_proj");
    const std::vector<std::size_t> expected =
        down ? std::vector<std::size_t>{t.count, t.cols, 1} : std::vector<std::size_t>{t.count, 1, t.cols};
    if (scale.shape != expected) {
        refuse_tensor(scale, "is " + shape_text(scale) + "; the codes '" + codes.name + "' of " + shape_text(codes) +
                                 " need " + std::to_string(expected[0]) + " x " + std::to_string(expected[1]) + " x " +
                                 std::to_string(expected[2]));
    }
    t.scales.push_back({.stored = scale,
                        .format = scale_format_of(scale),
                        .block_rows = t.rows,
                        .block_cols = 1,
                        .grid_rows = 1,
                        .grid_cols = t.cols});
    all.add(std::move(t));
}

bool recognises_fbgemm(const checkpoint_files& files) { return config_text(files, "quant_method") == "fbgemm_fp8"; }

void claim_fbgemm(claims& all) {
    for (const stored_tensor* codes : all.open()) {
        if (!is_fp8(*codes)) {
            continue;
        }
        const stored_tensor& scale = all.require(*codes, codes->name + "_scale");
        require_type(scale, {"F32", "BF16", "F16"});
        if (codes->shape.size() == 3) {
            add_fbgemm_experts(all, *codes, scale);
        } else {
            logical_tensor t = matrices_of_codes(*codes, codes->format);
            t.scales.push_back(first_fitting(t, scale, std::array{channel_block}));
            all.add(std::move(t));
        }
    }
    drop_activation_scales(all);
    drop_orphans(all, {"_scale"});
    require_some(all, "config.json says quant_method fbgemm_fp8");
}

}  // namespace

const checkpoint_layout fbgemm_layout{"fbgemm", recognises_fbgemm, claim_fbgemm};

}  // namespace narrowfp::bench
