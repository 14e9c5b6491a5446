// SPDX-License-Identifier: Apache-2.0
// Flipped bits of real quantised numbers: every single-bit flip of sampled tiles is made and decoded by the library. Means
// over tiles with their standard errors stand beside the law of flip_law.hpp. Flips are uniform over the bits of the place
// that is looked at, which real faults are not; how often they happen is not asked.
#pragma once

#include "faults/stored_format.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace narrowfp::bench {

// A share with the standard error that the choice of tiles gives it.
struct sampled_share {
    double mean = 0;
    double standard_error = 0;
};

struct bit_shares {
    double not_finite = 0;
    double above = 0;
};

// Flips in the codes of standard normal numbers.
struct payload_flips {
    sampled_share not_finite;
    sampled_share above;  // finite, wrong by more than the tile's largest number
    std::vector<bit_shares> by_bit;
    double worst = 0;       // largest finite error over the tile's largest number
    double scale_bits = 0;  // share of the bits that belong to scales
    std::int64_t flips = 0;
};

payload_flips sample_payload_flips(const stored_format& format, std::size_t tiles, std::uint32_t seed, int threads = 0);

// Flips in one scale: all numbers of its tile go wrong alike. Without scales: nothing is counted, flips is 0.
struct scale_flips {
    sampled_share not_finite;
    sampled_share above;      // the tile's largest number is wrong by more than itself
    double above_half = 0;    // by more than half of itself
    double worst_factor = 1;  // finite: new scale over old, or old over new
    int bits = 0;
    std::size_t numbers_hit = 0;
    std::int64_t flips = 0;
};

scale_flips sample_scale_flips(const stored_format& format, std::size_t tiles, std::uint32_t seed, int threads = 0);

// Flips in FP32 master weights N(0, 0.02^2), seen through the working copy that a layer reads. As in training the copy and
// its scale are made from the wrong weight.
struct master_flips {
    double not_finite = 0;  // of the working copy
    double above = 0;
    double invisible = 0;  // the working copy keeps its code: nothing happens until updates add up
    double ruined = 0;     // the new scale makes more than half of the tile's other numbers zero
    std::int64_t flips = 0;
};

master_flips sample_master_flips(const stored_format& format, std::size_t tiles, std::uint32_t seed);

}  // namespace narrowfp::bench
