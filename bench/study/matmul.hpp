// SPDX-License-Identifier: Apache-2.0
// The matmul study: what FP8, BF16, FP16 and FP32 operands, under each scaling recipe and accumulator, do to one real
// matrix product (X^T X of images), to one with declared, LLM-like operands, and to the three products of a layer in
// training where files of its operands are given. Errors are against the exact product;
// bytes are those of both operands with their scales. Everything here is emulated or counted; nothing is timed.
// A new data set, format, recipe or accumulator is one line in the tables of matmul.cpp.
#pragma once

#include "support/datasets.hpp"

#include <narrowfp/error/metrics.hpp>
#include <narrowfp/gemm/accumulator.hpp>
#include <narrowfp/quant/recipe.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace narrowfp::bench {

struct matmul_options {
    std::filesystem::path images = fashion_mnist_path;  // idx file of 28 x 28 images
    std::vector<std::filesystem::path> operands{};      // files of narrowfp train --dump-operands
    std::string only;                                   // run only configurations whose id contains this text
    bool small = false;  // a fraction of the rows and columns, for a quick look; printed as such
    int threads = 0;
    std::function<void(std::uint64_t done, std::uint64_t total, std::string_view what)> on_progress;
};

// One product under one accumulator.
struct matmul_error {
    std::string accumulator;
    error_report report;
};

// One format under one recipe.
struct matmul_row {
    std::string id;  // "fashion_mnist.e4m3fn.deepseek_v3"
    std::string format;
    std::string recipe;
    std::size_t bytes = 0;  // codes and scales of both operands
    double bytes_per_element = 0;
    event_counts events;               // of both operands
    std::vector<matmul_error> errors;  // in the order of matmul_study::accumulators, without those that do not apply
};

struct matmul_dataset {
    std::string name;
    std::string summary;
    std::string options;     // of the command that runs it alone, with a blank before: " --operands FILE"
    std::uint32_t hash = 0;  // CRC-32 of both operands' FP32 bits
    std::size_t m = 0, n = 0, k = 0;
    std::vector<matmul_row> rows;
};

struct matmul_study {
    std::vector<std::string> accumulators;
    std::vector<matmul_dataset> datasets;
    bool small = false;
};

// The row and accumulator that ratios refer to: FP8 as DeepSeek-V3 trains with it on Hopper's matrix unit.
inline constexpr std::string_view matmul_baseline = "e4m3fn.deepseek_v3";
inline constexpr std::string_view matmul_baseline_accumulator = "promoted(aligned(32,13),128)";

// Throws std::runtime_error if the images or operands cannot be read and std::invalid_argument if `only` matches nothing.
matmul_study run_matmul_study(const matmul_options& options);

// The row with this id suffix in a data set, or nullptr.
const matmul_row* find_row(const matmul_dataset& data, std::string_view format_and_recipe);

// Its relative Frobenius error under an accumulator; NaN if it was not run.
double error_of(const matmul_row* row, std::string_view accumulator);

}  // namespace narrowfp::bench
