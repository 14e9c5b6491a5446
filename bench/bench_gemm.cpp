// SPDX-License-Identifier: Apache-2.0
// How fast products are on this machine: FP8, BF16, FP16, FP32 and INT8 by this library, each bit for bit what its
// reference defines, beside OpenBLAS, Eigen and oneDNN, and beside what the machine's instructions can do at most.
// On a processor without FP8 units FP8 is decoded and multiplied in the instructions of BF16: its rate says what this
// machine gives, and nothing about one with FP8 units.
// A new shape, format, recipe, accumulator or goal is one line in the tables below.
#include "support/gemm_rows.hpp"
#include "support/onednn.hpp"
#include "support/random_data.hpp"
#include "support/verification.hpp"

#include <narrowfp/format/catalog.hpp>
#include <narrowfp/gemm/unit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace narrowfp::bench {
namespace {

struct shape_choice {
    product_shape shape;
    bool always;    // without --all
    bool narrower;  // also on the narrower instruction sets
};

// Squares, and products of large language models: tokens x outputs x inputs of DeepSeek-V3's layers (arXiv 2412.19437),
// few tokens as in inference and many as in training.
constexpr std::array shapes{
    shape_choice{{256, 256, 256}, true, true},      shape_choice{{512, 512, 512}, true, false},
    shape_choice{{1024, 1024, 1024}, true, true},   shape_choice{{2048, 2048, 2048}, true, false},
    shape_choice{{4096, 4096, 4096}, false, false}, shape_choice{{128, 7168, 2048}, true, false},
    shape_choice{{128, 24576, 1536}, false, false}, shape_choice{{4096, 2112, 7168}, false, false},
    shape_choice{{4096, 7168, 2048}, false, false}};

// Weights in FP8 with 128x128 scales, activations as they are.
constexpr recipe weights_only{.name = "weights_128x128",
                              .source = "DeepSeek-V3, arXiv 2412.19437, 3.3.2, weights alone",
                              .summary = "128x128 for B, no scales for A",
                              .a = {},
                              .b = recipes::deepseek_v3.b};

struct variant {
    std::string_view impl;
    any_format a;
    any_format b;
    recipe scaling = recipes::none;
    accumulator acc = sequential<float>{};
    std::string_view acc_name = {};
    bool narrower = false;  // also where a shape is measured on narrower instruction sets
    bool slow = false;      // not for the largest shapes without --all
};

std::vector<variant> variants() {
    const accumulator chain = sequential<float>{};
    return {
        {"narrowfp", e4m3fn, e4m3fn, recipes::deepseek_v3, chain, {}, true},
        {"narrowfp_packed", e4m3fn, e4m3fn, recipes::deepseek_v3, chain},
        {"narrowfp", e4m3fn, e4m3fn, recipes::tensor_current, chain},
        {"narrowfp", e4m3fn, e4m3fn, recipes::tensor_current, promoted{sequential<float>{}, 128}},
        {"narrowfp", e4m3fn, e4m3fn, recipes::tensor_current, accumulator_of(unit_by_name("h100"), e4m3fn, e4m3fn),
         "h100", false, true},
        {"narrowfp", e4m3fn, e4m3fn, recipes::mxfp8, chain},
        {"narrowfp", bf16, e4m3fn, weights_only, chain},
        {"narrowfp", f32, e4m3fn, weights_only, chain, {}, false, true},
        {"narrowfp", bf16, bf16, recipes::none, chain, {}, true},
        {"narrowfp_packed", bf16, bf16, recipes::none, chain},
        {"narrowfp", f16, f16, recipes::none, chain, {}, false, true},
        {"narrowfp", f32, f32, recipes::none, chain, {}, true},
        {"narrowfp", int8, int8, recipes::int8_tile, promoted{int32_exact{}, 128}},
        {"openblas", f32, f32, recipes::none, chain, "native", true},
        {"eigen", f32, f32, recipes::none, chain, "native", false, true},
        {"onednn", f32, f32, recipes::none, chain, "native", true},
        {"onednn", bf16, bf16, recipes::none, chain, "native"},
        {"onednn_packed", bf16, bf16, recipes::none, chain, "native"},
        {"peak", f32, f32, recipes::none, chain, "registers", true},
        {"peak", bf16, bf16, recipes::none, chain, "registers"},
        {"peak", int8, int8, recipes::none, chain, "registers"},
        {"narrowfp", bf16, bf16, recipes::none, chain, "native"},
    };
}

product_spec spec_of(const variant& v, const product_shape& shape, int threads, std::string target) {
    return {.impl = std::string(v.impl),
            .a = v.a,
            .b = v.b,
            .scaling = v.scaling,
            .acc = v.acc,
            .acc_name = std::string(v.acc_name),
            .shape = shape,
            .threads = threads,
            .target = std::move(target)};
}

// The ratio to BF16 first and to FP32 second: the same program's rows in these formats.
void add_ratios(suite_row& row, const product_spec& spec) {
    if (!spec.impl.starts_with("narrowfp")) {
        return;
    }
    for (const any_format& base : {any_format{bf16}, any_format{f32}}) {
        product_spec other = spec;
        other.impl = "narrowfp";
        other.a = other.b = base;
        other.scaling = recipes::none;
        other.acc = sequential<float>{};
        other.acc_name = {};
        const std::string name = name_of_product(other);
        if (name != row.name()) {
            row.ratios.push_back({std::string(name_of(base)), name});
        }
    }
}

// -- goals ------------------------------------------------------------------------------------------------------------
// Places in `variants`.
enum row_of {
    fp8_tiles = 0,
    fp8_tiles_packed = 1,
    fp8_tensor = 2,
    fp8_h100 = 4,
    wide = 8,
    int8_tiles = 12,
    blas = 13,
    onednn_bf16_packed = 17,
    peak_bf16 = 19
};

struct goal_rule {
    std::string_view id;
    std::string_view text;
    row_of above;
    row_of below;
    double must;
    double aim;
    std::vector<product_shape> shapes;
    bool all_threads = true;
};

std::vector<goal_rule> goal_rules() {
    const product_shape n512{512, 512, 512};
    const product_shape n1024{1024, 1024, 1024};
    const product_shape n2048{2048, 2048, 2048};
    const product_shape llm{128, 7168, 2048};
    return {
        {"fp8_vs_sgemm", "FP8 1x128/128x128 vs OpenBLAS sgemm", fp8_tiles, blas, 1.6, 1.9, {n512, n1024, n2048, llm}},
        {"fp8_of_peak",
         "FP8 1x128/128x128 as a share of the peak of BF16 dot products",
         fp8_tiles,
         peak_bf16,
         0.75,
         0.88,
         {n512, n1024, n2048},
         false},
        {"one_chain_vs_tiles",
         "FP8 one FMA chain over k vs 1x128/128x128",
         fp8_tensor,
         fp8_tiles,
         0.95,
         1.0,
         {n512, n1024, n2048}},
        {"fp8_vs_onednn_bf16",
         "FP8 1x128/128x128 vs oneDNN BF16 with packed weights",
         fp8_tiles,
         onednn_bf16_packed,
         0.85,
         0.95,
         {n512, n1024, n2048}},
        {"packed_fp8_vs_onednn_bf16",
         "the same, both with packed weights",
         fp8_tiles_packed,
         onednn_bf16_packed,
         0.9,
         1.0,
         {llm}},
        {"h100_vs_sgemm",
         "FP8 as an H100 adds it (emulated) vs OpenBLAS sgemm",
         fp8_h100,
         blas,
         0.2,
         0.4,
         {n1024, n2048}},
    };
}

std::string shape_text_of(const product_shape& s) {
    return s.m == s.n && s.n == s.k ? fmt::format("n = {}", s.n) : fmt::format("{} x {} x {}", s.m, s.n, s.k);
}

std::vector<speed_goal> goals_for(const std::vector<int>& thread_counts) {
    const std::vector<variant> all = variants();
    const auto name = [&](row_of row, const product_shape& shape, int threads, const std::string& target = {}) {
        return name_of_product(spec_of(all[static_cast<std::size_t>(row)], shape, threads, target));
    };
    std::vector<speed_goal> goals;
    for (const goal_rule& rule : goal_rules()) {
        for (const product_shape& shape : rule.shapes) {
            for (const int threads : thread_counts) {
                if (threads != 1 && !rule.all_threads) {
                    continue;
                }
                goals.push_back(
                    {.id = fmt::format("{}/m:{}/n:{}/k:{}/threads:{}", rule.id, shape.m, shape.n, shape.k, threads),
                     .text = fmt::format("{}, {}, {} thread{}", rule.text, shape_text_of(shape), threads,
                                         threads == 1 ? "" : "s"),
                     .above = name(rule.above, shape, threads),
                     .below = name(rule.below, shape, threads),
                     .must = rule.must,
                     .aim = rule.aim});
            }
        }
    }
    for (const std::size_t n : {512U, 1024U, 2048U}) {
        const product_shape shape{n, n, n};
        if (thread_counts.size() > 1) {
            const int threads = thread_counts.back();
            goals.push_back({.id = fmt::format("threads/m:{}/threads:{}", n, threads),
                             .text = fmt::format("FP8 1x128/128x128, {} threads vs 1, n = {}", threads, n),
                             .above = name(fp8_tiles, shape, threads),
                             .below = name(fp8_tiles, shape, 1),
                             .must = 0.9 * threads,
                             .aim = 0.95 * threads});
        }
    }
    // What the claim reads (V2, V15): rates over BF16, where all of the operands are decoded and packed in every call.
    const product_shape large{2048, 2048, 2048};
    goals.push_back({.id = "fp8_storage",
                     .text = fmt::format("FP8 1x128/128x128 vs BF16, n = 2048, {} threads", thread_counts.back()),
                     .above = name(fp8_tiles, large, thread_counts.back()),
                     .below = name(wide, large, thread_counts.back()),
                     .record_id = "claim.input.fp8_storage_speed_up"});
    goals.push_back({.id = "int8",
                     .text = fmt::format("INT8 1x128/128x128 vs BF16, n = 2048, {} threads", thread_counts.back()),
                     .above = name(int8_tiles, large, thread_counts.back()),
                     .below = name(wide, large, thread_counts.back()),
                     .record_id = "claim.input.int8_speed_up"});
    for (const char* target : {"avx2", "avx512"}) {
        const product_shape shape{1024, 1024, 1024};
        goals.push_back(
            {.id = fmt::format("fp8_vs_sgemm/target:{}", target),
             .text = fmt::format("FP8 1x128/128x128 vs OpenBLAS sgemm, both with {}, n = 1024, 1 thread", target),
             .above = name(fp8_tiles, shape, 1, target),
             .below = name(blas, shape, 1, target),
             .must = 0.85,
             .aim = 0.95});
    }
    return goals;
}

suite_content make_rows(const suite_options& options) {
    suite_content content;
    const product_context context{std::make_shared<operand_store>(options.seed),
                                  load_openblas({}, openblas_core_for_target())};  // before any thread starts
    add_field(content.context, "openblas",
              context.blas.library ? context.blas.library->config + ", core " + context.blas.library->core
                                   : "none: " + context.blas.reason);
    add_field(content.context, "onednn", onednn_text());
    content.data_crc32 = crc32_of(make_matrix(distribution::normal, 256, 256, options.seed, 0));
    std::vector<int> thread_counts{1};
    if (options.threads > 1) {
        thread_counts.push_back(options.threads);
    }
    const std::vector<variant> all = variants();
    constexpr double large = 0x1p31;  // multiply-adds
    for (const shape_choice& choice : shapes) {
        if (!choice.always && !options.all) {
            continue;
        }
        for (const std::string target : {"", "avx2", "avx512"}) {
            for (const int threads : thread_counts) {
                for (const variant& v : all) {
                    const bool wanted = target.empty() ? options.all || !v.slow || choice.shape.products() < large ||
                                                             v.acc_name == "h100"
                                                       : choice.narrower && v.narrower && threads == 1;
                    if (wanted) {
                        const product_spec spec = spec_of(v, choice.shape, threads, target);
                        content.rows.push_back(make_product_row(spec, context));
                        add_ratios(*content.rows.back(), spec);
                    }
                }
            }
        }
    }
    content.goals = goals_for(thread_counts);
    return content;
}

}  // namespace
}  // namespace narrowfp::bench

int main(int argc, char** argv) {
    return narrowfp::bench::run_suite(
        argc, argv,
        {.name = "bench_gemm",
         .summary =
             "Times matrix products on this machine: FP8, BF16, FP16, FP32 and INT8 by this library, bit for bit\n"
             "as its reference defines them, beside OpenBLAS, Eigen, oneDNN and the peak of the processor's\n"
             "instructions. Each result is checked before and after it is timed.",
         .kind = narrowfp::report::evidence_kind::measured,
         .reference = "",
         .make = narrowfp::bench::make_rows,
         .note =
             "On a processor without FP8 units FP8 products are decoded and run in the instructions of BF16: these rates "
             "say what this machine gives, nothing about one with FP8 units. Rows of h100 emulate how that chip adds. "
             "Rows of 'peak' multiply registers only.",
         .in_rounds = true,
         .has_more = true});
}
