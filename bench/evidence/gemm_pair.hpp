// SPDX-License-Identifier: Apache-2.0
// One published pair of products alone: the same matrix product in 16 bits and in FP8 (data/gemm.csv). The prior of the
// speed of 8-bit products comes from here; a training step is pair.hpp.
#pragma once

#include "evidence/words.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct gemm_pair {
    int id = 0;
    std::string source;
    std::string chip;
    std::string shape;
    std::optional<double> wide;  // in 16 bits: TFLOP/s; a time where `measure` says so
    std::optional<double> fp8;
    measured_as measure = measured_as::rate;  // time: the source ends with ", ms" or ", us", or the note begins so
    std::optional<double> ratio;              // rate in FP8 over rate in 16 bits; the lower one where a range is given
    std::optional<double> ratio_high;         // upper end of the range; without a range, `ratio`
    std::string note;
    std::size_t line = 0;
};

// As parse_pairs (pair.hpp), for the columns id, source, chip, shape, bf16_TFLOPs, fp8_TFLOPs, ratio, note.
std::vector<gemm_pair> parse_gemm_pairs(std::string_view text, std::string_view name);

const std::vector<gemm_pair>& published_gemm_pairs();

}  // namespace narrowfp::bench::evidence
