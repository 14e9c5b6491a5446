// SPDX-License-Identifier: Apache-2.0
// gpt-oss: MXFP4 experts as NAME_blocks [E, rows, k / 32, 16] and NAME_scales [E, rows, k / 32], low nibble first. The
// parameter NAME of transformers is the transpose [E, k, rows]. The original files say NAME.blocks and NAME.scales, and have no
// such parameter.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <utility>

namespace narrowfp::bench {
namespace {

constexpr std::string_view blocks_suffix = "blocks";

bool is_blocks(const stored_tensor& t) { return t.name.ends_with("_blocks") || t.name.ends_with(".blocks"); }

bool recognises_gpt_oss(const checkpoint_files& files) {
    const std::string method = config_text(files, "quant_method");
    return method == "mxfp4" ||
           (method.empty() && any_name_ends(files, "_blocks") && any_name_ends(files, "_scales")) ||
           (method.empty() && any_name_ends(files, "_weight.blocks") && any_name_ends(files, "_weight.scales"));
}

void claim_gpt_oss(claims& all) {
    for (const stored_tensor* codes : all.open()) {
        if (!is_blocks(*codes)) {
            continue;
        }
        const std::string stem = codes->name.substr(0, codes->name.size() - blocks_suffix.size());
        const stored_tensor& scale = all.require(*codes, stem + "scales");
        require_type(*codes, {"U8"});
        require_type(scale, {"U8", "F8_E8M0"});
        const std::vector<std::size_t>& s = codes->shape;
        if (s.size() != 4 || s[3] != 16 || scale.shape != std::vector<std::size_t>{s[0], s[1], s[2]}) {
            refuse_tensor(*codes, "is " + shape_text(*codes) + " with scales of " + shape_text(scale) +
                                      "; E x rows x groups x 16 and E x rows x groups were expected");
        }
        if (codes->elements() == 0) {
            refuse_tensor(*codes, "has scales, and no elements");
        }
        const bool original = codes->name.ends_with(".blocks");
        logical_tensor t{.codes = *codes,
                         .format = e2m1fn,
                         .count = s[0],
                         .rows = s[1],
                         .cols = s[2] * 32,
                         .restored_transposed = !original};
        t.scales.push_back({.stored = scale,
                            .format = e8m0fnu,
                            .block_rows = 1,
                            .block_cols = 32,
                            .grid_rows = t.rows,
                            .grid_cols = s[2]});
        std::vector<std::size_t> shape{t.count, original ? t.rows : t.cols, original ? t.cols : t.rows};
        all.add(std::move(t), stem.substr(0, stem.size() - 1), std::move(shape));
    }
    for (const stored_tensor* t : all.open()) {
        if (t->name.ends_with("_scales") && t->dtype == "U8") {
            refuse_tensor(*t, "is a scale whose codes are not here");
        }
    }
    if (config_text(all.files(), "quant_method") == "mxfp4") {
        require_some(all, "config.json says quant_method mxfp4");
    }
}

}  // namespace

const checkpoint_layout gpt_oss_layout{"gpt-oss", recognises_gpt_oss, claim_gpt_oss};

}  // namespace narrowfp::bench
