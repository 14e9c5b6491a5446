// SPDX-License-Identifier: Apache-2.0
// GGUF: MXFP4 as blocks of an E8M0 byte and 32 codes, NVFP4 as blocks of four unsigned E4M3 bytes and 64 codes. In each group
// that has a scale, the low halves of the bytes are the first half of the elements. For X.weight, X.scale in F32 multiplies: one
// number, or one for each expert. Tensors of other types are named and left out.
#include "checkpoint/layouts/scaled_weights.hpp"

#include <utility>

namespace narrowfp::bench {
namespace {

bool recognises_gguf(const checkpoint_files& files) { return files.path.extension() == ".gguf"; }

void add_blocks(claims& all, const stored_tensor& codes) {
    constexpr std::string_view suffix = ".weight";
    const bool mx = codes.dtype == "MXFP4";
    logical_tensor t = matrices_of_codes(codes, e2m1fn);
    t.order = code_order::split_halves;
    t.records = mx ? block_records{32, 1, 32} : block_records{64, 4, 16};
    t.scales.push_back({.stored = codes,
                        .format = mx ? any_format{e8m0fnu} : any_format{e4m3fn},
                        .block_rows = 1,
                        .block_cols = t.records.group,
                        .grid_rows = t.rows,
                        .grid_cols = t.cols / t.records.group,
                        .in_records = true});
    if (codes.name.ends_with(suffix)) {
        const std::string name = codes.name.substr(0, codes.name.size() - suffix.size()) + ".scale";
        if (const stored_tensor* scale = all.find(name)) {
            require_type(*scale, {"F32"});
            t.scales.push_back(required_tensor_level(t, *scale));
        }
    }
    all.add(std::move(t));
}

void claim_gguf(claims& all) {
    for (const stored_tensor* t : all.open()) {
        if (t->elements() != 0 && is_one_of(t->dtype, {"MXFP4", "NVFP4"})) {
            add_blocks(all, *t);
        }
    }
    for (const stored_tensor* t : all.open()) {
        if (!is_one_of(t->dtype, {"F32", "F16", "BF16"})) {
            all.drop(*t, t->elements() == 0 ? "it is empty" : "GGUF type " + t->dtype + " is not read");
        }
    }
    drop_activation_scales(all);
}

}  // namespace

const checkpoint_layout gguf_layout{"gguf", recognises_gguf, claim_gguf};

}  // namespace narrowfp::bench
