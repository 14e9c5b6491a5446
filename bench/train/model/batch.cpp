// SPDX-License-Identifier: Apache-2.0
#include "train/model/batch.hpp"

#include "train/model/random.hpp"

#include <algorithm>

namespace narrowfp::bench::train {
namespace {

void append_sequence(batch& b, std::span<const std::uint8_t> from, std::size_t start, std::size_t context) {
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(start);
    const auto count = static_cast<std::ptrdiff_t>(context);
    b.inputs.insert(b.inputs.end(), first, first + count);
    b.targets.insert(b.targets.end(), first + 1, first + count + 1);
}

void require_stream(const model_size& size, std::span<const std::uint8_t> stream, const char* name) {
    if (stream.size() < size.context + 1) {
        throw std::invalid_argument(std::string(name) + " symbols: " + std::to_string(stream.size()) +
                                    ", at least a sequence and its target needed, " + std::to_string(size.context + 1));
    }
    const std::uint8_t largest = *std::max_element(stream.begin(), stream.end());
    if (largest >= size.vocabulary) {
        throw std::invalid_argument(std::string(name) + " symbols: found " + std::to_string(largest) +
                                    ", must be below the vocabulary " + std::to_string(size.vocabulary));
    }
}

}  // namespace

void require_streams(const model_size& size, const token_streams& data) {
    require_stream(size, data.training, "training");
    require_stream(size, data.validation, "validation");
}

batch training_batch(const model_size& size, std::span<const std::uint8_t> training, std::uint32_t seed,
                     std::size_t step) {
    const std::uint64_t places = training.size() - size.context;
    batch b;
    for (std::size_t row = 0; row < size.sequences; ++row) {
        const random_key key{.seed = seed, .use = purpose::batches, .step = static_cast<std::uint32_t>(step)};
        const std::uint32_t word = key.block(static_cast<std::uint32_t>(row))[0];
        append_sequence(b, training, static_cast<std::size_t>(word * places >> 32), size.context);
    }
    return b;
}

batch validation_batch(const model_size& size, std::span<const std::uint8_t> validation, std::size_t windows,
                       std::size_t first, std::size_t count) {
    const std::size_t places = validation.size() - size.context;
    batch b;
    for (std::size_t window = first; window < first + count; ++window) {
        const std::size_t start = windows < 2 ? 0 : window * (places - 1) / (windows - 1);
        append_sequence(b, validation, start, size.context);
    }
    return b;
}

}  // namespace narrowfp::bench::train
