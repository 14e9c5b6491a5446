// SPDX-License-Identifier: Apache-2.0
// One published pair: the same training job in 16 bits and in FP8, as somebody else measured it. The columns of
// data/pairs.csv are its members; README.md explains them and says what is refused. Not here: what follows from many
// pairs (unit.hpp) and the model that is fitted to them (ratio_model/).
#pragma once

#include "evidence/words.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

struct pair {
    int id = 0;            // unique in its file
    std::string family;    // who measured: one family of sources
    std::string source;    // repository @ commit and file, or page
    std::string hardware;  // as the source writes it
    std::string chip;      // "H100", "GB200", "MI300X", ...; "unknown", "mixed"
    std::optional<int> devices;
    std::string model;
    model_kind kind = model_kind::dense;
    std::optional<double> hidden;    // width of the model
    std::optional<double> ffn;       // width of its feed-forward layers, of one expert
    std::optional<double> sequence;  // tokens
    std::string layout;
    scaling recipe = scaling::tensor;
    same_layout equal_layout = same_layout::unknown;
    std::optional<double> wide;  // in 16 bits, in the unit of `measure`
    std::optional<double> fp8;
    measured_as measure = measured_as::rate;
    std::string measure_text;      // "step time (s or ms)", "rate tok/s"
    std::optional<double> ratio;   // rate in FP8 over rate in 16 bits, always
    std::optional<double> memory;  // bytes in 16 bits over bytes in FP8, where the source gives both
    std::string memory_text;       // as the source has it: "62.0 / 61.8 GiB", "-15 %"
    certainty read = certainty::seen;
    bool include = false;  // it enters a fit or a test: equal layout and batch, a whole training step
    std::string unit;      // rows of one unit count once
    std::string note;
    std::string
        confirmed;  // "2026-11-30": read again at its place; "2026-11-30 not confirmed: ..."; empty: not read again
    std::size_t line = 0;  // of its file, where the row begins
};

// The rows of a file in the columns above, by the names of its first line, in any order; columns that it lacks are empty
// where they may be. `name` stands in errors. Throws std::runtime_error with the name, the line, the column, what was
// found and what is expected: for text that is no CSV, a missing column, a number that is none, a word that is unknown.
std::vector<pair> parse_pairs(std::string_view text, std::string_view name);
std::vector<pair> read_pairs(const std::filesystem::path& file);

// The same for a user's own measurements. Required are the columns model, kind, chip, hidden, ffn, seq, recipe, and either
// ratio or all of bf16, fp8 and measure; a missing ratio is computed. Other columns may be missing or empty: rows are then
// numbered, of the family "yours", included, of unknown layout, and of the unit FAMILY|MODEL|CHIP|RECIPE.
std::vector<pair> parse_user_pairs(std::string_view text, std::string_view name);
std::vector<pair> read_user_pairs(const std::filesystem::path& file);

// What the project keeps, compiled into the program.
const std::vector<pair>& published_pairs();  // data/pairs.csv: the model is fitted to them
const std::vector<pair>& later_pairs();      // data/pairs_after_freeze.csv: found after the model was frozen

}  // namespace narrowfp::bench::evidence
