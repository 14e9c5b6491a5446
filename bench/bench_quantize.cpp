// SPDX-License-Identifier: Apache-2.0
// How fast matrices are quantised and restored on this machine: `quantize_into` and `dequantize_into` under the recipes of
// operands, for dense and transposed views, beside memcpy of the floats. A new recipe or view is one line below.
#include "support/array_rows.hpp"

#include <narrowfp/quant/quantize.hpp>
#include <narrowfp/quant/quantize_reference.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace narrowfp::bench {
namespace {

constexpr std::string_view prefix = "quantize";
constexpr std::array<table_key, 7> columns{{{"impl", "program"},
                                            {"op", "operation"},
                                            {"format", "format"},
                                            {"blocks", "blocks"},
                                            {"scale", "scale"},
                                            {"rows", "rows = columns", true},
                                            {"threads", "threads", true}}};
constexpr std::size_t in_cache = 512;    // rows and columns: 1 MiB of floats
constexpr std::size_t in_memory = 8192;  // 256 MiB of floats

struct variant {
    std::string_view op;  // "quantize", "quantize_transposed" (of a transposed view), "dequantize"
    quantization how;
    bool large = false;    // also in memory
    bool threads = false;  // also with all threads
};

const scaling tile_scale = recipes::deepseek_v3.a.scale;
const variant tiles_variant{"quantize", {e4m3fn, granularity::block(1, 128), tile_scale}, true, true};

std::vector<variant> variants() {
    const auto a = [](const recipe& r) { return r.for_a(r.element); };
    const auto b = [](const recipe& r) { return r.for_b(r.element); };
    return {tiles_variant,
            {"quantize_transposed", tiles_variant.how, true, true},
            {"quantize", {e4m3fn, granularity::block(128, 1), tile_scale}, true, true},
            {"quantize_transposed", {e4m3fn, granularity::block(128, 1), tile_scale}},
            {"quantize", {e4m3fn, granularity::block(128, 128), tile_scale}, true},
            {"quantize", a(recipes::tensor_current), true, true},
            {"quantize", a(recipes::rowwise)},
            {"quantize", b(recipes::rowwise)},
            {"quantize", a(recipes::mxfp8), true},
            {"quantize", b(recipes::mxfp8)},
            {"quantize", a(recipes::mxfp4)},
            {"quantize", a(recipes::nvfp4)},
            {"quantize", a(recipes::int8_tile)},
            {"quantize", recipes::none.for_a(bf16)},
            {"dequantize", tiles_variant.how, true, true},
            {"dequantize", a(recipes::tensor_current)},
            {"dequantize", a(recipes::mxfp8)},
            {"dequantize", a(recipes::mxfp4)}};
}

std::string word_of(const granularity& g) {
    std::string name = name_of(g);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '(' || c == ','; }, '_');
    name.erase(std::remove(name.begin(), name.end(), ')'), name.end());
    return name;
}

report::field_list parameters_of(std::string_view impl, std::string_view op, const quantization& how, std::size_t n,
                                 int threads) {
    report::field_list p;
    add_field(p, "impl", std::string(impl));
    add_field(p, "op", std::string(op));
    add_field(p, "format", std::string(name_of(how.element)));
    add_field(p, "blocks", word_of(how.blocks));
    add_field(p, "scale", std::string(name_of(how.scale.method)));
    add_field(p, "rows", n);
    add_field(p, "cols", n);
    add_field(p, "threads", threads);
    return p;
}

report::field_list parameters_of(const variant& v, std::size_t n, int threads) {
    return parameters_of("narrowfp", v.op, v.how, n, threads);
}
report::field_list copy_parameters(std::size_t n, int threads) {
    return parameters_of("memcpy", "copy", {f32, granularity::tensor(), {}}, n, threads);
}

std::string group_of(std::size_t n, int threads) { return fmt::format("{} {}", n, threads); }

// Large matrices are compared with the reference in their first rows, a multiple of every block's.
constexpr std::size_t rows_compared = 512;

class quantization_row : public suite_row {
public:
    quantization_row(const variant& v, std::shared_ptr<const std::vector<float>> data, std::size_t n, int threads)
        : suite_row(prefix, parameters_of(v, n, threads)), v_(v), data_(std::move(data)), n_(n), threads_(threads) {}

