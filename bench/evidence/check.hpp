// SPDX-License-Identifier: Apache-2.0
// The rules that rows of the data files keep, beyond being readable: figures that agree with each other, units that are one
// thing, sizes that can be. A rule that is broken is a fault that names its row; rows are never changed. README.md lists
// the rules.
#pragma once

#include "evidence/gemm_pair.hpp"
#include "evidence/loss_gap.hpp"
#include "evidence/memory_pair.hpp"
#include "evidence/pair.hpp"
#include "evidence/wide_run.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct fault {
    std::string file;
    std::size_t line = 0;
    int id = 0;
    std::string column;
    std::string found;
    std::string expected;
};

// "pairs.csv:12: id 11, column 'ratio': found 0.76, expected ..."
std::string text_of(const fault& f);

// What a file of pairs is for: the fit, where included rows have one layout, or anything else.
enum class pair_use { fit, test };

std::vector<fault> check_pairs(const std::vector<pair>& pairs, std::string_view file, pair_use use);
std::vector<fault> check_gemm_pairs(const std::vector<gemm_pair>& pairs, std::string_view file);
std::vector<fault> check_loss_gaps(const std::vector<loss_gap>& gaps, std::string_view file);
std::vector<fault> check_memory_pairs(const std::vector<memory_pair>& pairs, std::string_view file);
std::vector<fault> check_wide_runs(const std::vector<wide_run>& runs, std::string_view file);

}  // namespace narrowfp::bench::evidence
