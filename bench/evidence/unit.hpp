// SPDX-License-Identifier: Apache-2.0
// Pairs that count once: rows of one unit (the same model, chip and recipe of one source) become their median ratio.
#pragma once

#include "evidence/pair.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct unit {
    std::string name;    // column `unit`
    std::string family;  // column `family`
    std::string source;  // who counts as one source in the model: source_of(family)
    std::string chip;
    std::string model;
    model_kind kind = model_kind::dense;
    scaling recipe = scaling::tensor;
    std::optional<double> hidden;
    std::optional<double> ffn;
    std::optional<double> sequence;
    double log_ratio = 0;  // median of the logarithms of its rows' ratios
    double low = 0;        // smallest and largest ratio of its rows
    double high = 0;
    bool vendor_page = false;  // measured by the vendor of the chip
    std::vector<int> ids;      // of its rows
};

// Families that measured with one set of tools by one group count as one source: torchao's (not its users') are one.
std::string source_of(std::string_view family);

// The figures are the chip vendor's own: NVIDIA's, AMD's, Google's or Intel's pages about their chips.
bool is_vendor_page(std::string_view family);

// "Hopper", "Blackwell", "AMD", "TPU", ...; "other" for chips without a family here.
std::string_view chip_family(std::string_view chip);

// Units of the rows that are included and have a ratio, in the order of source, then of the file. Other members are those
// of a unit's first row.
std::vector<unit> units_of(const std::vector<pair>& pairs);

}  // namespace narrowfp::bench::evidence