    void prepare() override {
        quantize_into(view(), v_.how, codes_, {.threads = threads_});
        if (v_.op == "dequantize") {
            values_ = matrix<float>(n_, n_);
            compute();
        }
    }
    void compute() override {
        if (v_.op == "dequantize") {
            dequantize_into(codes_, values_.view(), {.threads = threads_});
        } else {
            quantize_into(view(), v_.how, codes_, {.threads = threads_});
        }
    }

    std::string check() const override {
        const std::size_t rows = std::min(n_, rows_compared);
        quantization how = v_.how;
        if (rows < n_ && how.blocks == granularity::tensor() && how.scale.method == scale_method::multiplier) {
            // The scale of the whole matrix for a part of it.
            float amax = 0;
            for (const float x : *data_) {
                amax = std::max(amax, std::fabs(x));
            }
            how.scale.fixed_factor = float_scale_of(amax, how.element, how.scale).apply;
        }
        const quantized_matrix expected = quantize_reference(view().block(0, 0, rows, n_), how);
        const std::size_t bytes = expected.code_bytes();
        if (std::memcmp(expected.codes().bytes().data(), codes_.codes().bytes().data(), bytes) != 0) {
            return "codes differ from the reference";
        }
        for (std::size_t b = 0; b < expected.scales().size(); ++b) {
            if (expected.scale_code(b) != codes_.scale_code(b)) {
                return "scales differ from the reference";
            }
        }
        if (v_.op == "dequantize") {
            const matrix<float> values = dequantize_reference(expected);
            if (std::memcmp(values.data(), values_.data(), values.size() * sizeof(float)) != 0) {
                return "values differ from the reference";
            }
        }
        return {};
    }

    std::string label() const override { return v_.op == "dequantize" ? "" : "events counted"; }
    std::string checked_against() const override {
        return fmt::format("equal to the reference, bit for bit, in the first {} rows", std::min(n_, rows_compared));
    }
    double macs() const override { return static_cast<double>(data_->size()); }
    std::string group() const override { return group_of(n_, threads_); }
    void release() override {
        codes_ = {};
        values_ = {};
    }

private:
    matrix_view<const float> view() const {
        const matrix_view<const float> dense(data_->data(), n_, n_);
        return v_.op == "quantize_transposed" ? dense.transposed() : dense;
    }

    variant v_;
    std::shared_ptr<const std::vector<float>> data_;
    std::size_t n_;
    int threads_;
    quantized_matrix codes_;
    matrix<float> values_;
};

suite_content make_rows(const suite_options& options) {
    suite_content content;
    content.data_crc32 = crc32_of(*mixed_floats(in_cache * in_cache, options.seed));
    std::vector<int> thread_counts{1};
    if (options.threads > 1) {
        thread_counts.push_back(options.threads);
    }
    for (const std::size_t n : {in_cache, in_memory}) {
        const auto data = mixed_floats(n * n, options.seed);
        for (const int threads : thread_counts) {
            const report::field_list copy = copy_parameters(n, threads);
            content.rows.push_back(make_copy_row(prefix, copy, group_of(n, threads), data, copy_kind::plain, threads));
            for (const variant& v : variants()) {
                if ((n == in_memory && !v.large) || (threads > 1 && !v.threads)) {
                    continue;
                }
                content.rows.push_back(std::make_unique<quantization_row>(v, data, n, threads));
                content.rows.back()->ratios.push_back({"memcpy", name_of_row(prefix, copy)});
            }
        }
    }
    content.goals.push_back({.id = "tiles_256MiB",
                             .text = "1x128 amax, scale and e4m3fn, 256 MiB, 1 thread, vs memcpy of the floats",
                             .above = name_of_row(prefix, parameters_of(tiles_variant, in_memory, 1)),
                             .below = name_of_row(prefix, copy_parameters(in_memory, 1)),
                             .must = 0.7,
                             .aim = 1.0});
    return content;
}

}  // namespace
}  // namespace narrowfp::bench

int main(int argc, char** argv) {
    return narrowfp::bench::run_suite(
        argc, argv,
        {.name = "bench_quantize",
         .summary =
             "Times quantisation on this machine: largest magnitudes, scales and codes of matrices under the recipes\n"
             "of operands, and back, beside memcpy. Each result is checked before and after it is timed.",
         .kind = narrowfp::report::evidence_kind::measured,
         .reference = "",
         .make = narrowfp::bench::make_rows,
         .in_rounds = true,
         .example = "blocks:block_1_128",
         .rate = narrowfp::bench::element_rates(narrowfp::bench::columns)});
}
