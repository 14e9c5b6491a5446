// SPDX-License-Identifier: Apache-2.0
// What a step reads: sequences of symbols and, for each symbol, the one that follows. Training batches are a function of
// (seed, step), validation windows are the same for everybody. Symbols are bytes below the model's vocabulary; making
// them from a text is the caller's.
#pragma once

#include "train/model/model_size.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace narrowfp::bench::train {

// The symbols that a run trains on and those that it is judged by. The owner must outlive the trainer.
struct token_streams {
    std::span<const std::uint8_t> training;
    std::span<const std::uint8_t> validation;
};

struct batch {
    std::vector<std::uint8_t> inputs;   // sequences x context
    std::vector<std::uint8_t> targets;  // the symbol after each

    std::size_t tokens() const { return inputs.size(); }
};

// Throws std::invalid_argument if a stream is shorter than one sequence and its target, or holds a symbol that is not
// below the vocabulary.
void require_streams(const model_size& size, const token_streams& data);

// The batch of a step: sequences from places drawn uniformly, with replacement.
batch training_batch(const model_size& size, std::span<const std::uint8_t> training, std::uint32_t seed,
                     std::size_t step);

// Windows [first, first + count) of `windows` that lie evenly over the stream; they may overlap in a short one.
batch validation_batch(const model_size& size, std::span<const std::uint8_t> validation, std::size_t windows,
                       std::size_t first, std::size_t count);

}  // namespace narrowfp::bench::train
