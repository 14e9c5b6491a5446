// SPDX-License-Identifier: Apache-2.0
#include "evidence/catalogue.hpp"

#include "evidence/data_files.hpp"
#include "support/near_names.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace narrowfp::bench::evidence {
namespace {

constexpr std::array<std::string_view, 9> pair_table{"id",     "family", "model",   "kind",     "chip",
                                                     "recipe", "ratio",  "include", "confirmed"};
constexpr std::array<std::string_view, 7> gemm_table{"id",          "source",     "chip", "shape",
                                                     "bf16_TFLOPs", "fp8_TFLOPs", "ratio"};
constexpr std::array<std::string_view, 8> loss_table{"id",      "author", "year",        "model",
                                                     "scaling", "what",   "gap_percent", "gap_kind"};
constexpr std::array<std::string_view, 8> memory_table{"id",     "model",          "chip",         "what",
                                                       "recipe", "bytes_16bit_gb", "bytes_fp8_gb", "ratio"};
constexpr std::array<std::string_view, 9> run_table{"id",   "year",    "organisation", "model",      "parameters",
                                                    "chip", "devices", "format",       "mfu_percent"};

constexpr std::array<std::string_view, 27> number_columns{
    "id",          "n_gpu",   "hidden",           "ffn",          "seq",         "bf16",
    "fp8",         "ratio",   "include",          "bf16_TFLOPs",  "fp8_TFLOPs",  "year",
    "parameters",  "tokens",  "loss_16bit",       "loss_fp8",     "gap_percent", "seeds_16bit",
    "seeds_fp8",   "devices", "bytes_16bit_gb",   "bytes_fp8_gb", "low",         "high",
    "mfu_percent", "rows",    "active_parameters"};

std::vector<fault> check_fit_pairs(std::string_view text, std::string_view name) {
    return check_pairs(parse_pairs(text, name), name, pair_use::fit);
}
std::vector<fault> check_test_pairs(std::string_view text, std::string_view name) {
    return check_pairs(parse_pairs(text, name), name, pair_use::test);
}
std::vector<fault> check_own_pairs(std::string_view text, std::string_view name) {
    return check_pairs(parse_user_pairs(text, name), name, pair_use::test);
}
std::vector<fault> check_gemm(std::string_view text, std::string_view name) {
    return check_gemm_pairs(parse_gemm_pairs(text, name), name);
}
std::vector<fault> check_losses(std::string_view text, std::string_view name) {
    return check_loss_gaps(parse_loss_gaps(text, name), name);
}
std::vector<fault> check_memory(std::string_view text, std::string_view name) {
    return check_memory_pairs(parse_memory_pairs(text, name), name);
}
std::vector<fault> check_runs(std::string_view text, std::string_view name) {
    return check_wide_runs(parse_wide_runs(text, name), name);
}

}  // namespace

std::span<const data_file> all_data_files() {
    static const std::array<data_file, 6> files{{
        {"pairs", "pairs.csv", "training steps in 16 bits and FP8; the ratio model is fitted to them",
         data_files::pairs, "", pair_table, check_fit_pairs},
        {"later", "pairs_after_freeze.csv", "the same, collected after the model was frozen: its test",
         data_files::pairs_after_freeze, "", pair_table, check_test_pairs},
        {"gemm", "gemm.csv", "matrix products alone in 16 bits and FP8", data_files::gemm, "bf16_TFLOPs", gemm_table,
         check_gemm},
        {"loss", "loss_gaps.csv", "losses after training in 16 bits and FP8", data_files::loss_gaps, "loss_16bit",
         loss_table, check_losses},
        {"memory", "memory.csv", "memory of training in 16 bits and FP8", data_files::memory, "bytes_16bit_gb",
         memory_table, check_memory},
        {"runs", "runs_16bit.csv", "training runs in 16 bits on chips without FP8 units", data_files::runs_16bit,
         "format_stated", run_table, check_runs},
    }};
    return files;
}

const data_file& data_file_of(std::string_view key) {
    std::vector<std::string_view> known;
    for (const data_file& file : all_data_files()) {
        if (file.key == key) {
            return file;
        }
        known.push_back(file.key);
    }
    throw std::invalid_argument(unknown_name("file", key, known));
}

bool is_number_column(std::string_view column) {
    return std::find(number_columns.begin(), number_columns.end(), column) != number_columns.end();
}

checked_file check_shipped(const data_file& file) {
    return {.name = std::string(file.name),
            .rows = parse_csv(file.text, file.name).rows.size(),
            .faults = file.check(file.text, file.name)};
}

checked_file check_user_file(const std::filesystem::path& path) {
    const std::string name = path.string();
    const std::string text = read_csv_text(path);
    const csv_table table = parse_csv(text, name);
    auto* check = &check_own_pairs;
    for (const data_file& file : all_data_files()) {
        const bool same_name = path.filename().string() == file.name;
        if (same_name || (!file.mark.empty() && table.has(file.mark))) {
            check = file.check;
            break;
        }
    }
    return {.name = name, .rows = table.rows.size(), .faults = check(text, name)};
}

}  // namespace narrowfp::bench::evidence
