// SPDX-License-Identifier: Apache-2.0
// Files that `narrowfp quantize` wrote: the metadata name the recipe and the element format, NAME holds codes, NAME_scale_inv
// or NAME_scale the block scales, NAME_scale_2 the factor above them. F4 and F6 codes are packed without gaps.
#include "checkpoint/layouts/scaled_weights.hpp"
#include "checkpoint/model_audit.hpp"
#include "checkpoint/weight_matrices.hpp"

#include <narrowfp/quant/recipe.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

namespace narrowfp::bench {
namespace {

constexpr const char* description_key = "quantization";
constexpr const char* count_key = "quantized_tensors";

struct own_file {
    recipe how;
    any_format element;
};

[[noreturn]] void refuse_own(const checkpoint_files& files, const std::string& what) {
    throw std::invalid_argument("'" + files.path.string() + "': " + what);
}

own_file description_of(const checkpoint_files& files) {
    const std::string text = files.metadata_of(description_key);
    const std::size_t blank = text.rfind(' ');
    if (blank == std::string::npos) {
        refuse_own(files, "the metadata say quantization '" + text.substr(0, 60) + "'; RECIPE FORMAT was expected");
    }
    try {
        return {recipe_by_name(text.substr(0, blank)), format_by_name(text.substr(blank + 1))};
    } catch (const std::invalid_argument& error) {
        refuse_own(files, "the metadata say quantization '" + text.substr(0, 60) + "': " + error.what());
    }
}

std::string dtype_of_codes_of(const any_format& element) {
    if (std::holds_alternative<fixed_format>(element)) {
        return "I8";
    }
    const auto type = safetensors_dtype_of(element);
    return type ? std::string(to_string(*type)) : std::string();
}

// The matrices as the writer cut them.
logical_tensor own_codes(const stored_tensor& codes, const own_file& own) {
    const weight_matrices m = *matrices_of_shape(codes.shape);
    return {.codes = codes, .format = own.element, .count = m.count, .rows = m.rows, .cols = m.cols};
}

std::vector<std::size_t> own_grid(const logical_tensor& t, const granularity& blocks) {
    if (blocks == granularity::tensor()) {
        return {t.count};
    }
    std::vector<std::size_t> shape{block_count(t.rows, blocks.block_rows), block_count(t.cols, blocks.block_cols)};
    if (t.codes.shape.size() == 3) {
        shape.insert(shape.begin(), t.count);
    }
    return shape;
}

scale_level own_level(const logical_tensor& t, const stored_tensor& scale, const quantization& q) {
    const granularity& blocks = q.blocks;
    return {.stored = scale,
            .format = scale_format(q.scale),
            .block_rows = std::min(blocks.block_rows, t.rows),
            .block_cols = std::min(blocks.block_cols, t.cols),
            .grid_rows = block_count(t.rows, blocks.block_rows),
            .grid_cols = block_count(t.cols, blocks.block_cols)};
}

void add_own(claims& all, const own_file& own, const stored_tensor& codes, const stored_tensor& scale) {
    logical_tensor t = own_codes(codes, own);
    const std::string k = all.files().metadata_of("k");
    for (const bool k_last : {true, false}) {
        const quantization q = quantization_for(own.how, own.element, {.k_last = k_last, .operand_b = true});
        if (k == (k_last ? "first" : "last") || scale.shape != own_grid(t, q.blocks) || !t.scales.empty()) {
            continue;
        }
        t.scales.push_back(own_level(t, scale, q));
        t.k_is_rows = !k_last;
        if (q.scale.method == scale_method::two_level) {
            const stored_tensor& factor = all.require(codes, codes.name + "_scale_2");
            require_type(factor, {"F32"});
            t.scales.push_back(required_tensor_level(t, factor));
        }
    }
    if (t.scales.empty()) {
        refuse_tensor(scale, "is " + shape_text(scale) + "; that is no grid of recipe " + name_of(own.how) + " over '" +
                                 codes.name + "', " + shape_text(codes));
    }
    // The view of our own files is what they hold, whatever k is.
    t.restored_transposed = false;
    all.add(std::move(t));
}

// Each file says how many of its tensors are quantised: then codes that are left are literal values, copied from the
// source. Without that number they have lost their scale.
void require_announced(const claims& all) {
    std::uint64_t announced = 0;
    for (const auto& [shard, metadata] : all.files().metadata) {
        const auto found = metadata.find(count_key);
        if (found == metadata.end()) {
            require_no_bare_codes(all, "_scale");
            return;
        }
        std::uint64_t count = 0;
        const char* const end = found->second.data() + found->second.size();
        const auto read = std::from_chars(found->second.data(), end, count);
        if (read.ec != std::errc() || read.ptr != end) {
            throw std::invalid_argument("'" + shard.string() + "': the metadata say quantized_tensors '" +
                                        found->second.substr(0, 40) + "'; a number was expected");
        }
        announced += count;
    }
    if (announced != all.added()) {
        refuse_own(all.files(), "the metadata say " + std::to_string(announced) + " quantised tensors, and " +
                                    std::to_string(all.added()) + " have codes and scales here");
    }
}

bool recognises_own(const checkpoint_files& files) {
    return files.metadata_of("writer").starts_with("narrowfp") && !files.metadata_of(description_key).empty();
}

void claim_own(claims& all) {
    const own_file own = description_of(all.files());
    const bool scaled = own.how.b.scale.method != scale_method::none;
    const std::string dtype = dtype_of_codes_of(own.element);
    const bool packed = storage_bits_of(own.element) < 8;
    for (const stored_tensor* codes : all.open()) {
        if (codes->dtype != dtype || codes->shape.size() < 2 || codes->elements() == 0) {
            continue;
        }
        const stored_tensor* scale = all.find(codes->name + "_scale_inv");
        scale = scale != nullptr ? scale : all.find(codes->name + "_scale");
        if (scaled && scale != nullptr) {
            add_own(all, own, *codes, *scale);
        } else if (!scaled && packed) {
            all.add(own_codes(*codes, own));
        }
    }
    require_announced(all);
}

}  // namespace

const checkpoint_layout narrowfp_layout{"narrowfp", recognises_own, claim_own};

}  // namespace narrowfp::bench
