// SPDX-License-Identifier: Apache-2.0
// The law of one flipped bit, without sampling: tiles of independent standard normal numbers, stored in a format of up to
// 16 bits under the scale of their largest, one bit flipped, every bit of every number alike. Probabilities follow from
// the normal distribution of the numbers and of the largest of a tile: a sum over the codes inside an integral over the
// largest. The numbers are reals here; that they were FP32 before is left out (about 2^-24 of a probability).
#pragma once

#include "faults/stored_format.hpp"

#include <vector>

namespace narrowfp::bench {

struct flip_probabilities {
    double not_finite = 0;
    double above = 0;  // finite, wrong by more than the tile's largest number
};

struct flip_law {
    std::vector<flip_probabilities> by_bit;  // given that this bit flips; bit 0 is the lowest
    flip_probabilities of_any;               // a bit at random
    double error_bound = 0;  // largest finite error over the tile's largest number that a code can suffer; 0: none
};

// Throws std::invalid_argument for a format of more than 16 bits. Cost: under a second.
flip_law law_of_flips(const stored_format& format);

// Error factor by which a number changes when exponent bit `bit` of a binary format flips: 2^(2^bit).
double exponent_flip_factor(int bit);

}  // namespace narrowfp::bench
