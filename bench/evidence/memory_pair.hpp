// SPDX-License-Identifier: Apache-2.0
// Memory that others measured: the same training in 16 bits and in FP8, bytes a device (data/memory.csv).
#pragma once

#include "evidence/words.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct memory_pair {
    int id = 0;
    std::string source;
    std::string place;
    std::string model;
    model_kind kind = model_kind::dense;
    std::string chip;
    std::optional<int> devices;
    std::string layout;
    std::string recipe;           // as the source names it
    std::string what;             // peak, weights, activations, optimizer, ...
    std::optional<double> wide;   // gigabytes in 16 bits
    std::optional<double> fp8;    // gigabytes in FP8
    std::optional<double> ratio;  // 16 bits over FP8: above 1 FP8 needs less
    certainty read = certainty::seen;
    std::string note;
    std::size_t line = 0;
};

// As parse_pairs (pair.hpp), for the columns of README.md.
std::vector<memory_pair> parse_memory_pairs(std::string_view text, std::string_view name);

const std::vector<memory_pair>& published_memory_pairs();

}  // namespace narrowfp::bench::evidence
