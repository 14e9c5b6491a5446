// SPDX-License-Identifier: Apache-2.0
// What others measured of the loss: the same training in 16 bits and in FP8, and how far apart the losses ended
// (data/loss_gaps.csv).
#pragma once

#include "evidence/words.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench::evidence {

// What the two figures are: losses, perplexities, none but a sentence, none because a run diverged.
enum class gap_measure : std::uint8_t { loss, perplexity, statement, divergence };

// What `gap_percent` is. Divergence: a run in FP8 did not train; not_significant: the source says so without a figure.
enum class gap_kind : std::uint8_t { value, upper_bound, lower_bound, divergence, not_significant };

struct loss_gap {
    int id = 0;
    std::string source;
    std::string author;
    std::string title;
    std::string place;  // section, table or figure of the source
    std::optional<int> year;
    std::string model;
    model_kind kind = model_kind::dense;
    std::optional<double> parameters;
    std::optional<double> tokens;
    std::string recipe;  // in words
    std::string scales;  // column `scaling`: tensor, row, block, mx, mixed; empty: not known
    gap_measure what = gap_measure::loss;
    std::optional<double> wide;  // loss or perplexity in 16 bits
    std::optional<double> fp8;
    // (FP8 - 16 bits) / 16 bits in percent, of perplexities that of their logarithms; above 0: FP8 is worse.
    std::optional<double> gap_percent;
    std::optional<gap_kind> gap;  // empty for what is only a sentence
    std::optional<int> seeds_wide;
    std::optional<int> seeds_fp8;
    certainty read = certainty::seen;
    std::string note;
    std::size_t line = 0;
};

std::string_view name_of(gap_measure m);
std::string_view name_of(gap_kind k);

// As parse_pairs (pair.hpp), for the columns of README.md.
std::vector<loss_gap> parse_loss_gaps(std::string_view text, std::string_view name);

const std::vector<loss_gap>& published_loss_gaps();

}  // namespace narrowfp::bench::evidence
