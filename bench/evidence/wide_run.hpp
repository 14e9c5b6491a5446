// SPDX-License-Identifier: Apache-2.0
// A published training run in 16 bits on chips without FP8 units: that such runs exist (data/runs_16bit.csv).
#pragma once

#include "evidence/words.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct wide_run {
    int id = 0;
    std::string source;
    std::string place;
    std::optional<int> year;
    std::string organisation;
    std::string model;
    model_kind kind = model_kind::dense;
    std::optional<double> parameters;
    std::optional<double> active_parameters;  // per token; empty for dense models
    std::optional<double> tokens;
    std::string chip;
    std::optional<int> devices;
    std::string format;                 // BF16, FP16, ...
    bool format_stated = false;         // the source names the format
    std::optional<double> mfu_percent;  // model FLOPs utilisation
    certainty read = certainty::seen;
    std::string note;
    std::size_t line = 0;
};

// As parse_pairs (pair.hpp), for the columns of README.md.
std::vector<wide_run> parse_wide_runs(std::string_view text, std::string_view name);

const std::vector<wide_run>& published_wide_runs();

}  // namespace narrowfp::bench::evidence
