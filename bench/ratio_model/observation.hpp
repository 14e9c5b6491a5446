// SPDX-License-Identifier: Apache-2.0
// One unit as the ratio model sees it. Sizes that a source does not give are set here, each by one stated rule. Not here:
// what counts as a unit (evidence/unit.hpp) and what the model makes of it (model.hpp).
#pragma once

#include "evidence/unit.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace narrowfp::bench::ratio_model {

struct observation {
    std::string name;          // of the unit
    std::string source;        // observations of one source share an offset
    std::string chip;          // as the data have it
    double log_ratio = 0;      // y = ln R, R = rate in FP8 / rate in 16 bits; nothing is known of it in a prediction
    double elementwise = 0;    // z = 4096 (1/hidden + 1/ffn) / 1.25: elementwise work and casts over products
    double attention = 0;      // a = sequence / (12 hidden): attention over products
    bool vendor_page = false;  // the figures are the chip vendor's own
    bool moe = false;
    bool amd = false;
    evidence::scaling recipe = evidence::scaling::tensor;
};

// Sizes of a model in elements and tokens.
struct model_sizes {
    double hidden = 0;
    double ffn = 0;       // width of the feed-forward layers, of one expert for MoE
    double sequence = 0;  // tokens
};

double elementwise_of(const model_sizes& sizes);  // z
double attention_of(const model_sizes& sizes);    // a

// The sizes of a unit, with these for what its source does not give: hidden 2048 (MoE) or 4096 (dense); ffn
// 1024 (MoE) or 4 hidden (dense); sequence 4096. XTuner packs documents of any length into its sequences, so attention
// spans less than the sequence: 4096.
model_sizes sizes_of(const evidence::unit& u);

// Throws std::invalid_argument that names the unit and the size for a size that is not above 0 and for a kind of model
// that is neither dense nor MoE.
observation observation_of(const evidence::unit& u);

// In the order of units_of: sources together.
std::vector<observation> observations_of(const std::vector<evidence::unit>& units);

// Those that are not the chip vendor's own figures.
std::vector<observation> without_vendor_pages(const std::vector<observation>& all);

}  // namespace narrowfp::bench::ratio_model
