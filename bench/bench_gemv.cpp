// SPDX-License-Identifier: Apache-2.0
// Products of few rows with large weights, as in the decoding of a language model: every weight is read from memory for
// one or a few multiplications, so time follows bytes. FP8 weights need half the bytes of BF16 and a quarter of those of
// FP32, on a processor with FP8 units and on one without. Copies of the weights take turns, so that no cache holds them,
// and plain reading of as many bytes stands beside.
// A new number of rows, variant or goal is one line in the tables below.
#include "support/gemm_rows.hpp"
#include "support/random_data.hpp"
#include "support/verification.hpp"

#include <narrowfp/format/catalog.hpp>

#include <fmt/format.h>

#include <array>

namespace narrowfp::bench {
namespace {

// Outputs and inputs, and the bytes of weights that take turns: many times any cache, or one copy that stays in it.
struct weight_choice {
    std::size_t width;
    std::size_t rotated;
};
constexpr weight_choice from_memory{8192, std::size_t{256} << 20};
constexpr weight_choice from_cache{512, 1};
constexpr std::array<std::size_t, 5> rows_of_a{1, 2, 4, 8, 16};

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
    std::string_view acc_name = {};
    bool one_row = false;  // only for a single row
};

enum row_of { fp8 = 0, fp8_bf16 = 1, fp8_f32 = 2, wide = 3, full = 4, read_fp8 = 6 };

std::vector<variant> variants() {
    return {{"narrowfp_packed", e4m3fn, e4m3fn, recipes::deepseek_v3},
            {"narrowfp_packed", bf16, e4m3fn, weights_only},
            {"narrowfp_packed", f32, e4m3fn, weights_only},
            {"narrowfp_packed", bf16, bf16, recipes::none},
            {"narrowfp_packed", f32, f32, recipes::none},
            {"openblas", f32, f32, recipes::none, "native"},
            {"read", e4m3fn, e4m3fn, recipes::none, "nothing", true},
            {"read", bf16, bf16, recipes::none, "nothing", true},
            {"read", f32, f32, recipes::none, "nothing", true}};
}

product_spec spec_of(const variant& v, const weight_choice& w, std::size_t m, int threads) {
    return {.impl = std::string(v.impl),
            .a = v.a,
            .b = v.b,
            .scaling = v.scaling,
            .acc = sequential<float>{},
            .acc_name = std::string(v.acc_name),
            .shape = {m, w.width, w.width},
            .threads = threads,
            .rotated_bytes = w.rotated};
}

struct goal_rule {
    std::string_view id;
    std::string_view text;
    row_of above;
    row_of below;
    bool of_times;
    double must;
    double aim;
};

constexpr std::array goal_rules{
    goal_rule{"fp8_over_f32", "time of FP8 over FP32", fp8, full, true, 0.30, 0.27},
    goal_rule{"bf16_over_f32", "time of BF16 over FP32", wide, full, true, 0.55, 0.52},
    goal_rule{"fp8_weights_f32_over_f32", "time of FP8 weights with FP32 activations over FP32", fp8_f32, full, true,
              0.40, 0.30},
    goal_rule{"fp8_vs_read", "FP8 vs plain reading of its bytes", fp8, read_fp8, false, 0.75, 0.9}};

suite_content make_rows(const suite_options& options) {
    suite_content content;
    const product_context context{std::make_shared<operand_store>(options.seed),
                                  load_openblas({}, openblas_core_for_target())};  // before any thread starts
    add_field(content.context, "openblas",
              context.blas.library ? context.blas.library->config + ", core " + context.blas.library->core
                                   : "none: " + context.blas.reason);
    content.data_crc32 = crc32_of(make_matrix(distribution::normal, 256, 256, options.seed, 0));
    std::vector<int> thread_counts{1};
    if (options.threads > 1) {
        thread_counts.push_back(options.threads);
    }
    const std::vector<variant> all = variants();
    const auto name = [&](row_of row, const weight_choice& w, std::size_t m, int threads) {
        return name_of_product(spec_of(all[static_cast<std::size_t>(row)], w, m, threads));
    };
    const auto add_row = [&](const variant& v, const weight_choice& w, std::size_t m, int threads) {
        if (v.one_row && m != 1) {
            return;
        }
        content.rows.push_back(make_product_row(spec_of(v, w, m, threads), context));
        suite_row& row = *content.rows.back();
        for (const auto& [label, base] : {std::pair{"bf16", wide}, std::pair{"f32", full}}) {
            const std::string other = name(base, w, m, threads);
            if (v.impl != "openblas" && other != row.name()) {
                row.ratios.push_back({label, other});
            }
        }
    };
    for (const weight_choice& w : {from_cache, from_memory}) {
        for (const std::size_t m : rows_of_a) {
            for (const int threads : thread_counts) {
                for (const variant& v : all) {
                    add_row(v, w, m, threads);
                }
            }
        }
    }
    for (const goal_rule& rule : goal_rules) {
        for (const int threads : thread_counts) {
            content.goals.push_back(
                {.id = fmt::format("gemv_{}/threads:{}", rule.id, threads),
                 .text = fmt::format("{}, {} thread{}", rule.text, threads, threads == 1 ? "" : "s"),
                 .above = name(rule.above, from_memory, 1, threads),
                 .below = name(rule.below, from_memory, 1, threads),
                 .must = rule.must,
                 .aim = rule.aim,
                 .of_times = rule.of_times});
        }
    }
    // What the claim (V16) reads: with 8-bit storage and 16-bit multiplication, at most 2.
    content.goals.push_back({.id = "gemv_fp8_storage",
                             .text = "FP8 weights with BF16 activations vs BF16",
                             .above = name(fp8_bf16, from_memory, 1, thread_counts.back()),
                             .below = name(wide, from_memory, 1, thread_counts.back()),
                             .record_id = "claim.input.memory_bound_speed_up"});
    return content;
}

}  // namespace
}  // namespace narrowfp::bench

int main(int argc, char** argv) {
    return narrowfp::bench::run_suite(
        argc, argv,
        {.name = "bench_gemv",
         .summary =
             "Times products of 1 to 16 rows with weights that come from memory (8192 x 8192) or from the cache\n"
             "(512 x 512): FP8, BF16 and FP32 weights, packed once, beside OpenBLAS and plain reading of as many\n"
             "bytes. Each result is checked before and after it is timed.",
         .kind = narrowfp::report::evidence_kind::measured,
         .reference = "",
         .make = narrowfp::bench::make_rows,
         .note =
             "One row waits for memory, so its time follows the bytes of the weights: what FP8 gains here it gains on "
             "any processor. Rows of 'read' only read as many bytes.",
         .in_rounds = true,
         .example = "m:1/n:8192/.*threads:1"});
}
